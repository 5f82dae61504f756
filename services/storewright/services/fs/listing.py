"""Listings of directories, sorted, with no more in memory than the directories on the way down.

What is listed has a *key*: its name relative to work_dir, with a slash at the end of a directory's.
Keys are sorted as those of an object store are, so that a listing can go on after any of them.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import Final, Generic, TypeAlias, TypeVar

from storewright.core.deadline import Deadline
from storewright.core.errors import StorageError
from storewright.core.iterators import Page
from storewright.services.fs.errors import ABSENT, system
from storewright.services.fs.places import HIDDEN
from storewright.services.fs.uploads import UPLOAD, Upload

__all__ = ["Pages", "Scan", "files_in", "uploads_in", "walk"]

T = TypeVar("T")
R = TypeVar("R")
U = TypeVar("U", bound=Upload)
Scan: TypeAlias = Callable[[str], list[tuple[str, T]]]
"""Reads a directory: the names in it, with a slash if a directory's, and what they name."""
_PAGE_SIZE: Final = 1000


class Pages(Generic[T, R]):
    """Fetches pages of what ``walk`` yields after a key, as ``show`` presents it.

    Pages fetched one after the other go on with the same walk; another token begins a new one.
    ``show`` gives None for what has gone meanwhile. ``timeout`` is for each page.
    """

    def __init__(
        self,
        walk: Callable[[str], Iterator[tuple[str, T]]],
        show: Callable[[str, T], R | None],
        timeout: float | None,
    ) -> None:
        self._walk, self._show, self._timeout = walk, show, timeout
        self._at: str | None = None
        self._found: Iterator[tuple[str, T]] = iter(())

    def __call__(self, token: str | None) -> Page[R]:
        """The page after the key ``token``."""
        if token is None or token != self._at:
            self._found = self._walk(token or "")
        self._at = None  # until the page is complete
        deadline = Deadline.after(self._timeout)
        items: list[R] = []
        key, count = "", 0
        for key, what in islice(self._found, _PAGE_SIZE):
            deadline.check()
            count += 1
            if (item := self._show(key, what)) is not None:
                items.append(item)
        self._at = key if count == _PAGE_SIZE else None
        return Page(items, self._at)


def walk(
    scan: Scan[T], directory: str, prefix: str, letters: str, after: str, *, deep: bool
) -> Iterator[tuple[str, T]]:
    """What is in ``directory``, whose key is ``prefix``, and begins with ``letters``.

    ``deep`` tells what is in directories instead of the directories. ``after`` is the key after
    which to begin.
    """
    first = [item for item in _scanned(scan, directory, prefix) if item[0].startswith(letters)]
    stack = [(directory, prefix, iter(first))]
    while stack:
        directory, prefix, items = stack[-1]
        for name, what in items:
            key = prefix + name
            inside = deep and name.endswith("/")
            if key <= after and not (inside and after.startswith(key)):
                continue
            if inside:
                below = os.path.join(directory, name[:-1])
                stack.append((below, key, iter(_scanned(scan, below, key))))
                break
            yield key, what
        else:
            stack.pop()


def _scanned(scan: Scan[T], directory: str, prefix: str) -> list[tuple[str, T]]:
    """What a directory holds, sorted; one that is not there holds nothing."""
    try:
        return sorted(system(scan, directory), key=itemgetter(0))
    except StorageError as error:
        if error.errno in ABSENT:
            return []
        raise error.at(path=prefix.rstrip("/")) from error.__cause__


def files_in(directory: str) -> list[tuple[str, os.DirEntry[str]]]:
    """Files, links and directories, but for those of ours."""
    with os.scandir(directory) as found:
        return [(_name(entry), entry) for entry in found if not entry.name.startswith(HIDDEN)]


def uploads_in(kind: type[U]) -> Scan[U | None]:
    """Reads the uploads of a kind, under the names that they will have, and directories."""
    return partial(_uploads_in, kind)


def _uploads_in(kind: type[U], directory: str) -> list[tuple[str, U | None]]:
    found: list[tuple[str, U | None]] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(UPLOAD):
                if (upload := kind.load(entry.path)) is not None:
                    found.append((f"{upload.name}\0{upload.id}", upload))
            elif entry.is_dir(follow_symlinks=False):
                found.append((entry.name + "/", None))
    return found


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name + "/" if entry.is_dir(follow_symlinks=False) else entry.name
