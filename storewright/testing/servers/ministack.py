"""Ministack, which stands in for Amazon's services in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

__all__ = ["Ministack"]


class Ministack(S3Server):
    """An S3 server that keeps everything in memory. It verifies signed URLs, but no headers."""

    profile = "ministack"
    install: ClassVar[str] = "pip install ministack"

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("ministack", self.install)
        [self._port] = free_ports(1)
        if self.tls:
            issue_certificate(self.folder)
        return [program]

    @override
    def _environment(self) -> Mapping[str, str]:
        environment = {
            "AWS_ACCESS_KEY_ID": self.access_key,  # what URLs are verified with
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self._port),
            "IOT_MTLS_ENABLED": "0",  # it would listen on a port of its own
            "LOG_LEVEL": "WARNING",
            "SFTP_ENABLED": "0",  # see above
        }
        if not self.tls:
            return environment
        files = {"MINISTACK_SSL_CERT": "cert.pem", "MINISTACK_SSL_KEY": "key.pem"}
        return environment | {
            "USE_SSL": "1",
            **{name: str(self.folder / file) for name, file in files.items()},
        }

    @override
    def _is_ready(self) -> bool:
        ca_file = self.ca_file if self.tls else None
        return http_get(self._port, "/_ministack/health", ca_file)[0] == 200
