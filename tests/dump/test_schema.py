"""Every kind of thing that a SQLite schema can hold comes back, and works."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import DumpOptions, Layout, dump, restore
from tests.dump.conftest import Build
from tests.dump.support import address, content, names, text

SCHEMA = """
PRAGMA page_size=8192; PRAGMA auto_vacuum=2; PRAGMA user_version=42; PRAGMA application_id=7;
CREATE VIEW early AS SELECT * FROM late_view; -- a view of a view that is created later
CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, total REAL CHECK(total >= 0), -- note; x
  note TEXT DEFAULT 'it''s; ok' COLLATE NOCASE, who REFERENCES people(id) -- the end
);
CREATE TABLE people(id TEXT PRIMARY KEY, age INT) WITHOUT ROWID;
CREATE TABLE pair(a, b, PRIMARY KEY(b DESC, a)) WITHOUT ROWID;
CREATE TABLE computed(a INT, b INT AS (a*2) VIRTUAL, c TEXT, d TEXT AS (c||'!') STORED, e);
CREATE TABLE strict_one(i INTEGER, a ANY) STRICT;
CREATE TABLE "we.ird ""name""/*-schema"("a b" TEXT, "select" INT, "quo""te", 'it''s');
CREATE TABLE empty(x);
CREATE TABLE "rowid"(rowid TEXT, _rowid_ TEXT, oid TEXT);
CREATE TABLE key_by_another_name(rowid TEXT, id INTEGER PRIMARY KEY);
CREATE INDEX by_total ON orders(total DESC) WHERE total > 1;
CREATE UNIQUE INDEX by_note ON orders(lower(note), id);
CREATE INDEX "odd index" ON "we.ird ""name""/*-schema"("a b" COLLATE RTRIM);
CREATE VIEW late_view AS SELECT id, ';' AS semicolon FROM orders;
CREATE TABLE log(what TEXT);
CREATE TRIGGER remember AFTER INSERT ON orders WHEN new.total > 0 BEGIN
  INSERT INTO log VALUES('order; ' || new.id);
  UPDATE people SET age = CASE WHEN age > 1 THEN age ELSE 1 END;
