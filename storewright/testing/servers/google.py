"""What the emulators of Google Cloud Storage have in common: an endpoint, a client, and tokens."""

from __future__ import annotations

import base64
import json
import threading
from abc import ABC
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import quote

from storewright.testing.servers.server import HOST, Server, ServerNotInstalled

__all__ = ["GcsServer", "GoogleTokens"]


class GcsServer(Server, ABC):
    """A server of Google's JSON API. A subclass sets `_port` when it prepares to start."""

    project = "test-project"

    def __init__(self, *, start_timeout: float = 120) -> None:
        super().__init__(start_timeout=start_timeout)
        self._port = 0

    @property
    def endpoint(self) -> str:
        """The URL that requests go to."""
        return f"http://{HOST}:{self._port}"

    def connection(self, bucket: str, work_dir: str = "") -> str:
        """The connection string of a bucket here, as ``storage.open()`` takes it."""
        endpoint = quote(self.endpoint, safe=":/")
        options = f"endpoint={endpoint}&credential=anonymous&project_id={self.project}"
        return f"gcs://{bucket}/{quote(work_dir.strip('/'))}?{options}"

    def client(self) -> Any:
        """A google.cloud.storage.Client of this server: a witness of what an adapter did."""
        from google.auth import credentials
        from google.cloud import storage

        anonymous = cast("Any", credentials).AnonymousCredentials()
        options = {"api_endpoint": self.endpoint}
        return cast("Any", storage).Client(
            project=self.project, credentials=anonymous, client_options=options
        )


class _Handler(BaseHTTPRequestHandler):
    """Gives a token to everybody."""

    def do_POST(self) -> None:
        """Answer a request for a token."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = {"access_token": "test-token", "expires_in": 3600, "token_type": "Bearer"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class GoogleTokens:
    """A service account of nobody's, and the server that gives it tokens: ``with GoogleTokens()``.

    The emulators take every token; but requests are signed as they would be for Google's servers.
    """

    email = "tester@test-project.iam.gserviceaccount.com"

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), _Handler)
        run = self._server.serve_forever
        self._thread = threading.Thread(target=run, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @cached_property
    def key_file(self) -> dict[str, str]:
        """The account's key file. Raises ServerNotInstalled without the package `cryptography`."""
        return {
            "type": "service_account",
            "project_id": "test-project",
            "private_key_id": "0123456789abcdef",
            "private_key": _private_key(),
            "client_email": self.email,
            "client_id": "1",
            "token_uri": f"http://{HOST}:{self._server.server_port}/token",
        }

    @cached_property
    def credential(self) -> str:
        """The key file as a credential of ours."""
        return "base64:" + base64.b64encode(json.dumps(self.key_file).encode()).decode()


def _private_key() -> str:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
    except ImportError as error:
        message = "cryptography is not installed: pip install cryptography"
        raise ServerNotInstalled(message) from error
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
