"""Blocks: how those of our uploads are called, and what there is of them.

Blocks lie beside the object, under its key, and are seen by nobody. The next object that is
published under the key, whoever does it, throws away those that are no part of it; otherwise the
service does, a week after the last one. So the blocks of an upload are told from all others by
their ids: ``<upload>-<index>``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import HttpResponseError

from storewright.core.parts import Part
from storewright.services.azblob import sending
from storewright.services.azblob.errors import exclusive, is_absent

if TYPE_CHECKING:
    from storewright.services.azblob.place import Blob

__all__ = ["block_id", "committed", "discard", "new_upload", "parts_of", "uncommitted"]

_DIGITS: Final = 5  # of 50,000; the ids of all blocks of an object must be equally long


def new_upload() -> str:
    """The id of a new upload."""
    return f"sw{secrets.token_hex(10)}"


def block_id(upload: str, index: int) -> str:
    """The id of a block of an upload."""
    return f"{upload}-{index:0{_DIGITS}}"


def uncommitted(blob: Blob) -> list[Any]:
    """The blocks that are part of no object yet: none where there is not even that."""
    return _listed(blob, "uncommitted")[1]


def committed(blob: Blob) -> list[Any]:
    """The blocks that the object is made of: none of an object that was sent whole."""
    return _listed(blob, "committed")[0]


def _listed(blob: Blob, kind: str) -> tuple[list[Any], list[Any]]:
    try:
        return blob.client.get_block_list(kind, raw_request_hook=blob.says({}))
    except HttpResponseError as error:
        if is_absent(error):
            return [], []
        raise


def parts_of(upload: str, blob: Blob) -> Iterator[Part]:
    """The parts of an upload that are stored."""
    for block in uncommitted(blob):
        found, _, index = str(block.id).rpartition("-")
        if found == upload:
            yield Part(int(index), block.size)


def discard(blob: Blob) -> None:
    """Throw away the uncommitted blocks of a blob that has no content; none is no error.

    Only something that is published throws blocks away: an empty object, which is deleted at once.
    It is seen for a moment, so only who asks for it gets it. Neither step touches an object that
    was there before or that another published meanwhile. Raises ObjectExists where there is one:
    its blocks go when it is replaced, or by themselves.
    """
    if not uncommitted(blob):
        return
    new = {"if-none-match": "*"}
    with exclusive(new):
        made = sending.commit(blob, [], new)
    sending.delete(blob, {"if-match": made["etag"]})
