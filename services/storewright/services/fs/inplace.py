"""Changing files that are there: appends and pages."""

import errno
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Final

from storewright.core.deadline import Deadline
from storewright.core.errors import ObjectModeInvalid
from storewright.services.fs.attributes import forget_md5
from storewright.services.fs.errors import find, system
from storewright.services.fs.files import FILE, LINK, NOFOLLOW, READ, mode_of
from storewright.services.fs.locks import locked
from storewright.services.fs.transfer import write_all, write_all_at
from storewright.services.fs.uploads import bring_to_disk

__all__ = ["append", "write_page"]

_WRITE: Final = os.O_WRONLY | NOFOLLOW | getattr(os, "O_CLOEXEC", 0)


@contextmanager
def _opened(file: str, flags: int) -> Generator[int]:
    try:
        fd = find(os.open, file, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ObjectModeInvalid(expected=READ, actual=LINK) from error
        raise
    try:
        actual = mode_of(system(os.fstat, fd))
        if not actual & FILE:
            raise ObjectModeInvalid(expected=READ, actual=actual)
        yield fd
    finally:
        os.close(fd)


def append(
    file: str, pieces: Iterable[memoryview | bytes], *, sync: bool, deadline: Deadline
) -> tuple[int, int]:
    """Append to a file, all or nothing, one caller after the other: bytes written, new length."""
    with _opened(file, _WRITE | os.O_APPEND) as fd, locked(fd, deadline):
        start = system(os.fstat, fd).st_size
        try:
            for piece in pieces:
                write_all(fd, piece)
            if sync:
                bring_to_disk(fd)
        except BaseException:
            system(os.ftruncate, fd, start)
            raise
        end = system(os.fstat, fd).st_size
        return end - start, end


def write_page(file: str, pieces: Iterable[memoryview | bytes], offset: int, *, sync: bool) -> int:
    """Write into a file at ``offset``; returns how many bytes."""
    end = offset
    with _opened(file, _WRITE) as fd:
        forget_md5(fd)
        for piece in pieces:
            write_all_at(fd, piece, end)
            end += len(piece)
        if sync:
            bring_to_disk(fd)
    return end - offset
