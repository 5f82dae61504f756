"""Signed requests, for others to send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from storewright.core.encoders import encode_seconds
from storewright.core.errors import CredentialInvalid, RestrictionDissatisfied
from storewright.core.parts import Part, SignedRequest
from storewright.services.cos.arguments import split
from storewright.services.cos.uploads import completed

__all__ = ["complete_body", "sign"]


def sign(
    client: Any,
    method: str,
    args: dict[str, Any],
    query: Mapping[str, Any],
    expire: float,
    body: bytes = b"",
) -> SignedRequest:
    """A request as the SDK would make it of ``args`` and ``query``; holds for ``expire`` seconds.

    The SDK's own URLs write spaces as +, and forget the token of temporary keys.
    """
    bucket, key = args.pop("Bucket"), args.pop("Key")
    headers, more = split(args)
    params = {**{name: str(value) for name, value in query.items()}, **more}
    config = client.get_conf()
    if config._token is not None:  # noqa: SLF001 - the SDK does not tell it otherwise
        params["x-cos-security-token"] = config._token  # noqa: SLF001
    signed: str = client.get_auth(method, bucket, key, _seconds(expire), headers, params)
    if not signed:
        message = "an anonymous credential cannot sign"
        raise CredentialInvalid(message, hint="everybody may send the request unsigned")
    pairs = dict(item.split("=", 1) for item in signed.split("&"))
    text = urlencode(pairs | params, quote_via=quote, safe="~")
    address = f"{config.uri(bucket=bucket, path=key)}?{text}"
    return SignedRequest(method, address, headers, body)


def _seconds(expire: float) -> int:
    seconds = encode_seconds(expire)
    if seconds < 1:
        raise RestrictionDissatisfied(f"expire must be 1 second at least, not {expire:g} s")
    return seconds


def complete_body(parts: Sequence[Part]) -> bytes:
    """The body of the request that completes an upload."""
    entries = "".join(f"<Part>{_fields(entry)}</Part>" for entry in completed(parts))
    return f"<CompleteMultipartUpload>{entries}</CompleteMultipartUpload>".encode()


def _fields(entry: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in entry.items())
