"""What holds for every request: the time left for its call, and what boto3 leaves undone.

boto3 sends, signs and retries by itself. What it must know about the call at hand is kept for the
thread in which it runs, and told to it by handlers of its events.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, final

from botocore.handlers import sse_md5

from storewright.core.deadline import current

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["Signed", "install", "signing"]


@final
class Signed:
    """The request that was signed last in this thread, and what has signed it."""

    def __init__(self) -> None:
        self.request: Any = None
        self.signer: Any = None

    def header(self, name: str) -> str:
        """One of its headers as text."""
        value = self.request.headers[name]
        return value.decode("ascii") if isinstance(value, bytes) else str(value)

    def headers(self) -> dict[str, str]:
        """All of its headers, with names in lower case; none without a request."""
        return (
            {}
            if self.request is None
            else {name.lower(): self.header(name) for name in self.request.headers}
        )


class _Call(threading.local):
    signed: Signed | None = None


_call = _Call()


@contextmanager
def signing() -> Generator[Signed]:
    """Get hold of the request that is signed inside."""
    _call.signed = Signed()
    try:
        yield _call.signed
    finally:
        _call.signed = None


def install(client: S3Client) -> None:
    """Attach the handlers to a client."""
    events = client.meta.events
    events.register_first("before-send.s3", _check_deadline)
    events.register("before-sign.s3.DeleteObjects", _add_content_md5)
    events.register("before-sign.s3", _remember)
    events.register("before-parameter-build.s3.ListParts", sse_md5)
    config: Any = client.meta.config
    if config.request_checksum_calculation == "when_supported":
        events.register("before-parameter-build.s3.CreateMultipartUpload", _announce_checksum)


def _check_deadline(request: Any, **_: Any) -> None:
    deadline = current.deadline
    if deadline is None:
        return
    deadline.check()
    context: dict[str, Any] | None = getattr(request, "context", None)
    if context is not None:  # newer versions of botocore have it
        context["read_timeout"] = _shorter(context, deadline.remaining())


def _shorter(context: Mapping[str, Any], remaining: float | None) -> float | None:
    """The time to wait for an answer: never longer than what is left of the call's."""
    allowed: float = context.get("read_timeout") or context["client_config"].read_timeout
    return allowed if remaining is None else max(0.001, min(allowed, remaining))


def _announce_checksum(params: dict[str, Any], **_: Any) -> None:
    """Each part will have boto3's default checksum, and the upload must know it beforehand."""
    params.setdefault("ChecksumAlgorithm", "CRC32")


def _remember(request: Any, request_signer: Any, **_: Any) -> None:
    if _call.signed is not None:
        _call.signed.request, _call.signed.signer = request, request_signer


def _add_content_md5(request: Any, **_: Any) -> None:
    """Older stores insist on Content-MD5 here, and boto3 sends a CRC32 only."""
    if "Content-MD5" not in request.headers:
        digest = hashlib.md5(request.data, usedforsecurity=False).digest()
        request.headers["Content-MD5"] = base64.b64encode(digest).decode("ascii")
