"""Watch mode with the real mydumper and a real server: nothing is lost, and the disk is enough."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

import pytest

from storewright import storage
from storewright.dump import SourceFailed, verify
from storewright.dump.mydumper import Child, Figures, Settings, mydumper
from storewright.dump.mydumper.folder import credentials_file, disk_usage
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.services.memory import MemoryStorage
from storewright.testing.servers import MariaDB, SeaweedFS
from tests.conftest import Running
from tests.dump.mydumper.support import (
    Sampler,
    database,
    fetched,
    hold_until_paused,
    rows_in,
)
from tests.dump.mydumper.valve import opened_by_the_brake, valve
from tests.dump.mysql.support import myloader, new_name, real_program, run_sql
from tests.dump.mysql.test_restore import sums
from tests.dump.support import environment, names
from tests.processes import await_true
from tests.small_disk import small_disk

pytestmark = pytest.mark.server
ROWS: Final = 30_000
MOST_ROWS: Final = 200_000
ENOUGH: Final = 4_000_000
"""Bytes of an answer after which mydumper has written some."""


@pytest.fixture(scope="module")
def shop(mariadb: MariaDB) -> Iterator[str]:
    """A database of 30 MB."""
    with database(mariadb, ROWS) as name:
        yield name


@pytest.fixture(scope="module")
def large_shop(mariadb: MariaDB) -> Iterator[str]:
    """A database of 200 MB."""
    with database(mariadb, MOST_ROWS) as name:
        yield name


@pytest.fixture
def store() -> MemoryStorage:
    return storage.open("memory://", type=MemoryStorage)


def _settings(server: MariaDB, name: str, output: Path, **more: Any) -> Settings:
    values: dict[str, Any] = {"disk_limit": 8 * MEBIBYTE, "password": server.password}
    values |= {"port": server.port, **more}
    return Settings(
        host=server.host,
        program=real_program(),
        output=output,
        arguments=("-B", name),
        **values,
    )


def _assert_same(server: MariaDB, name: str, folder: Path) -> None:
    target = new_name()
    myloader(server, folder, target)
    try:
        assert sums(server, target) == sums(server, name)
    finally:
        run_sql(server, f"DROP DATABASE {target}")


def test_nothing_is_lost_by_many_pauses(mariadb: MariaDB, shop: str, tmp_path: Path) -> None:
    figures = Figures()
    store = storage.open("memory://", interceptor=hold_until_paused(figures))
    with opened_by_the_brake(mariadb.port) as port:
        settings = _settings(mariadb, shop, tmp_path / "out", port=port)
        mydumper(settings, store, figures=figures)
    assert figures.pauses >= 3
    assert verify(store).good
    assert verify(store).foreign == []
    here = fetched(store, tmp_path / "here")
    assert rows_in(here) == ROWS + 500 + 2
    assert (here / "metadata").read_text().startswith("Started dump at: ")
    assert sum(path.name.startswith(f"{shop}.middle.") for path in here.iterdir()) == 1
    _assert_same(mariadb, shop, here)


def _naive(
    command: list[str], output: Path, uploaded: Path, most_files: int, orphaned: bool
) -> int:
    """The loop of mydumpergo, as its description has it; how often it paused."""
    pauses = 0
    output.mkdir()
    uploaded.mkdir()
    # A group is orphaned if no member has a parent in another group of the same session.
    group = {"start_new_session": True} if orphaned else {"process_group": 0}
    process = subprocess.Popen(command, **cast(dict[str, Any], group))
    try:
        while process.poll() is None:
            if len(found := list(output.iterdir())) >= most_files:
                os.kill(process.pid, signal.SIGTSTP)
                pauses += 1
                for path in found:
                    with suppress(FileNotFoundError):  # renamed by mydumper in this moment
                        shutil.copy(path, uploaded)
                        path.unlink()
                os.kill(process.pid, signal.SIGCONT)
            time.sleep(0.001)
    finally:
        process.kill()
        process.wait()
    shutil.rmtree(output)
    assert process.returncode == 0
    return pauses


_OURS: Final = """
import json, sys
from pathlib import Path
from storewright import storage
from storewright.dump.mydumper import Figures, Settings, mydumper
from tests.dump.mydumper.support import hold_until_paused
from tests.dump.mydumper.valve import opened_by_the_brake
given, there, figures = json.loads(sys.argv[1]), Path(sys.argv[2]), Figures()
store = storage.open("memory://", interceptor=hold_until_paused(figures))
with opened_by_the_brake(given.pop("port")) as port:
    settings = Settings(output=Path(given.pop("output")), port=port, **given)
    mydumper(settings, store, figures=figures)
there.mkdir()
for item in store.list():
    (there / item.path).write_bytes(store.read_bytes(item.path))
