"""What others can see of a dump while it runs."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from storewright.dump import DumpOptions, dump
from storewright.testing.servers import MariaDB
from storewright.testing.servers.server import free_ports
from tests.dump.support import environment

from .support import new_name, run_sql


@pytest.fixture
def running_dump(mariadb: MariaDB, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A dump of twenty rows that takes ten seconds, and the port of its metrics."""
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t (id int PRIMARY KEY);"
        "INSERT INTO t SELECT seq FROM seq_1_to_20",
    )
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "storewright.dump", "dump", f"--port={mariadb.port}", "-uroot"]
    command += ["--password", mariadb.password, "-B", name, "-o", str(tmp_path / "out")]
    command += ["--where", "SLEEP(0.5)=0", "--status-addr", f"127.0.0.1:{port}", "--loglevel=debug"]
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    yield process, port
    process.kill()
    process.wait()


def _metrics(port: int) -> str:
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            time.sleep(0.1)
    raise AssertionError("no metrics")


@pytest.mark.server
def test_the_password_is_nowhere_and_metrics_are_served(
    running_dump: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = running_dump
    text = _metrics(port)
    assert "storewright_dump_running 1.0" in text or "storewright_dump_running 0.0" in text
    for name in ("rows_total", "bytes_total", "expected_rows", "start_time_seconds"):
        assert f"storewright_dump_{name} " in text
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert MariaDB.password.encode() not in shown
    assert b"storewright" in shown
    process.terminate()
    said, _ = process.communicate(timeout=60)
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
        listener.settimeout(60)
        listener.accept()[0].close()
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.kill()
        said = process.communicate()[0]
    assert b"top-secret" not in shown
    assert arguments[0].encode() in shown
    assert "top-secret" not in said
