"""What is at a path, and the directories that it needs."""

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from storewright.core.errors import ObjectModeInvalid, PermissionDenied
from storewright.core.modes import OBJECT_MODES
from storewright.services.fs.errors import mapped, system

__all__ = [
    "DIR",
    "FARTHEST",
    "FILE",
    "LINK",
    "NOFOLLOW",
    "READ",
    "find_replaced",
    "make_directory",
    "make_parents",
    "mode_of",
    "moment",
    "remove_made",
    "sync_directories",
]

DIR: Final = OBJECT_MODES["dir"]
LINK: Final = OBJECT_MODES["link"]
READ: Final = OBJECT_MODES["read"]
FILE: Final = READ | OBJECT_MODES["page"] | OBJECT_MODES["append"]
"""What can be done with every regular file."""

FARTHEST: Final = 1 << 62
"""An offset that no file reaches, but that the system can still express."""

NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags for opening what must be a regular file: never through a link, never waiting for a pipe."""


def mode_of(found: os.stat_result) -> int:
    """The object mode of a file; 0 for a pipe, a socket or a device."""
    if stat.S_ISREG(found.st_mode):
        return FILE
    if stat.S_ISDIR(found.st_mode):
        return DIR
    return LINK if stat.S_ISLNK(found.st_mode) else 0


def moment(seconds: float) -> datetime | None:
    """A time stamp of a file; None for a year that datetime does not know."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def find_replaced(file: str) -> os.stat_result | None:
    """What a write to ``file`` replaces, if anything: a regular file or a link, nothing else."""
    try:
        found = os.lstat(file)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise mapped(error) from error
    if not mode_of(found) & (FILE | LINK):
        raise ObjectModeInvalid(expected=READ, actual=mode_of(found))
    return found


def make_parents(file: str) -> list[str]:
    """Make the directories that ``file`` needs; returns those that are new, outermost first."""
    missing: list[str] = []
    parent = os.path.dirname(file)
    while not os.path.isdir(parent):
        missing.append(parent)
        parent = os.path.dirname(parent)
    made: list[str] = []
    try:
        made.extend(directory for directory in reversed(missing) if _make_directory(directory))
    except BaseException:
        remove_made(made)
        raise
    return made


def _make_directory(directory: str) -> bool:
    """Make a directory; False if it is there by now."""
    try:
        os.mkdir(directory)
    except FileExistsError as error:
        if os.path.isdir(directory):
            return False
        raise mapped(NotADirectoryError(errno.ENOTDIR, "")) from error
    except OSError as error:
        raise mapped(error) from error
    return True


def make_directory(directory: str, *, sync: bool) -> None:
    """Make a directory and what is missing above it; one that is there is no error."""
    made = make_parents(directory)
    try:
        if _make_directory(directory):
            made.append(directory)
    except BaseException:
        remove_made(made)
        raise
    if sync:
        sync_directories({os.path.dirname(path) for path in made})


def remove_made(made: Sequence[str]) -> None:
    """Remove directories that were made for nothing; one that is used by now stays."""
    with suppress(OSError):
        for directory in reversed(made):
            os.rmdir(directory)


def sync_directories(directories: Iterable[str]) -> None:
    """Bring the entries of directories to the disk, but for those that may only be written."""
    for directory in directories:
        try:
            fd = system(os.open, directory, os.O_RDONLY)
        except PermissionDenied:
            continue
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some cannot, and need not
                raise mapped(error) from error
        finally:
            os.close(fd)
