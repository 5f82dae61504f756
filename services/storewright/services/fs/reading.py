"""Reading regular files, through links that stay inside work_dir."""

import errno
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final

from storewright.core.errors import ObjectModeInvalid, ObjectNotExist
from storewright.services.fs.errors import ABSENT, find, mapped, system
from storewright.services.fs.files import FILE, NOFOLLOW, READ, mode_of
from storewright.services.fs.places import Places

__all__ = ["chunks", "opened"]

_READ: Final = os.O_RDONLY | NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
_LINK_MET: Final = {errno.ELOOP, errno.EMLINK}


@contextmanager
def opened(places: Places, file: str, flags: int = _READ) -> Generator[int]:
    """The descriptor of a regular file to be read. Directories, devices and pipes are refused."""
    fd = _open(places, file, flags)
    try:
        actual = mode_of(system(os.fstat, fd))
        if not actual & FILE:
            raise ObjectModeInvalid(expected=READ, actual=actual)
        yield fd
    finally:
        os.close(fd)


def _open(places: Places, file: str, flags: int) -> int:
    try:
        return os.open(file, flags)
    except OSError as error:
        if error.errno in ABSENT:
            raise ObjectNotExist("object does not exist", errno=errno.ENOENT) from error
        if error.errno not in _LINK_MET:
            raise mapped(error) from error
    # a link: where it leads to is checked, and then opened as it is
    return find(os.open, places.inside(file), flags)


def chunks(fd: int, offset: int, size: int | None, chunk: int) -> Iterator[bytes]:
    """The content from ``offset`` on, at most ``size`` bytes."""
    if offset and not _seek(fd, offset):
        return
    left = size
    while left is None or left > 0:
        data = system(os.read, fd, chunk if left is None else min(left, chunk))
        if not data:
            return
        if left is not None:
            left -= len(data)
        yield data


def _seek(fd: int, offset: int) -> bool:
    """Go to ``offset``; False if no file can be as long."""
    try:
        os.lseek(fd, offset, os.SEEK_SET)
    except OverflowError:
        return False
    except OSError as error:
        if error.errno == errno.EINVAL:
            return False
        raise mapped(error) from error
    return True
