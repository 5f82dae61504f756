"""A dump compared with a database, table by table."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storewright import storage
from storewright.dump import DumpOptions, OptionInvalid, dump, restore, verify
from storewright.dump.commands.verify import verify_command
from storewright.testing.servers import MariaDB
from tests.dump.conftest import Build
from tests.dump.support import address

from .support import new_name, run_sql, url_of

SUMS = DumpOptions(content_sums=True)
SCRIPT = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b REAL); INSERT INTO t VALUES (1, 0.1), (2, NULL);
CREATE TABLE u(a TEXT); INSERT INTO u VALUES ('x');
"""


def _verify(place: Path, database: str) -> Result:
    return CliRunner().invoke(verify_command, [str(place), "--database", database])


def test_a_copy_is_equal_until_a_row_is_changed(build: Build, tmp_path: Path) -> None:
    place, copy = tmp_path / "out", tmp_path / "copy.db"
    dump(address(build(SCRIPT)), f"fs://{place}", SUMS)
    restore(f"fs://{place}", address(copy))
    assert _verify(place, address(copy)).exit_code == 0
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript("UPDATE t SET b=0.10000000000000002 WHERE a=1; DROP TABLE u")
    done = _verify(place, address(copy))
    assert done.exit_code == 1
    assert "differs from the dump: table app.t has other content" in done.output
    assert "table app.u is not there" in done.output


def test_a_dump_without_sums_says_how_to_make_one(build: Build, tmp_path: Path) -> None:
    source = address(build(SCRIPT))
    dump(source, f"fs://{tmp_path}/out")
    done = _verify(tmp_path / "out", source)
    assert done.exit_code == 1
    assert "dump with --content-sums" in done.output


@pytest.mark.parametrize("options", [{"where": "1"}, {"sql": "SELECT 1"}])
def test_sums_are_of_whole_tables(options: dict[str, Any]) -> None:
    with pytest.raises(OptionInvalid, match="content-sums"):
        DumpOptions(content_sums=True, **options)


def test_a_database_of_another_kind(build: Build, store: storage.Storager) -> None:
    dump(address(build(SCRIPT)), store, SUMS)
    with pytest.raises(OptionInvalid, match="of a sqlite database, not mysql"):
        verify(store, database="mysql://127.0.0.1/x")


@pytest.mark.server
@pytest.mark.parametrize("threads", [1, 4])
def test_both_sides_on_a_server(mariadb: MariaDB, awkward: str, threads: int) -> None:
    store, target = storage.open("memory://"), new_name()
    address = mariadb.address(url_of(awkward))
    dump(address, store, DumpOptions(content_sums=True, threads=threads))
    assert len(verify(store, database=address).manifest.sums[awkward]) == 6
    restore(store, mariadb.address(target))
    copy = mariadb.address(target)
    assert verify(store, database=copy).good
    run_sql(mariadb, f"UPDATE {target}.no_key SET t=CONCAT(t, ' ') WHERE a=7")
    run_sql(mariadb, f"DROP TABLE {target}.old_engine")
    found = verify(store, database=copy)
    assert not found.good
    assert found.differences == [
        f"table {awkward}.no_key has other content",
        f"table {awkward}.old_engine is not there",
    ]
    with pytest.raises(OptionInvalid, match="name as many"):
        verify(store, database=mariadb.address(f"{target},mysql"))
