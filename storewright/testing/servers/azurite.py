"""Azurite, Microsoft's emulator of Azure Blob Storage, which comes as a package of npm."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from typing_extensions import override

from storewright.testing.servers.server import (
    HOST,
    Server,
    ServerNotInstalled,
    find_program,
    free_ports,
    http_get,
    issue_certificate,
)

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

__all__ = ["Azurite"]

_INSTALL: Final = "npm install --prefix .build/npm azurite@3.35.0"
_BESIDE: Final = Path(".build", "npm", "node_modules", ".bin")
"""Where that puts it, seen from the folder in which it is run or from one above."""


class Azurite(Server):
    """An emulator of Azure Blob Storage. It verifies shared keys and signatures.

    `tls`: `endpoint` is https, under a certificate whose authority is `ca_file`.
    """

    account = "devstoreaccount1"
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    """Of every emulator: no secret."""

    def __init__(self, *, tls: bool = False, start_timeout: float = 120) -> None:
        super().__init__(start_timeout=start_timeout)
        self._tls = tls
        self._port = 0

    @property
    def endpoint(self) -> str:
        """The URL of the account."""
        host, scheme = ("localhost", "https") if self._tls else (HOST, "http")
        return f"{scheme}://{host}:{self._port}/{self.account}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that vouches for an https endpoint."""
        return self.folder / "ca.pem"

    @property
    def credential(self) -> str:
        """Who may do everything, as stores take it."""
        return f"hmac:{self.account}:{self.key}"

    def connection(self, container: str, work_dir: str = "") -> str:
        """The connection string of a container here, as ``storage.open()`` takes it."""
        endpoint, credential = (quote(t, safe=":/") for t in (self.endpoint, self.credential))
        options = f"endpoint={endpoint}&credential={credential}"
        return f"azblob://{container}/{quote(work_dir.strip('/'))}?{options}"

    def client(self) -> BlobServiceClient:
        """The vendor's client of this server: an independent witness of what an adapter did."""
        from azure.storage.blob import BlobServiceClient

        credential = {"account_name": self.account, "account_key": self.key}
        verify = str(self.ca_file) if self._tls else True
        return BlobServiceClient(self.endpoint, credential, connection_verify=verify)

    def create_container(self, name: str) -> None:
        """Make a container, with the vendor's client."""
        client: Any = self.client()
        client.create_container(name)

    @override
    def _prepare(self) -> Sequence[str]:
        program = _find()
        (self._port,) = free_ports(1)
        options = ["--blobHost", HOST, "--blobPort", str(self._port), "--inMemoryPersistence"]
        # It knows the versions of the interface that were current when it was made, not the SDK's.
        options += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        if self._tls:
            issue_certificate(self.folder)
            options += ["--cert", str(self.folder / "cert.pem")]
            options += ["--key", str(self.folder / "key.pem")]
        return [program, *options]

    @override
    def _is_ready(self) -> bool:
        if self._tls:
            return self._listens()
        return http_get(self._port, "/")[0] in (400, 403)

    def _listens(self) -> bool:
        import socket

        with socket.create_connection((HOST, self._port), timeout=2):
            return True


def _find() -> str:
    """Azurite's program: where npm puts it for this project, else on PATH."""
    if shutil.which("node") is None:
        raise ServerNotInstalled("node is not installed: apt-get install nodejs npm")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (program := folder / _BESIDE / "azurite-blob").exists():
            return str(program)
    return find_program("azurite-blob", _INSTALL)
