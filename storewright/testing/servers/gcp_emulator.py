"""gcp-storage-emulator, another emulator of Google Cloud Storage, written in Python."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from storewright.testing.servers.google import GcsServer
from storewright.testing.servers.server import HOST, find_program, free_ports, http_get

__all__ = ["GcpEmulator"]


class GcpEmulator(GcsServer):
    """A server of Google's JSON API: gcp-storage-emulator. It checks no credentials."""

    @override
    def _prepare(self) -> Sequence[str]:
        (self._port,) = free_ports(1)
        program = find_program("gcp-storage-emulator", "pip install gcp-storage-emulator")
        return [program, "start", f"--host={HOST}", f"--port={self._port}", "--in-memory"]

    @override
    def _is_ready(self) -> bool:
        return http_get(self._port, "/")[0] == 200
