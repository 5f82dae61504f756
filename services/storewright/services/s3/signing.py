"""Signed requests, for others to send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from storewright.core.encoders import encode_seconds
from storewright.core.errors import CredentialInvalid, RestrictionDissatisfied
from storewright.core.parts import Part, SignedRequest
from storewright.services.s3.calls import signing
from storewright.services.s3.uploads import completed

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["complete_body", "sign"]

_LONGEST: Final = 7 * 24 * 3600
_METHODS: Final[Mapping[str, str]] = {
    "abort_multipart_upload": "DELETE",
    "complete_multipart_upload": "POST",
    "create_multipart_upload": "POST",
    "delete_object": "DELETE",
    "get_object": "GET",
    "list_parts": "GET",
    "put_object": "PUT",
    "upload_part": "PUT",
}


def sign(
    client: S3Client, call: str, args: dict[str, Any], expire: float, body: bytes = b""
) -> SignedRequest:
    """The vendor call ``call`` as a request that holds for ``expire`` seconds."""
    with signing() as signed:
        address = client.generate_presigned_url(
            call, Params=args, ExpiresIn=_seconds(expire), HttpMethod=_METHODS[call]
        )
    names = parse_qs(urlsplit(address).query).get("X-Amz-SignedHeaders")
    if names is None:
        message = "an anonymous credential cannot sign"
        raise CredentialInvalid(message, hint="everybody may send the request unsigned")
    headers = {n: signed.header(n) for n in names[0].split(";") if n != "host"}
    return SignedRequest(_METHODS[call], address, headers, body)


def _seconds(expire: float) -> int:
    seconds = encode_seconds(expire)
    if not 1 <= seconds <= _LONGEST:
        message = f"expire must be from 1 second to 7 days, not {expire:g} s"
        raise RestrictionDissatisfied(message)
    return seconds


def complete_body(parts: Sequence[Part]) -> bytes:
    """The body of the request that completes an upload."""
    entries = "".join(f"<Part>{_fields(entry)}</Part>" for entry in completed(parts))
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    document = f'<CompleteMultipartUpload xmlns="{space}">{entries}</CompleteMultipartUpload>'
    return document.encode()


def _fields(entry: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in entry.items())
