"""The calls that change one object: a whole one, a block, the list of blocks that publishes one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError

from storewright.core.parts import WriteResult
from storewright.services.azblob.errors import exclusive, is_absent

if TYPE_CHECKING:
    from storewright.services.azblob.place import Blob

__all__ = ["commit", "delete", "put", "stage"]


def put(blob: Blob, data: bytes, args: dict[str, Any]) -> WriteResult:
    """Publish a whole object."""
    with exclusive(args):
        answer = blob.client.upload_blob(
            data, length=len(data), overwrite=True, raw_request_hook=blob.says(args)
        )
    return WriteResult(len(data), answer.get("etag"), answer.get("version_id"))


def stage(blob: Blob, id: str, data: bytes | memoryview, args: dict[str, Any]) -> None:
    """Send a block."""
    body: Any = data
    blob.client.stage_block(id, body, length=len(data), raw_request_hook=blob.says(args))


def commit(blob: Blob, ids: Sequence[str], args: dict[str, Any]) -> dict[str, Any]:
    """Publish the object made of the blocks, in that order."""
    listed: Any = list(ids)
    return blob.client.commit_block_list(listed, raw_request_hook=blob.says(args))


def delete(blob: Blob, args: dict[str, Any]) -> None:
    """Delete an object; one that is not there is no error."""
    try:
        blob.client.delete_blob(raw_request_hook=blob.says(args))
    except HttpResponseError as error:
        if not is_absent(error):
            raise
