"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore import exceptions as boto
from botocore.exceptions import ClientError
from urllib3.exceptions import HTTPError

from storewright.core.errors import Unexpected
from storewright.services.s3.errors import code_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["Download", "range_header"]

_CHUNK: Final = 1024 * 1024
_RESUMES: Final = 4
_BROKEN: Final = (
    boto.IncompleteReadError,
    boto.ResponseStreamingError,
    boto.ReadTimeoutError,
    HTTPError,
)


def range_header(offset: int, size: int | None) -> str | None:
    """The Range header for ``size`` bytes from ``offset``; None for the whole object."""
    if size is None:
        return f"bytes={offset}-" if offset else None
    return f"bytes={offset}-{offset + size - 1}"


class Download:
    """The bytes of a range of one object. ``get`` and ``head`` are the vendor calls' arguments.

    A connection that breaks is replaced, from the first byte that is missing on and only while the
    object is the same. What breaks too often is raised as botocore raises it.
    """

    def __init__(
        self,
        client: S3Client,
        get: dict[str, Any],
        head: dict[str, Any],
        offset: int | None,
        size: int | None,
    ) -> None:
        self._client, self._get, self._head = client, get, head
        self._offset, self._left = offset or 0, size
        self._tag: str | None = None
        self._resumes = _RESUMES

    def pieces(self, amount: int | None = _CHUNK) -> Iterator[bytes]:
        """The bytes, in pieces of ``amount``, or in one piece if it is None."""
        if self._left == 0:  # no range says this, but the object must be there
            self._client.head_object(**self._head)
            return
        answer = self._open()
        while answer is not None:
            body = answer["Body"]
            try:
                while piece := body.read(amount):
                    self._advance(len(piece))
                    yield piece
                    if amount is None:
                        return
                return
            except _BROKEN as error:
                answer = self._reopen(error)
            finally:
                body.close()

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
        except ClientError as refused:
            if code_of(refused) in ("PreconditionFailed", "412"):  # it is another object by now
                raise error from None
            raise

    def _open(self) -> Any:
        """The answer to a request for the rest; None if there is none."""
        args = dict(self._get)
        wanted = range_header(self._offset, self._left)
        if wanted is not None:
            args["Range"] = wanted
        if self._tag is not None:
            args["IfMatch"] = self._tag
        try:
            answer: Any = self._client.get_object(**args)
        except ClientError as error:
            if code_of(error) in ("InvalidRange", "416"):
                return None  # the object ends before the range begins
            raise
        if wanted is not None:
            self._check_range(answer)
        self._tag = answer.get("ETag")
        return answer

    def _check_range(self, answer: Any) -> None:
        """Not every store knows ranges, and one that does not sends all there is."""
        told: str | None = answer.get("ContentRange")
        if told is None:
            whole = not self._offset and answer["ContentLength"] <= (self._left or 0)
        else:
            whole = told.startswith(f"bytes {self._offset}-")
        if not whole:
            answer["Body"].close()
            raise Unexpected("the service did not send the range that it was asked for")
