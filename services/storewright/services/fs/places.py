"""Where the file of a path is: always inside work_dir, whatever links there are."""

import os
import stat
from collections.abc import Iterable
from typing import Final, final

from storewright.core.errors import ObjectModeInvalid, PathInvalid
from storewright.core.modes import OBJECT_MODES
from storewright.core.paths import WorkDir

__all__ = ["HIDDEN", "Places"]

HIDDEN: Final = ".storewright-"
"""What the names of temporary files and of uploads in progress begin with."""

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]


@final
class Places:
    """From paths to files, and back. A *name* is a path relative to work_dir.

    work_dir itself may be a link, which is followed when the store is opened. Below it, a link to a
    directory is followed only if that lies inside. This holds for links that exist; it is no
    defence against a program that exchanges directories for links at this very moment.
    """

    def __init__(self, work_dir: WorkDir) -> None:
        self._work_dir = work_dir
        self.root = os.path.realpath(work_dir.prefix)
        """The real path of work_dir."""
        self._below = self.root.rstrip("/") + "/"

    def name(self, path: str) -> str:
        """The name of an object, which a directory's path is not."""
        name = self._work_dir.object_key(path)[len(self._work_dir.key_prefix) :]
        if name.endswith("/"):
            hint = "a path that ends in a slash is a directory's"
            raise ObjectModeInvalid(expected=_READ, actual=_DIR, path=path, hint=hint)
        _check(name.split("/"), path)
        return name

    def dir_name(self, path: str) -> str:
        """The name of a directory, whose path may end in a slash; empty for work_dir."""
        key = self._work_dir.list_prefix(path, directory=True)
        name = key[len(self._work_dir.key_prefix) :].removesuffix("/")
        _check(name.split("/") if name else (), path)
        return name

    def prefix(self, path: str) -> tuple[str, str]:
        """What names that start with ``path`` have in common: a directory, and some letters."""
        key = self._work_dir.list_prefix(path, directory=False)
        name, _, letters = key[len(self._work_dir.key_prefix) :].rpartition("/")
        _check(name.split("/") if name else (), path)
        return name, letters

    def file(self, name: str) -> str:
        """The file of a name: its directory is real, but it may be a link itself."""
        parent, _, last = name.rpartition("/")
        return os.path.join(self.directory(parent), last)

    def directory(self, name: str) -> str:
        """The real path of a directory, which need not exist."""
        found = self.root
        for part in name.split("/") if name else ():
            found = os.path.join(found, part)
            try:
                mode = os.lstat(found).st_mode
            except OSError:
                break  # nothing is there that could lead elsewhere
            if stat.S_ISLNK(mode):
                return self.inside(self._below + name)
        return self._below + name if name else self.root

    def inside(self, file: str) -> str:
        """Where the links in ``file`` lead to; PathInvalid if that is outside work_dir."""
        real = os.path.realpath(file)
        if real != self.root and not real.startswith(self._below):
            raise PathInvalid("a link leads out of work_dir")
        return real

    def shown(self, file: str) -> str:
        """A file as a path: relative to work_dir if it lies inside, else absolute."""
        return file.removeprefix(self._below)

    def id(self, name: str) -> str:
        """The absolute path of a name, as the user of work_dir would write it."""
        return self._work_dir.prefix + name if name else self._work_dir.prefix


def _check(names: Iterable[str], path: str) -> None:
    """Refuse names that the file system would take for another, and those that are hidden."""
    for name in names:
        if name in {"", "."}:
            message = "path has an empty segment or '.', which the file system would leave out"
            raise PathInvalid(message, path=path)
        if name.startswith(HIDDEN):
            raise PathInvalid(f"names that begin with {HIDDEN!r} are reserved", path=path)
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise PathInvalid("path cannot be encoded for the file system", path=path) from None
