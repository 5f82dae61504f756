"""What goes wrong is one clear line, and leaves neither half a dump nor half a database."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.dump import (
    DumpDamaged,
    DumpError,
    DumpOptions,
    DumpRefused,
    Layout,
    ManifestMissing,
    OptionInvalid,
    SourceFailed,
    TargetFailed,
    dump,
    restore,
    verify,
)
from storewright.dump.options import Compression
from tests.dump.conftest import Build
from tests.dump.support import address, content, names

SCRIPT = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
CREATE INDEX i ON t(b);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5000)
  INSERT INTO t SELECT i, 'row ' || i FROM n;
"""


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_without_manifest_there_is_no_dump(store: storage.Storager, tmp_path: Path) -> None:
    with pytest.raises(ManifestMissing, match="not finished"):
        restore(store, address(tmp_path / "new.db"))
    with pytest.raises(ManifestMissing):
        verify(store)
    assert _files(tmp_path) == []


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _shorten(data: bytes) -> bytes:
    return data[:-1]


def _lengthen(data: bytes) -> bytes:
    return data + b"x"


def _lose(_data: bytes) -> None:
    return None


@pytest.mark.parametrize("compress", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("kind", ["data", "schema"])
@pytest.mark.parametrize("damage", [_flip, _shorten, _lengthen, _lose])
def test_a_damaged_file_is_found_and_named(
    build: Build,
    store: storage.Storager,
    tmp_path: Path,
    compress: Compression,
    kind: str,
    damage: Callable[[bytes], bytes | None],
) -> None:
    source = build(SCRIPT)
    manifest = dump(address(source), store, DumpOptions(layout=Layout(compress=compress)))
    (record,) = [record for record in manifest.files if record.kind == kind]
    damaged = damage(store.read_bytes(record.path))
    if damaged is None:
        store.delete(record.path)
    else:
        store.write(record.path, damaged)
    with pytest.raises(DumpDamaged, match=f"^{record.path}: [^\n]+$"):
        restore(store, address(tmp_path / "new.db"))
    found = verify(store)
    assert not found.good
    assert [problem.partition(":")[0] for problem in found.problems] == [record.path]
    assert _files(tmp_path) == ["app.db"]


def test_verify_names_what_is_no_part_of_the_dump(build: Build, store: storage.Storager) -> None:
    dump(address(build(SCRIPT)), store)
    store.write("app.t.000000007.sql", b"left by a failed dump")
    found = verify(store)
    assert (found.good, found.foreign) == (True, ["app.t.000000007.sql"])


def _edit(store: storage.Storager, **changes: Any) -> None:
    manifest = json.loads(store.read_bytes("manifest.json"))
    store.write("manifest.json", json.dumps(manifest | changes).encode())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "format version 2"),
        ({"format": "other"}, "of another program: 'other'"),
        ({"files": [{"path": "x"}]}, "not readable"),
        ({"layout": {}}, "not readable"),
        ({"layout": {"csv": {"separator": 5}}}, "not readable"),
        ({"databases": {"app": {"t": float("inf")}}}, "not readable"),
        ({"dialect": "mysql"}, "of a mysql database"),
    ],
)
def test_a_manifest_we_cannot_use_is_refused(
    build: Build,
    store: storage.Storager,
    tmp_path: Path,
    changes: dict[str, Any],
    message: str,
) -> None:
    dump(address(build(SCRIPT)), store)
    _edit(store, **changes)
    with pytest.raises(DumpError, match=message):
        restore(store, address(tmp_path / "new.db"))


@pytest.mark.parametrize(
    "change",
    [{"rows": "2"}, {"rows": None}, {"size": 1.5}, {"path": 5}, {"kind": "other"}, {"table": None}],
    ids=str,
)
def test_a_file_that_is_described_as_none_can_be_is_refused(
    build: Build, store: storage.Storager, tmp_path: Path, change: dict[str, Any]
) -> None:
    dump(address(build(SCRIPT)), store)
    files = json.loads(store.read_bytes("manifest.json"))["files"]
    _edit(store, files=[file | change if file["kind"] == "data" else file for file in files])
    with pytest.raises(DumpDamaged, match="not readable"):
        verify(store)
    with pytest.raises(DumpDamaged, match="not readable"):
        restore(store, address(tmp_path / "new.db"))


def test_a_file_that_is_listed_twice_is_refused(build: Build, store: storage.Storager) -> None:
    dump(address(build(SCRIPT)), store)
    files = json.loads(store.read_bytes("manifest.json"))["files"]
    _edit(store, files=[*files, files[-1]])
    with pytest.raises(DumpDamaged, match="listed twice"):
        verify(store)


@pytest.mark.parametrize(
    "content", [b"{", b"", b"\xff", b"SQLite\xff" * 999, b"[" * 100_000, b"[1]"], ids=len
)
def test_a_manifest_that_is_none_is_refused(
    store: storage.Storager, tmp_path: Path, content: bytes
) -> None:
    store.write("manifest.json", content)
    with pytest.raises(DumpDamaged, match="not readable") as caught:
        restore(store, address(tmp_path / "new.db"))
    assert len(str(caught.value)) < 200


