"""What others can see of a dump while it runs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

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
    assert "storewright_dump_rows_total" in text
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert MariaDB.password.encode() not in shown
    assert b"storewright" in shown
    process.terminate()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 143, said
    assert "dump failed: interrupted by SIGTERM" in said
    assert MariaDB.password not in said
