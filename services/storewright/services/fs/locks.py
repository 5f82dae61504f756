"""Locks on open files, which end with the process that holds them."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from storewright.core.deadline import Deadline
from storewright.services.fs.errors import system

__all__ = ["locked", "try_lock"]

_PAUSE: Final = 0.01

if sys.platform == "win32":  # no such locks: writers of one file must agree among themselves

    def _lock(fd: int, *, wait: bool) -> None: ...

    def _unlock(fd: int) -> None: ...

else:
    import fcntl

    def _lock(fd: int, *, wait: bool) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


def try_lock(fd: int) -> bool:
    """Lock an open file if nobody else has; False also where the file system has no locks."""
    try:
        _lock(fd, wait=False)
    except OSError:
        return False
    return True


@contextmanager
def locked(fd: int, deadline: Deadline) -> Generator[None]:
    """Hold the lock of an open file, waiting for it."""
    if deadline.remaining() is None:
        system(_lock, fd, wait=True)
    else:
        while not try_lock(fd):
            deadline.check()
            time.sleep(_PAUSE)
    try:
        yield
    finally:
        _unlock(fd)
