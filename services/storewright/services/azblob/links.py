"""Virtual links: empty objects whose metadata name the target."""

from typing import Final

from storewright.core.links import VirtualLinks

__all__ = ["LINKS"]

LINKS: Final = VirtualLinks("storewright_link_target")
"""The header is x-ms-meta-storewright_link_target."""
