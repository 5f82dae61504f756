"""Where the bytes of a file come from that is to be uploaded."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

__all__ = ["FileSource", "MemorySource", "Source"]

_READ_BYTES: Final = 1024 * 1024


class Source(Protocol):
    """The bytes of one file, and what becomes of them."""

    repeatable: bool
    """Whether `pieces` may be called again, so that a failed upload can be tried once more."""

    def pieces(self) -> Iterator[bytes]:
        """The bytes, from the first one on."""
        ...

    def stored(self) -> None:
        """The storage has the file, and it was verified: let go of the bytes."""
        ...


class MemorySource:
    """Bytes in memory."""

    repeatable = True

    def __init__(self, data: bytes, stored: Callable[[], None] | None = None) -> None:
        self._data = data
        self._stored = stored

    def pieces(self) -> Iterator[bytes]:
        """All of them at once."""
        yield self._data

    def stored(self) -> None:
        """Forget them, and tell who gave them."""
        self._data = b""
        if self._stored:
            self._stored()


class FileSource:
    """A file on disk that nobody writes to any more; it is deleted once it is stored."""

    repeatable = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def pieces(self) -> Iterator[bytes]:
        """The file, in pieces that are hashed and sent without holding the whole."""
        with self.path.open("rb") as file:
            while data := file.read(_READ_BYTES):
                yield data

    def stored(self) -> None:
        """Delete it."""
        self.path.unlink()
