"""Symbolic links: objects of OSS's own kind, which name their target."""

from __future__ import annotations

from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir
from storewright.generated.objects import Object

__all__ = ["as_link"]


def as_link(item: Object, work_dir: WorkDir, target_key: str) -> Object:
    """``item`` as a link to the object at ``target_key``."""
    item.mode = OBJECT_MODES["link"]
    inside = target_key.startswith(work_dir.key_prefix)
    # relative to work_dir where it lies inside, else absolute
    item.link_target = work_dir.path(target_key) if inside else f"/{target_key}"
    return item
