"""Requests that others send: signed URLs, and the headers and body that belong to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from storewright.core.encoders import encode_seconds
from storewright.core.errors import CredentialInvalid, RestrictionDissatisfied
from storewright.core.parts import Part, SignedRequest
from storewright.services.oss.sdk import Bucket
from storewright.services.oss.uploads import completed

__all__ = ["complete_body", "sign"]

_LONGEST: Final = 7 * 24 * 3600
_SIGNED_ANYWAY: Final = ("content-type", "content-md5")


def sign(
    bucket: Bucket,
    method: str,
    key: str,
    headers: Mapping[str, str],
    params: Mapping[str, str],
    expire: float,
    body: bytes = b"",
) -> SignedRequest:
    """A request that holds for ``expire`` seconds.

    Signatures of version 1 cover the method, the address, Content-Type, Content-MD5 and the
    vendor's headers; those of version 4 cover all the headers.
    """
    auth = _auth_of(bucket)
    if not auth:
        message = "an anonymous credential cannot sign"
        raise CredentialInvalid(message, hint="everybody may send the request unsigned")
    names = [n for n in map(str.lower, headers) if not n.startswith("x-oss-")]
    more = sorted(set(names) - set(_SIGNED_ANYWAY)) if auth == "v4" else []
    url = bucket.sign_url(
        method,
        key,
        _seconds(expire),
        headers=dict(headers),
        params=dict(params),
        slash_safe=True,
        additional_headers=more or None,
    )
    return SignedRequest(method, url, dict(headers), body)


def _auth_of(bucket: Bucket) -> str:
    """The version of signatures; empty where nobody signs."""
    return str(bucket.auth.auth_version())


def _seconds(expire: float) -> int:
    seconds = encode_seconds(expire)
    if not 1 <= seconds <= _LONGEST:
        message = f"expire must be from 1 second to 7 days, not {expire:g} s"
        raise RestrictionDissatisfied(message)
    return seconds


def complete_body(parts: Sequence[Part]) -> bytes:
    """The body of the request that completes an upload."""
    entries = "".join(
        f"<Part><PartNumber>{part.index + 1}</PartNumber><ETag>{escape(part.etag)}</ETag></Part>"
        for part in completed(parts)
    )
    return f"<CompleteMultipartUpload>{entries}</CompleteMultipartUpload>".encode()
