"""Virtual links: empty objects whose metadata name the target."""

from typing import Final

from storewright.core.links import VirtualLinks

__all__ = ["LINKS"]

LINKS: Final = VirtualLinks("storewright-link-target")
"""The header is x-amz-meta-storewright-link-target."""
