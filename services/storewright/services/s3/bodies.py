"""Request bodies that boto3 can send and, if a request fails, send again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast, final

from storewright.core.data import Callback, SupportsRead
from storewright.core.streams import Source

if TYPE_CHECKING:
    from storewright.core.deadline import Deadline

__all__ = ["Body", "FileBody", "MemoryBody", "body_of"]

_PIECE: Final = 1024 * 1024


@final
class MemoryBody:
    """Bytes in memory, handed out without a copy and in pieces larger than urllib3 asks for."""

    __slots__ = ("_position", "_view", "error")

    def __init__(self, view: memoryview) -> None:
        self.error: BaseException | None = None
        self._view = view
        self._position = 0

    def __len__(self) -> int:
        return self._view.nbytes

    def read(self, size: int | None = -1, /) -> memoryview:
        """The next piece: at least ``size`` bytes if there are as many."""
        start = self._position
        wanted = len(self) if size is None or size < 0 else max(size, _PIECE)
        self._position = min(start + wanted, len(self))
        return self._view[start : self._position]

    def tell(self) -> int:
        """Bytes handed out."""
        return self._position

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to ``offset`` from the start (0), from here (1) or from the end (2)."""
        self._position = max(0, offset + (0, self._position, len(self))[whence])
        return self._position


class _Seekable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def tell(self) -> int: ...
    def seek(self, offset: int, /) -> int: ...


def _can_rewind(data: object) -> bool:
    """Whether a file can be taken back to where it stands now."""
    methods = [getattr(data, name, None) for name in ("seekable", "tell", "seek")]
    return all(map(callable, methods)) and cast("io.IOBase", data).seekable() is True


@final
class FileBody:
    """``size`` bytes of the user's file from where it stands; it can be read again.

    ``callback`` is given each byte once, however often the request is sent. An error of the file,
    or of the callback, is kept as ``error``: botocore would hide it in one of its own.
    """

    def __init__(
        self,
        file: SupportsRead,
        size: int,
        *,
        callback: Callback | None,
        deadline: Deadline | None,
    ) -> None:
        self.error: BaseException | None = None
        self._file = cast("_Seekable", file)
        self._size = size
        self._callback, self._deadline = callback, deadline
        self._start = self._file.tell()
        self._reported = 0
        self._source = self._fresh()

    def _fresh(self) -> Source:
        return Source(
            self._file,
            self._size,
            op="write",
            service="s3",
            callback=None if self._callback is None else self._report,
            deadline=self._deadline,
        )

    def _report(self, chunk: bytes) -> None:
        """Tell the callback what it was not told before the request was sent again."""
        end = self._source.consumed
        new = end - max(self._reported, end - len(chunk))
        if new > 0 and self._callback is not None:
            self._reported = end
            self._callback(chunk[-new:])

    def __len__(self) -> int:
        return self._size

    def read(self, size: int | None = -1, /) -> bytes:
        """At least ``size`` bytes, if there are as many left."""
        wanted = -1 if size is None or size < 0 else max(size, _PIECE)
        try:
            return self._source.read(wanted)
        except BaseException as error:
            self.error = error
            raise

    def tell(self) -> int:
        """Bytes read since the last time it was taken back."""
        return self._source.consumed

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Back to the start, the only place that anybody goes to."""
        if (offset, whence) != (0, 0):
            raise io.UnsupportedOperation("only seek(0)")
        try:
            self._file.seek(self._start)
        except BaseException as error:
            self.error = error
            raise
        self._source = self._fresh()
        return 0


Body: TypeAlias = MemoryBody | FileBody


def body_of(
    data: object, source: Source, callback: Callback | None, deadline: Deadline | None
) -> Body | None:
    """What is sent for the user's data; None if it cannot be sent again, or has any length."""
    if source.view is not None:
        return MemoryBody(memoryview(source.read_all()))
    if source.size is None or not _can_rewind(data):
        return None
    file = cast("SupportsRead", data)
    return FileBody(file, source.size, callback=callback, deadline=deadline)
