"""Whatever the storage fails to do, there is a whole dump or none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from storewright import storage
from storewright.dump import (
    DumpOptions,
    DumpRefused,
    Manifest,
    ManifestMissing,
    NoProgress,
    dump,
    pipe,
    restore,
    verify,
)
from storewright.services.memory import MemoryStorage
from tests.dump.conftest import Build
from tests.dump.support import address, names

SCRIPT = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
CREATE TABLE u(a INTEGER PRIMARY KEY, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 30000)
  INSERT INTO t SELECT i, 'this is row ' || i FROM n;
INSERT INTO u SELECT * FROM t;
"""
OPTIONS = DumpOptions(rows=10_000, part_size=100_000, threads=2, patience=0)
DATA = "app.u.000000001.sql"


@pytest.fixture
def store() -> MemoryStorage:
    return storage.open("memory://", type=MemoryStorage)


def _dump(build: Build, store: MemoryStorage, options: DumpOptions = OPTIONS) -> Manifest:
    return dump(address(build(SCRIPT)), store, options)


def _uploads(store: MemoryStorage) -> list[str]:
    parts = storage.ListMode.PART
    return [item.path for item in store.list(list_mode=parts)]


def test_large_files_are_written_in_parts(build: Build, store: MemoryStorage) -> None:
    """Without which the faults below would strike nothing."""
    store.faults.fail("write_multipart", path=DATA, index=2)
    with pytest.raises(storage.ServiceInternal):
        _dump(build, store)


@pytest.mark.parametrize(
    ("op", "where"),
    [
        ("write", {"after": 1}),
        ("write", {"path": "app-schema-create.sql"}),
        ("write", {"path": "app.u-schema.sql"}),
        ("write", {"path": "app.u-schema.sql", "late": True}),
        ("create_multipart", {"path": DATA}),
        ("write_multipart", {"path": DATA, "index": 0}),
        ("write_multipart", {"path": DATA, "index": 2, "times": None}),
        ("complete_multipart", {"path": DATA}),
        ("write", {"path": "metadata"}),
        ("write", {"path": "manifest.json"}),
        ("write", {"path": "manifest.json", "late": True}),
    ],
)
def test_a_failing_write_leaves_nothing(
    build: Build, store: MemoryStorage, op: str, where: dict[str, Any]
) -> None:
    store.faults.fail(op, **where)
    with pytest.raises(storage.ServiceInternal, match="injected"):
        _dump(build, store)
    assert (names(store), _uploads(store)) == ([], [])
    store.faults.clear()
    _dump(build, store)
    assert verify(store).good


@pytest.mark.parametrize(
    ("op", "where"),
    [
        ("write", {"path": "app.u-schema.sql"}),
        ("write_multipart", {"path": DATA, "index": 2}),
        ("complete_multipart", {"path": DATA}),
        ("write", {"path": "metadata"}),
        ("write", {"path": "manifest.json", "late": True}),
    ],
)
def test_a_failure_that_passes_is_waited_for(
    build: Build,
    store: MemoryStorage,
    caplog: pytest.LogCaptureFixture,
    op: str,
    where: dict[str, Any],
) -> None:
    undisturbed = storage.open("memory://", type=MemoryStorage)
    _dump(build, undisturbed)
    store.faults.fail(op, **where)
    manifest = _dump(build, store, replace(OPTIONS, patience=1))
    (again,) = [message for message in caplog.messages if "trying again in 1 s" in message]
    assert "injected" in again
    assert verify(store).foreign == []
    for record in manifest.files:
        if record.kind != "metadata":
            assert store.read_bytes(record.path) == undisturbed.read_bytes(record.path)


def test_a_failure_that_does_not_pass_is_not_waited_for(
    build: Build, store: MemoryStorage, caplog: pytest.LogCaptureFixture
) -> None:
    store.faults.fail("write_multipart", storage.PermissionDenied("no"), path=DATA, index=1)
    with pytest.raises(storage.PermissionDenied):
        _dump(build, store, replace(OPTIONS, patience=3600))
    assert "trying again" not in caplog.text


def test_what_a_killed_run_has_left_under_way_is_aborted_by_the_next(
    build: Build, store: MemoryStorage
) -> None:
    for path in (DATA, "app.gone.000000009.csv.gz", "holiday.jpg", "below/metadata"):
        store.create_multipart(path)
    _dump(build, store)
    assert sorted(_uploads(store)) == ["below/metadata", "holiday.jpg"]


def test_an_outage_leaves_files_without_trying_each(
    build: Build, store: MemoryStorage, caplog: pytest.LogCaptureFixture
) -> None:
    store.faults.fail("complete_multipart", path=DATA)
    store.faults.fail("delete", storage.ConnectionFailed("away"), after=1, times=None)
    with pytest.raises(storage.ServiceInternal):
        _dump(build, store)
    assert caplog.text.count("cannot delete") == 1
    (left,) = [message for message in caplog.messages if "left at the destination" in message]
    assert all(name in left for name in names(store))


