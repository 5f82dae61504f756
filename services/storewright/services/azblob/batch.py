"""Deleting many objects with few requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from storewright.core.errors import BatchFailed, StorageError
from storewright.core.listing import batches
from storewright.services.azblob import errors

__all__ = ["delete_all"]


def delete_all(client: Any, keys: Mapping[str, str], snapshots: str | None, most: int) -> None:
    """Delete the objects at ``keys`` (path -> key), at most ``most`` with one request.

    Raises BatchFailed after all were tried, with the error of each path that remains.
    """
    failures: dict[str, StorageError] = {}
    paths = {key: path for path, key in keys.items()}
    for batch in batches(paths, most):
        for key, error in _delete(client, batch, snapshots):
            failures[paths[key]] = error
    if failures:
        raise BatchFailed(failures=failures)


def _delete(
    client: Any, keys: list[str], snapshots: str | None
) -> Iterator[tuple[str, StorageError]]:
    """Keys that one request could not delete, and why."""
    options = {"raise_on_any_failure": False, "delete_snapshots": snapshots}
    try:
        answers = list(client.delete_blobs(*keys, **options))
    except errors.VENDOR_ERRORS as error:
        failure = errors.mapped(cast("Exception", error))
        yield from ((key, failure) for key in keys)
        return
    for key, answer in zip(keys, answers, strict=True):
        code = answer.headers.get("x-ms-error-code") or str(answer.status_code)
        if answer.status_code >= 300 and code not in errors.NOT_FOUND:
            request = answer.headers.get("x-ms-request-id") or ""
            status = answer.status_code
            yield key, errors.from_code(code, "", status=status, request_id=request)
