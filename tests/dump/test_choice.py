"""What of a SQLite database is dumped can be chosen; what it has no choice of is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import DumpOptions, OptionInvalid, dump, restore
from storewright.dump.selection import Selection

from .support import address, content


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE a (x); CREATE TABLE b (x); CREATE VIEW v AS SELECT x FROM a;"
            "INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (3)"
        )
    return path


def test_tables_are_chosen_by_a_filter(source: Path, tmp_path: Path) -> None:
    store, target = storage.open("memory://"), tmp_path / "new.db"
    options = DumpOptions(selection=Selection(["app.*", "!*.b"]), views=False)
    assert dump(address(source), store, options).databases == {"app": {"a": 2}}
    restore(store, address(target))
    assert set(content(target)[1]) == {"a"}


def test_only_rows_or_only_definitions(source: Path) -> None:
    rows = dump(address(source), storage.open("memory://"), DumpOptions(schemas=False))
    assert {record.kind for record in rows.files} == {"data", "metadata"}
    schema = dump(address(source), storage.open("memory://"), DumpOptions(data=False))
    assert "data" not in {record.kind for record in schema.files}
    assert schema.rows == 0


def test_a_condition_is_refused(source: Path) -> None:
    with pytest.raises(OptionInvalid, match="where"):
        dump(address(source), storage.open("memory://"), DumpOptions(where="x=1"))
