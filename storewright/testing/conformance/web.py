"""A web server on loopback that serves what a test wants fetched."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

__all__ = ["Web"]

_STATUS: Final = {"missing": 404, "forbidden": 403, "broken": 500, "throttled": 503}


class Web:
    """Serves content at addresses of 127.0.0.1. It starts when the first address is asked for."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def serve(self, content: bytes) -> str:
        """The address of some content."""
        return self._address(f"content/{len(self._contents)}", content)

    def moved(self, content: bytes) -> str:
        """An address that redirects to some content."""
        return self._address(f"moved/{len(self._contents)}", content)

    def cut(self, content: bytes) -> str:
        """An address whose answer announces more than the content and then breaks off."""
        return self._address(f"cut/{len(self._contents)}", content)

    def failing(self, kind: str) -> str:
        """An address that is "missing", "forbidden", "broken" or "throttled"."""
        return self._address(kind, b"this is no content")

    def _address(self, name: str, content: bytes) -> str:
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._contents))
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self._contents[f"/{name}"] = content
        return f"http://127.0.0.1:{self._server.server_port}/{name}"


def _handler(contents: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, kind, *_ = self.path.split("/")
            content = contents[self.path.replace("/landed/", "/moved/")]
            if kind == "moved":
                self.send_response(302)
                self.send_header("Location", self.path.replace("/moved/", "/landed/"))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(_STATUS.get(kind, 200))
            self.send_header("Content-Type", "application/sql")
            self.send_header("Content-Length", str(len(content) * (2 if kind == "cut" else 1)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the terminal."""

    return Handler
