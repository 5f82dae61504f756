"""Append blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storewright.services.azblob.place import Blob

__all__ = ["append", "create"]


def create(blob: Blob, args: dict[str, Any]) -> None:
    """Publish an empty object that can be appended to."""
    blob.client.create_append_blob(raw_request_hook=blob.says(args))


def append(blob: Blob, data: bytes | memoryview, args: dict[str, Any]) -> int:
    """Append all of it, and return where it begins.

    It is tried again only where the service has surely not got it: nothing is appended twice.
    """
    body: Any = data
    answer: Any = blob.client.append_block(
        body,
        length=len(data),
        raw_request_hook=blob.says(args),
        retry_read=0,
        retry_status=0,
    )
    return int(answer["blob_append_offset"])
