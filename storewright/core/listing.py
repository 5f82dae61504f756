"""What services list and delete by: pages, batches, an identity for tokens, callbacks by kind."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from storewright.core.modes import OBJECT_MODES
from storewright.core.parts import Block, Part, Segment

__all__ = [
    "batches",
    "block_key",
    "dispatch",
    "object_key",
    "page_size",
    "part_key",
    "segment_key",
    "storager_key",
]

_DIR: Final = OBJECT_MODES["dir"]


class _Listed(Protocol):
    @property
    def mode(self) -> int: ...


T = TypeVar("T", bound=_Listed)


def page_size(limit: int | None, token: str | None, most: int) -> int:
    """How many items to ask for at once: not more than wanted, and at most ``most``.

    A resumed listing looks for the place in its page where the earlier one stopped, so its pages
    must be as long as they were.
    """
    return most if limit is None or token is not None else max(1, min(limit, most))


def batches(keys: Iterable[str], most: int) -> Iterator[list[str]]:
    """All keys, ``most`` at a time."""
    rest = iter(keys)
    while batch := list(islice(rest, most)):
        yield batch


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
