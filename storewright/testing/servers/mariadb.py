"""MariaDB, a real database server, from the distribution's package."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from storewright.testing.servers.server import (
    HOST,
    Server,
    ServerFailed,
    find_program,
    free_ports,
    issue_certificate,
)

__all__ = ["MariaDB"]

_INSTALL = "apt-get install mariadb-server"


class MariaDB(Server):
    """A database server with a new, empty data folder, over TCP and a socket.

    `user` may do everything; its password is `password`. `options` are more options of mariadbd,
    such as ``"--net-write-timeout=4"``. With `tls`, the server has a certificate whose authority
    is `ca_file`; it does not demand TLS.
    """

    user = "root"
    password = "root-password"  # noqa: S105 - of a server that lives for one test run on loopback

    def __init__(
        self,
        *options: str,
        tls: bool = False,
        folder: Path | None = None,
        start_timeout: float = 120,
    ) -> None:
        super().__init__(start_timeout=start_timeout)
        self._extra = options
        self._tls = tls
        self._data = folder
        self._port = 0

    @property
    def host(self) -> str:
        """The address it listens on."""
        return HOST

    @property
    def port(self) -> int:
        """The TCP port."""
        return self._port

    @property
    def socket(self) -> Path:
        """The socket on the file system; the path is short enough for one."""
        return self.folder / "sock"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that vouches for the server."""
        return self.folder / "ca.pem"

    def address(self, databases: str = "") -> str:
        """The server, or some databases of it, as `storewright dump` takes it."""
        return f"mysql://{self.user}:{self.password}@{self.host}:{self.port}/{databases}"

    def run_sql(self, sql: str | bytes, *options: str) -> bytes:
        """What the `mariadb` client, an independent witness, prints of some statements.

        Raises RuntimeError with the server's words if it refuses one.
        """
        command = [
            find_program("mariadb", "apt-get install mariadb-client"),
            "--no-defaults",
            f"--host={self.host}",
            f"--port={self.port}",
            f"--user={self.user}",
            f"--password={self.password}",
            "--default-character-set=utf8mb4",
            "--batch",
            "--skip-column-names",
            *options,
        ]
        script = sql.encode() if isinstance(sql, str) else sql
        done = subprocess.run(command, input=script, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout

    @override
    def _prepare(self) -> Sequence[str]:
        server = find_program("mariadbd", _INSTALL)
        (self._port,) = free_ports(1)
        data = self._data or self.folder / "data"
        if not data.exists():
            self._install(data)
        if self._tls:
            issue_certificate(self.folder)
        (self.folder / "init.sql").write_text(
            f"ALTER USER '{self.user}'@'localhost' IDENTIFIED BY '{self.password}';"
        )
        return [server, "--no-defaults", *self._options(data), *self._extra]

    def _options(self, data: Path) -> list[str]:
        options = [
            f"--datadir={data}",
            f"--socket={self.socket}",
            f"--port={self._port}",
            f"--bind-address={HOST}",
            f"--init-file={self.folder / 'init.sql'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--tmpdir={self.folder}",  # a server that starts deletes what others have in there
            "--innodb-buffer-pool-size=256M",
            "--innodb-flush-log-at-trx-commit=0",
            "--event-scheduler=OFF",
            "--local-infile=ON",
            "--log-bin=binlog",
            "--server-id=1",
            "--character-set-server=utf8mb4",
        ]
        if os.geteuid() == 0:
            options.append("--user=root")
        if self._tls:
            names = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
            options += [f"--ssl-{name}={self.folder / file}" for name, file in names.items()]
        return options

    def _install(self, data: Path) -> None:
        command = [
            find_program("mariadb-install-db", _INSTALL),
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
        if os.geteuid() == 0:
            command.append("--user=root")
        own = {**os.environ, "TMPDIR": str(self.folder)}
        done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerFailed(f"mariadb-install-db failed: {done.stderr.strip()}")

    @override
    def _is_ready(self) -> bool:
        # The server's greeting comes after the init file has set the password.
        import socket

        with socket.create_connection((HOST, self._port), timeout=2) as connection:
            return len(connection.recv(5)) == 5
