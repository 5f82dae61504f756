"""What `write` takes and `read` fills: its types, and what can be known about it beforehand."""

from __future__ import annotations

import io
from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "Callback",
    "Data",
    "SupportsRead",
    "SupportsWrite",
    "advice",
    "flat",
    "known_length",
    "measure",
    "opened",
]


class SupportsRead(Protocol):
    """A binary file as `write` needs it."""

    def read(self, size: int, /) -> Buffer:
        """Up to ``size`` bytes, none at the end."""
        ...


class SupportsWrite(Protocol):
    """A binary file as `read` needs it."""

    def write(self, data: bytes, /) -> object:
        """Write bytes, and return how many (None means all)."""
        ...


Data: TypeAlias = "Buffer | SupportsRead | None"
"""What `write` takes: bytes-like, or a readable binary file, or None for an empty object."""

Callback: TypeAlias = Callable[[bytes], object]
"""An io_callback: it is given every chunk of the data exactly once, in order."""

_BYTES: Final = (bytes, bytearray, memoryview)


def opened(data: object) -> memoryview | SupportsRead | None:
    """``data`` as flat bytes in memory or as a binary file; None if it is neither.

    An object that is both, such as a memory-mapped file, is read as a file, from where it stands.
    """
    if data is None:
        return memoryview(b"")
    if isinstance(data, io.TextIOBase):
        return None
    if not isinstance(data, _BYTES) and callable(getattr(data, "read", None)):
        return cast("SupportsRead", data)
    try:
        return flat(cast("Buffer", data))
    except (TypeError, ValueError, BufferError):
        return None


def flat(data: Buffer) -> memoryview:
    """A read-only view of single bytes; only memory that is not contiguous is copied."""
    view = memoryview(data)
    if not view.nbytes:
        return memoryview(b"")  # an empty array of several dimensions cannot be cast
    if not view.c_contiguous:
        view = memoryview(view.tobytes())
    return view.cast("B").toreadonly()


def known_length(data: object) -> int | None:
    """Bytes in ``data`` if that can be told without reading: bytes-like, a seekable file, None."""
    if type(data) is bytes:  # by far the commonest, and asked for on every write
        return len(data)
    found = opened(data)
    if found is None:
        return None
    return found.nbytes if isinstance(found, memoryview) else measure(found)


def advice(given: object) -> str:
    """What to do about an object that is no binary data, or an empty text."""
    if isinstance(given, str):
        return "encode the text first"
    if isinstance(given, io.TextIOBase):
        return "open the file in binary mode"
    return "open the file and give that" if isinstance(given, PathLike) else ""


class _Seekable(Protocol):
    def seekable(self) -> bool: ...
    def tell(self) -> int: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


def measure(file: SupportsRead) -> int | None:
    """Bytes left in a file that can seek cheaply, or None if that cannot be told."""
    if not _seeks_cheaply(file):
        return None
    seekable = cast("_Seekable", file)
    try:
        start = seekable.tell()
    except (OSError, ValueError):
        return None
    end = _end(seekable)
    seekable.seek(start)  # a failure must be heard: the data would be lost
    return end - start if end > start else None  # "empty" is not believed: files of /proc say so


def _seeks_cheaply(file: object) -> bool:
    """Whether the end can be found without decompressing everything before it."""
    plain = isinstance(file, io.BytesIO | io.BufferedReader | io.BufferedRandom)
    if isinstance(file, io.BufferedIOBase) and not plain:
        return False
    methods = [getattr(file, name, None) for name in ("seekable", "tell", "seek")]
    return all(map(callable, methods)) and cast("_Seekable", file).seekable() is True


def _end(file: _Seekable) -> int:
    try:
        return file.seek(0, io.SEEK_END)
    except (OSError, ValueError):
        return 0
