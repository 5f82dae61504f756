"""A relay before an emulator: it can be away, and remembers what no interface of Google's lists."""

import http.client
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

__all__ = ["Fault", "Relay", "relay"]

Fault: TypeAlias = Callable[[str, str, Message], int | None]
"""By method, path and headers the status that is answered at once; 0: the connection is cut."""

_HOP: Final = {"connection", "content-length", "date", "server", "transfer-encoding"}
"""Headers of one connection, which the relay makes anew."""


class Relay:
    """Where requests go to, and the sessions of resumable uploads that are open."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.endpoint = ""
        self._open: dict[str, bytes] = {}
        self.fault: Fault | None = None

    def sessions(self, text: str) -> list[str]:
        """The open sessions whose request to begin had ``text`` in it, as an object's name."""
        return [each for each, body in self._open.copy().items() if text.encode() in body]

    def see(self, method: str, path: str, body: bytes, status: int, location: str | None) -> None:
        """Take note of a request and of its answer."""
        if location is not None:
            self._open[_of(location)] = body
        elif path in self._open and (method == "DELETE" or status in (200, 201)):
            del self._open[path]


def _of(location: str) -> str:
    address = urlsplit(location)
    return f"{address.path}?{address.query}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    relay: Relay

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status = self.relay.fault and self.relay.fault(self.command, self.path, self.headers)
        if status is not None:
            self._fail(status)
            return
        host = urlsplit(self.relay.backend).netloc
        backend = http.client.HTTPConnection(host, timeout=60)
        try:
            backend.request(self.command, self.path, body, {**dict(self.headers), "Host": host})
            answer = backend.getresponse()
            self._give_back(body, answer, answer.read())
        finally:
            backend.close()

    def _fail(self, status: int) -> None:
        self.close_connection = True
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

    def _give_back(self, body: bytes, answer: http.client.HTTPResponse, content: bytes) -> None:
        location = answer.getheader("location")
        self.relay.see(self.command, self.path, body, answer.status, location)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value.replace(self.relay.backend, self.relay.endpoint))
        size = answer.getheader("content-length", "0")
        self.send_header("Content-Length", size if self.command == "HEAD" else str(len(content)))
        if self.close_connection:  # as the client wished
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_DELETE = do_GET = do_POST = do_PUT = _pass_on  # noqa: N815 - as the server wants it
    do_HEAD = _pass_on  # noqa: N815 - too

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed break off."""


@contextmanager
def relay(endpoint: str) -> Generator[Relay]:
    """A relay before a server."""
    made = Relay(endpoint)
    handler = type("Handler", (_Handler,), {"relay": made})
    with _Server(("127.0.0.1", 0), handler) as running:
        made.endpoint = f"http://127.0.0.1:{running.server_port}{urlsplit(endpoint).path}"
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            running.shutdown()
            thread.join()
