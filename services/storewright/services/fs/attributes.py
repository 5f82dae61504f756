"""Metadata that files have no place for, kept in extended attributes: the service's virtual pairs.

The names are ``user.storewright.<pair>``; user metadata are one JSON object. An MD5 is kept with
the size and time of the content that it was checked for, and not told once these have changed.
"""

import errno
import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

from storewright.core.errors import PairUnsupported, RestrictionDissatisfied
from storewright.core.log import warn
from storewright.core.options import Options
from storewright.services.fs.errors import find, mapped

__all__ = ["Attributes", "forget_md5", "given", "keep", "load"]

Attributes: TypeAlias = dict[str, Any]
"""Values by the names of their pairs; all texts, but for user_metadata."""

MD5: Final = "content_md5"
_PREFIX: Final = "user.storewright."
_USER: Final = "user_metadata"
_NAMES: Final = (
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    MD5,
    _USER,
)
_UNSUPPORTED: Final = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_TOO_LARGE: Final = {errno.E2BIG, errno.ENOSPC, errno.ERANGE}


def given(options: Options) -> Attributes:
    """What the options of a call say about the object."""
    found = {name: getattr(options, name, None) for name in _NAMES}
    return {name: value for name, value in found.items() if value is not None}


def keep(fd: int, values: Mapping[str, Any]) -> None:
    """Put attributes on an open file whose content is complete."""
    for name, value in values.items():
        _set(fd, name, _encoded(fd, name, value))


def _encoded(fd: int, name: str, value: Any) -> str:
    if name == _USER:
        return json.dumps(dict(value))
    if name == MD5:
        found = os.fstat(fd)
        return f"{found.st_size} {found.st_mtime_ns} {value}"
    return str(value)


def _set(fd: int, name: str, value: str) -> None:
    if not hasattr(os, "setxattr"):
        raise _unsupported(name)
    try:
        os.setxattr(fd, _PREFIX + name, value.encode("utf-8", "surrogatepass"))
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            raise _unsupported(name) from error
        if error.errno in _TOO_LARGE:
            message = f"{name} does not fit into the extended attributes of the file"
            raise RestrictionDissatisfied(message, errno=error.errno) from error
        raise mapped(error) from error


def _unsupported(name: str) -> PairUnsupported:
    message = f"pair {name!r} is not supported: this file system has no extended attributes"
    return PairUnsupported(message, pair=name)


def load(file: str | int, names: Collection[str], found: os.stat_result) -> Attributes:
    """Those of the attributes ``names`` that a regular file has."""
    if not names or not hasattr(os, "listxattr"):
        return {}
    try:
        there = set(os.listxattr(file))
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return {}
        raise mapped(error) from error
    values = {name: _load(file, name, found) for name in names if _PREFIX + name in there}
    return {name: value for name, value in values.items() if value is not None}


def _load(file: str | int, name: str, found: os.stat_result) -> Any:
    try:
        text = find(os.getxattr, file, _PREFIX + name).decode("utf-8", "surrogatepass")
        return _decoded(name, text, found)
    except ValueError:
        warn("fs: attribute %s%s was changed by somebody else, ignored", _PREFIX, name)
        return None


def _decoded(name: str, text: str, found: os.stat_result) -> Any:
    if name == _USER:
        return {str(key): str(value) for key, value in dict(json.loads(text)).items()}
    if name == MD5:
        size, moment, md5 = text.split(" ")
        return md5 if (int(size), int(moment)) == (found.st_size, found.st_mtime_ns) else None
    return text


def forget_md5(fd: int) -> None:
    """Drop the MD5 of a file that is about to change."""
    if hasattr(os, "removexattr"):
        with suppress(OSError):
            os.removexattr(fd, _PREFIX + MD5)
