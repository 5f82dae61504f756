"""What the replay is held to, the real mydumper 1.x is: to be run where there is one.

No registry has a package of it, so that CI skips this file. Put ``mydumper`` and ``myloader`` of
https://github.com/mydumper/mydumper/releases into a folder, and name that in MYDUMPER_1X.
"""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import SourceFailed, restore, verify
from storewright.dump.mydumper import Settings, mydumper
from storewright.services.memory import MemoryStorage
from storewright.testing.servers import MariaDB
from tests.dump.mysql.support import new_name, run_sql
from tests.dump.support import names

from .stream_support import sampled
from .test_loading import SOURCE, rows

_FOLDER = os.environ.get("MYDUMPER_1X", "")

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.skipif(not _FOLDER, reason="not in any registry: mydumper 1.x (see MYDUMPER_1X)"),
]


def _settings(server: MariaDB, tmp_path: Path, database: str, threads: int = 2) -> Settings:
    return Settings(
        program=str(Path(_FOLDER, "mydumper")),
        output=tmp_path / "out",
        host=server.host,
        port=server.port,
        password=server.password,
        threads=threads,
        uploads=1,
        disk_limit=20 * 2**20,
        arguments=["--trx-tables", f"--database={database}"],
    )


@pytest.fixture
def large(mariadb: MariaDB) -> str:
    """A database of 100 MB."""
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t (id int PRIMARY KEY, v varchar(500));"
        "INSERT INTO t SELECT seq, REPEAT(MD5(seq), 15) FROM seq_1_to_200000",
    )
    return name


@pytest.mark.parametrize("attempt", range(5))
def test_its_own_loader_restores_every_row(mariadb: MariaDB, tmp_path: Path, attempt: int) -> None:
    """Of the pieces of metadata as they came, it would have restored two of eleven."""
    original, loaded = new_name(), new_name()
    run_sql(mariadb, SOURCE.read_text().replace("shop", original))
    store = storage.open("memory://")
    manifest = mydumper(_settings(mariadb, tmp_path, original), store)
    assert manifest.details["mode"] == "stream"
    assert verify(store).good
    restore(store, str(tmp_path / "restored"))
    command = ["timeout", "-s", "KILL", "60", str(Path(_FOLDER, "myloader")), "--threads=2"]
    command += [f"--host={mariadb.host}", f"--port={mariadb.port}", f"--user={mariadb.user}"]
    command += [f"--password={mariadb.password}", f"--database={loaded}"]
    command += [f"--directory={tmp_path / 'restored'}"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert rows(mariadb, loaded) == rows(mariadb, original)
    assert attempt < 5


def test_its_disk_stays_within_the_bound(
    mariadb: MariaDB, large: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = storage.open("memory://", type=MemoryStorage)
    store.faults.slow("write", 0.05)
    threads = 4
    with sampled(tmp_path / "out" / "dump") as sizes:
        manifest = mydumper(_settings(mariadb, tmp_path, large, threads), store)
    bound = threads * (1.25 * 2**20 + 2e6)
    with capsys.disabled():
        print(f"\nreal: {manifest.size / 1e6:.0f} MB, at most {max(sizes) / 1e6:.1f} MB on disk")
    assert manifest.databases[large] == {"t": 200_000}
    assert max(sizes) <= bound < manifest.size / 3


def test_ended_by_somebody_else_it_claims_to_be_complete_in_vain(
    mariadb: MariaDB, large: str, tmp_path: Path
) -> None:
    ended: list[int] = []

    def end(call: storage.Call) -> None:
        if ".t.0" in call.path and not ended:
            done = subprocess.run(["pgrep", "-f", large], capture_output=True, check=True)
            ended.extend(map(int, done.stdout.split()))
            os.kill(ended[0], signal.SIGTERM)

    store = storage.open("memory://", interceptor=end)
    with pytest.raises(SourceFailed, match="Shutting down gracefully"):
        mydumper(_settings(mariadb, tmp_path, large), store)
    assert names(store) == []


def test_a_lost_connection_is_no_dump_or_a_whole_one(
    mariadb: MariaDB, large: str, tmp_path: Path
) -> None:
    """Lost between two queries, the rest comes from outside of the snapshot, with status 0."""
    killed: list[str] = []
    query = f"SELECT id FROM information_schema.processlist WHERE info LIKE '%`{large}`.`t`%'"
    query += " AND id <> CONNECTION_ID()"

    def end(call: storage.Call) -> None:
        if ".t.0" in call.path and not killed:
            killed.extend(run_sql(mariadb, query).decode().split())
            run_sql(mariadb, "".join(f"KILL {thread};" for thread in killed))

    store = storage.open("memory://", interceptor=end)
    try:
        mydumper(_settings(mariadb, tmp_path, large), store)
    except SourceFailed as failed:
        said = str(failed)
        assert names(store) == []
    else:  # the server had sent everything before it closed the connection
        said = "ended with status 0"
        data = b"".join(store.read_bytes(name) for name in names(store) if ".t.0" in name)
        assert data.count(b"VALUES(") + data.count(b"\n,(") == 200_000
    assert killed
    assert "ended with status" in said
