"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import exceptions as boto
from botocore.exceptions import ClientError
from urllib3.exceptions import HTTPError

from storewright.core.ranged import Opened, RangedRead
from storewright.services.s3.errors import code_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["Download"]


class Download(RangedRead):
    """The bytes of a range of one object. ``get`` and ``head`` are the vendor calls' arguments."""

    broken = (
        boto.IncompleteReadError,
        boto.ResponseStreamingError,
        boto.ReadTimeoutError,
        HTTPError,
    )
    refusals = (ClientError,)

    def __init__(
        self,
        client: S3Client,
        get: dict[str, Any],
        head: dict[str, Any],
        offset: int | None,
        size: int | None,
    ) -> None:
        super().__init__(offset, size)
        self._client, self._get, self._head = client, get, head

    def _check_exists(self) -> None:
        self._client.head_object(**self._head)

    def _code(self, error: Any) -> str:
        return code_of(error)

    def _ask(self, wanted: str | None, tag: str | None) -> Opened:
        args = dict(self._get)
        if wanted is not None:
            args["Range"] = wanted
        if tag is not None:
            args["IfMatch"] = tag
        answer: Any = self._client.get_object(**args)
        body = answer["Body"]
        said = answer.get
        return Opened(
            body.read, body.close, said("ETag"), said("ContentRange"), said("ContentLength")
        )
