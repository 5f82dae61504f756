"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, final

from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ServiceResponseError,
)
from requests import RequestException
from urllib3.exceptions import HTTPError

from storewright.services.azblob.calls import answer_of, headers_of
from storewright.services.azblob.errors import code_of

if TYPE_CHECKING:
    from storewright.services.azblob.place import Blob

__all__ = ["Download"]

_RESUMES: Final = 4
_BROKEN: Final = (IncompleteReadError, ServiceResponseError, RequestException, HTTPError)
_ENDLESS: Final = 1 << 62


@final
class _Stream:
    """The body of an answer, which the SDK shall leave to us.

    Its downloader would read all of it into memory, or ask for it again and again in small pieces.
    It is shown an empty body instead, and an answer that says that this was all.
    """

    blob_type = None
    content_length = _ENDLESS
    name = container = content_md5 = None
    size = 0

    def __init__(self, answer: Any, body: Any) -> None:
        self.response = answer.http_response
        self.headers = answer_of(self.response.headers)
        self.content_range = self.headers.get("content-range")
        self.etag = self.headers.get("etag")
        self.body = body
        self.properties = self

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        """Give the connection back, or drop it if something is left in it."""
        self.response.internal_response.close()


class Download:
    """The bytes of a range of one object. ``get`` and ``head`` are what the calls say.

    A connection that breaks is replaced, from the first byte that is missing on and only while the
    object is the same. What breaks too often is raised as the SDK raises it.
    """

    def __init__(
        self,
        blob: Blob,
        get: dict[str, Any],
        head: dict[str, Any],
        offset: int | None,
        size: int | None,
    ) -> None:
        self._blob, self._get, self._head = blob, get, head
        self._offset, self._left = offset or 0, size
        self._tag: str | None = None
        self._resumes = _RESUMES

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in pieces of about a MiB."""
        if self._left == 0:  # no range says this, but the object must be there
            self._stat()
            return
        stream = self._open()
        while stream is not None:
            current = stream
            try:
                for piece in current.body:
                    self._advance(len(piece))
                    yield piece
                return
            except _BROKEN as error:
                stream = self._reopen(error)
            finally:
                current.close()

    def whole(self) -> bytes:
        """All the bytes."""
        found = list(self.pieces())
        return found[0] if len(found) == 1 else b"".join(found)

    def _advance(self, count: int) -> None:
        self._offset += count
        if self._left is not None:
            self._left -= count

    def _stat(self) -> None:
        self._blob.client.get_blob_properties(
            cls=headers_of, raw_request_hook=self._blob.says(self._head)
        )

    def _reopen(self, error: Exception) -> _Stream | None:
        """Ask for the rest; raises ``error`` where that cannot help."""
        self._resumes -= 1
        if self._tag is None or self._resumes < 0:
            raise error
        if self._left == 0:
            return None
        try:
            return self._open()
        except HttpResponseError as refused:
            if refused.status_code == 412:  # it is another object by now
                raise error from None
            raise

    def _open(self) -> _Stream | None:
        """The answer to a request for the rest; None if there is none."""
        args = self._get if self._tag is None else {**self._get, "if-match": self._tag}
        opened: list[_Stream] = []

        def keep(answer: Any, body: Any, _: Any) -> tuple[None, _Stream]:
            opened.append(_Stream(answer, body))
            return None, opened[0]

        try:
            self._blob.client.download_blob(
                self._offset,
                self._left,
                cls=keep,
                decompress=False,
                raw_request_hook=self._blob.says(args),
            )
        except HttpResponseError as error:
            if code_of(error) in ("InvalidRange", "416"):
                return None  # the object ends before the range begins
            raise
        self._tag = opened[0].etag
        return opened[0]
