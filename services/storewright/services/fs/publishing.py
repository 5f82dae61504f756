"""Giving a complete file its name, at once."""

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from storewright.core.errors import PairUnsupported, StorageError
from storewright.services.fs.errors import system
from storewright.services.fs.files import find_replaced, make_parents, sync_directories
from storewright.services.fs.locks import try_lock
from storewright.services.fs.places import HIDDEN

__all__ = ["TEMPORARY", "publish", "temporary_name"]

TEMPORARY: Final = HIDDEN + "tmp-"
"""What the names of temporary files begin with."""

_NO_LINKS: Final = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}
_ATTEMPTS: Final = 50


def temporary_name(target: str) -> str:
    """A name beside ``target`` that nobody has, and no listing shows."""
    return os.path.join(os.path.dirname(target), TEMPORARY + os.urandom(8).hex())


def publish(
    fd: int,
    name: str,
    target: str,
    *,
    exclusive: bool,
    permissions: int | None = None,
    sync: bool,
    made: Sequence[str] = (),
) -> None:
    """Give an open file the name ``target`` at once, in place of what had it.

    ``name`` is its present, hidden name; empty if it has none. ``exclusive`` raises ObjectExists if
    the target is there. A file that is replaced hands on its permission bits; ``permissions`` are
    those of a new one. ``made`` are directories that are new and have to be synced too.
    """
    replaced = find_replaced(target)
    if replaced is not None and stat.S_ISREG(replaced.st_mode):
        permissions = replaced.st_mode & 0o777  # a write ends setuid and setgid, as always
    if permissions is not None:
        system(os.fchmod, fd, permissions)
    # Closing a copy lets a file server say now, not after publishing, that it could not write.
    system(os.fsync, fd) if sync else system(os.close, os.dup(fd))
    made = [*made, *_appear(fd, name, target, exclusive=exclusive)]
    if sync:
        sync_directories({os.path.dirname(path) for path in (target, *made)})


def _appear(fd: int, name: str, target: str, *, exclusive: bool) -> list[str]:
    """Name the file; returns directories that had to be made again.

    A file without a name is not seen in its directory, which therefore may be removed as empty.
    """
    made: list[str] = []
    give_name = _claim if exclusive else _rename
    for _ in range(0 if name else _ATTEMPTS):
        with suppress(FileNotFoundError):
            give_name(fd, "", target)
            return made
        with suppress(FileNotFoundError):
            made += make_parents(target)
    give_name(fd, name, target)
    return made


def _rename(fd: int, name: str, target: str) -> None:
    linked = "" if name else temporary_name(target)
    if linked:
        try_lock(fd)
        _link(fd, "", linked)
    try:
        system(os.replace, name or linked, target)
    except BaseException:
        if linked:
            with suppress(OSError):
                os.unlink(linked)
        raise


def _claim(fd: int, name: str, target: str) -> None:
    """Name a file ``target`` unless that is there."""
    try:
        _link(fd, name, target)
    except StorageError as error:
        if error.errno not in _NO_LINKS:
            raise
        message = "pair 'if_not_exists' is not supported: this file system has no hard links"
        raise PairUnsupported(message, pair="if_not_exists", errno=error.errno) from error
    if name:
        system(os.unlink, name)


def _link(fd: int, name: str, target: str) -> None:
    """Give a file one more name, which must be new."""
    if name:
        system(os.link, name, target)
    else:  # only with a directory's descriptor, which is not used, does the call follow the link
        system(os.link, f"/proc/self/fd/{fd}", target, src_dir_fd=fd)
