"""Deleting many objects with few requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from storewright.core.errors import BatchFailed, StorageError
from storewright.core.listing import batches
from storewright.services.oss import errors
from storewright.services.oss.sdk import Bucket

__all__ = ["delete_all"]

_NOT_IN_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def delete_all(
    bucket: Bucket, keys: Mapping[str, str], headers: Mapping[str, str], most: int
) -> None:
    """Delete the objects at ``keys`` (path -> key), at most ``most`` with one request.

    OSS names what it has deleted, and is silent about the rest: that is tried once more, alone, so
    that the reason is known. Raises BatchFailed after all were tried.
    """
    paths = {key: path for path, key in keys.items()}
    # A request in XML cannot name every key.
    alone = [key for key in paths if _NOT_IN_XML.search(key)]
    together = [key for key in paths if not _NOT_IN_XML.search(key)]
    for batch in batches(together, most):
        deleted = _delete(bucket, batch, headers)
        alone += [key for key in batch if key not in deleted]
    failures: dict[str, StorageError] = {}
    for key in alone:
        failure = _delete_one(bucket, key, headers)
        if failure is not None:
            failures[paths[key]] = failure
    if failures:
        raise BatchFailed(failures=failures)


def _delete(bucket: Bucket, keys: list[str], headers: Mapping[str, str]) -> frozenset[str]:
    """The keys that one request has deleted."""
    return frozenset(bucket.batch_delete_objects(keys, headers).deleted_keys)


def _delete_one(bucket: Bucket, key: str, headers: Mapping[str, str]) -> StorageError | None:
    try:
        bucket.delete_object(key, {}, headers)
    except errors.VENDOR_ERRORS as error:
        return errors.mapped(error)
    return None
