"""Moto's server, which stands in for Amazon's services in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from typing_extensions import override

from storewright.testing.servers.s3 import S3Server
from storewright.testing.servers.server import (
    HOST,
    find_program,
    free_ports,
    http_get,
    issue_certificate,
)

__all__ = ["Moto"]


class Moto(S3Server):
    """An S3 server that keeps everything in memory. It takes any credentials."""

    profile = "moto"
    install: ClassVar[str] = "pip install 'moto[server,s3]'"

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("moto_server", self.install)
        [self._port] = free_ports(1)
        command = [program, "-H", HOST, "-p", str(self._port)]
        if not self.tls:
            return command
        issue_certificate(self.folder)
        files = {"-c": "cert.pem", "-k": "key.pem"}
        return command + [
            word for key, file in files.items() for word in (key, f"{self.folder / file}")
        ]

    @override
    def _is_ready(self) -> bool:
        ca_file = self.ca_file if self.tls else None
        return http_get(self._port, "/moto-api/", ca_file)[0] == 200
