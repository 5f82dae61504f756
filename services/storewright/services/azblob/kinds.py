"""What can be done with a blob, by its type."""

from __future__ import annotations

from typing import Final

from storewright.core.modes import OBJECT_MODES
from storewright.generated.objects import Object

__all__ = ["APPEND", "BLOCK", "DIR", "LINK", "PAGE", "READ", "as_kind", "mode_of"]

APPEND: Final = OBJECT_MODES["append"]
BLOCK: Final = OBJECT_MODES["block"]
DIR: Final = OBJECT_MODES["dir"]
LINK: Final = OBJECT_MODES["link"]
PAGE: Final = OBJECT_MODES["page"]
READ: Final = OBJECT_MODES["read"]
_MODES: Final = {"AppendBlob": READ | APPEND, "PageBlob": READ | PAGE}


def mode_of(blob_type: str | None) -> int:
    """The mode of an object that Azure keeps as a blob of this type."""
    return _MODES.get(blob_type or "", READ)


def as_kind(item: Object, blob_type: str | None) -> None:
    """Tell of an object what its type implies."""
    item.mode = mode_of(blob_type)
    if item.mode & APPEND:
        item.append_offset = item.content_length
