"""Signed requests, for others to send: of the XML API, with signatures of version 4."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from storewright.core.encoders import encode_seconds
from storewright.core.errors import CredentialInvalid, RestrictionDissatisfied
from storewright.core.parts import SignedRequest
from storewright.services.gcs.calls import Request

if TYPE_CHECKING:
    from storewright.services.gcs.calls import Calls
    from storewright.services.gcs.place import Place

__all__ = ["sign"]

_LONGEST: Final = 7 * 24 * 3600


def sign(
    calls: Calls,
    place: Place,
    method: str,
    key: str,
    args: dict[str, Any],
    expire: float,
    body: bytes = b"",
) -> SignedRequest:
    """A request for the object at ``key`` that holds for ``expire`` seconds."""
    request, seconds = Request.of(args), _seconds(expire)
    blob = calls.client.bucket(place.bucket).blob(key)
    try:
        url: str = blob.generate_signed_url(
            version="v4",
            expiration=timedelta(seconds=seconds),
            api_access_endpoint=calls.address,
            method=method,
            headers=dict(request.headers),
            query_parameters=dict(request.query),
        )
    except AttributeError as error:  # so the SDK says that there is no private key
        message = "this credential cannot sign"
        hint = "sign with the key file of a service account"
        raise CredentialInvalid(message, hint=hint) from error
    return SignedRequest(method, url, request.headers, body)


def _seconds(expire: float) -> int:
    seconds = encode_seconds(expire)
    if not 1 <= seconds <= _LONGEST:
        message = f"expire must be from 1 second to 7 days, not {expire:g} s"
        raise RestrictionDissatisfied(message)
    return seconds
