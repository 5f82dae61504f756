"""AWS Signature Version 4 of a request, in the words of its definition."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import reduce
from typing import Final, Protocol

__all__ = ["Secrets", "authorization"]

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


class Secrets(Protocol):
    """What botocore calls frozen credentials."""

    access_key: str
    secret_key: str


def authorization(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    *,
    secrets: Secrets,
    region: str,
    service: str,
) -> str:
    """The value of the Authorization header.

    Path and query are percent-encoded, the query in order. The names of ``headers``, which are all
    signed, are in lower case; ``x-amz-date`` and ``x-amz-content-sha256`` are among them.
    """
    names = sorted(headers)
    signed = ";".join(names)
    fields = "".join(f"{name}:{headers[name]}\n" for name in names)
    request = "\n".join((method, path, query, fields, signed, headers["x-amz-content-sha256"]))
    stamp = headers["x-amz-date"]
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = reduce(_hmac, scope.split("/"), f"AWS4{secrets.secret_key}".encode())
    signature = _hmac(key, f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}").hex()
    credential = f"{secrets.access_key}/{scope}"
    return f"{_ALGORITHM} Credential={credential}, SignedHeaders={signed}, Signature={signature}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
