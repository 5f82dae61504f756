"""gcp-storage-emulator, another emulator of Google Cloud Storage, written in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from typing_extensions import override

from storewright.testing.servers.server import HOST, Server, find_program, free_ports, http_get

__all__ = ["GcpEmulator"]


class GcpEmulator(Server):
    """A server of Google's JSON API: gcp-storage-emulator. It checks no credentials."""

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
        from storewright.testing.servers.google import client_of

        return client_of(self.endpoint, self.project)

    @override
    def _prepare(self) -> Sequence[str]:
        (self._port,) = free_ports(1)
        program = find_program("gcp-storage-emulator", "pip install gcp-storage-emulator")
        return [program, "start", f"--host={HOST}", f"--port={self._port}", "--in-memory"]

    @override
    def _is_ready(self) -> bool:
        return http_get(self._port, "/")[0] == 200
