"""What killed processes left behind, and how it goes away."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from storewright.services.fs.errors import find, system
from storewright.services.fs.files import NOFOLLOW
from storewright.services.fs.locks import try_lock
from storewright.services.fs.places import HIDDEN
from storewright.services.fs.publishing import TEMPORARY
from storewright.services.fs.uploads import remove_folder

__all__ = ["remove_stale"]

_MOMENT: Final = 60.0
"""Seconds that what has no lock may live before it counts as left behind."""


def remove_stale(directory: str, uploads_older_than: float | None) -> list[str]:
    """Remove what is left below a directory; returns the files and folders removed."""
    removed: list[str] = []
    for entry in _hidden_below(directory):
        with suppress(FileNotFoundError):  # somebody else was quicker
            found = find(entry.stat, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                gone = _remove_file(entry.path, found)
            else:
                gone = _remove_folder(entry.path, uploads_older_than)
            if gone:
                removed.append(entry.path)
    return sorted(removed)


def _hidden_below(directory: str) -> Iterator[os.DirEntry[str]]:
    waiting = [directory]
    while waiting:
        for entry in _entries(waiting.pop()):
            if entry.name.startswith(HIDDEN):
                yield entry
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)


def _entries(directory: str) -> list[os.DirEntry[str]]:
    with suppress(FileNotFoundError), system(os.scandir, directory) as found:
        return list(found)
    return []


def _remove_file(file: str, found: os.stat_result) -> bool:
    """Remove a temporary file whose writer has gone, and with it the lock."""
    if not os.path.basename(file).startswith(TEMPORARY):
        return False
    if not stat.S_ISREG(found.st_mode):
        return _age(found) > _MOMENT and _unlink(file)
    fd = find(os.open, file, os.O_RDONLY | NOFOLLOW)
    try:
        return try_lock(fd) and _unlink(file)
    finally:
        os.close(fd)


def _unlink(file: str) -> bool:
    find(os.unlink, file)
    return True


def _remove_folder(folder: str, older_than: float | None) -> bool:
    """Remove an upload without progress, or what is no upload yet or no more."""
    names = set(os.listdir(folder))
    limit = older_than if {"about", "data"} <= names else _MOMENT
    youngest = min(_age(find(os.stat, os.path.join(folder, name))) for name in [*names, "."])
    if limit is None or youngest < limit:
        return False
    remove_folder(folder)
    return True


def _age(found: os.stat_result) -> float:
    return time.time() - found.st_mtime
