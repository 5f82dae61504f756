"""The parts of an upload, most of them without boto3's machinery.

What boto3 does to send a part comes to the same request each time, but for number, time and
signature, and costs as much as sending it. So it sends only the first ones; the others are made
after one that it has sent, and go through its connections. Whatever is not plainly well with them
is left to boto3, which knows what an error means and when to try again.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, final
from urllib.parse import urlsplit
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.exceptions import BotoCoreError

from storewright.core.bodies import MemoryBody
from storewright.services.s3 import uploads
from storewright.services.s3.calls import Signed, signing
from storewright.services.s3.signature import authorization

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from storewright.core.parts import Part

__all__ = ["PartSender"]

_SAME: Final = {
    "x-amz-expected-bucket-owner",
    "x-amz-request-payer",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
}
"""Headers that are the same in all parts of an upload."""
_OWN: Final = {
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "expect",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
}
"""Headers that each part has of its own, are not signed, or can be done without: an upload that was
begun is wanted, which need not be asked for each of its parts."""
_ANSWERS: Final = {
    "etag": "ETag",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    **{f"x-amz-checksum-{name.lower()}": f"Checksum{name}" for name in uploads.CHECKSUMS},
}
"""What boto3 calls the headers of an answer, as far as anybody looks at them."""
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_FAILURES: Final = 2
"""How many of the parts that boto3 did not make may fail before it makes all of them."""
_log = logging.getLogger("storewright")


@final
class PartSender:
    """Sends the parts of one upload, from any number of threads."""

    def __init__(self) -> None:
        self._pattern: _Pattern | None = None
        self._failures = 0

    def send(
        self,
        client: S3Client,
        args: dict[str, Any],
        index: int,
        data: memoryview,
        demanded: Mapping[str, Any],
    ) -> Part:
        """Send one part as `uploads.upload_part` does; ``args`` are the same for all of them."""
        pattern = self._pattern
        if pattern is not None and pattern.is_of(client):
            answer = pattern.send(index + 1, data)
            if answer is not None:
                return uploads.stored(index, len(data), answer, demanded)
            _log.debug("s3: part %d failed, and is left to boto3", index + 1)
            self._pattern = None
            self._failures += 1
        with signing() as signed:
            part = uploads.upload_part(client, args, index, data, demanded)
        if self._failures < _FAILURES:
            self._pattern = self._pattern or _pattern(client, signed)
        return part


def _pattern(client: Any, signed: Signed) -> _Pattern | None:
    """The pattern of a request; None unless it certainly leads to the same request again."""
    names = signed.headers().keys()
    if not {"authorization", "x-amz-content-sha256", "user-agent"} <= names <= _SAME | _OWN:
        return None
    if not {"region", "signing_name"} <= signed.request.context.get("signing", {}).keys():
        return None
    if client.meta.config.retries.get("total_max_attempts") == 1:
        return None  # a part must not be sent twice
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    if session is None:
        return None  # a version of botocore that keeps its connections elsewhere
    pattern = _Pattern(client, session, signed)
    return pattern if pattern.is_exact() else None


@final
class _Pattern:
    """What the parts of an upload have in common, taken from one that boto3 has sent."""

    def __init__(self, client: Any, session: Any, signed: Signed) -> None:
        request = signed.request
        self._client, self._session = client, session
        self._signer: Any = signed.signer
        self._scope: Mapping[str, str] = request.context["signing"]
        self._stamp: str = request.context["timestamp"]
        self._address = urlsplit(str(request.url))
        self._query = self._address.query.split("&")
        self._headers = signed.headers()
        self._same = {name: self._headers[name] for name in _SAME & self._headers.keys()}
        self._agent = self._headers["user-agent"]
        self._digest = self._headers["x-amz-content-sha256"]

    def is_of(self, client: Any) -> bool:
        """Whether it was made for this client: a forked child has another."""
        return self._client is client

    def is_exact(self) -> bool:
        """Whether it leads to boto3's signature of the part that boto3 has sent."""
        made = self._signed("&".join(sorted(self._query)), self._digest, self._stamp)
        return hmac.compare_digest(made["authorization"], self._headers["authorization"])

    def send(self, number: int, data: memoryview) -> Mapping[str, Any] | None:
        """What boto3 would return for this part; None if all is not well."""
        try:
            answer = self._exchange(number, data)
        except BotoCoreError:
            return None
        if answer is None or answer.status_code != 200:
            return None
        headers = answer.headers
        told = {name: headers[field] for field, name in _ANSWERS.items() if field in headers}
        return told if "ETag" in told else None

    def _exchange(self, number: int, data: memoryview) -> Any:
        """The answer of the service; None if a handler of the user's keeps the request from it."""
        digest = _UNSIGNED if self._digest == _UNSIGNED else hashlib.sha256(data).hexdigest()
        query = "&".join(sorted(f"partNumber={number}" if _numbers(f) else f for f in self._query))
        signed = self._signed(query, digest, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        headers: Any = HeadersDict(signed)  # as handlers know it: names in any case
        headers["content-length"] = str(len(data))
        headers["amz-sdk-invocation-id"] = str(uuid4())
        headers["amz-sdk-request"] = "attempt=1"
        body: Any = MemoryBody(data)
        request: Any = AWSPreparedRequest(
            method="PUT",
            url=self._address._replace(query=query).geturl(),
            headers=headers,
            body=body,
            stream_output=False,
            context={"client_config": self._client.meta.config},
        )
        events = self._client.meta.events
        _, instead = events.emit_until_response("before-send.s3.UploadPart", request=request)
        return self._session.send(request) if instead is None else None

    def _signed(self, query: str, digest: str, stamp: str) -> dict[str, str]:
        """The headers of a part, its signature among them."""
        region, service = self._scope["region"], self._scope["signing_name"]
        secrets = self._signer.get_auth_instance(service, region, "s3v4").credentials
        signed = {**self._same, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        if secrets.token:
            signed["x-amz-security-token"] = secrets.token
        address = self._address
        signature = authorization(
            "PUT",
            address.path,
            query,
            {**signed, "host": address.netloc},
            secrets=secrets,
            region=region,
            service=service,
        )
        return {**signed, "user-agent": self._agent, "authorization": signature}


def _numbers(field: str) -> bool:
    """Whether a field of the query is the number of the part."""
    return field.startswith("partNumber=")
