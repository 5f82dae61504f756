"""OpenStack Swift with its S3 middleware, from Debian."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from typing_extensions import override

from storewright.testing.servers.daemons import daemon, run, script
from storewright.testing.servers.s3 import S3Server
from storewright.testing.servers.server import HOST, find_program, free_ports, http_get

__all__ = ["Swift"]

_KINDS: Final = ("account", "container", "object")
_PIPELINE: Final = (
    "catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl s3api "
    "tempauth copy slo dlo versioned_writes symlink proxy-logging proxy-server"
)
_FILTERS: Final[Mapping[str, Mapping[str, str]]] = {
    "proxy-logging": {"access_log_level": "ERROR"},
    "s3api": {"location": "us-east-1", "storage_domain": "localhost"},
    "tempauth": {"user_test_tester": "testing .admin"},
    "versioned_writes": {"allow_object_versioning": "true"},
}
_PATIENCE: Final = dict.fromkeys(
    ("conn_timeout", "node_timeout", "container_update_timeout", "post_quorum_timeout"), "60"
)
"""Nobody takes over from a server that is late: the only replica would be missing, or unlisted."""
_NEVER_AVOID: Final = {"error_suppression_limit": "1000000", "error_suppression_interval": "0"}
_CACHE: Final = dict.fromkeys(("connect_timeout", "pool_timeout", "io_timeout"), "60")
_ENTRY_POINTS: Final = {"proxy-logging": "proxy_logging", "cache": "memcache"}


class Swift(S3Server):
    """An S3 server: one replica of everything. It verifies signatures."""

    access_key = "test:tester"
    secret_key = "testing"  # noqa: S105 - of a server that lives for one test run on loopback
    profile = "swift"
    install: ClassVar[str] = (
        "apt-get install --no-install-recommends "
        "swift-proxy swift-account swift-container swift-object memcached"
    )

    def __init__(self, *, start_timeout: float = 180) -> None:
        super().__init__(start_timeout=start_timeout)  # over http only
        self._ports: list[int] = []

    @override
    def _prepare(self) -> Sequence[str]:
        kinds = [f"swift-{kind}-server" for kind in (*_KINDS, "proxy")]
        for program in ("memcached", "swift-ring-builder", *kinds):
            find_program(program, self.install)
        self._port, cache, *ports = self._ports = free_ports(5)
        for name in ("conf", "cache"):
            (self.folder / name).mkdir()
        (self.folder / "dev" / "d1").mkdir(parents=True)
        self._configure(cache, dict(zip(_KINDS, ports, strict=True)))
        rings = [
            line for kind, port in zip(_KINDS, ports, strict=True) for line in _ring(kind, port)
        ]
        servers = [daemon(kind, f"{self.folder}/conf/{kind}.conf") for kind in kinds]
        memory = daemon("memcached", "-u", getpass.getuser(), "-l", HOST, "-p", cache)
        return script(self.folder, ["cd conf", *rings, "cd ..", memory, *servers])

    @override
    def _environment(self) -> Mapping[str, str]:
        return {"PYTHONWARNINGS": "ignore", "PYTHONPATH": ""}  # it runs on the system's Python

    def _configure(self, cache: int, ports: Mapping[str, int]) -> None:
        self._write(
            "swift.conf",
            {
                "swift-hash": {"swift_hash_path_suffix": "a", "swift_hash_path_prefix": "b"},
                "storage-policy:0": {"name": "gold", "default": "yes"},
                "swift-constraints": {"max_file_size": "5368709122"},
            },
        )
        for kind, port in ports.items():
            storage = {"devices": f"{self.folder}/dev", "mount_check": "false"}
            storage["fallocate_reserve"] = "0"
            sections = {
                "DEFAULT": self._common(port) | storage,
                "pipeline:main": {"pipeline": f"{kind}-server"},
                f"app:{kind}-server": {"use": f"egg:swift#{kind}", **_PATIENCE},
            }
            self._write(f"swift-{kind}-server.conf", sections)
        self._write("swift-proxy-server.conf", self._proxy(cache))

    def _common(self, port: int) -> dict[str, str]:
        return {
            "bind_ip": HOST,
            "bind_port": str(port),
            "workers": "0",  # one process, which dies with its parent; workers would not
            "user": getpass.getuser(),
            "swift_dir": f"{self.folder}/conf",
            "log_level": "ERROR",
        }

    def _proxy(self, cache: int) -> dict[str, Mapping[str, str]]:
        filters = dict.fromkeys(_PIPELINE.split()[:-1])
        sections: dict[str, Mapping[str, str]] = {
            f"filter:{name}": {
                "use": f"egg:swift#{_ENTRY_POINTS.get(name, name)}",
                **_FILTERS.get(name, {}),
            }
            for name in filters
        }
        servers = {"memcache_servers": f"{HOST}:{cache}"}
        sections["filter:cache"] = {**sections["filter:cache"], **servers, **_CACHE}
        proxy = {"use": "egg:swift#proxy", "account_autocreate": "true"}
        return {
            "DEFAULT": self._common(self._port),
            "pipeline:main": {"pipeline": _PIPELINE},
            "app:proxy-server": {**proxy, **_PATIENCE, **_NEVER_AVOID},
            **sections,
        }

    def _write(self, name: str, sections: Mapping[str, Mapping[str, str]]) -> None:
        blocks = [
            "\n".join([f"[{section}]", *(f"{key} = {value}" for key, value in options.items())])
            for section, options in sections.items()
        ]
        (self.folder / "conf" / name).write_text("\n".join(blocks) + "\n", encoding="utf-8")

    @override
    def _is_ready(self) -> bool:
        # It avoids for a minute a server that it has not reached once.
        for port in self._ports:
            socket.create_connection((HOST, port), timeout=2).close()
        return http_get(self._port, "/healthcheck")[0] == 200


def _ring(kind: str, port: int) -> list[str]:
    """Where objects of a kind are: all in one place."""
    file = f"{kind}.builder"
    return [
        run("swift-ring-builder", file, "create", 4, 1, 1),
        run("swift-ring-builder", file, "add", f"r1z1-{HOST}:{port}/d1", 1),
        run("swift-ring-builder", file, "rebalance"),
    ]
