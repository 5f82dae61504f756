"""A server that takes small packets only: what does not fit is an error, not a NULL."""

from collections.abc import Iterator

import pytest

from storewright import storage
from storewright.dump import CsvOptions, DumpOptions, Layout, SourceFailed, dump
from storewright.testing.servers import MariaDB

from .support import new_name, run_sql

pytestmark = pytest.mark.server
PACKET = 4096
LAYOUTS = {
    "sql": (Layout(), "\\'"),
    "sql, doubled": (Layout(escape_backslash=False), "''"),
    "csv": (Layout(filetype="csv"), '\\"'),
    "csv, doubled": (Layout(filetype="csv", escape_backslash=False), '""'),
    "csv, bare": (Layout(filetype="csv", csv=CsvOptions(delimiter="")), "\\,"),
}
"""Layouts, and how each writes what has to be escaped in it."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A server of this kind."""
    with MariaDB(f"--max-allowed-packet={PACKET}") as server:
        yield server


def _make(server: MariaDB, columns: str, *values: str) -> str:
    name = new_name()
    rows = (f"INSERT INTO t VALUES ({n},{value});" for n, value in enumerate(values, 10))
    table = f"CREATE TABLE t ({columns}); {''.join(rows)}"
    run_sql(server, f"CREATE DATABASE {name}; USE {name}; {table}")
    return name


@pytest.mark.parametrize("key", ["int", "varchar(10)"], ids=["pages", "rows"])
@pytest.mark.parametrize("null", ["NULL", "NOT NULL"])
@pytest.mark.parametrize(("layout", "escaped"), LAYOUTS.values(), ids=LAYOUTS)
def test_what_fits_only_before_it_is_escaped(
    small: MariaDB, layout: Layout, escaped: str, null: str, key: str
) -> None:
    plain = escaped[-1].replace("'", "\\'")
    columns = f"id {key} PRIMARY KEY, v varchar(3000) CHARACTER SET ascii {null}"
    fits = _make(small, columns, f"REPEAT('{plain}', 1500)", "''")
    store = storage.open("memory://")
    dump(small.address(fits), store, DumpOptions(layout=layout))
    files = [item.path for item in store.list() if ".t.0" in item.path]
    assert escaped * 1500 in store.read_bytes(files[0]).decode()
    too_long = _make(small, columns, f"REPEAT('{plain}', 3000)", "''")
    store = storage.open("memory://")
    with pytest.raises(SourceFailed, match="max_allowed_packet"):
        dump(small.address(too_long), store, DumpOptions(layout=layout))
    assert list(store.list()) == []


def test_a_content_sum_that_cannot_be_had(small: MariaDB) -> None:
    columns = ",".join(f"c{number} int DEFAULT 1" for number in range(PACKET // 32 + 1))
    name = _make(small, f"id int PRIMARY KEY, v int, {columns}")
    run_sql(small, f"INSERT INTO {name}.t (id) VALUES (1)")
    with pytest.raises(SourceFailed, match="max_allowed_packet"):
        dump(small.address(name), "memory://", DumpOptions(content_sums=True))