print(figures.pauses)
"""


@pytest.mark.parametrize("orphaned", [False, True])
def test_the_loop_that_this_replaces_loses_rows_and_this_does_not(
    mariadb: MariaDB, shop: str, tmp_path: Path, orphaned: bool
) -> None:
    """Beside each other; in an orphaned group, too, which is what a container's is."""
    given = {"program": real_program(), "host": mariadb.host, "port": mariadb.port, "threads": 2}
    given |= {"password": mariadb.password, "disk_limit": 9 * MEBIBYTE, "arguments": ["-B", shop]}
    given["output"] = str(tmp_path / "ours")
    done = subprocess.run(
        [sys.executable, "-c", _OURS, json.dumps(given), str(tmp_path / "stored")],
        env=environment(),
        start_new_session=orphaned,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3
    assert rows_in(tmp_path / "stored") == ROWS + 502
    command = [real_program(), f"--host={mariadb.host}", f"--port={mariadb.port}", "--user=root"]
    command += [f"--password={mariadb.password}", f"--outputdir={tmp_path / 'out'}"]
    command += ["--chunk-filesize=1", "--threads=2", f"--database={shop}"]
    attempts, pauses, there = 0, 0, tmp_path
    while pauses < 3 and attempts < 10:  # it may be too slow to see anything
        attempts, there = attempts + 1, tmp_path / f"there-{attempts}"
        pauses = _naive(command, tmp_path / "out", there, 3, orphaned)
    kept = rows_in(there)
    print(
        f"naive loop: {pauses} pauses, {ROWS + 502 - kept} of {ROWS + 502} rows lost, status 0;"
        f" ours: {done.stdout.strip()} pauses, none lost"
    )
    assert pauses >= 3
    assert kept < ROWS + 502


@pytest.mark.slow
def test_200_mb_pass_through_40_mb_of_disk(
    mariadb: MariaDB, large_shop: str, tmp_path: Path
) -> None:
    limit, output = 40_000_000, tmp_path / "out"
    there, figures = tmp_path / "there", Figures()
    with Sampler(output) as sampler, opened_by_the_brake(mariadb.port) as port:
        given = {"chunk_size": 4, "disk_limit": limit, "port": port}
        settings = _settings(mariadb, large_shop, output, **given)
        manifest = mydumper(settings, f"fs://{there}", figures=figures)
        peak, looks = sampler.end()
    print(
        f"{manifest.size / 1e6:.0f} MB through {limit / 1e6:.0f} MB of disk: at most"
        f" {peak / 1e6:.1f} MB in {looks} looks, {figures.pauses} pauses"
    )
    assert manifest.size > 200e6
    assert peak <= limit
    _assert_same(mariadb, large_shop, there)


@pytest.mark.slow
def test_a_disk_hardly_larger_than_the_limit_is_large_enough(
    mariadb: MariaDB, large_shop: str, tmp_path: Path
) -> None:
    limit = 40_000_000
    figures, there = Figures(), tmp_path / "there"
    output = tmp_path / "disk"
    with small_disk(output, limit * 11 // 10), opened_by_the_brake(mariadb.port) as port:
        given = {"chunk_size": 4, "disk_limit": limit, "port": port}
        settings = _settings(mariadb, large_shop, output, **given)
        mydumper(settings, f"fs://{there}", figures=figures)
    print(f"on a disk of {limit * 11 // 10 / 1e6:.0f} MB: {figures}")
    assert rows_in(there) == MOST_ROWS + 502


def test_a_disk_smaller_than_the_limit_makes_no_dump(
    mariadb: MariaDB, shop: str, tmp_path: Path, store: MemoryStorage
) -> None:
    settings = _settings(mariadb, shop, tmp_path / "disk", disk_limit=100 * MEBIBYTE)
    store.faults.slow("write", 2)
    with (
        small_disk(tmp_path / "disk", 5 * MEBIBYTE),
        pytest.raises(SourceFailed, match=r"No space left|status 1"),
    ):
        mydumper(settings, store)
    assert names(store) == []


def _states(pid: int) -> set[str]:
    """What the threads of a process are doing: the first may have stopped before the others."""
    states: set[str] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # it has just ended
            states.add((task / "stat").read_text().rpartition(")")[2].split()[0])
    return states


@contextmanager
def _running(server: MariaDB, port: int, name: str, output: Path) -> Generator[tuple[Child, Path]]:
    """A mydumper that has begun to write, of what it finds at a port."""
    folder = output / "dump"
    folder.mkdir(parents=True)
    command = [real_program(), f"--host={server.host}", f"--port={port}", "--user=root"]
    command += [f"--database={name}", f"--outputdir={folder}", "--threads=2", "--verbose=3"]
    with (
        credentials_file(folder, server.password) as credentials,
        Child([command[0], f"--defaults-file={credentials}", *command[1:]], streams=False) as child,
    ):
        await_true("it writes", lambda: child.ended or disk_usage(folder) >= 1_000_000)
        assert not child.ended
        yield child, folder


def test_stopping_works_in_an_orphaned_process_group_where_sigtstp_does_nothing(
    mariadb: MariaDB, shop: str, tmp_path: Path
) -> None:
    with (
        valve(mariadb.port, ENOUGH) as line,
        _running(mariadb, line.port, shop, tmp_path / "a") as (child, _),
    ):
        assert os.getsid(child.pid) == child.pid
        os.killpg(child.pid, signal.SIGTSTP)
        line.open()
        child.finish()  # SIGTSTP has not stopped it
    with (
        valve(mariadb.port, ENOUGH) as line,
        _running(mariadb, line.port, shop, tmp_path / "b") as (child, folder),
    ):
        child.pause()
        await_true("all of it stands still", lambda: _states(child.pid) == {"T"})
        before = disk_usage(folder)
        line.open()
        time.sleep(1)
        assert (_states(child.pid), disk_usage(folder)) == ({"T"}, before)
        child.resume()
        child.finish()
        assert disk_usage(folder) > before


@pytest.mark.slow
def test_a_pause_may_be_longer_than_the_server_waits(
    running: Running, tmp_path: Path, store: MemoryStorage
) -> None:
    server = running(MariaDB)
    run_sql(server, "SET GLOBAL net_write_timeout=4")
    try:
        with database(server, ROWS) as name:
            store.faults.slow("write", 15, path=f"{name}.big.00003.sql")
            figures = Figures()
            limit = 16 * MEBIBYTE
            settings = _settings(server, name, tmp_path / "out", uploads=1, disk_limit=limit)
            mydumper(settings, store, figures=figures)
            print(f"stood still {figures.paused_seconds:.1f} s with net_write_timeout=4")
            assert figures.paused_seconds > 8
            assert rows_in(fetched(store, tmp_path / "here")) == ROWS + 502
    finally:
        run_sql(server, "SET GLOBAL net_write_timeout=60")


PASSWORDS = ["", "simple", "a \"b' \\c\\\\ #d;é=%s \t", "\\", '"', "'x'", "#", " lead and trail "]


@pytest.mark.parametrize("password", PASSWORDS)
def test_any_password_reaches_the_server(
    mariadb: MariaDB, shop: str, tmp_path: Path, password: str
) -> None:
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    user = f"u{time.time_ns()}"
    run_sql(mariadb, f"CREATE USER {user}@'%' IDENTIFIED BY '{escaped}'")
    run_sql(mariadb, f"GRANT ALL ON *.* TO {user}@'%'")
    try:
        settings = _settings(
            mariadb, shop, tmp_path / "out", password=password, user=user, disk_limit=100_000_000
        )
        assert mydumper(settings, "memory://").files
    finally:
        run_sql(mariadb, f"DROP USER {user}@'%'")


def test_the_environment_of_mydumpergo_is_enough(
    seaweedfs: SeaweedFS, s3_bucket: str, running: Running, tmp_path: Path
) -> None:
    """HOST, PORT and PASSWORD are another's here, and so is S3; all else is as described there."""
    server = running(MariaDB)
    user = f"u{time.time_ns()}"
    with database(server, 3_000) as name:
        run_sql(
            server,
            f"CREATE USER {user}@'%' IDENTIFIED BY ''; GRANT ALL ON {name}.* TO {user}@'%';"
            f"GRANT RELOAD, BINLOG MONITOR, REPLICATION CLIENT ON *.* TO {user}@'%'",
        )
        known = {"BUCKET": s3_bucket, "HOST": server.host, "PORT": str(server.port)}
        known |= {"USERNAME": user, "PASSWORD": "", "CHUNK_FILE_SIZE_MB": "1"}
        known |= {"MAX_FILE_COUNT": "12", "OUTPUTDIR": str(tmp_path / "output")}
        known |= {"AWS_ACCESS_KEY_ID": seaweedfs.access_key, "REGION": "us-east-1"}
        known |= {"AWS_SECRET_ACCESS_KEY": seaweedfs.secret_key}
        known |= {"STOREWRIGHT_S3_ENDPOINT": seaweedfs.endpoint}
        done = subprocess.run(
            [sys.executable, "-m", "storewright.cli", "mydumper", "--json"],
            env={**environment(), **known},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        run_sql(server, f"DROP USER {user}@'%'")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["storage"].startswith(f"s3://{s3_bucket}/{server.host}/")
    assert said["disk_limit"] == 12 * MEBIBYTE
    store = storage.open(seaweedfs.connection(s3_bucket, said["storage"].split("/", 3)[3]))
    assert verify(store).good
    assert list((tmp_path / "output").iterdir()) == []
