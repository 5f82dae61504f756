"""A new file that nobody sees until it is published, whole, under its name.

On Linux it has no name at all meanwhile, so that not even a killed process leaves anything.
Elsewhere it has a hidden one, and a lock that tells whether its writer is alive.
"""

import errno
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, final

from storewright.core.errors import PairUnsupported, StorageError
from storewright.services.fs.attributes import keep
from storewright.services.fs.errors import mapped, system
from storewright.services.fs.files import find_replaced, make_parents, remove_made, sync_directories
from storewright.services.fs.locks import try_lock
from storewright.services.fs.places import HIDDEN
from storewright.services.fs.transfer import write_all

__all__ = ["TEMPORARY", "Draft", "publish", "temporary_name"]

TEMPORARY: Final = HIDDEN + "tmp-"
"""What the names of temporary files begin with."""

NAMELESS: int = getattr(os, "O_TMPFILE", 0) if os.path.isdir("/proc/self/fd") else 0
"""The flag that opens a file without a name, or 0."""
_FLAGS: Final = os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
_NOT_NAMELESS: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS}
_NO_LINKS: Final = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}
_ATTEMPTS: Final = 50


def temporary_name(target: str) -> str:
    """A name beside ``target`` that nobody has, and no listing shows."""
    return os.path.join(os.path.dirname(target), TEMPORARY + secrets.token_hex(8))


@final
class Draft:
    """What will be the file ``target``. Use it in a `with` block: unless published, it is gone.

    ``values`` are its attributes; that they cannot be kept is known at once. ``sync`` brings it to
    the disk before it is published. Directories that it needs are made.
    """

    def __init__(self, target: str, values: Mapping[str, Any], *, sync: bool) -> None:
        self._target, self._values, self._sync = target, values, sync
        replaced = find_replaced(target)
        # what replaces a private file is private from the beginning
        self._mode = 0o600 if replaced is not None and stat.S_ISREG(replaced.st_mode) else 0o666
        self._made: list[str] = []
        self._name = ""
        self.fd = -1
        try:
            self.fd = self._open()
            keep(self.fd, values)
        except BaseException:
            self._discard()
            raise

    def _open(self) -> int:
        """Make the file, and its directories where it has none; others may remove them again."""
        for _ in range(_ATTEMPTS):
            with suppress(FileNotFoundError):
                return self._create()
            with suppress(FileNotFoundError):
                self._made += make_parents(self._target)
        return self._create()

    def _create(self) -> int:
        try:
            if NAMELESS:
                return os.open(os.path.dirname(self._target), _FLAGS | NAMELESS, self._mode)
        except OSError as error:
            if error.errno not in _NOT_NAMELESS:
                raise mapped(error) from error
        name = temporary_name(self._target)
        fd = system(os.open, name, _FLAGS | os.O_CREAT | os.O_EXCL, self._mode)
        self._name = name
        try_lock(fd)
        return fd

    def write(self, data: memoryview | bytes) -> None:
        """Append to the content."""
        write_all(self.fd, data)

    def publish(self, *, exclusive: bool = False, permissions: int | None = None) -> None:
        """Let the file appear; see the function of that name."""
        keep(self.fd, self._values)
        name, self._name = self._name, ""
        try:
            publish(
                self.fd,
                name,
                self._target,
                exclusive=exclusive,
                permissions=permissions,
                sync=self._sync,
                made=self._made,
            )
        except BaseException:
            self._name = name
            raise
        self._made = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._discard()

    def _discard(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
        if self._name:
            with suppress(OSError):
                os.unlink(self._name)
        remove_made(self._made)


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
        permissions = stat.S_IMODE(replaced.st_mode)
    if permissions is not None:
        system(os.fchmod, fd, permissions)
    # Closing a copy lets a file server say now, not after publishing, that it could not write.
    system(os.fsync, fd) if sync else system(os.close, os.dup(fd))
    if exclusive:
        _claim(fd, name, target)
    else:
        _rename(fd, name, target)
    if sync:
        sync_directories({os.path.dirname(path) for path in (target, *made)})


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
