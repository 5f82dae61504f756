"""Appending, which S3 lacks: the object is written again with what is new at its end."""

from __future__ import annotations

from typing import Final

from tests.servers.shim.backend import Answer
from tests.servers.shim.dialect import HIDDEN, Dialect
from tests.servers.shim.facts import Counted, Fact
from tests.servers.shim.message import Readable, Refused, Request, Response, words

__all__ = ["append", "is_appendable"]

_MARK: Final = f"{HIDDEN}append"
_KEPT: Final = words(
    """cache-control content-disposition content-encoding content-language content-type expires"""
)


class _Both:
    """One body after the other."""

    def __init__(self, first: bytes, second: Readable) -> None:
        self._first, self._second = memoryview(first), second

    def read(self, size: int, /) -> bytes:
        piece = bytes(self._first[:size])
        self._first = self._first[size:]
        return piece or self._second.read(size)


def is_appendable(answer: Answer) -> bool:
    """Whether an object may be appended to."""
    return _MARK in answer.headers


def append(dialect: Dialect, request: Request, headers: dict[str, str]) -> Response:
    """Append the request's body; ``headers`` are S3's for a new object."""
    text = request.params.get("position", "")
    if not text.isdecimal():
        raise Refused(400, "InvalidArgument", "position must be a number.")
    with dialect.facts.alone(request.bucket, request.key):
        old = dialect.head(request.bucket, request.key)
        _check_position(dialect, old, int(text))
        return _rewrite(dialect, request, headers, old)


def _check_position(dialect: Dialect, old: Answer | None, position: int) -> None:
    length = old.length or 0 if old else 0
    next_position = {f"{dialect.prefix}next-append-position": str(length)}
    if old is not None and not is_appendable(old):
        raise Refused(409, "ObjectNotAppendable", "The object is not appendable.", next_position)
    if position != length:
        message = "Position is not equal to file length."
        raise Refused(409, "PositionNotEqualToLength", message, next_position)


def _rewrite(
    dialect: Dialect, request: Request, headers: dict[str, str], old: Answer | None
) -> Response:
    before = b""
    if old is not None:
        before = dialect.backend.send("GET", request.bucket, request.key).content()
        kept = {n: v for n, v in old.headers.items() if n in _KEPT or n.startswith("x-amz-meta-")}
        kept |= {n: v for n, v in old.headers.items() if n == "x-amz-storage-class"}
        headers = {**kept, **_checks(headers)}
    body = Counted(_Both(before, _checked(request)))
    length = None if request.length is None else len(before) + request.length
    headers = {**headers, _MARK: "1"}
    headers.pop("content-md5", None)
    put = dialect.backend.send("PUT", request.bucket, request.key, (), headers, body, length)
    dialect.accepted(put).content()
    former = dialect.facts.find(request.bucket, request.key, old.etag) if old else Fact("")
    acl = request.headers.get(f"{dialect.prefix}object-acl", former.acl)
    fact = Fact(put.etag, body.crc, "Appendable", acl)
    dialect.facts.keep(request.bucket, request.key, fact)
    told = dialect.from_s3(put.headers) | dialect.describe(fact)
    return Response(200, {**told, f"{dialect.prefix}next-append-position": str(body.size)})


def _checks(headers: dict[str, str]) -> dict[str, str]:
    """What is about the request, not about a new object."""
    return {name: value for name, value in headers.items() if name == "content-md5"}


def _checked(request: Request) -> Readable:
    """The body, compared with its Content-MD5 before any of it is stored."""
    import base64
    import hashlib
    import io

    wanted = request.headers.get("content-md5")
    if wanted is None:
        return request.body
    content = request.content()
    if base64.b64encode(hashlib.md5(content).digest()).decode() != wanted:
        raise Refused(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
    return io.BytesIO(content)
