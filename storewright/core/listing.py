"""What listings need of their items: an identity for tokens, and callbacks by kind."""

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, TypeVar

from storewright.core.modes import OBJECT_MODES
from storewright.core.parts import Block, Part, Segment

__all__ = ["block_key", "dispatch", "object_key", "part_key", "segment_key", "storager_key"]

_DIR: Final = OBJECT_MODES["dir"]


class _Listed(Protocol):
    @property
    def mode(self) -> int: ...


T = TypeVar("T", bound=_Listed)


def dispatch(
    items: Iterable[T],
    dir_func: Callable[[T], object] | None,
    file_func: Callable[[T], object] | None,
) -> None:
    """Hand each directory to ``dir_func`` and everything else to ``file_func``."""
    for item in items:
        func = dir_func if item.mode & _DIR else file_func
        if func is not None:
            func(item)


def object_key(item: Any) -> str:
    """What tells an object from the others of a listing."""
    return f"{item.id}\0{item.multipart_id or item.version_id or ''}"


def part_key(item: Part) -> str:
    """What tells a part from the others of its upload."""
    return str(item.index)


def block_key(item: Block) -> str:
    """What tells a block from the others of its object."""
    return item.id


def segment_key(item: Segment) -> str:
    """What tells a segment upload from others."""
    return f"{item.path}\0{item.id}"


def storager_key(item: Any) -> str:
    """What tells a bucket from the account's others."""
    return str(item.metadata().name)
