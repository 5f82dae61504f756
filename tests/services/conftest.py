"""A web server for `fetch`."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CONTENT = bytes(range(256)) * 4000
"""What /content answers with."""


class Handler(BaseHTTPRequestHandler):
    """Answers what the path says."""

    def do_GET(self) -> None:
        _, what, *rest = self.path.split("/")
        getattr(self, f"answer_{what}")(*rest)

    def answer_content(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/x")
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def answer_status(self, status: str) -> None:
        self.send_response(int(status))
        self.end_headers()

    def answer_short(self) -> None:
        """Less than announced."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) + 1))
        self.end_headers()
        self.wfile.write(CONTENT)

    def answer_huge(self) -> None:
        """More than anybody takes, if the header is true."""
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 50))
        self.end_headers()

    def answer_slow(self) -> None:
        """A byte now and then."""
        self.send_response(200)
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b"x")
            time.sleep(0.1)

    def answer_redirect(self, scheme: str) -> None:
        """To the content, or to a place that is none of the web's."""
        self.send_response(302)
        target = f"{scheme}:///etc/hostname" if scheme != "http" else "/content"
        self.send_header("Location", target)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server whose clients may go away."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: some tests hang up on purpose."""


@pytest.fixture(scope="session")
def web() -> Iterator[str]:
    """The URL of a web server; see Handler for what it has."""
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
