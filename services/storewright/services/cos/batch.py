"""Deleting many objects with few requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from storewright.core.errors import BatchFailed, StorageError
from storewright.core.listing import batches
from storewright.services.cos import errors

__all__ = ["delete_all"]

_NOT_IN_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def delete_all(client: Any, bucket: str, keys: Mapping[str, str], most: int) -> None:
    """Delete the objects at ``keys`` (path -> key), at most ``most`` with one request.

    Raises BatchFailed after all were tried, with the error of each path that remains.
    """
    failures: dict[str, StorageError] = {}
    paths = {key: path for path, key in keys.items()}
    alone = {key for key in paths if _NOT_IN_XML.search(key)}  # a request in XML cannot name it
    for batch in batches([key for key in paths if key not in alone], most):
        for key, error in _delete(client, bucket, batch):
            failures[paths[key]] = error
    for key in alone:
        failure = _delete_one(client, bucket, key)
        if failure is not None:
            failures[paths[key]] = failure
    if failures:
        raise BatchFailed(failures=failures)


def _delete(client: Any, bucket: str, keys: list[str]) -> list[tuple[str, StorageError]]:
    """Keys that one request could not delete, and why."""
    wanted = {"Object": [{"Key": key} for key in keys], "Quiet": "true"}
    try:
        answer = client.delete_objects(Bucket=bucket, Delete=wanted)
    except errors.VENDOR_ERRORS as error:
        return [(key, errors.mapped(error)) for key in keys]
    failed = [entry for entry in answer.get("Error", ()) if entry.get("Code") != "NoSuchKey"]
    return [(e["Key"], errors.from_code(e.get("Code", ""), e.get("Message") or "")) for e in failed]


def _delete_one(client: Any, bucket: str, key: str) -> StorageError | None:
    try:
        client.delete_object(Bucket=bucket, Key=key)
    except errors.VENDOR_ERRORS as error:
        return errors.mapped(error)
    return None
