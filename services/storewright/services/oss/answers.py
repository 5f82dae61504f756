"""Headers of an answer as values: they come as texts."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

__all__ = ["values_of"]

_META: Final = "x-oss-meta-"
_NUMBERS: Final = ("content-length", "x-oss-next-append-position", "x-oss-tagging-count")


def values_of(headers: Mapping[str, str]) -> dict[str, Any]:
    """What a HEAD request's answer tells, under lower-case names."""
    found: dict[str, Any] = {name.lower(): value for name, value in headers.items()}
    metadata = {
        name.removeprefix(_META): value for name, value in found.items() if name.startswith(_META)
    }
    found["metadata"] = metadata
    for name in _NUMBERS:
        if name in found:
            found[name] = int(found[name])
    if "last-modified" in found:
        found["last-modified"] = parsedate_to_datetime(found["last-modified"])
    return found
