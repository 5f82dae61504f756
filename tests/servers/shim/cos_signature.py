"""Signatures of COS (q-sign), in the Authorization header and in URLs.

Written from Tencent Cloud's document "Request Signature" (436/7778): the SDK that signs in the
tests does not check.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, quote

from tests.servers.shim.message import Account, Refused, Request

__all__ = ["check"]

Accounts: TypeAlias = Mapping[str, Account]
"""By access key, which Tencent calls SecretId."""

_SKEW: Final = 15 * 60
_FIELDS: Final = (
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
)
_MISMATCH: Final = "The Signature you specified is invalid."


def check(request: Request, accounts: Accounts) -> bool:
    """Whether the request is signed; raises Refused for a signature that is wrong."""
    fields = _fields(request)
    if fields is None:
        return False
    missing = [name for name in _FIELDS if name not in fields]
    if missing or fields["q-sign-algorithm"] != "sha1":
        raise Refused(403, "AccessDenied", f"The signature lacks {', '.join(missing)}.")
    account = _account(request, accounts, fields["q-ak"])
    if not hmac.compare_digest(_signature(request, account, fields), fields["q-signature"]):
        raise Refused(403, "SignatureDoesNotMatch", _MISMATCH)
    _check_time(fields["q-sign-time"])
    return True


def _fields(request: Request) -> Mapping[str, str] | None:
    """What the signature says of itself, in the header or in the query."""
    authorization = request.headers.get("authorization", "")
    if authorization:
        return dict(parse_qsl(authorization, keep_blank_values=True, separator="&"))
    return request.params if "q-signature" in request.params else None


def _account(request: Request, accounts: Accounts, access_key: str) -> Account:
    account = accounts.get(access_key)
    if account is None:
        raise Refused(403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist.")
    token = request.headers.get("x-cos-security-token") or request.params.get(
        "x-cos-security-token", ""
    )
    if token != account.token:
        raise Refused(403, "InvalidSecurityToken", "The token you provided is invalid.")
    return account


def _check_time(text: str) -> None:
    begin, _, end = text.partition(";")
    if not (begin.isdecimal() and end.isdecimal()):
        raise Refused(403, "AccessDenied", "q-sign-time is invalid.")
    if time.time() < int(begin) - _SKEW:
        raise Refused(403, "RequestTimeTooSkewed", "The request is from the future.")
    if time.time() > int(end):
        raise Refused(403, "AccessDenied", "Request has expired")


def _signature(request: Request, account: Account, fields: Mapping[str, str]) -> str:
    query = [(n.lower(), v) for n, v in request.query if n not in _FIELDS]
    headers = {name: value.encode("latin-1") for name, value in request.headers.items()}
    headers["host"] = headers.get("host", b"").partition(b":")[0]
    lines = [
        request.method.lower(),
        f"/{request.key}",
        _listed(dict(query), fields["q-url-param-list"]),
        _listed(headers, fields["q-header-list"]),
        "",
    ]
    text = "\n".join(lines)
    digest = hashlib.sha1(text.encode()).hexdigest()
    key = _hmac(account.secret_key, fields["q-key-time"])
    return _hmac(key, f"sha1\n{fields['q-sign-time']}\n{digest}\n")


def _listed(found: Mapping[str, str | bytes], names: str) -> str:
    """The values that were signed, which must be there."""
    encoded = {_quoted(name): value for name, value in found.items()}
    wanted = [name for name in names.split(";") if name]
    if any(name not in encoded for name in wanted) or wanted != sorted(wanted):
        raise Refused(403, "SignatureDoesNotMatch", _MISMATCH)
    return "&".join(f"{name}={_quoted(encoded[name])}" for name in wanted)


def _quoted(value: str | bytes) -> str:
    return quote(value.encode() if isinstance(value, str) else value, safe="-_.~")


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()