def test_a_manifest_that_stays_keeps_its_files(build: Build, store: MemoryStorage) -> None:
    store.faults.fail("write", path="manifest.json", late=True)
    store.faults.fail("delete", storage.PermissionDenied("no"), path="manifest.json", times=None)
    with pytest.raises(storage.ServiceInternal):
        _dump(build, store)
    assert verify(store).good


@pytest.mark.parametrize(
    ("failing", "missing"),
    [("metadata", {"metadata", "manifest.json"}), ("manifest.json", {"manifest.json"})],
)
def test_the_manifest_comes_last_and_metadata_before_it(
    build: Build, store: MemoryStorage, failing: str, missing: set[str]
) -> None:
    whole = storage.open("memory://", type=MemoryStorage)
    _dump(build, whole)
    store.faults.fail("write", path=failing, times=None)
    store.faults.fail("delete", storage.PermissionDenied("no"), times=None)
    with pytest.raises(storage.ServiceInternal):
        _dump(build, store)
    there = {name for name in names(store) if not name.startswith("storewright-check-")}
    assert there == set(names(whole)) - missing


def test_a_destination_that_takes_nothing_fails_before_the_database_is_read(
    build: Build, store: MemoryStorage
) -> None:
    denied = storage.PermissionDenied("no")
    store.faults.fail("write", denied, times=None)
    store.faults.fail("create_multipart", denied, times=None)
    with pytest.raises(storage.PermissionDenied):
        _dump(build, store)


def test_a_destination_that_deletes_nothing_is_usable(
    build: Build, store: MemoryStorage, caplog: pytest.LogCaptureFixture
) -> None:
    store.faults.fail("delete", storage.PermissionDenied("no"), times=None)
    manifest = _dump(build, store)
    assert "nothing can be deleted" in caplog.text
    (probe,) = verify(store).foreign
    assert probe.startswith("storewright-check-")
    assert len(names(store)) == len(manifest.files) + 2


def test_files_that_cannot_be_deleted_after_a_failure_are_named(
    build: Build, store: MemoryStorage, caplog: pytest.LogCaptureFixture
) -> None:
    store.faults.fail("complete_multipart", path=DATA)
    store.faults.fail("delete", storage.PermissionDenied("no"), path="app.t-schema.sql")
    with pytest.raises(storage.ServiceInternal):
        _dump(build, store)
    assert names(store) == ["app.t-schema.sql"]
    assert "left at the destination: app.t-schema.sql" in caplog.text


def test_a_failing_read_leaves_no_database(
    build: Build, store: MemoryStorage, tmp_path: Path
) -> None:
    _dump(build, store)
    store.faults.fail("read", path=DATA)
    with pytest.raises(storage.ServiceInternal):
        restore(store, address(tmp_path / "new.db"))
    assert [path.name for path in tmp_path.iterdir()] == ["app.db"]


class _Meanwhile(NoProgress):
    """Something happens while the first file is written, or when all rows are."""

    def __init__(
        self, *, first: Callable[[], object] | None = None, last: Callable[[], object] | None = None
    ) -> None:
        self._first, self._last = first, last

    @override
    def advance(self, rows: int, size: int) -> None:
        first, self._first = self._first, None
        if first is not None:
            first()

    @override
    def end(self) -> None:
        if self._last is not None:
            self._last()


def test_a_dump_that_fails_leaves_the_files_of_one_that_ended_here_meanwhile(
    build: Build, store: MemoryStorage
) -> None:
    source, options = address(build(SCRIPT)), replace(OPTIONS, threads=1)

    def another_then_fail() -> None:
        dump(source, store, options)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        dump(source, store, options, progress=_Meanwhile(first=another_then_fail))
    found = verify(store)
    assert (found.problems, found.foreign) == ([], [])


@pytest.mark.parametrize("path", ["app.t-schema.sql", DATA])
@pytest.mark.parametrize("content", [None, b"of another dump"])
def test_a_dump_whose_files_another_has_taken_is_none(
    build: Build, store: MemoryStorage, path: str, content: bytes | None
) -> None:
    def take() -> None:
        store.delete(path)
        if content is not None:
            store.write(path, content)

    with pytest.raises(DumpRefused, match="does another dump go to the same destination"):
        dump(address(build(SCRIPT)), store, OPTIONS, progress=_Meanwhile(last=take))
    with pytest.raises(ManifestMissing):
        verify(store)


def test_what_a_pipe_leaves_is_told(store: MemoryStorage, caplog: pytest.LogCaptureFixture) -> None:
    store.faults.fail("write", path="manifest.json")
    store.faults.fail("delete", storage.PermissionDenied("no"), path="stdout")
    with pytest.raises(storage.ServiceInternal):
        pipe(["echo", "1"], store)
    assert "left at the destination: stdout" in caplog.text
