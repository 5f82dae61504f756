"""Deleting many objects with few requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from storewright.core.errors import BatchFailed, StorageError
from storewright.core.listing import batches
from storewright.services.s3 import errors

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["delete_all"]

_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def delete_all(
    client: S3Client, bucket: str, keys: Mapping[str, str], args: dict[str, Any], most: int
) -> None:
    """Delete the objects at ``keys`` (path -> key), at most ``most`` with one request.

    Raises BatchFailed after all were tried, with the error of each path that remains.
    """
    failures: dict[str, StorageError] = {}
    paths = {key: path for path, key in keys.items()}
    # A request in XML cannot name every key, and some stores do not know that request.
    alone = {key for key in paths if most <= 1 or _NOT_IN_XML.search(key)}
    for batch in batches([key for key in paths if key not in alone], most):
        for key, error in _delete(client, bucket, batch, args):
            failures[paths[key]] = error
    for key in alone:
        failure = _delete_one(client, bucket, key, args)
        if failure is not None:
            failures[paths[key]] = failure
    if failures:
        raise BatchFailed(failures=failures)


def _delete(
    client: S3Client, bucket: str, keys: list[str], args: dict[str, Any]
) -> list[tuple[str, StorageError]]:
    """Keys that one request could not delete, and why."""
    wanted: Any = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    try:
        answer: Any = client.delete_objects(Bucket=bucket, Delete=wanted, **args)
    except errors.VENDOR_ERRORS as error:
        return [(key, errors.mapped(cast("Exception", error))) for key in keys]
    failed = [entry for entry in answer.get("Errors", ()) if entry.get("Code") != "NoSuchKey"]
    return [(e["Key"], errors.from_code(e.get("Code", ""), e.get("Message", ""))) for e in failed]


def _delete_one(
    client: S3Client, bucket: str, key: str, args: dict[str, Any]
) -> StorageError | None:
    try:
        client.delete_object(Bucket=bucket, Key=key, **args)
    except errors.VENDOR_ERRORS as error:
        return errors.mapped(cast("Exception", error))
    return None
