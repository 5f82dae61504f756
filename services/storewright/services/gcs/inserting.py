"""Sending a whole object with one request, and its resource beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from storewright.core.errors import IntegrityFailed
from storewright.services.gcs import errors
from storewright.services.gcs.bodies import joined
from storewright.services.gcs.calls import Calls, Request
from storewright.services.gcs.checksums import Crc32c, crc32c_of
from storewright.services.gcs.place import Place

__all__ = ["check_answer", "insert", "json_of"]

_BINARY = "application/octet-stream"


def insert(
    calls: Calls, place: Place, key: str, args: dict[str, Any], data: memoryview
) -> dict[str, Any]:
    """Publish an object; returns its resource. The service refuses content with another CRC32C."""
    checksum = crc32c_of(data)
    resource = {"name": key, "crc32c": checksum.text, **Request.of(args).resource}
    boundary = os.urandom(16).hex()
    kind = resource.get("contentType", _BINARY)
    head = (
        f"--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n"
        f"{json_of(resource)}\r\n--{boundary}\r\ncontent-type: {kind}\r\n\r\n"
    )
    body = joined(head.encode(), data, f"\r\n--{boundary}--".encode())
    with errors.exclusive(args):
        found = calls.json(
            "POST",
            place.uploads,
            {"uploadType": "multipart", **args},
            headers={"content-type": f"multipart/related; boundary={boundary}"},
            body=body,
        )
    check_answer(found, checksum, data.nbytes)
    return found


def json_of(resource: Mapping[str, Any]) -> str:
    """A resource as the body of a request."""
    return json.dumps(resource, ensure_ascii=True)


def check_answer(found: Mapping[str, Any], checksum: Crc32c | None, size: int) -> None:
    """Raise IntegrityFailed if the service says that it stored something else."""
    stored = int(found.get("size", size))
    if stored != size:
        raise IntegrityFailed(f"{stored} of {size} bytes were stored")
    if checksum is not None:
        checksum.check(found.get("crc32c"), "sent")
