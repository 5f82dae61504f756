"""A new file that nobody sees until it is published, whole, under its name.

On Linux it has no name at all meanwhile, so that not even a killed process leaves anything.
Elsewhere it has a hidden one, and a lock that tells whether its writer is alive.
"""

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, final

from storewright.services.fs.attributes import keep
from storewright.services.fs.errors import mapped, system
from storewright.services.fs.files import find_replaced, make_parents, remove_made
from storewright.services.fs.locks import try_lock
from storewright.services.fs.publishing import publish, temporary_name
from storewright.services.fs.transfer import write_all

__all__ = ["Draft"]

NAMELESS: int = getattr(os, "O_TMPFILE", 0) if os.path.isdir("/proc/self/fd") else 0
"""The flag that opens a file without a name, or 0."""
_FLAGS: Final = os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
_NOT_NAMELESS: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS}
_ATTEMPTS: Final = 50


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
