"""The JSON API's resource of an object, as the objects of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from storewright.core.parts import WriteResult
from storewright.generated.gcs.bindings import object_from_objects_get
from storewright.generated.objects import Object

__all__ = ["object_of", "result_of"]

_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "size": int,
    "componentCount": int,
    "metageneration": int,
    "generation": str,
    "customTime": datetime.fromisoformat,
    "retentionExpirationTime": datetime.fromisoformat,
    "timeCreated": datetime.fromisoformat,
    "timeDeleted": datetime.fromisoformat,
    "timeStorageClassUpdated": datetime.fromisoformat,
    "updated": datetime.fromisoformat,
}
"""How fields are read that JSON has no type for."""


def object_of(path: str, key: str, mode: int, resource: Mapping[str, Any]) -> Object:
    """The object that a resource tells of."""
    known = {
        name: _READ[name](value) if name in _READ else value for name, value in resource.items()
    }
    known |= resource.get("customerEncryption") or {}
    return object_from_objects_get(path, key, mode, known)


def result_of(resource: Mapping[str, Any], size: int) -> WriteResult:
    """What is known of an object that was just written."""
    checksum = resource.get("crc32c")
    return WriteResult(
        int(resource.get("size", size)),
        resource.get("etag"),
        resource.get("generation"),
        None if checksum is None else f"crc32c:{checksum}",
    )
