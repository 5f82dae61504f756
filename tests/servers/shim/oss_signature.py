"""Signatures of OSS, versions 1 and 4, in the Authorization header and in URLs.

Written from Alibaba Cloud's documents, "Include signatures in the Authorization header" and
"Include signatures in a URL" of both versions: the SDK that signs in the tests does not check.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias
from urllib.parse import quote

from tests.servers.shim.message import Account, Refused, Request, words

__all__ = ["check"]

Accounts: TypeAlias = Mapping[str, Account]
"""By access key."""

_SKEW: Final = 15 * 60
_LONGEST: Final = 7 * 24 * 3600
_V4: Final = "OSS4-HMAC-SHA256"
_SUBRESOURCES: Final = words(
    """acl append asyncFetch bucketInfo callback callback-var cname comp continuation-token cors
    delete encryption endTime img inventory inventoryId lifecycle live location logging
    metaQuery objectMeta partNumber policy position qos qosInfo referer regionList replication
    replicationLocation replicationProgress requestPayment resourceGroup
    response-cache-control response-content-disposition response-content-encoding
    response-content-language response-content-type response-expires restore security-token
    sequential startTime stat status style styleName symlink tagging transferAcceleration
    uploadId uploads versionId versioning versions vod website worm wormExtend wormId
    x-oss-async-process x-oss-process x-oss-request-payer x-oss-traffic-limit"""
)
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your key "
    "and signing method."
)


def check(request: Request, accounts: Accounts) -> bool:
    """Whether the request is signed; raises Refused for a signature that is wrong."""
    params, authorization = request.params, request.headers.get("authorization", "")
    if authorization.startswith(f"{_V4} "):
        _check_v4_header(request, accounts, authorization)
    elif authorization.startswith("OSS "):
        _check_v1_header(request, accounts, authorization)
    elif "x-oss-signature" in params:
        _check_v4_url(request, accounts, params)
    elif "Signature" in params:
        _check_v1_url(request, accounts, params)
    elif authorization:
        raise Refused(400, "InvalidArgument", "Unsupported authorization type.")
    else:
        return False
    return True


def _account(accounts: Accounts, access_key: str, token: str) -> Account:
    account = accounts.get(access_key)
    if account is None or (account.token and not token):
        message = "The OSS Access Key Id you provided does not exist in our records."
        raise Refused(403, "InvalidAccessKeyId", message)
    if token != account.token:
        raise Refused(403, "InvalidSecurityToken", "The security token you provided is invalid.")
    return account


def _check_skew(moment: float) -> None:
    if abs(time.time() - moment) > _SKEW:
        message = "The difference between the request time and the current time is too large."
        raise Refused(403, "RequestTimeTooSkewed", message)


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise Refused(403, "SignatureDoesNotMatch", _MISMATCH)


# ------------------------------------------------------------------------------------- version 1


def _check_v1_header(request: Request, accounts: Accounts, authorization: str) -> None:
    access_key, _, signature = authorization.removeprefix("OSS ").partition(":")
    account = _account(accounts, access_key, request.headers.get("x-oss-security-token", ""))
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    try:
        moment = parsedate_to_datetime(date).timestamp()
    except ValueError:
        raise Refused(403, "AccessDenied", "OSS authentication requires a valid Date.") from None
    _compare(_sign_v1(request, account, date), signature)
    _check_skew(moment)


def _check_v1_url(request: Request, accounts: Accounts, params: Mapping[str, str]) -> None:
    account = _account(accounts, params.get("OSSAccessKeyId", ""), params.get("security-token", ""))
    expires = params.get("Expires", "")
    _compare(_sign_v1(request, account, expires), params["Signature"])
    if not expires.isdecimal() or int(expires) < time.time():
        raise Refused(403, "AccessDenied", "Request has expired.")


def _sign_v1(request: Request, account: Account, date: str) -> str:
    headers = request.headers
    own = sorted(name for name in headers if name.startswith("x-oss-"))
    lines = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), date]
    lines += [f"{name}:{headers[name]}" for name in own]
    text = "\n".join(lines).encode("latin-1") + b"\n" + _resource(request).encode()
    digest = hmac.new(account.secret_key.encode(), text, hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _resource(request: Request) -> str:
    name = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    chosen = sorted((n, v) for n, v in request.query if n in _SUBRESOURCES)
    texts = [f"{name}={value}" if value else name for name, value in chosen]
    return f"{name}?{'&'.join(texts)}" if texts else name


# ------------------------------------------------------------------------------------- version 4


def _check_v4_header(request: Request, accounts: Accounts, authorization: str) -> None:
    fields = _fields(authorization.removeprefix(f"{_V4} "))
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    moment = _moment_v4(date)
    credential = fields.get("Credential", "")
    token = request.headers.get("x-oss-security-token", "")
    account = _account(accounts, credential.partition("/")[0], token)
    if request.headers.get("x-oss-content-sha256") != "UNSIGNED-PAYLOAD":
        message = "x-oss-content-sha256 must be UNSIGNED-PAYLOAD."
        raise Refused(400, "InvalidArgument", message)
    more = fields.get("AdditionalHeaders", "")
    if "AdditionalHeaders" in fields and not all(more.split(";")):
        raise Refused(400, "InvalidArgument", "AdditionalHeaders has an empty name.")
    expected = _sign_v4(request, account, date, credential, more, request.query)
    _compare(expected, fields.get("Signature", ""))
    _check_skew(moment)


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in text.split(","):
        name, _, value = field.strip().partition("=")
        found[name] = value
    return found


def _check_v4_url(request: Request, accounts: Accounts, params: Mapping[str, str]) -> None:
    if params.get("x-oss-signature-version") != _V4:
        raise Refused(403, "AccessDenied", "x-oss-signature-version is invalid.")
    date, expires = params.get("x-oss-date", ""), params.get("x-oss-expires", "")
    moment, credential = _moment_v4(date), params.get("x-oss-credential", "")
    token = params.get("x-oss-security-token", "")
    account = _account(accounts, credential.partition("/")[0], token)
    if not expires.isdecimal() or not 1 <= int(expires) <= _LONGEST:
        raise Refused(400, "AuthorizationQueryParametersError", "x-oss-expires is out of range.")
    signed = [(name, value) for name, value in request.query if name != "x-oss-signature"]
    more = params.get("x-oss-additional-headers", "")
    expected = _sign_v4(request, account, date, credential, more, signed)
    _compare(expected, params["x-oss-signature"])
    if not moment - _SKEW <= time.time() <= moment + int(expires):
        raise Refused(403, "AccessDenied", "Request has expired.")


def _moment_v4(date: str) -> float:
    try:
        return timegm(datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timetuple())
    except ValueError:
        raise Refused(403, "AccessDenied", "x-oss-date is invalid.") from None


def _sign_v4(
    request: Request,
    account: Account,
    date: str,
    credential: str,
    more: str,
    query: list[tuple[str, str]],
) -> str:
    scope = f"{date[:8]}/{account.region}/oss/aliyun_v4_request"
    if credential.partition("/")[2] != scope:
        message = f"The credential's scope must be {scope}."
        raise Refused(403, "SignatureDoesNotMatch", message)
    hashed = hashlib.sha256(_canonical_v4(request, more, query)).hexdigest()
    text = f"{_V4}\n{date}\n{scope}\n{hashed}"
    key = f"aliyun_v4{account.secret_key}".encode()
    for step in scope.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _canonical_v4(request: Request, more: str, query: list[tuple[str, str]]) -> bytes:
    name = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    encoded = sorted((quote(n, safe="-_.~"), quote(v, safe="-_.~")) for n, v in query)
    texts = [f"{name}={value}" if value else name for name, value in encoded]
    additional = sorted(filter(None, more.split(";")))
    signed = sorted(
        name
        for name in request.headers
        if name.startswith("x-oss-") or name in ("content-type", "content-md5", *additional)
    )
    lines = [request.method, quote(name, safe="/-_.~"), "&".join(texts)]
    lines += [f"{name}:{request.headers[name].strip()}" for name in signed]
    lines += ["", ";".join(additional), "UNSIGNED-PAYLOAD"]
    return "\n".join(lines).encode("latin-1")
