"""The HTTP side of the shim: reads requests off connections that are kept alive, and answers."""

from __future__ import annotations

import contextlib
import io
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qsl

from typing_extensions import override

from tests.servers.shim.message import Readable, Request, Response

__all__ = ["Responder", "serve"]

_PIECE = 256 * 1024


class Responder(Protocol):
    """Answers requests; errors of the vendor's are answers too."""

    def respond(self, request: Request) -> Response:
        """The answer."""
        ...

    def broken(self) -> Response:
        """What is said when the shim itself has failed."""
        ...


class _Sized:
    """A body whose length was announced."""

    def __init__(self, file: io.BufferedIOBase, length: int) -> None:
        self._file, self._left = file, length

    def read(self, size: int, /) -> bytes:
        piece = self._file.read(min(size, self._left)) if self._left else b""
        if self._left and not piece:
            raise ConnectionResetError("the client went away in the middle of its request")
        self._left -= len(piece)
        return piece


class _Chunked:
    """A body in chunks."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file, self._chunk, self._ended = file, _Sized(file, 0), False

    def read(self, size: int, /) -> bytes:
        if self._ended:
            return b""
        piece = self._chunk.read(size)
        if piece:
            return piece
        return self._next(size)

    def _next(self, size: int) -> bytes:
        line = self._file.readline().strip() or self._file.readline().strip()
        length = int(line.partition(b";")[0], 16)
        if length == 0:
            while self._file.readline().strip():
                pass
            self._ended = True
            return b""
        self._chunk = _Sized(self._file, length)
        return self._chunk.read(size)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = _PIECE
    responder: Responder

    @override
    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            self._serve()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _serve(self) -> None:
        request = self._request()
        try:
            response = self.responder.respond(request)
        except (ConnectionResetError, BrokenPipeError):
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer
            traceback.print_exc()  # to the log of the server
            response = self.responder.broken()
        while request.body.read(_PIECE):  # what nobody wanted is in the way of the next request
            pass
        self._send(response)

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        length = None if chunked else int(headers.get("content-length", 0))
        body: Readable = _Chunked(self.rfile) if length is None else _Sized(self.rfile, length)
        pairs = parse_qsl(query, keep_blank_values=True)
        return Request(self.command, path, pairs, headers, body, length)

    def _send(self, response: Response) -> None:
        body = response.body
        length = len(body) if isinstance(body, bytes) else None
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status not in (204, 304):
            announced = response.length if response.length is not None else length
            self.send_header("content-length", str(announced or 0))
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(body)
        self.wfile.flush()

    def _send_body(self, body: bytes | Readable) -> None:
        if isinstance(body, bytes):
            self.wfile.write(body)
            return
        while piece := body.read(_PIECE):
            self.wfile.write(piece)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(host: str, port: int, responder: Responder) -> None:
    """Answer requests for ever."""
    handler = type("Handler", (_Handler,), {"responder": responder})
    with contextlib.suppress(KeyboardInterrupt), _Server((host, port), handler) as server:
        server.serve_forever()
