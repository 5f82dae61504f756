"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import qcloud_cos
from urllib3.exceptions import HTTPError

from storewright.core.errors import Unexpected
from storewright.services.cos.arguments import split
from storewright.services.cos.errors import code_of

__all__ = ["Download", "range_header"]

_CHUNK: Final = 1024 * 1024
_RESUMES: Final = 4
_sdk: Any = qcloud_cos


def range_header(offset: int, size: int | None) -> str | None:
    """The Range header for ``size`` bytes from ``offset``; None for the whole object."""
    if size is None:
        return f"bytes={offset}-" if offset else None
    return f"bytes={offset}-{offset + size - 1}"


class Download:
    """The bytes of a range of one object. ``get`` and ``head`` are the vendor calls' arguments.

    A connection that breaks is replaced, from the first byte that is missing on and only while the
    object is the same. What breaks too often is raised as urllib3 raises it. ``query`` are
    parameters that the SDK's call does not know.
    """

    def __init__(
        self,
        client: Any,
        get: dict[str, Any],
        head: dict[str, Any],
        offset: int | None,
        size: int | None,
        query: Mapping[str, str] | None,
    ) -> None:
        self._client, self._get, self._head = client, get, head
        self._offset, self._left = offset or 0, size
        self._query = query
        self._tag: str | None = None
        self._resumes = _RESUMES

    def pieces(self, amount: int | None = _CHUNK) -> Iterator[bytes]:
        """The bytes, in pieces of ``amount``, or in one piece if it is None."""
        if self._left == 0:  # no range says this, but the object must be there
            self._client.head_object(**self._head)
            return
        body = self._open()
        while body is not None:
            following = None
            try:
                while piece := body.read(amount, decode_content=False):
                    self._advance(len(piece))
                    yield piece
                    if amount is None:
                        return
            except HTTPError as error:
                following = self._reopen(error)
            finally:
                body.close()
                body.release_conn()
            body = following

    def whole(self) -> bytes:
        """All the bytes."""
        return next(self.pieces(None), b"")

    def _advance(self, count: int) -> None:
        self._offset += count
        if self._left is not None:
            self._left -= count

    def _reopen(self, error: Exception) -> Any:
        """Ask for the rest; raises ``error`` where that cannot help."""
        self._resumes -= 1
        if self._tag is None or self._resumes < 0:
            raise error
        if self._left == 0:
            return None
        try:
            return self._open()
        except _sdk.CosServiceError as refused:
            if code_of(refused) in ("PreconditionFailed", "412"):  # it is another object by now
                raise error from None
            raise

    def _open(self) -> Any:
        """urllib3's response to a request for the rest; None if there is none."""
        args = {**self._get, "AcceptEncoding": "identity"}
        wanted = range_header(self._offset, self._left)
        if wanted is not None:
            args["Range"] = wanted
        if self._tag is not None:
            args["IfMatch"] = self._tag
        try:
            answer = self._ask(args)
        except _sdk.CosServiceError as error:
            if code_of(error) in ("InvalidRange", "416"):
                return None  # the object ends before the range begins
            raise
        if wanted is not None:
            self._check_range(answer)
        self._tag = answer.headers.get("ETag")
        return answer

    def _check_range(self, answer: Any) -> None:
        """A gateway or a cache that ignores ranges sends all there is."""
        told: str | None = answer.headers.get("Content-Range")
        if told is None:
            length = int(answer.headers.get("Content-Length", -1))
            right = not self._offset and 0 <= length <= (self._left or 0)
        else:
            right = told.startswith(f"bytes {self._offset}-")
        if not right:
            answer.close()
            raise Unexpected("the service did not send the range that it was asked for")

    def _ask(self, args: dict[str, Any]) -> Any:
        """The answer as urllib3 has it."""
        if not self._query:
            answer = self._client.get_object(**args, KeySimplifyCheck=False)
            return answer["Body"].get_raw_stream()
        bucket, key = args.pop("Bucket"), args.pop("Key")
        headers, query = split(args)
        query |= self._query
        config = self._client.get_conf()
        answer = self._client.send_request(
            method="GET",
            url=config.uri(bucket=bucket, path=key),
            bucket=bucket,
            stream=True,
            auth=_sdk.CosS3Auth(config, key, params=query),
            params=query,
            headers=headers,
        )
        return answer.raw
