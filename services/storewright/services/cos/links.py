"""Virtual links: empty objects whose metadata name the target."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir
from storewright.generated.objects import Object

__all__ = ["METADATA_KEY", "as_link", "metadata_of"]

METADATA_KEY: Final = "storewright-link-target"
"""Sent as x-cos-meta-storewright-link-target: the target's key, percent-encoded UTF-8."""


def metadata_of(target_key: str) -> dict[str, str]:
    """The user metadata of a link."""
    return {METADATA_KEY: quote(target_key)}


def as_link(item: Object, work_dir: WorkDir) -> None:
    """Turn ``item`` into a link, if its metadata say that it is one."""
    metadata = item.user_metadata or {}
    target = next((value for name, value in metadata.items() if _names_target(name)), None)
    if target is not None:
        item.mode = OBJECT_MODES["link"]
        item.link_target = _path(work_dir, unquote(target))
        item.user_metadata = {n: v for n, v in metadata.items() if not _names_target(n)}


def _names_target(name: str) -> bool:
    """Whether it is the name of our metadatum, which is a header: some stores change its case."""
    return name.lower() == METADATA_KEY


def _path(work_dir: WorkDir, key: str) -> str:
    """The target relative to work_dir where it lies inside, else absolute."""
    return work_dir.path(key) if key.startswith(work_dir.key_prefix) else f"/{key}"
