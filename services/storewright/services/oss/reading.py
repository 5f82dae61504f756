"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError

from storewright.services.oss import checksums
from storewright.services.oss.errors import code_of
from storewright.services.oss.sdk import Answer, Bucket, errors

__all__ = ["Download", "range_headers"]

_CHUNK: Final = 1024 * 1024
_RESUMES: Final = 4
_BROKEN: Final = (HTTPError, requests.RequestException)
_STANDARD: Final = {"x-oss-range-behavior": "standard"}
"""Without it, OSS gives the whole object where a range is not all inside it."""


def range_headers(offset: int, size: int | None) -> dict[str, str]:
    """The headers that ask for ``size`` bytes from ``offset``; none for the whole object."""
    if size is None:
        return {"Range": f"bytes={offset}-", **_STANDARD} if offset else {}
    return {"Range": f"bytes={offset}-{offset + size - 1}", **_STANDARD}


class Download:
    """The bytes of a range of one object. ``get`` and ``head`` are headers and parameters.

    A connection that breaks is replaced, from the first byte that is missing on and only while the
    object is the same. A whole object is compared with its CRC-64.
    """

    def __init__(
        self,
        bucket: Bucket,
        key: str,
        get: tuple[dict[str, str], dict[str, str]],
        head: tuple[dict[str, str], dict[str, str]],
        offset: int | None,
        size: int | None,
    ) -> None:
        self._bucket, self._key, self._get, self._head = bucket, key, get, head
        self._offset, self._left = offset or 0, size
        self._processed = "x-oss-process" in get[1]  # what is read is not what is stored
        self._whole = not offset and size is None and not self._processed
        self._tag: str | None = None
        self._resumes = _RESUMES
        self._crc = 0
        self._told: Mapping[str, str] = {}

    def pieces(self, amount: int | None = _CHUNK) -> Iterator[bytes]:
        """The bytes, in pieces of ``amount``, or in one piece if it is None."""
        if self._left == 0:  # no range says this, but the object must be there
            self._bucket.head_object(self._key, *self._head)
            return
        answer = self._open()
        while answer is not None:
            response = answer.resp.response
            try:
                while piece := response.raw.read(amount, decode_content=False):
                    self._advance(piece)
                    yield piece
                    if amount is None:
                        break
                self._check()
                return
            except _BROKEN as error:
                answer = self._reopen(error)
            finally:
                response.close() if answer is None else response.raw.release_conn()

    def whole(self) -> bytes:
        """All the bytes."""
        return b"".join(self.pieces(None))

    def _advance(self, piece: bytes) -> None:
        count = len(piece)
        self._offset += count
        if self._left is not None:
            self._left -= count
        if self._whole:
            self._crc = checksums.crc(piece, self._crc)

    def _check(self) -> None:
        if self._whole and self._told.get("x-oss-object-type") != "Symlink":
            checksums.check(self._told, self._crc, "read")

    def _reopen(self, error: Exception) -> Answer | None:
        """Ask for the rest; raises ``error`` where that cannot help."""
        self._resumes -= 1
        if self._tag is None or self._resumes < 0 or self._processed:
            raise error
        if self._left == 0:
            return None
        try:
            return self._open()
        except errors.OssError as refused:
            if code_of(refused) in ("PreconditionFailed", "412"):  # it is another object by now
                raise error from None
            raise

    def _open(self) -> Answer | None:
        """The answer to a request for the rest; None if there is none."""
        headers = {**self._get[0], **range_headers(self._offset, self._left)}
        if self._tag is not None:
            headers["If-Match"] = self._tag
        try:
            answer = self._bucket.get_object(self._key, headers=headers, params=dict(self._get[1]))
        except errors.OssError as error:
            if code_of(error) in ("InvalidRange", "416"):
                return None  # the object ends before the range begins
            raise
        if self._tag is None:
            self._told = answer.headers
        self._tag = answer.headers.get("etag")
        return answer


def length_of(answer: Any) -> int:
    """The length that an answer tells."""
    return int(answer.headers.get("content-length", 0))
