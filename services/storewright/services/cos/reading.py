"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import qcloud_cos
from urllib3.exceptions import HTTPError

from storewright.core.ranged import Opened, RangedRead
from storewright.services.cos.arguments import split
from storewright.services.cos.errors import code_of

__all__ = ["Download"]

_sdk: Any = qcloud_cos


class Download(RangedRead):
    """The bytes of a range of one object. ``get`` and ``head`` are the vendor calls' arguments.

    ``query`` are parameters that the SDK's call does not know.
    """

    broken = (HTTPError,)
    refusals = (_sdk.CosServiceError,)

    def __init__(
        self,
        client: Any,
        get: dict[str, Any],
        head: dict[str, Any],
        offset: int | None,
        size: int | None,
        query: Mapping[str, str] | None,
    ) -> None:
        super().__init__(offset, size)
        self._client, self._get, self._head = client, get, head
        self._query = query

    def _check_exists(self) -> None:
        self._client.head_object(**self._head)

    def _code(self, error: Any) -> str:
        return code_of(error)

    def _ask(self, wanted: str | None, tag: str | None) -> Opened:
        args = {**self._get, "AcceptEncoding": "identity"}
        if wanted is not None:
            args["Range"] = wanted
        if tag is not None:
            args["IfMatch"] = tag
        body = self._raw(args)
        return Opened.of(body, body.headers.get("ETag"))

    def _raw(self, args: dict[str, Any]) -> Any:
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
