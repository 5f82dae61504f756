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
from typing_extensions import override
from urllib3.exceptions import HTTPError

from storewright.core.ranged import Opened, RangedRead, range_ignored
from storewright.services.azblob.calls import answer_of, headers_of
from storewright.services.azblob.errors import code_of

if TYPE_CHECKING:
    from storewright.services.azblob.place import Blob

__all__ = ["Download"]

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
        length = self.headers.get("content-length")
        self.length = None if length is None else int(length)
        self.properties = self
        self._pieces = iter(body)

    def read(self, _: int | None) -> bytes:
        """The next piece, none at the end."""
        return next(self._pieces, b"")

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        """Give the connection back, or drop it if something is left in it."""
        self.response.internal_response.close()


class Download(RangedRead):
    """The bytes of a range of one object, in pieces of about a MiB.

    ``get`` and ``head`` are what the calls say.
    """

    broken = (IncompleteReadError, ServiceResponseError, RequestException, HTTPError)
    refusals = (HttpResponseError,)

    def __init__(
        self,
        blob: Blob,
        get: dict[str, Any],
        head: dict[str, Any],
        offset: int | None,
        size: int | None,
    ) -> None:
        super().__init__(offset, size)
        self._blob, self._get, self._head = blob, get, head

    def _check_exists(self) -> None:
        self._blob.client.get_blob_properties(
            cls=headers_of, raw_request_hook=self._blob.says(self._head)
        )

    def _code(self, error: Any) -> str:
        return "412" if error.status_code == 412 else code_of(error)

    def _ask(self, wanted: str | None, tag: str | None) -> Opened:
        args = self._get if tag is None else {**self._get, "if-match": tag}
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
        except ValueError as error:  # the SDK misses Content-Range
            for stream in opened:
                stream.close()
            raise range_ignored() from error
        (stream,) = opened
        return Opened(stream.read, stream.close, stream.etag, stream.content_range, stream.length)

    @override
    def whole(self) -> bytes:
        return b"".join(self.pieces())
