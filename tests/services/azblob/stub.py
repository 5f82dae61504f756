"""An HTTPS server that records what it is sent, and answers as Azure's documents say.

It checks nothing and stores nothing: what a request carried is for the test to compare.
"""

import ssl
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from storewright.testing.servers.server import issue_certificate

__all__ = ["ETAG", "Answer", "Request", "Stub", "sent_at", "stub", "xml"]

ETAG: Final = '"0x8D0123456789ABC"'
_MOMENT: Final = "Thu, 04 Mar 2021 05:06:07 GMT"
_PUTS: Final = {
    "block": "PutBlock",
    "blocklist": "PutBlockList",
    "appendblock": "AppendBlock",
    "page": "PutPage",
    "properties": "SetBlobProperties",
    "copy": "AbortCopyBlob",
}
_TYPES: Final = {"BlockBlob": "PutBlob", "AppendBlob": "PutAppendBlob", "PageBlob": "PutPageBlob"}


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Under lower-case names."""
    body: bytes

    @property
    def kind(self) -> str:
        """The operation of Azure's REST interface, by method, path, query and headers."""
        depth = len(self.path.strip("/").split("/", 2))
        comp = self.query.get("comp", "")
        if depth == 1:
            return "ListContainers" if comp == "list" else "GetUserDelegationKey"
        if depth == 2:
            return self._container_kind(comp)
        if self.method == "PUT":
            return self._put_kind(comp)
        if comp == "blocklist":
            return "GetBlockList"
        return {"GET": "GetBlob", "HEAD": "GetBlobProperties"}.get(self.method, "DeleteBlob")

    def _container_kind(self, comp: str) -> str:
        if comp:
            return {"list": "ListBlobs", "batch": "BlobBatch"}[comp]
        names = {"PUT": "CreateContainer", "DELETE": "DeleteContainer"}
        return names.get(self.method, "GetContainerProperties")

    def _put_kind(self, comp: str) -> str:
        copies = "x-ms-copy-source" in self.headers
        if comp:
            return _PUTS[comp] + ("FromURL" if copies else "")
        if copies:
            return "PutBlobFromURL" if "x-ms-blob-type" in self.headers else "CopyBlob"
        return _TYPES[self.headers["x-ms-blob-type"]]