def test_rows_are_counted(build: Build, store: storage.Storager, tmp_path: Path) -> None:
    dump(address(build(SCRIPT)), store)
    files = json.loads(store.read_bytes("manifest.json"))["files"]
    for record in files:
        record["rows"] += record["kind"] == "data"
    _edit(store, files=files)
    with pytest.raises(DumpDamaged, match="has 5000 rows, the manifest says 5001"):
        restore(store, address(tmp_path / "new.db"))
    assert _files(tmp_path) == ["app.db"]


def test_an_existing_database_is_only_replaced_if_wanted(
    build: Build, store: storage.Storager, tmp_path: Path
) -> None:
    source, target = build(SCRIPT), tmp_path / "new.db"
    dump(address(source), store)
    target.write_bytes(b"precious")
    with pytest.raises(DumpRefused, match="exists"):
        restore(store, address(target))
    assert target.read_bytes() == b"precious"
    restore(store, address(target), overwrite=True)
    assert content(target) == content(source)


def test_a_failed_restore_keeps_the_database_it_was_to_replace(
    build: Build, store: storage.Storager, tmp_path: Path
) -> None:
    target = tmp_path / "new.db"
    dump(address(build(SCRIPT)), store)
    store.delete("app.t.000000000.sql")
    target.write_bytes(b"precious")
    with pytest.raises(DumpDamaged, match="missing"):
        restore(store, address(target), overwrite=True)
    assert target.read_bytes() == b"precious"
    assert _files(tmp_path) == ["app.db", "new.db"]


@pytest.mark.parametrize("suffix", ["-journal", "-wal"])
def test_a_journal_in_the_way_is_refused(
    build: Build, store: storage.Storager, tmp_path: Path, suffix: str
) -> None:
    """SQLite would apply it to the new database, and so destroy it."""
    dump(address(build(SCRIPT)), store)
    (tmp_path / f"new.db{suffix}").touch()
    with pytest.raises(DumpRefused, match="in use"):
        restore(store, address(tmp_path / "new.db"), overwrite=True)


def test_a_target_that_cannot_be_created_is_one_clear_line(
    build: Build, store: storage.Storager, tmp_path: Path
) -> None:
    dump(address(build(SCRIPT)), store)
    with pytest.raises(TargetFailed, match="cannot create"):
        restore(store, address(tmp_path / "missing" / "new.db"))
    with pytest.raises(DumpRefused, match="directory"):
        restore(store, address(tmp_path))


def test_an_earlier_dump_is_only_replaced_if_wanted(build: Build, store: storage.Storager) -> None:
    source = address(build(SCRIPT))
    dump(source, store, DumpOptions(rows=1000))
    before = {name: store.read_bytes(name) for name in names(store)}
    with pytest.raises(DumpRefused, match="--overwrite"):
        dump(source, store)
    assert {name: store.read_bytes(name) for name in names(store)} == before
    manifest = dump(source, store, DumpOptions(overwrite=True))
    assert names(store) == sorted(["manifest.json", *(r.path for r in manifest.files)])


@pytest.mark.parametrize(
    "wrong",
    [
        "app.db",
        "sqlite:app.db",
        "sqlite://app.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///app.db?mode=ro",
        "oracle://scott:tiger@host/db",
        "",
    ],
)
def test_a_malformed_address_is_refused(store: storage.Storager, wrong: str) -> None:
    with pytest.raises(OptionInvalid) as refused:
        dump(wrong, store)
    assert "tiger" not in str(refused.value)
    assert names(store) == []


def test_a_source_that_is_no_database_is_one_clear_line(
    store: storage.Storager, tmp_path: Path
) -> None:
    with pytest.raises(SourceFailed, match="no database at"):
        dump(address(tmp_path / "missing.db"), store)
    (tmp_path / "text.db").write_text("this is no database, but long enough to look like one" * 9)
    with pytest.raises(SourceFailed, match="not a database"):
        dump(address(tmp_path / "text.db"), store)
    assert names(store) == []
    assert _files(tmp_path) == ["text.db"]


@pytest.mark.parametrize("threads", [1, 4])
def test_a_source_that_breaks_half_way_leaves_nothing(
    build: Build, store: storage.Storager, threads: int
) -> None:
    source = build(SCRIPT.replace("5000", "200000").replace("CREATE INDEX", "-- CREATE INDEX"))
    damaged = bytearray(source.read_bytes())
    page = len(damaged) // 2 // 4096 * 4096
    damaged[page : page + 4096] = b"\xff" * 4096
    source.write_bytes(damaged)
    with pytest.raises(SourceFailed, match=r"table t of .*malformed"):
        dump(address(source), store, DumpOptions(threads=threads, rows=50_000))
    assert names(store) == []


def test_a_row_that_is_too_long_for_sqlite_is_one_clear_line(
    build: Build, store: storage.Storager
) -> None:
    source = build("CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(500000000));")
    with pytest.raises(SourceFailed, match=r"table t of .*: a row is longer than the 1 GB"):
        dump(address(source), store)
    assert names(store) == []


def test_a_schema_that_needs_a_missing_function_fails_cleanly(
    store: storage.Storager, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.create_function("mine", 1, str, deterministic=True)
        connection.execute("CREATE TABLE t(a)")
        connection.execute("CREATE INDEX i ON t(mine(a))")
    dump(address(tmp_path / "app.db"), store)
    with pytest.raises(TargetFailed, match=r"t of .*no such function: mine"):
        restore(store, address(tmp_path / "new.db"))
    assert _files(tmp_path) == ["app.db"]
