"""Copies, moves and links."""

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from storewright.core.deadline import Deadline
from storewright.core.errors import StorageError
from storewright.services.fs.draft import Draft
from storewright.services.fs.errors import find, system
from storewright.services.fs.files import find_replaced, make_parents, remove_made, sync_directories
from storewright.services.fs.publishing import temporary_name
from storewright.services.fs.transfer import copy_range

__all__ = ["copy", "link", "linked_file", "rename"]

_EVERYTHING: Final = 1 << 62


def copy(
    src: int,
    target: str,
    values: Mapping[str, Any],
    *,
    exclusive: bool = False,
    sync: bool,
    deadline: Deadline,
    keep_time: bool = False,
) -> None:
    """Copy an open file onto ``target``. A new file has the permission bits of its source."""
    found = system(os.fstat, src)
    with Draft(target, values, sync=sync) as draft:
        copy_range(src, draft.fd, 0, _EVERYTHING, deadline)
        if keep_time:
            system(os.utime, draft.fd, ns=(found.st_atime_ns, found.st_mtime_ns))
        draft.publish(exclusive=exclusive, permissions=found.st_mode & 0o777)


def rename(src: str, target: str, *, sync: bool) -> bool:
    """Give a file another name; False if that is on another device."""
    replaced = find_replaced(target)
    if replaced is not None and _are_one(src, replaced):
        system(os.unlink, src)  # two names of one file, which renaming would leave both
        return True
    made = make_parents(target)
    try:
        system(os.replace, src, target)
    except StorageError as error:
        remove_made(made)
        if error.errno == errno.EXDEV:
            return False
        raise
    if sync:
        sync_directories({os.path.dirname(path) for path in (src, target, *made)})
    return True


def _are_one(src: str, replaced: os.stat_result) -> bool:
    return replaced.st_nlink > 1 and os.path.samestat(find(os.lstat, src), replaced)


def linked_file(file: str) -> str:
    """What a link points to, as an absolute path, which need not exist."""
    return os.path.normpath(os.path.join(os.path.dirname(file), find(os.readlink, file)))


def link(file: str, target: str, *, sync: bool) -> None:
    """Let ``file`` be a link to ``target``, at once, in place of a link or file there.

    It is relative, so that it holds where work_dir is moved or mounted elsewhere.
    """
    find_replaced(file)
    made = make_parents(file)
    name = temporary_name(file)
    try:
        system(os.symlink, os.path.relpath(target, os.path.dirname(file)), name)
        system(os.replace, name, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        remove_made(made)
        raise
    if sync:
        sync_directories({os.path.dirname(path) for path in (file, *made)})