@dataclass
class Answer:
    """What the stub says to one kind of request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: int | None = None
    """Close the connection after so many bytes of the body, although all were promised."""


def xml(text: str) -> Answer:
    """An answer in XML."""
    body = ('<?xml version="1.0" encoding="utf-8"?>' + text).encode()
    return Answer(body, headers={"Content-Type": "application/xml"})


def _created(**more: str) -> Answer:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return Answer(status=201, headers={"ETag": ETAG, "Last-Modified": _MOMENT, **headers})


def _batch() -> Answer:
    parts = "".join(
        f"--b\r\nContent-Type: application/http\r\nContent-ID: {n}\r\n\r\n"
        "HTTP/1.1 202 Accepted\r\nx-ms-request-id: r\r\n\r\n"
        for n in range(2)
    )
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    return Answer(f"{parts}--b--".encode(), 202, headers)


def _answers() -> dict[str, Answer]:
    """What Azure answers when all is well."""
    told = {"ETag": ETAG, "Last-Modified": _MOMENT, "x-ms-blob-type": "BlockBlob"}
    block = "<Block><Name>c3ctMDAwMDA=</Name><Size>7</Size></Block>"
    return {
        **dict.fromkeys(
            (*_TYPES.values(), "PutBlock", "PutBlockList", "PutPage", "PutBlobFromURL"), _created()
        ),
        "PutBlockFromURL": _created(),
        "AppendBlock": _created(x_ms_blob_append_offset="0", x_ms_blob_committed_block_count="1"),
        "SetBlobProperties": Answer(headers={"ETag": ETAG}),
        "CopyBlob": Answer(
            status=202, headers={"ETag": ETAG, "x-ms-copy-id": "c1", "x-ms-copy-status": "success"}
        ),
        "AbortCopyBlob": Answer(status=204),
        "GetBlob": Answer(b"content", 206, {**told, "Content-Range": "bytes 0-6/7"}),
        "GetBlobProperties": Answer(headers={**told, "Content-Length": "7"}),
        "DeleteBlob": Answer(status=202),
        "GetBlockList": xml(
            f"<BlockList><CommittedBlocks></CommittedBlocks><UncommittedBlocks>{block}"
            "</UncommittedBlocks></BlockList>"
        ),
        "BlobBatch": _batch(),
        "ListBlobs": xml(
            '<EnumerationResults ServiceEndpoint="https://x/" ContainerName="c"><Blobs><Blob>'
            "<Name>listed</Name><Properties><Content-Length>0</Content-Length>"
            f"<Etag>{ETAG.strip(chr(34))}</Etag><BlobType>BlockBlob</BlobType></Properties></Blob>"
            "</Blobs><NextMarker /></EnumerationResults>"
        ),
        "ListContainers": xml(
            '<EnumerationResults ServiceEndpoint="https://x/"><Containers></Containers>'
            "<NextMarker /></EnumerationResults>"
        ),
        "CreateContainer": _created(),
        "GetContainerProperties": Answer(headers={"ETag": ETAG, "Last-Modified": _MOMENT}),
        "DeleteContainer": Answer(status=202),
    }


class Stub:
    """Records requests. ``answers`` may be changed; a list is given out one after the other."""

    def __init__(self, folder: Path) -> None:
        self.endpoint = ""
        self.ca_file = str(folder / "ca.pem")
        self.peers: set[object] = set()
        """The other end of each connection."""
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget what was recorded, and answer as usual."""
        self.requests: list[Request] = []
        self.answers: dict[str, Answer | list[Answer]] = {**_answers()}
        self.other: Callable[[Request], Answer | None] | None = None

    def of(self, kind: str) -> list[Request]:
        """The requests of one kind."""
        return [request for request in self.requests if request.kind == kind]

    def take(self) -> list[Request]:
        """All requests until now; the record begins anew."""
        with self._lock:
            taken, self.requests = self.requests, []
        return taken

    def answer(self, request: Request) -> Answer:
        """Record a request, and say what it is answered."""
        with self._lock:
            self.requests.append(request)
            other = self.other
        if other is not None and (own := other(request)) is not None:
            return own
        with self._lock:
            found = self.answers[request.kind]
            if isinstance(found, Answer):
                return found
            return found.pop(0) if len(found) > 1 else found[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def handle_one_request(self) -> None:
        """Any method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.stub.peers.add(self.client_address)
        self._respond(self.stub.answer(self._request()))

    def _request(self) -> Request:
        address = urlsplit(self.path)  # of a proxy it is asked for whole URLs
        query = parse_qs(address.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        plain = {name: values[0] for name, values in query.items()}
        return Request(self.command, unquote(address.path), plain, headers, body)

    def _respond(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: answer.cut])
        if answer.cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    """Does its handshakes in the threads of its requests, and says nothing of those that fail."""

    daemon_threads = True
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS, where that is wanted."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: some clients hang up on purpose."""


@contextmanager
def stub(*, tls: bool = True) -> Generator[Stub]:
    """A running stub."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recorder = Stub(folder)
        handler = type("Handler", (_Handler,), {"stub": recorder})
        with _Server(("127.0.0.1", 0), handler) as server:
            if tls:
                issue_certificate(folder)
                server.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                server.context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
            scheme = "https" if tls else "http"
            recorder.endpoint = f"{scheme}://localhost:{server.server_port}/account"
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            try:
                yield recorder
            finally:
                server.shutdown()
                thread.join()


def sent_at(request: Request, place: str) -> str | None:
    """The text at ``header:name`` or ``query:name``, or that of ``body:text`` if it is in there."""
    where, _, name = place.partition(":")
    if where == "body":
        return name if name in request.body.decode("latin-1") else None
    return request.headers.get(name) if where == "header" else request.query.get(name)
