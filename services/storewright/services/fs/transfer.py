"""Bytes on their way into files, and out of them."""

import errno
import os
from collections.abc import Callable, Iterator
from typing import Final

from storewright.core.data import Callback, Data
from storewright.core.deadline import Deadline
from storewright.core.streams import Source
from storewright.services.fs.errors import mapped, system

__all__ = ["Pieces", "copy_range", "write_all", "write_all_at"]

PIECE_SIZE: Final = 1024 * 1024
_COPY_SIZE: Final = 64 * PIECE_SIZE
_CANNOT_COPY: Final = {
    errno.EBADF,
    errno.EINVAL,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ETXTBSY,
    errno.EXDEV,
}


class Pieces:
    """The data of a call, piece by piece: bytes in memory without a copy, if nobody watches."""

    def __init__(
        self,
        data: Data,
        size: int | None,
        callback: Callback | None,
        deadline: Deadline,
        op: str,
        path: str,
    ) -> None:
        self._where = op, "fs", path
        self._deadline = deadline
        self._source = Source(
            data, size, op=op, service="fs", path=path, callback=callback, deadline=deadline
        )
        self._view = self._source.view if callback is None else None
        self.size = self._source.size
        """Bytes in all, or None if only the end will tell."""

    def __iter__(self) -> Iterator[memoryview | bytes]:
        if self._view is None:
            yield from self._source.chunks(PIECE_SIZE)
            return
        for start in range(0, len(self._view), PIECE_SIZE):
            self._deadline.check(*self._where)
            yield self._view[start : start + PIECE_SIZE]


def write_all(fd: int, data: memoryview | bytes) -> None:
    """Write all of ``data`` where the file stands."""
    done = system(os.write, fd, data)
    while done < len(data):
        done += system(os.write, fd, data[done:])


def write_all_at(fd: int, data: memoryview | bytes, offset: int) -> None:
    """Write all of ``data`` at ``offset``."""
    done = system(os.pwrite, fd, data, offset)
    while done < len(data):
        done += system(os.pwrite, fd, data[done:], offset + done)


def copy_range(src: int, dst: int, offset: int, size: int, deadline: Deadline) -> None:
    """Append ``size`` bytes of ``src``, from ``offset`` on, to ``dst``; fewer if it ends before.

    Where the system can, it does that itself; a file system that lets files share their blocks
    (btrfs, xfs, bcachefs) then copies nothing at all.
    """
    copy: Callable[[int, int, int, int], int] = _copy_inside
    end = offset + size
    while offset < end:
        deadline.check()
        count = copy(src, dst, offset, min(end - offset, _COPY_SIZE))
        if count < 0:
            copy = _copy_through
        elif count == 0:
            return
        offset += max(count, 0)


def _copy_inside(src: int, dst: int, offset: int, size: int) -> int:
    """Let the system copy; -1 if it cannot."""
    if not hasattr(os, "copy_file_range"):
        return -1
    try:
        # Nothing copied may mean the end, or a file that only pretends to be one: read it to know.
        return os.copy_file_range(src, dst, size, offset) or -1
    except OSError as error:
        if error.errno in _CANNOT_COPY:
            return -1
        raise mapped(error) from error


def _copy_through(src: int, dst: int, offset: int, size: int) -> int:
    chunk = system(os.pread, src, min(size, PIECE_SIZE), offset)
    write_all(dst, chunk)
    return len(chunk)
