"""Data on its way in and out: one reader over everything `write` takes, and a counting writer.

Neither closes the caller's file, and an error that the caller's file or callback raises passes
through unchanged.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NoReturn, cast, final

from storewright.core.data import (
    Callback,
    Data,
    SupportsRead,
    SupportsWrite,
    advice,
    known_length,
    measure,
    opened,
)
from storewright.core.deadline import Deadline
from storewright.core.errors import PairTypeInvalid, PairValueInvalid, SizeMismatch

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "CHUNK_SIZE",
    "Callback",
    "Data",
    "Deadline",
    "Source",
    "SupportsRead",
    "SupportsWrite",
    "Target",
    "known_length",
]

CHUNK_SIZE: Final = 256 * 1024
"""Bytes of one chunk when the caller does not say."""
_PIECE_SIZE: Final = 1024 * 1024


class _View:
    """Bytes in memory as a file: what a memoryview lacks to be read piece by piece."""

    __slots__ = ("_position", "_view")

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._position = 0

    def read(self, size: int, /) -> bytes:
        start, self._position = self._position, self._position + size
        return bytes(self._view[start : start + size])


@final
class Source:
    """A uniform reader over the data of a write.

    ``size`` limits the data to exactly so many bytes; whatever follows is left unread. None means
    everything. ``callback`` is given each chunk exactly once, when it is read. ``op``, ``service``
    and ``path`` are for the errors.

    Raises PairTypeInvalid for data that is neither bytes-like nor a binary file, SizeMismatch as
    soon as it is certain that there are fewer bytes than ``size`` (at once for bytes-like data, at
    the end of a file), and OperationTimeout when a chunk is wanted after the deadline.
    """

    __slots__ = ("_callback", "_consumed", "_deadline", "_ended", "_file", "_where", "size", "view")

    size: int | None
    """Bytes in all, or None if only the end will tell. A file that can seek is measured."""
    view: memoryview | None
    """All the data without a copy, flat and read-only, if it is bytes-like or None."""

    def __init__(
        self,
        data: Data,
        size: int | None = None,
        *,
        op: str = "",
        service: str = "",
        path: str = "",
        callback: Callback | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        self._where = (op, service, path)
        self._callback, self._deadline = callback, deadline
        self._consumed, self._ended = 0, False
        found = opened(data)
        if found is None:
            self._refuse("data", "bytes or a binary file", data)
        if isinstance(found, memoryview):
            self.view = self._cut(found, size)
            self.size = self.view.nbytes
            self._file: SupportsRead = _View(self.view)
        else:
            self.view = None
            self.size = measure(found) if size is None else size
            self._file = found

    @property
    def consumed(self) -> int:
        """Bytes read so far."""
        return self._consumed

    def read(self, size: int = -1) -> bytes:
        """Exactly ``size`` bytes, or all there are if it is negative; fewer only at the end."""
        wanted = self._available(size)
        if wanted is None:
            return b"".join(iter(lambda: self._next(_PIECE_SIZE), b""))
        chunk = self._next(wanted)
        return chunk if len(chunk) in {0, wanted} else self._completed(chunk, wanted)

    def _completed(self, chunk: bytes, wanted: int) -> bytes:
        """``chunk`` and what follows it, up to ``wanted`` bytes.

        A file that answered short is asked for little at a time: some allocate all they are asked.
        """
        chunks, missing = [chunk], wanted - len(chunk)
        while missing and (chunk := self._next(min(missing, _PIECE_SIZE))):
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)

    def readinto(self, buffer: Buffer) -> int:
        """Fill ``buffer`` and return the number of bytes; fewer than it holds only at the end."""
        target = memoryview(buffer).cast("B")
        filled = 0
        while chunk := self._next(min(target.nbytes - filled, _PIECE_SIZE)):
            target[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        return filled

    def read_all(self) -> bytes | memoryview:
        """Everything not yet read: without a copy if the data is bytes-like."""
        if self.view is None:
            return self.read()
        rest = self.view[self._consumed :]
        if self._callback is None:
            self._consumed = self.view.nbytes
        while self._next(_PIECE_SIZE):  # only for the callback
            pass
        return rest

    def chunks(self, size: int = CHUNK_SIZE) -> Iterator[bytes]:
        """The data in pieces of ``size`` bytes; only the last may be shorter."""
        while chunk := self.read(size):
            yield chunk

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks()

    def _cut(self, view: memoryview, size: int | None) -> memoryview:
        if size is not None and view.nbytes < size:
            self._fail_short(view.nbytes, size)
        return view[:size]

    def _available(self, size: int) -> int | None:
        """How many of ``size`` bytes (all, if negative) there can be; None if nobody knows."""
        if self.size is None:
            return None if size < 0 else size
        left = self.size - self._consumed
        return left if size < 0 else min(size, left)

    def _next(self, size: int) -> bytes:
        """The next chunk of at most ``size`` bytes; none at the end."""
        wanted = self._available(size)
        if not wanted or self._ended:
            return b""
        if self._deadline is not None:
            self._deadline.check(*self._where)
        chunk = self._fetch(wanted)
        self._consumed += len(chunk)
        if chunk and self._callback is not None:
            self._callback(chunk)
        return chunk

    def _fetch(self, wanted: int) -> bytes:
        chunk = self._as_bytes(self._file.read(wanted))
        if len(chunk) > wanted:
            self._fail_long(len(chunk), wanted)
        if not chunk:
            self._ended = self.size is None
            if self.size is not None:
                self._fail_short(self._consumed, self.size)
        return chunk

    def _as_bytes(self, chunk: object) -> bytes:
        if type(chunk) is bytes:
            return chunk
        try:
            return bytes(memoryview(cast("Buffer", chunk)))
        except TypeError:  # None, for one: a non-blocking file that has nothing at hand
            self._refuse("read() of the data", "bytes (from a blocking, binary file)", chunk)

    def _refuse(self, what: str, expected: str, given: object) -> NoReturn:
        op, service, path = self._where
        raise PairTypeInvalid(
            f"{what}: expected {expected}, got {type(given).__name__}",
            pair="data",
            op=op,
            service=service,
            path=path,
            hint=advice(given),
        ) from None

    def _fail_short(self, actual: int, size: int) -> NoReturn:
        op, service, path = self._where
        message = f"data ended after {actual} of {size} bytes"
        raise SizeMismatch(message, op=op, service=service, path=path)

    def _fail_long(self, actual: int, wanted: int) -> NoReturn:
        op, service, path = self._where
        message = f"read({wanted}) of the data returned {actual} bytes"
        raise PairValueInvalid(message, pair="data", op=op, service=service, path=path)


def _is_binary_writer(writer: object) -> bool:
    return callable(getattr(writer, "write", None)) and not isinstance(writer, io.TextIOBase)


@final
class Target:
    """A counting writer over the caller's binary file.

    ``callback`` is given each chunk once, after it is written. ``op``, ``service`` and ``path`` are
    for the errors. Raises PairTypeInvalid for a text file and for an object without ``write``.
    """

    __slots__ = ("_callback", "_deadline", "_file", "_where", "_written")

    def __init__(
        self,
        writer: SupportsWrite,
        callback: Callback | None = None,
        deadline: Deadline | None = None,
        *,
        op: str = "",
        service: str = "",
        path: str = "",
    ) -> None:
        self._where = (op, service, path)
        self._callback, self._deadline = callback, deadline
        self._written = 0
        if not _is_binary_writer(writer):
            self._refuse(writer)
        self._file = writer

    @property
    def written(self) -> int:
        """Bytes written so far."""
        return self._written

    def write(self, chunk: Buffer) -> int:
        """Write all of ``chunk``, however often the file takes only some of it; its length.

        Raises OperationTimeout when the deadline has passed before.
        """
        if self._deadline is not None:
            self._deadline.check(*self._where)
        data = chunk if type(chunk) is bytes else bytes(chunk)
        done = self._put(data) if data else 0
        while done < len(data):
            done += self._put(data[done : done + _PIECE_SIZE])
        if data and self._callback is not None:
            self._callback(data)
        return done

    def _put(self, data: bytes) -> int:
        """One write: how much of ``data`` the file took. Only a raw file takes less than all."""
        taken = self._file.write(data)
        if taken is None and not isinstance(self._file, io.RawIOBase):
            taken = len(data)  # written by hand, without a result
        if type(taken) is not int or not 0 < taken <= len(data):
            self._fail_stuck(taken, len(data))
        self._written += taken
        return taken

    def _refuse(self, writer: object) -> NoReturn:
        op, service, path = self._where
        raise PairTypeInvalid(
            f"writer: expected a binary file, got {type(writer).__name__}",
            pair="writer",
            op=op,
            service=service,
            path=path,
            hint=advice(writer),
        )

    def _fail_stuck(self, taken: object, size: int) -> NoReturn:
        op, service, path = self._where
        raise PairValueInvalid(
            f"write() of the writer returned {taken!r} for {size} bytes",
            pair="writer",
            op=op,
            service=service,
            path=path,
            hint="it must be a blocking file",
        )
