"""Listings of a space, in the order of the keys.

Each page begins after the key that the last one ended with, so that nothing is missed or told twice
when objects are deleted while they are listed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeAlias, TypeVar

from storewright.core.iterators import Page
from storewright.generated.objects import Fetch
from storewright.services.memory.entries import Entry
from storewright.services.memory.space import Space
from storewright.services.memory.uploads import Upload

__all__ = ["Found", "below", "level", "paged", "uploads_below"]

T = TypeVar("T")
U = TypeVar("U", bound=Upload)
R = TypeVar("R")
Found: TypeAlias = tuple[str, Entry | None]
"""A key and its entry; None for a directory that nobody created, but that keys lie below."""
_PAGE_SIZE: Final = 1000


def paged(
    walk: Callable[[str], Iterable[T]], key: Callable[[T], str], show: Callable[[T], R]
) -> Fetch[R]:
    """Fetches pages of what ``walk`` yields after a key, as ``show`` presents it."""

    def fetch(token: str | None) -> Page[R]:
        found = list(islice(walk(token or ""), _PAGE_SIZE))
        more = len(found) == _PAGE_SIZE
        return Page([show(item) for item in found], key(found[-1]) if more else None)

    return fetch


def below(space: Space, prefix: str, after: str = "") -> Iterator[Found]:
    """Every key that starts with ``prefix``, except the directory ``prefix`` itself."""
    order = space.order()
    index = bisect_right(order, after) if after else bisect_left(order, prefix)
    while index < len(order) and order[index].startswith(prefix):
        key = order[index]
        entry = space.objects.get(key)
        if entry is not None and not (key == prefix and key.endswith("/")):
            yield key, entry
        index += 1


def level(space: Space, prefix: str, after: str = "") -> Iterator[Found]:
    """What is right below the directory ``prefix``: objects, and directories with their slash."""
    order = space.order()
    index = _behind(order, after) if after else bisect_left(order, prefix)
    while index < len(order) and order[index].startswith(prefix):
        key = order[index]
        entry = space.objects.get(key)
        if entry is None or key == prefix:
            index += 1
            continue
        name = key[: key.find("/", len(prefix)) + 1] or key
        yield name, entry if name == key else None
        index = _behind(order, name)


def _behind(order: list[str], name: str) -> int:
    """Index of the first key after ``name`` and, if that is a directory, after all below it."""
    if name.endswith("/"):
        return bisect_left(order, name[:-1] + "0")  # the character that follows the slash
    return bisect_right(order, name)


def uploads_below(uploads: dict[str, U], prefix: str, after: str = "") -> list[U]:
    """The uploads to keys that start with ``prefix``, by key and id."""
    with Space.lock:
        found = [upload for upload in uploads.values() if upload.key.startswith(prefix)]
    return sorted((u for u in found if u.order > after), key=lambda upload: upload.order)
