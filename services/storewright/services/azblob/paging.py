"""Page blobs: objects of whole pages, which can be written at any place and must be made longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from storewright.core.errors import RestrictionDissatisfied
from storewright.services.azblob.calls import headers_of

if TYPE_CHECKING:
    from storewright.services.azblob.place import Blob

__all__ = ["Pages", "check", "create"]

_MOST: Final = 4 * 1024 * 1024
"""Bytes in one request."""


def create(blob: Blob, args: dict[str, Any]) -> None:
    """Publish an empty object of pages."""
    blob.client.create_page_blob(0, raw_request_hook=blob.says(args))


def check(offset: int, size: int, alignment: int) -> None:
    """Raise RestrictionDissatisfied unless only whole pages are written."""
    if offset < 0 or offset % alignment or size % alignment:
        message = f"offset {offset} and size {size} must be multiples of {alignment}"
        raise RestrictionDissatisfied(message, hint="Azure writes whole pages")


class Pages:
    """The pages of one object. ``write`` and ``grow`` are what the calls say."""

    def __init__(self, blob: Blob, write: dict[str, Any], grow: dict[str, Any]) -> None:
        self._blob, self._write, self._grow = blob, write, grow

    def write(self, data: bytes | memoryview, offset: int, length: int) -> int:
        """Write at ``offset`` of an object known to have ``length`` bytes; the new length."""
        end = offset + len(data)
        if end > length:
            length = self._lengthen(end)
        view = memoryview(data)
        for start in range(0, len(data), _MOST):
            piece: Any = view[start : start + _MOST]
            self._blob.client.upload_page(
                piece, offset + start, len(piece), raw_request_hook=self._blob.says(self._write)
            )
        return length

    def _lengthen(self, end: int) -> int:
        """Make the object as long as that, unless others have made it longer already."""
        said = self._blob.says(self._grow)
        told: Any = self._blob.client.get_blob_properties(cls=headers_of, raw_request_hook=said)
        length = int(told["content-length"])
        if end <= length:
            return length
        same = {**self._grow, "if-match": told["etag"]}
        self._blob.client.resize_blob(end, raw_request_hook=self._blob.says(same))
        return end
