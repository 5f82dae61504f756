"""Signed requests, for others to send: shared access signatures of one blob."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from azure.storage.blob import BlobSasPermissions, generate_blob_sas

from storewright.core.encoders import encode_seconds
from storewright.core.errors import CredentialInvalid, RestrictionDissatisfied
from storewright.core.parts import SignedRequest

if TYPE_CHECKING:
    from storewright.services.azblob.client import Connected
    from storewright.services.azblob.place import Blob

__all__ = ["OVERRIDES", "permissions", "sign", "signed_url"]

OVERRIDES: Final[Mapping[str, str]] = {
    "response_cache_control": "cache_control",
    "response_content_disposition": "content_disposition",
    "response_content_encoding": "content_encoding",
    "response_content_language": "content_language",
    "response_content_type": "content_type",
}
"""What a signature may say of the answer: our pair -> the SDK's parameter."""
_DELEGATED: Final = 7 * 24 * 3600
"""The longest that a key of Microsoft Entra ID holds, in seconds."""


def permissions(method: str, args: Mapping[str, Any]) -> BlobSasPermissions:
    """What a request needs that is sent with a method and these headers and parameters."""
    if method == "GET":
        return BlobSasPermissions(read=True)
    if method == "DELETE":
        return BlobSasPermissions(delete=True, delete_previous_version="?versionid" in args)
    return BlobSasPermissions(create=True, write=True, tag="x-ms-tags" in args)


def sign(
    blob: Blob,
    method: str,
    args: dict[str, Any],
    expire: float,
    said: Mapping[str, str] | None = None,
) -> SignedRequest:
    """A request that says ``args`` and holds for ``expire`` seconds.

    ``said`` are the SDK's names of headers that the answer shall have.
    """
    url = signed_url(blob, method, args, expire, said or {})
    headers: dict[str, str] = {}
    for name, value in args.items():
        if name == "x-ms-meta":
            headers.update({f"{name}-{key}": text for key, text in value.items()})
        elif name[0] != "?":
            headers[name] = value
    return SignedRequest(method, url, headers)


def signed_url(
    blob: Blob, method: str, args: Mapping[str, Any], expire: float, said: Mapping[str, str]
) -> str:
    """The URL of the blob, with what gives the right to one kind of request."""
    options: dict[str, Any] = {**_signer(blob.connected, _seconds(expire)), **said}
    signature = generate_blob_sas(
        container_name=blob.container,
        blob_name=blob.key,
        permission=permissions(method, args),
        snapshot=args.get("?snapshot"),
        version_id=args.get("?versionid"),
        **options,
    )
    own = [f"{n[1:]}={quote(value, safe='')}" for n, value in args.items() if n[0] == "?"]
    return blob.address([*own, signature])


def _signer(connected: Connected, seconds: int) -> dict[str, Any]:
    """Who signs, and until when."""
    access = connected.access
    now = datetime.now(UTC)
    expiry = now + timedelta(seconds=seconds)
    signer: dict[str, Any] = {"account_name": access.account, "expiry": expiry}
    if access.key is not None:
        return {**signer, "account_key": access.key}
    if access.token is None:
        message = "neither a signature nor an anonymous credential can sign"
        raise CredentialInvalid(message, hint="give the account's key, or use Microsoft Entra ID")
    if seconds > _DELEGATED:
        raise RestrictionDissatisfied("expire must be 7 days at most without the account's key")
    return {**signer, "user_delegation_key": connected.delegation_key(now, expiry)}


def _seconds(expire: float) -> int:
    seconds = encode_seconds(expire)
    if seconds < 1:
        raise RestrictionDissatisfied(f"expire must be at least 1 second, not {expire:g} s")
    return seconds
