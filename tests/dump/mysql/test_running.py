"""What others can see of a dump while it runs."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from storewright.dump import DumpOptions, dump
from storewright.testing.servers import MariaDB
from storewright.testing.servers.server import free_ports
from tests.dump.support import environment
from tests.processes import PATIENCE, signal_blocked

from .faults import await_true, closed_gate
from .support import new_name, run_sql


@pytest.fixture
def running_dump(
    mariadb: MariaDB, shop: str, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A dump that waits before the last rows, and the port of its metrics."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "storewright.dump", "dump", f"--port={mariadb.port}", "-uroot"]
    command += ["--password", mariadb.password, "-B", shop.rpartition("/")[2]]
    command += ["-o", str(tmp_path / "out"), "--status-addr", f"127.0.0.1:{port}"]
    with closed_gate(mariadb, shop) as gate:
        process = subprocess.Popen(
            [*command, "--where", gate.condition, "--loglevel=debug"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        await_true("the dump waits", lambda: process.poll() is not None or gate.waiting())
        yield process, port
        process.kill()
        process.wait()


def _metrics(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        text: str = answer.read().decode()
        return text


@pytest.mark.server
def test_the_password_is_nowhere_and_metrics_are_served(
    running_dump: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = running_dump
    text = _metrics(port)
    assert "storewright_dump_running 1.0" in text
    for name in ("rows_total", "bytes_total", "expected_rows", "start_time_seconds"):
        assert f"storewright_dump_{name} " in text
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert MariaDB.password.encode() not in shown
    assert b"storewright" in shown
    signal_blocked(process, signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 143, said
    assert "dump failed: interrupted by SIGTERM" in said
    assert MariaDB.password not in said


@pytest.fixture
def kept(mariadb: MariaDB, tmp_path: Path) -> str:
    """A dump of a server, to be compared and restored."""
    name, place = new_name(), f"fs://{tmp_path}/kept"
    run_sql(mariadb, f"CREATE DATABASE {name}; CREATE TABLE {name}.t SELECT 1 AS a")
    dump(mariadb.address(name), place, DumpOptions(content_sums=True))
    return place


@pytest.mark.server
@pytest.mark.parametrize(
    "arguments",
    [
        ["dump", "{server}/x", "{out}"],
        ["dump", "--host=127.0.0.1", "--port={port}", "-uroot", "-ptop-secret", "-o", "{out}"],
        ["dump", "--port={port}", "--password", "top-secret", "-o", "{out}"],
        ["restore", "{kept}", "{server}/x"],
        ["verify", "{kept}", "--database", "{server}/x"],
    ],
)
def test_no_password_is_in_the_list_of_processes(
    kept: str, tmp_path: Path, arguments: list[str]
) -> None:
    """However it was given; looked at when the process is on its way to a server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = f"mysql://root:top-secret@127.0.0.1:{port}"
        places = {"server": server, "port": port, "kept": kept, "out": tmp_path / "out"}
        command = [argument.format(**places) for argument in arguments]
        process = subprocess.Popen(
            [sys.executable, "-m", "storewright.dump", *command],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        listener.settimeout(PATIENCE)
        with listener.accept()[0]:  # it waits for a greeting, and so does not end
            shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.kill()
        said = process.communicate()[0]
    assert b"top-secret" not in shown
    assert arguments[0].encode() in shown
    assert "top-secret" not in said
