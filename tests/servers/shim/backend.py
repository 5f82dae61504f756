"""The store behind the shim: requests are signed anew, and bodies stream both ways."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.servers.shim.message import Readable

__all__ = ["Answer", "Backend", "plain"]

_PIECE: Final = 256 * 1024
_IDLE: Final = 10
"""Seconds after which the store may have closed a connection."""


@dataclass
class Answer:
    """What the store answered; the body is still on its way."""

    status: int
    headers: dict[str, str]
    """Under lower-case names."""
    body: http.client.HTTPResponse

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return self.status // 100 == 2

    @property
    def length(self) -> int | None:
        """The announced length of the body, which for HEAD is not sent."""
        text = self.headers.get("content-length")
        return None if text is None else int(text)

    @property
    def etag(self) -> str:
        """The ETag without quotes."""
        return self.headers.get("etag", "").strip('"')

    def content(self) -> bytes:
        """All of the body."""
        return self.body.read()

    def document(self) -> ET.Element:
        """The body as XML, without namespaces."""
        return plain(self.content())

    def error(self) -> tuple[str, str]:
        """Code and message."""
        content = self.content()
        try:
            root = plain(content)
        except ET.ParseError:
            return "", ""
        return root.findtext("Code", ""), root.findtext("Message", "")


def plain(content: bytes) -> ET.Element:
    """A document without its namespaces."""
    root = ET.fromstring(content)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


class _Signer(S3SigV4Auth):
    """Signs everything but the payload, which is not known beforehand."""

    def _should_sha256_sign_payload(self, request: Any) -> bool:
        return False


class Backend:
    """An S3 server. Each thread has a connection of its own."""

    def __init__(self, endpoint: str, access_key: str, secret_key: str, region: str) -> None:
        self._endpoint, self._address = endpoint, urlsplit(endpoint).netloc
        self._signer: Any = _Signer(Credentials(access_key, secret_key), "s3", region)
        self._local = threading.local()

    def send(
        self,
        method: str,
        bucket: str = "",
        key: str = "",
        query: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | Readable = b"",
        length: int | None = None,
    ) -> Answer:
        """Send one request. ``length`` is that of a streamed body; without it, in chunks."""
        target = self._target(bucket, key, query)
        signed = self._signed(method, target, dict(headers or {}))
        return self.pass_on(method, target, signed, body, length)

    def pass_on(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | Readable,
        length: int | None = None,
    ) -> Answer:
        """Send one request as it is: whoever made it has signed it."""
        if isinstance(body, bytes):
            length = len(body)
        connection = self._connection()
        try:
            self._write(connection, method, target, headers, body, length)
            answer = connection.getresponse()
            self._local.last, self._local.used = answer, time.monotonic()
        except BaseException:
            connection.close()
            raise
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer)

    def _target(self, bucket: str, key: str, query: Iterable[tuple[str, str]]) -> str:
        path = "/" + (f"{bucket}/" if bucket else "") + quote(key, safe="/-_.~")
        path = path.removesuffix("/") or "/" if not key else path
        text = urlencode(list(query), quote_via=quote, safe="-_.~")
        return f"{path}?{text}" if text else path

    def _signed(self, method: str, target: str, headers: dict[str, str]) -> dict[str, str]:
        request: Any = AWSRequest(method, self._endpoint + target, headers=headers)
        self._signer.add_auth(request)
        return dict(request.headers.items())

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._address, timeout=120)
            self._local.connection = connection
        last: http.client.HTTPResponse | None = getattr(self._local, "last", None)
        idle = time.monotonic() - getattr(self._local, "used", 0.0)
        if idle > _IDLE or (last is not None and not last.isclosed()):
            connection.close()  # it may be gone; or somebody did not want to know all of it
        return connection

    def _write(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | Readable,
        length: int | None,
    ) -> None:
        named = "host" in headers
        connection.putrequest(method, target, skip_host=named, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if length is None:
            connection.putheader("transfer-encoding", "chunked")
        elif length or method in ("PUT", "POST"):
            connection.putheader("content-length", str(length))
        connection.endheaders()
        if isinstance(body, bytes):
            connection.send(body)
        else:
            _pump(connection, body, in_chunks=length is None)


def _pump(connection: http.client.HTTPConnection, body: Readable, *, in_chunks: bool) -> None:
    with contextlib.suppress(BrokenPipeError):  # the store has heard enough, and will say why
        while piece := body.read(_PIECE):
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if in_chunks else piece)
        if in_chunks:
            connection.send(b"0\r\n\r\n")
