"""Rows that the server joins to pages, and those that do not fit into one."""

import re
from collections.abc import Iterator

import pytest

from storewright import storage
from storewright.dump import CsvOptions, DumpOptions, Layout, dump, restore
from storewright.testing.servers import MariaDB

from .support import new_name, run_sql
from .test_restore import sums

LONG = "REPEAT(CONCAT(seq, '\\n'';\\\\'), 4000)"
TABLES = {
    "dense": ("id int PRIMARY KEY, v varchar(40)", "seq, MD5(seq)", 20_000),
    "negative": (
        "id bigint PRIMARY KEY, v text",
        "CAST(seq AS int)*7-9000, CONCAT('a\\n', seq)",
        3000,
    ),
    "sparse": (
        "id bigint unsigned PRIMARY KEY, v float",
        "18446744073709551615-seq*seq*1000003, seq/7",
        3000,
    ),
    "clustered": ("id bigint PRIMARY KEY, v int", "seq+IF(seq>2000, 1000000000000, 0), 1", 5000),
    "some_long": ("id int PRIMARY KEY, j longtext", f"seq, IF(seq MOD 50, 'x', {LONG})", 500),
    "all_long": ("id int PRIMARY KEY, b longblob, t text", f"seq, {LONG}, NULL", 60),
    "wide": ("id int PRIMARY KEY, t text", "seq, REPEAT(MD5(seq), 100)", 1000),
    "short_but_wide": ("id int PRIMARY KEY, v varchar(99)", "seq, REPEAT('☃', 99)", 900),
    "four_bytes": (
        "id int PRIMARY KEY, v char(9) CHARACTER SET utf32, t tinytext",
        "seq, REPEAT('\\'', 9), REPEAT('☃', 80)",
        900,
    ),
    "numbers": (
        (
            "id int PRIMARY KEY, f float, d double, e double(5,2), n decimal(65,30), i int(1),"
            " y year, z bigint(1) zerofill, x bit(64)"
        ),
        (
            "CAST(seq AS int)-2147483648, -1.17549435e-38, -2.2250738585072014e-308, -999.99,"
            " -1e34-seq/7, -2147483648, 2155, 18446744073709551615, 18446744073709551615"
        ),
        900,
    ),
    "one_double": ("d double NOT NULL, id int PRIMARY KEY", "-1.7976931348623157e308, -1e9-seq", 9),
    "short_text": (
        (
            "id int PRIMARY KEY, e enum('☃☃☃☃☃','x') NOT NULL, s set('☃☃☃☃☃','☃☃☃☃') NOT NULL,"
            " v varchar(5) NOT NULL, b binary(4) NOT NULL, u uuid NOT NULL, i inet6 NOT NULL,"
            " t time(6) NOT NULL"
        ),
        (
            "CAST(seq AS int)-2147483648, 1+seq MOD 2, 3, REPEAT('☃', 5), UNHEX('27272727'),"
            " UNHEX(REPEAT('27', 16)), UNHEX(REPEAT('27', 16)), '-838:59:59.999999'"
        ),
        900,
    ),
    "unique_key": ("id int NOT NULL UNIQUE, v bit(3)", "seq, seq MOD 8", 900),
}

BY_ROWS = "TRUE"
"""With a condition of the user's there are no pages."""


@pytest.fixture(scope="module")
def database(mariadb: MariaDB) -> Iterator[str]:
    """The name of one with these tables, for those who only read it."""
    name = new_name()
    script = "".join(
        f"CREATE TABLE {table} ({columns}); INSERT INTO {table} SELECT {values} FROM seq_1_to_{n};"
        for table, (columns, values, n) in TABLES.items()
    )
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; {script}")
    yield name
    run_sql(mariadb, f"DROP DATABASE {name}")


@pytest.mark.server
@pytest.mark.parametrize("rows", [None, 700])
@pytest.mark.parametrize("layout", [Layout(), Layout(statement_size=3000, complete_insert=True)])
def test_every_row_comes_back(
    mariadb: MariaDB, database: str, drivers: str, rows: int | None, layout: Layout
) -> None:
    target, store = new_name(), storage.open("memory://")
    options = DumpOptions(layout=layout, rows=rows, filesize=200_000)
    manifest = dump(mariadb.address(database), store, options)
    assert manifest.databases[database] == {table: n for table, (_, _, n) in TABLES.items()}
    restore(store, mariadb.address(target))
    assert sums(mariadb, target) == sums(mariadb, database)


@pytest.mark.server
@pytest.mark.parametrize("delimiter", ['"', "", "\\", "n"])
def test_pages_have_what_rows_of_their_own_have(
    mariadb: MariaDB, database: str, delimiter: str
) -> None:
    layout = Layout(filetype="csv", csv=CsvOptions(delimiter=delimiter))
    by_rows = _files(mariadb, database, layout, BY_ROWS)
    assert _files(mariadb, database, layout) == by_rows


def _files(
    mariadb: MariaDB, name: str, layout: Layout, where: str | None = None
) -> dict[str, bytes]:
    store = storage.open("memory://")
    manifest = dump(mariadb.address(name), store, DumpOptions(layout=layout, where=where))
    return {f.path: store.read_bytes(f.path) for f in manifest.files if f.kind == "data"}


def _unreckoned(*_: object) -> str:
    return "''"


@pytest.mark.server
@pytest.mark.parametrize("layout", [Layout(), Layout(filetype="csv")], ids=["sql", "csv"])
def test_rows_that_a_server_cuts_are_read_again(
    mariadb: MariaDB, database: str, monkeypatch: pytest.MonkeyPatch, layout: Layout
) -> None:
    """One that reckons otherwise than those that were tried."""
    by_rows = _files(mariadb, database, layout, BY_ROWS)
    monkeypatch.setattr("storewright.dump.mysql.rows._reckoned", _unreckoned)
    assert _files(mariadb, database, layout) != by_rows
    monkeypatch.setattr("storewright.dump.mysql.source._TRIED", re.compile("9"))
    assert _files(mariadb, database, layout) == by_rows


@pytest.mark.server
def test_a_nul_among_the_marks_of_csv(mariadb: MariaDB) -> None:
    """Elsewhere it stands for a line end, until a block of rows is complete."""
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t (id int PRIMARY KEY, v varchar(9));"
        "INSERT INTO t VALUES (1, 'a'), (2, NULL)",
    )
    expected = {
        CsvOptions(separator="\0"): b'"id"\0"v"\n1\0"a"\n2\0\\N\n',
        CsvOptions(null="\0"): b'"id","v"\n1,"a"\n2,\0\n',
        CsvOptions(delimiter="\0"): b"\0id\0,\0v\0\n1,\0a\0\n2,\\N\n",
        CsvOptions(terminator="\0\n"): b'"id","v"\0\n1,"a"\0\n2,\\N\0\n',
    }
    for csv, text in expected.items():
        assert [*_files(mariadb, name, Layout(filetype="csv", csv=csv)).values()] == [text]


@pytest.mark.server
def test_rows_are_in_the_order_of_the_key(mariadb: MariaDB) -> None:
    name, store = new_name(), storage.open("memory://")
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t (id int PRIMARY KEY, v int, KEY (v));"
        "INSERT INTO t SELECT seq, 10000-seq FROM seq_1_to_10000",
    )
    dump(mariadb.address(name), store)
    lines = store.read_bytes(f"{name}.t.000000000.sql").decode().splitlines()
    keys = [int(line[1:].split(",")[0]) for line in lines if line.startswith("(")]
    assert keys == list(range(1, 10_001))
