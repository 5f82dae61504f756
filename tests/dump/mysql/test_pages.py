"""Rows that the server joins to pages, and those that do not fit into one."""

import pytest

from storewright import storage
from storewright.dump import DumpOptions, Layout, dump, restore
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
    "short_but_wide": ("id int PRIMARY KEY, v varchar(20)", "seq, REPEAT('☃', 20)", 900),
    "four_bytes": (
        "id int PRIMARY KEY, v char(9) CHARACTER SET utf32, t tinytext",
        "seq, REPEAT('\\'', 9), REPEAT('☃', 80)",
        900,
    ),
    "unique_key": ("id int NOT NULL UNIQUE, v bit(3)", "seq, seq MOD 8", 900),
}


@pytest.mark.server
@pytest.mark.parametrize("rows", [None, 700])
@pytest.mark.parametrize("layout", [Layout(), Layout(statement_size=3000, complete_insert=True)])
def test_every_row_comes_back(
    mariadb: MariaDB, drivers: str, rows: int | None, layout: Layout
) -> None:
    name, target, store = new_name(), new_name(), storage.open("memory://")
    script = "".join(
        f"CREATE TABLE {table} ({columns}); INSERT INTO {table} SELECT {values} FROM seq_1_to_{n};"
        for table, (columns, values, n) in TABLES.items()
    )
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; {script}")
    options = DumpOptions(layout=layout, rows=rows, filesize=200_000)
    manifest = dump(mariadb.address(name), store, options)
    assert manifest.databases[name] == {table: n for table, (_, _, n) in TABLES.items()}
    restore(store, mariadb.address(target))
    assert sums(mariadb, target) == sums(mariadb, name)


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