END;
CREATE TRIGGER through_view INSTEAD OF INSERT ON late_view BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize='porter');
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
INSERT INTO people VALUES('é', 1), ('a', NULL);
INSERT INTO orders(total, note, who) VALUES(1.5, 'x', 'a'), (2.5, NULL, 'a'), (0, 'y', NULL);
DELETE FROM orders WHERE id = 3;
INSERT INTO pair VALUES(1, 2), (2, 2), ('1', x'32');
INSERT INTO computed(a, c, e) VALUES(1, 'x', 0.1), (2, 'y', NULL);
INSERT INTO strict_one VALUES(1, '1'), (2, 1.0), (3, x'00');
INSERT INTO "we.ird ""name""/*-schema" VALUES('a', 1, 2.0, NULL);
INSERT INTO "rowid" VALUES('x', 'y', 'z'), ('1', '2', '3');
INSERT INTO key_by_another_name VALUES('text', 5), ('more', 2);
INSERT INTO words VALUES('Storing', 'all the things'), ('Cats', 'cats and dogs');
INSERT INTO boxes VALUES(1, 0.5, 1.5), (2, 10, 20);
PRAGMA ignore_check_constraints=ON; INSERT INTO orders(id, total) VALUES(9, -1);
ANALYZE;
"""


@pytest.fixture(params=["sql", "csv"])
def options(request: pytest.FixtureRequest) -> DumpOptions:
    return DumpOptions(layout=Layout(filetype=request.param), threads=3, rows=2)


def test_every_kind_of_object_comes_back(
    build: Build, store: storage.Storager, options: DumpOptions, tmp_path: Path
) -> None:
    source, target = build(SCHEMA), tmp_path / "new.db"
    dump(address(source), store, options)
    restore(store, address(target))
    assert content(target) == content(source)
    with closing(sqlite3.connect(target)) as copy, closing(sqlite3.connect(source)) as original:
        for query in ("PRAGMA integrity_check", "SELECT * FROM sqlite_stat1 ORDER BY tbl, idx"):
            assert copy.execute(query).fetchall() == original.execute(query).fetchall()


def test_the_copy_works(build: Build, store: storage.Storager, tmp_path: Path) -> None:
    target = tmp_path / "new.db"
    dump(address(build(SCHEMA)), store)
    restore(store, address(target))
    with closing(sqlite3.connect(target)) as copy:
        copy.execute("INSERT INTO orders(total) VALUES(3)")
        assert copy.execute("SELECT max(id) FROM orders").fetchone() == (10,)
        assert copy.execute("SELECT what FROM log ORDER BY rowid").fetchall()[-1] == ("order; 10",)
        assert copy.execute("SELECT count(*) FROM early").fetchone() == (4,)
        assert copy.execute("SELECT title FROM words('cat')").fetchall() == [("Cats",)]
        assert copy.execute("SELECT id FROM boxes WHERE x0 > 5").fetchall() == [(2,)]
        assert copy.execute("SELECT b, d FROM computed WHERE a = 2").fetchone() == (4, "y!")


def test_files_are_named_as_dumpling_names_them(build: Build, store: storage.Storager) -> None:
    dump(address(build(SCHEMA)), store)
    found = names(store)
    assert {
        "app-schema-create.sql",
        "app-schema-post.sql",
        "app-schema-sequence.sql",
        "app.early-schema-view.sql",
        "app.late_view-schema-triggers.sql",
        "app.empty-schema.sql",
        "app.orders-schema-triggers.sql",
        "app.orders-schema.sql",
        "app.orders.000000000.sql",
        "app.we%2Eird %22name%22%2F%2A%2Dschema-schema.sql",
        "app.we%2Eird %22name%22%2F%2A%2Dschema.000000000.sql",
        "manifest.json",
        "metadata",
    } <= set(found)
    assert "app.empty.000000000.sql" not in found  # a table without rows has no file of rows


def test_generated_columns_are_computed_again(build: Build, store: storage.Storager) -> None:
    dump(address(build(SCHEMA)), store)
    written = text(store, "app.computed.000000000.sql")
    assert written.startswith('INSERT INTO "computed"("a","c","e") VALUES\n(1,\'x\',0.1),\n')


def test_files_load_into_the_sqlite_shell_in_the_order_of_the_manifest(
    build: Build, store: storage.Storager, tmp_path: Path
) -> None:
    """The files are plain SQL: any program that runs SQL restores them."""
    source, target = build(SCHEMA), tmp_path / "new.db"
    manifest = dump(address(source), store)
    # rows before indexes and triggers would be faster; the order of the names is enough
    kinds = ["schema-create", "schema", "data", "schema-sequence", "schema-view"]
    kinds += ["schema-triggers", "schema-post"]
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA ignore_check_constraints=ON")
        for kind in kinds:
            for record in manifest.files:
                if record.kind == kind:
                    copy.executescript(text(store, record.path))
    assert content(target) == content(source)


def test_a_very_wide_table_comes_back(
    build: Build, store: storage.Storager, options: DumpOptions, tmp_path: Path
) -> None:
    """A chain of 2,000 concatenations would be deeper than SQLite allows."""
    columns = ",".join(f"c{number}" for number in range(2000))
    values = ",".join(f"{number}.5" for number in range(2000))
    source = build(f"CREATE TABLE wide({columns}); INSERT INTO wide VALUES({values});")
    dump(address(source), store, options)
    restore(store, address(tmp_path / "new.db"))
    assert content(tmp_path / "new.db") == content(source)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t(a INT) STRICT -- the end",
        "CREATE TABLE t(a INT) STRICT -- the end\n",
        "CREATE TABLE t(a INT) STRICT \n\n ",
        "CREATE TABLE t(a INT) STRICT /* never closed",
        "CREATE TABLE t(a INT) STRICT\n/**/",
        "CREATE TABLE t(a INT) STRICT -- ;\n",
        'CREATE TABLE t("--" PRIMARY KEY) WITHOUT ROWID',
        "CREATE VIEW t AS SELECT 1 -- the end",
        "CREATE VIEW t AS SELECT ';\n', 1 AS \"/*;\n\"",
        "CREATE INDEX i ON other(a) -- the end",
        "CREATE INDEX i ON other(a) WHERE a > 1 -- the end\n",
        "CREATE TRIGGER r AFTER INSERT ON other BEGIN SELECT 1;\nSELECT ';END;'; -- ;\n END",
    ],
)
def test_the_text_of_the_schema_comes_back_as_it_was(
    build: Build, store: storage.Storager, tmp_path: Path, sql: str
) -> None:
    source = build("CREATE TABLE other(a);")
    with closing(sqlite3.connect(source)) as connection:
        connection.execute(sql)
    dump(address(source), store)
    restore(store, address(tmp_path / "new.db"))
    assert content(tmp_path / "new.db") == content(source)


def test_write_ahead_logging_is_kept(build: Build, store: storage.Storager, tmp_path: Path) -> None:
    source = build("PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1);")
    dump(address(source), store)
    restore(store, address(tmp_path / "new.db"))
    with closing(sqlite3.connect(tmp_path / "new.db")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert copy.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.db", "new.db"]


def test_an_empty_database_comes_back(
    build: Build, store: storage.Storager, tmp_path: Path
) -> None:
    source = build("PRAGMA user_version=3; VACUUM;")
    manifest = dump(address(source), store)
    assert (manifest.rows, manifest.tables) == (0, 0)
    restore(store, address(tmp_path / "new.db"))
    assert content(tmp_path / "new.db") == content(source)
