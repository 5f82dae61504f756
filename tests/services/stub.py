"""An HTTP server that records what it is sent, and answers as a vendor's documents say.

It checks nothing and stores nothing: what a request carried is for the test to compare. Each
service has a `stub` module that knows the names and the answers of its vendor.
"""

import socket
import ssl
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

from storewright.testing.servers.server import issue_certificate

__all__ = ["Answer", "Answers", "Recorder", "Request", "sent_at", "serving", "xml"]


@dataclass(frozen=True)
class Request(ABC):
    """One request as it came over the wire."""

    method: str
    path: str
    """Percent-encoded."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Under lower-case names."""
    body: bytes

    @property
    @abstractmethod
    def kind(self) -> str:
        """The operation of the vendor's API, by method, path, query and headers."""


@dataclass
class Answer:
    """What is said to one kind of request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: int | None = None
    """Close the connection after so many bytes of the body, although all were promised."""
    takes: int | None = None
    """Close the connection, without a word, after so many bytes of the request's body."""


_PATIENCE: Final = 60.0
Answers: TypeAlias = Mapping[str, Answer]
AnyRequest = TypeVar("AnyRequest", bound=Request)


def xml(text: str) -> Answer:
    """An answer in XML."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
    return Answer(body, headers={"Content-Type": "application/xml"})


class Recorder(ABC, Generic[AnyRequest]):
    """Records requests.

    ``answers`` may be changed; a list is given out one after the other, as it is.
    """

    requests_are: ClassVar[type[Request]]
    """What a request becomes."""
    host: ClassVar[str] = "127.0.0.1"
    root: ClassVar[str] = ""
    """The path of the endpoint."""
    reads: ClassVar[str] = "GetObject"
    """The kind of request that may ask for a range."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.ca_file = ""
        self._lock = threading.Lock()
        self.accepted: set[object] = set()
        """The other end of each connection that was taken, until it is closed by both."""
        self.reset()

    @abstractmethod
    def usual(self) -> Answers:
        """What the vendor answers when all is well, by the kind of request."""

    def refined(self, request: AnyRequest, answer: Answer) -> Answer:
        """The usual answer as that to this very request: to a range, if it asks for one."""
        wanted = request.headers.get("range")
        if request.kind != self.reads or wanted is None or answer.status != 200:
            return answer
        start = wanted.removeprefix("bytes=").partition("-")[0]
        headers = {**answer.headers, "Content-Range": f"bytes {start}-9999/10000"}
        return replace(answer, status=206, headers=headers)

    def reset(self) -> None:
        """Forget what was recorded, and answer as usual."""
        self.requests: list[AnyRequest] = []
        self._earlier = self.accepted.copy()
        self.peers: set[object] = set()
        """The other end of each connection."""
        self.answers: dict[str, Answer | list[Answer]] = {**self.usual()}
        self.other: Callable[[AnyRequest], Answer | None] | None = None
        """Asked first; None leaves it to ``answers``."""

    def of(self, kind: str) -> list[AnyRequest]:
        """The requests of one kind."""
        return [request for request in self.requests if request.kind == kind]

    def take(self) -> list[AnyRequest]:
        """All requests until now; the record begins anew."""
        with self._lock:
            taken, self.requests = self.requests, []
        return taken

    @contextmanager
    def answering(self, kind: str, answer: Answer | list[Answer]) -> Generator[None]:
        """Answer requests of one kind so, for a while."""
        before = self.answers[kind]
        self.answers[kind] = answer
        try:
            yield
        finally:
            self.answers[kind] = before

    def settle(self) -> None:
        """Wait until those who have come since the last reset are gone: nothing more comes."""
        address = urlsplit(self.endpoint)
        with socket.create_connection((address.hostname or "", address.port or 0)) as last:
            _await(lambda: last.getsockname() in self.accepted)  # they are taken one by one
        _await(lambda: self.accepted <= self._earlier)

    def takes(self, request: AnyRequest) -> int | None:
        """How much of the request's body is read before the connection is closed."""
        with self._lock:
            found = self.answers.get(request.kind) if self.other is None else None
            first = found[0] if isinstance(found, list) else found
            return None if first is None else first.takes

    def answer(self, request: AnyRequest) -> Answer:
        """Record a request, and say what it is answered."""
        with self._lock:
            self.requests.append(request)
            other = self.other
        if other is not None and (own := other(request)) is not None:
            return own
        with self._lock:
            found = self.answers[request.kind]
            if isinstance(found, Answer):
                return self.refined(request, found)
            return found.pop(0) if len(found) > 1 else found[0]


def _await(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.01)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorder: Recorder[Any]

    def handle_one_request(self) -> None:
        """Any method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.recorder.peers.add(self.client_address)
        request = self._head()
        takes = self.recorder.takes(request)
        length = int(self.headers.get("Content-Length", 0))
        request = replace(request, body=self.rfile.read(length if takes is None else takes))
        answer = self.recorder.answer(request)
        if takes is None:
            self._respond(answer)
        else:
            self.close_connection = True

    def _head(self) -> Request:
        address = urlsplit(self.path)  # of a proxy it is asked for whole URLs
        query = parse_qs(address.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        plain = {name: values[0] for name, values in query.items()}
        return self.recorder.requests_are(self.command, address.path, plain, headers, b"")

    def _respond(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers and answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:  # or a client that asked for it takes the connection again
            self.send_header("Connection", "close")
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
    request_queue_size = 128
    context: ssl.SSLContext | None = None
    recorder: Recorder[Any]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note who has come, before the next one is let in."""
        self.recorder.accepted.add(client_address)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Note who has gone."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.recorder.accepted.discard(client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS, where that is wanted."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: some clients hang up on purpose."""


AnyRecorder = TypeVar("AnyRecorder", bound=Recorder[Any])


@contextmanager
def serving(recorder: AnyRecorder, *, tls: bool = False) -> Generator[AnyRecorder]:
    """``recorder`` behind a running server."""
    handler = type("Handler", (_Handler,), {"recorder": recorder})
    with (
        tempfile.TemporaryDirectory() as folder,
        _Server(("127.0.0.1", 0), handler) as server,
    ):
        server.recorder = recorder
        if tls:
            server.context = _context(Path(folder))
            recorder.ca_file = f"{folder}/ca.pem"
        address = f"{recorder.host}:{server.server_port}{recorder.root}"
        recorder.endpoint = f"{'https' if tls else 'http'}://{address}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()


def _context(folder: Path) -> ssl.SSLContext:
    issue_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def sent_at(request: Request, place: str) -> str | None:
    """The text at ``header:name`` or ``query:name``."""
    where, _, name = place.partition(":")
    return request.headers.get(name) if where == "header" else request.query.get(name)
