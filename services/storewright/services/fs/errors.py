"""From what the operating system says to what the caller is told.

Errors are mapped where the system is called and nowhere else, so that an OSError of the caller's
own reader, writer or callback passes through unchanged.
"""

import errno
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, ParamSpec, TypeVar

from storewright.core.errors import (
    ObjectExists,
    ObjectModeInvalid,
    ObjectNotExist,
    OperationTimeout,
    PathInvalid,
    PermissionDenied,
    RequestThrottled,
    RestrictionDissatisfied,
    ServiceInternal,
    StorageError,
    StorageFull,
    Unexpected,
)
from storewright.core.modes import OBJECT_MODES

__all__ = ["ABSENT", "TABLE", "find", "mapped", "system"]

P = ParamSpec("P")
T = TypeVar("T")

ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
"""Nothing is there: also if a parent of the path is a file."""

TABLE: Final[Mapping[int, tuple[type[StorageError], str]]] = MappingProxyType(
    {
        errno.ENOENT: (ObjectNotExist, "object does not exist"),
        errno.EEXIST: (ObjectExists, "object exists already"),
        errno.EACCES: (PermissionDenied, "the file system permits it not to this user"),
        errno.EPERM: (PermissionDenied, "the file system does not permit it"),
        errno.EROFS: (PermissionDenied, "the file system is read-only"),
        errno.ETXTBSY: (PermissionDenied, "the file is a program that runs"),
        errno.ENOSPC: (StorageFull, "no space is left on the device"),
        errno.EDQUOT: (StorageFull, "the disk quota is used up"),
        errno.EFBIG: (RestrictionDissatisfied, "the file would exceed the largest size allowed"),
        errno.ENOTEMPTY: (RestrictionDissatisfied, "the directory is not empty"),
        errno.EMLINK: (RestrictionDissatisfied, "the directory takes no more entries"),
        errno.ENAMETOOLONG: (PathInvalid, "the name is too long for the file system"),
        errno.EILSEQ: (PathInvalid, "the file system takes no such name"),
        errno.ELOOP: (PathInvalid, "too many links, or links in a circle"),
        errno.EMFILE: (RequestThrottled, "this process has too many open files"),
        errno.ENFILE: (RequestThrottled, "the system has too many open files"),
        errno.ENOMEM: (RequestThrottled, "the system is out of memory"),
        errno.EAGAIN: (RequestThrottled, "the file is locked or busy"),
        errno.EBUSY: (RequestThrottled, "the file is in use"),
        errno.ENOLCK: (RequestThrottled, "the file system has no locks to give"),
        errno.ETIMEDOUT: (OperationTimeout, "the file server did not answer in time"),
        errno.EIO: (ServiceInternal, "the device failed to read or write"),
        errno.ESTALE: (ServiceInternal, "the file server lost the file"),
        errno.ENODEV: (ServiceInternal, "the device is gone"),
        errno.ENXIO: (ServiceInternal, "the device is gone"),
    }
)
"""Error number -> our class and what it says. ENOTDIR and EISDIR are about modes: see mapped."""

_DIR: Final = OBJECT_MODES["dir"]
_READ: Final = OBJECT_MODES["read"]


def mapped(error: OSError) -> StorageError:
    """The error of ours that an OSError of the operating system means."""
    number = error.errno
    if number == errno.ENOTDIR:
        hint = "a parent of the path is a file"
        return ObjectModeInvalid(expected=_DIR, actual=_READ, errno=number, hint=hint)
    if number == errno.EISDIR:
        return ObjectModeInvalid(expected=_READ, actual=_DIR, errno=number)
    kind, message = TABLE.get(number or 0, (Unexpected, error.strerror or str(error)))
    return kind(message, errno=number)


def system(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the operating system."""
    try:
        return call(*args, **kwargs)
    except OSError as error:
        raise mapped(error) from error


def find(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the operating system about something that is there, or else does not exist."""
    try:
        return call(*args, **kwargs)
    except OSError as error:
        if error.errno in ABSENT:
            raise ObjectNotExist("object does not exist", errno=errno.ENOENT) from error
        raise mapped(error) from error
