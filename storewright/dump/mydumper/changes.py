"""What happens in a folder, as Linux tells it: which files were closed, renamed and deleted."""

import select
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self, cast

from storewright import storage
from storewright.dump.errors import OptionInvalid

__all__ = ["Change", "Changes", "Happened"]


class Happened(Enum):
    """Kinds of change."""

    BEGUN = "begun"
    FINISHED = "finished"
    """A writer has closed the file, or it came by this name."""
    DELETED = "deleted"
    LOST = "lost"
    """The kernel had more to tell than it can keep: look for yourself."""


class Change(NamedTuple):
    """One change."""

    happened: Happened
    name: str


class _Event(Protocol):
    """An event of inotify's."""

    mask: int
    name: str


class _INotify(Protocol):
    """What is used of the package inotify_simple, which has no types."""

    def add_watch(self, path: Path, mask: int) -> int: ...
    def read(self, timeout: int) -> Iterable[_Event]: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


_CLOSE_WRITE: Final = 0x8
_MOVED_TO: Final = 0x80
_CREATE: Final = 0x100
_DELETE: Final = 0x200
_OVERFLOW: Final = 0x4000


class Changes:
    """The changes in one folder, from now on. Raises OptionInvalid elsewhere than on Linux.

    Nothing is waited for any more once the descriptor `end` is readable.
    """

    def __init__(self, folder: Path, end: int) -> None:
        if sys.platform != "linux":
            raise OptionInvalid("watch mode needs Linux: only it tells when a file was closed")
        try:
            import inotify_simple
        except ImportError:
            raise storage.MissingExtra("mydumper", "mydumper") from None
        self._inotify = cast(_INotify, cast(Any, inotify_simple).INotify())
        self._inotify.add_watch(folder, _CLOSE_WRITE | _MOVED_TO | _CREATE | _DELETE)
        self._poll = select.poll()
        for descriptor in (self._inotify.fileno(), end):
            self._poll.register(descriptor, select.POLLIN)

    def read(self, seconds: float) -> Iterator[Change]:
        """What has happened, after waiting for something so long at most."""
        self._poll.poll(max(1, round(seconds * 1000)))
        for event in self._inotify.read(timeout=0):
            if event.mask & _OVERFLOW:
                yield Change(Happened.LOST, "")
            elif event.mask & _DELETE:
                yield Change(Happened.DELETED, event.name)
            elif event.mask & (_CLOSE_WRITE | _MOVED_TO):
                yield Change(Happened.FINISHED, event.name)
            elif event.mask & _CREATE:
                yield Change(Happened.BEGUN, event.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._inotify.close()
