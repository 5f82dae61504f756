"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import requests
from typing_extensions import override
from urllib3.exceptions import HTTPError

from storewright.core.ranged import Opened, RangedRead
from storewright.services.oss import checksums
from storewright.services.oss.errors import code_of
from storewright.services.oss.sdk import Bucket, errors

__all__ = ["Download", "range_headers"]

_STANDARD: Final = {"x-oss-range-behavior": "standard"}
"""Without it, OSS gives the whole object where a range is not all inside it."""


def range_headers(wanted: str | None) -> dict[str, str]:
    """The headers that ask for a range; none for the whole object."""
    return {} if wanted is None else {"Range": wanted, **_STANDARD}


class Download(RangedRead):
    """The bytes of a range of one object. ``get`` and ``head`` are headers and parameters.

    A whole object is compared with its CRC-64.
    """

    broken = (HTTPError, requests.RequestException)
    refusals = (errors.OssError,)

    def __init__(
        self,
        bucket: Bucket,
        key: str,
        get: tuple[dict[str, str], dict[str, str]],
        head: tuple[dict[str, str], dict[str, str]],
        offset: int | None,
        size: int | None,
    ) -> None:
        super().__init__(offset, size)
        self._bucket, self._key, self._get, self._head = bucket, key, get, head
        self._processed = "x-oss-process" in get[1]  # what is read is not what is stored
        self._whole = not offset and size is None and not self._processed
        self._crc = 0
        self._told: Mapping[str, str] = {}

    def _check_exists(self) -> None:
        self._bucket.head_object(self._key, *self._head)

    def _code(self, error: Any) -> str:
        return code_of(error)

    def _ask(self, wanted: str | None, tag: str | None) -> Opened:
        headers = self._get[0] | range_headers(wanted)
        if tag is not None:
            headers["If-Match"] = tag
        answer = self._bucket.get_object(self._key, headers=headers, params=dict(self._get[1]))
        if tag is None:
            self._told = answer.headers
        body: Any = answer.resp.response.raw
        return Opened.of(body, None if self._processed else answer.headers.get("etag"))

    @override
    def _count(self, piece: bytes) -> None:
        super()._count(piece)
        if self._whole:
            self._crc = checksums.crc(piece, self._crc)

    @override
    def _finish(self) -> None:
        if self._whole and self._told.get("x-oss-object-type") != "Symlink":
            checksums.check(self._told, self._crc, "read")
