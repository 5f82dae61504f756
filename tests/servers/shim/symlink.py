"""Symbolic links, which S3 lacks: empty objects whose hidden metadata name the target."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from tests.servers.shim.backend import Answer
from tests.servers.shim.dialect import HIDDEN, Dialect
from tests.servers.shim.facts import Fact
from tests.servers.shim.message import Refused, Request, Response

__all__ = ["followed", "get_symlink", "put_symlink"]

_MARK: Final = f"{HIDDEN}symlink"
_OF_TARGET: Final = frozenset(["content-length", "content-range", "etag", "x-amz-storage-class"])


def put_symlink(dialect: Dialect, request: Request, headers: dict[str, str]) -> Response:
    """Make or replace a link."""
    target = request.headers.get(f"{dialect.prefix}symlink-target", "")
    if not target:
        raise Refused(400, "InvalidArgument", "The symlink target is missing.")
    request.length = 0
    answer, fact = dialect.put(request, {**headers, _MARK: target})
    fact.type = "Symlink"
    fact.acl = request.headers.get(f"{dialect.prefix}object-acl", "default")
    dialect.facts.keep(request.bucket, request.key, fact)
    return Response(200, dialect.from_s3(answer.headers))


def get_symlink(dialect: Dialect, request: Request) -> Response:
    """Where a link leads."""
    found = dialect.head(request.bucket, request.key, request.params.get("versionId", ""))
    if found is None:
        raise Refused(404, "NoSuchKey", "The specified key does not exist.")
    if _MARK not in found.headers:
        raise Refused(400, "NotSymlink", "The object is not a symbolic link.")
    headers = dialect.from_s3(found.headers)
    headers[f"{dialect.prefix}symlink-target"] = found.headers[_MARK]
    return Response(200, headers)


def followed(dialect: Dialect, request: Request, answer: Answer) -> Response | None:
    """What GET and HEAD say of a link; None if the object that they found is none.

    The content, its length, ETag and storage class are the target's, all else is the link's.
    """
    if _MARK not in answer.headers:
        return None
    answer.content()
    target = unquote(answer.headers[_MARK])
    found = dialect.backend.send(
        request.method, request.bucket, target, (), _conditions(dialect, request)
    )
    if found.status == 404:
        raise Refused(404, "SymlinkTargetNotExist", "The symlink target does not exist.")
    if _MARK in dialect.accepted(found).headers:
        raise Refused(400, "InvalidTargetType", "The symlink target is a symlink, too.")
    of_target = {n: v for n, v in found.headers.items() if n in _OF_TARGET}
    of_link = {n: v for n, v in answer.headers.items() if n not in _OF_TARGET}
    fact = dialect.facts.find(request.bucket, request.key, answer.etag)
    crc = dialect.facts.find(request.bucket, target, found.etag).crc
    described = dialect.describe(Fact(found.etag, crc, "Symlink", fact.acl))
    headers = dialect.from_s3({**of_link, **of_target}) | described
    return Response(found.status, headers, found.body, found.length)


def _conditions(dialect: Dialect, request: Request) -> dict[str, str]:
    names = ("range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
    return {n: v for n, v in dialect.to_s3(request).items() if n in names}
