"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.api_core.exceptions import GoogleAPICallError
from urllib3.exceptions import HTTPError

from storewright.services.gcs.calls import Calls
from storewright.services.gcs.checksums import Crc32c, stored_crc32c
from storewright.services.gcs.errors import status_of

__all__ = ["Download", "range_header"]

_CHUNK: Final = 1024 * 1024
_RESUMES: Final = 4
_AS_STORED: Final[Mapping[str, str]] = {"accept-encoding": "gzip"}
"""Content that was stored compressed comes as it is, with the length and checksum that it has."""


def range_header(offset: int, size: int | None) -> str | None:
    """The Range header for ``size`` bytes from ``offset``; None for the whole object."""
    if size is None:
        return f"bytes={offset}-" if offset else None
    return f"bytes={offset}-{offset + size - 1}"


class Download:
    """The bytes of a range of one object, at ``content``.

    ``args`` are those of the vendor call. A connection that breaks is replaced, from the first byte
    that is missing on and only while the object is the same. What breaks too often is raised as
    urllib3 raises it. Content that is read whole is held against its checksum.
    """

    def __init__(
        self,
        calls: Calls,
        content: str,
        args: dict[str, Any],
        offset: int | None,
        size: int | None,
    ) -> None:
        self._calls, self._content, self._args = calls, content, args
        self._offset, self._left = offset or 0, size
        self._generation: str | None = None
        self._resumes = _RESUMES
        self._checksum = None if offset or size is not None else Crc32c()
        self._stored: str | None = None

    def pieces(self, amount: int | None = _CHUNK) -> Iterator[bytes]:
        """The bytes, in pieces of ``amount``, or in one piece if it is None.

        Raises IntegrityFailed at the end if they are not those that were stored.
        """
        answer = self._open()
        while answer is not None:
            try:
                while piece := answer.raw.read(amount, decode_content=False):
                    self._advance(piece)
                    yield piece
                    if amount is None:
                        break
                break
            except HTTPError as error:
                broken = error
            finally:
                answer.close()
            answer = self._reopen(broken)
        if self._checksum is not None:
            self._checksum.check(self._stored, "read")

    def whole(self) -> bytes:
        """All the bytes."""
        return b"".join(self.pieces(None))

    def _advance(self, piece: bytes) -> None:
        self._offset += len(piece)
        if self._left is not None:
            self._left -= len(piece)
        if self._checksum is not None:
            self._checksum.update(piece)

    def _reopen(self, error: Exception) -> Any:
        """Ask for the rest; raises ``error`` where that cannot help."""
        self._resumes -= 1
        if self._generation is None or self._resumes < 0:
            raise error
        if self._left == 0:
            return None
        try:
            return self._open()
        except GoogleAPICallError as refused:
            if status_of(refused) in (404, 412):  # it is another object by now
                raise error from None
            raise

    def _open(self) -> Any:
        """The answer to a request for the rest; None if there is none."""
        args: dict[str, Any] = {"alt": "media", **self._args}
        wanted = range_header(self._offset, self._left)
        headers = _AS_STORED if wanted is None else {**_AS_STORED, "range": wanted}
        if self._generation is not None:
            args["ifGenerationMatch"] = self._generation
        try:
            answer = self._calls.send("GET", self._content, args, headers=headers, stream=True)
        except GoogleAPICallError as error:
            if status_of(error) == 416:
                return None  # the object ends before the range begins
            raise
        if self._generation is None:
            self._generation = answer.headers.get("x-goog-generation")
            self._stored = stored_crc32c(answer.headers.get("x-goog-hash", ""))
        return answer
