"""A dump is the database at one moment, whoever else reads and writes it."""

import os
import sqlite3
import tempfile
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import DumpOptions, SourceFailed, dump, restore
from storewright.dump.sqlite.source import SqliteSource
from tests.dump.conftest import Build
from tests.dump.support import address, content
from tests.processes import await_true

ACCOUNTS = """
PRAGMA journal_mode={mode};
CREATE TABLE a(id INTEGER PRIMARY KEY, money INT);
CREATE TABLE b(id INTEGER PRIMARY KEY, money INT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 3000)
  INSERT INTO a SELECT i, 100 FROM n;
INSERT INTO b SELECT * FROM a;
"""
TOTAL = "SELECT (SELECT sum(money) FROM a) + (SELECT sum(money) FROM b)"


@contextmanager
def _busy_bank(path: Path) -> Generator[list[int]]:
    """Another client moves money between the tables, as fast as it may; yields its commits."""
    stop, commits = threading.Event(), [0]

    def move() -> None:
        with closing(sqlite3.connect(path, timeout=600)) as connection:
            while not stop.is_set():
                number = commits[0] % 3000 + 1
                connection.execute("UPDATE a SET money = money - 1 WHERE id = ?", (number,))
                connection.execute("UPDATE b SET money = money + 1 WHERE id = ?", (3001 - number,))
                connection.commit()
                commits[0] += 1

    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield commits
    finally:
        stop.set()
        thread.join()


def _has_grown(commits: list[int], before: int) -> bool:
    return commits[0] > before


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_four_threads_see_one_moment(
    build: Build, store: storage.Storager, tmp_path: Path, mode: str
) -> None:
    source = build(ACCOUNTS.format(mode=mode))
    options = DumpOptions(rows=100, overwrite=True, lock_timeout=600)  # who writes may be quicker
    with _busy_bank(source) as commits:
        for _ in range(5):
            before = commits[0]
            await_true("the bank is at work", partial(_has_grown, commits, before))
            dump(address(source), store, options)
            restore(store, address(tmp_path / "new.db"), overwrite=True)
            with closing(sqlite3.connect(tmp_path / "new.db")) as copy:
                assert copy.execute(TOTAL).fetchone() == (600_000,)


def test_writers_go_on_during_a_dump_of_a_database_with_a_write_ahead_log(build: Build) -> None:
    source = build(ACCOUNTS.format(mode="WAL"))
    with (
        SqliteSource(address(source), DumpOptions(threads=2)) as snapshot,
        closing(sqlite3.connect(source, timeout=0)) as other,
    ):
        other.execute("DELETE FROM a")
        other.commit()
        (table,) = [table for table in snapshot.tables() if table.name == "a"]
        chunk = next(snapshot.chunks(table, None))
        rows = [row for batch in snapshot.batches(chunk, DumpOptions().layout) for row in batch]
        assert len(rows) == 3000


@contextmanager
def _without_privileges() -> Generator[None]:
    """Root may write everything; make this process somebody else for a while."""
    user = os.geteuid()
    os.seteuid(65534 if user == 0 else user)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_database_we_may_not_write_is_read_by_one_thread(
    build: Build, store: storage.Storager, caplog: pytest.LogCaptureFixture
) -> None:
    built = build(ACCOUNTS.format(mode="DELETE"))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        source = Path(folder, "app.db")
        source.write_bytes(built.read_bytes())
        source.chmod(0o444)
        dump(address(built), store)  # loads whatever only root may load
        with _without_privileges():
            dump(address(source), store, DumpOptions(overwrite=True))
        assert "one thread reads it" in caplog.text
        restore(store, address(Path(folder, "new.db")))
        assert content(Path(folder, "new.db")) == content(built)


def test_a_database_that_stays_locked_is_one_clear_line(
    build: Build, store: storage.Storager
) -> None:
    source = build(ACCOUNTS.format(mode="DELETE"))
    with closing(sqlite3.connect(source)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SourceFailed, match="another process is writing"):
            dump(address(source), store, DumpOptions(lock_timeout=0.1))


def test_a_dump_leaves_nothing_beside_the_database(build: Build, store: storage.Storager) -> None:
    source = build(ACCOUNTS.format(mode="WAL"))
    before = source.read_bytes()
    dump(address(source), store)
    assert [path.name for path in source.parent.iterdir()] == ["app.db"]
    assert source.read_bytes() == before
