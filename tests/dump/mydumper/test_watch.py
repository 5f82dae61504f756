"""Watch mode with a mydumper that goes wrong when told to: all of the dump is stored, or none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.dump import DumpRefused, ManifestMissing, SourceFailed, verify
from storewright.dump.mydumper import Figures, Settings, mydumper, watch
from storewright.dump.mydumper.changes import Change, Changes, Happened
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.services.memory import MemoryStorage
from tests.dump.mydumper.fake import Plan, expected, install
from tests.dump.mydumper.support import hold_until_paused
from tests.dump.support import names
from tests.processes import await_true

LIMIT = 5 * MEBIBYTE
SCHEMAS = ["db-schema-create.sql", "db.t-schema.sql"]


@pytest.fixture
def store() -> MemoryStorage:
    return storage.open("memory://", type=MemoryStorage)


def _settings(tmp_path: Path, plan: Plan, **more: Any) -> Settings:
    values: dict[str, Any] = {"disk_limit": LIMIT, "password": "secret", "retries": 1, **more}
    return Settings(program=install(tmp_path / "program", plan), output=tmp_path / "out", **values)


def _rows(store: storage.Storager) -> list[bytes]:
    data = [name for name in names(store) if name.startswith("db.t") and name not in SCHEMAS]
    return sorted(store.read_bytes(name) for name in data)


def test_every_byte_arrives_though_it_was_stopped_again_and_again(tmp_path: Path) -> None:
    plan, figures = Plan(files=40, seconds=0.001), Figures()
    held = hold_until_paused(figures, files=4)
    store = storage.open("memory://", interceptor=held)
    manifest = mydumper(_settings(tmp_path, plan), store, figures=figures)
    assert figures.pauses >= 3
    assert _rows(store) == expected(plan)
    assert set(SCHEMAS) | {"metadata", "manifest.json"} <= set(names(store))
    assert verify(store).good
    assert manifest.details["position"] == "42"
    assert [record.kind for record in manifest.files[:2]] == ["schema-create", "schema"]
    assert manifest.files[-1].path == "metadata"
    assert list((tmp_path / "out").iterdir()) == []


def test_files_that_are_renamed_are_stored_once_and_deleted_ones_not_at_all(
    tmp_path: Path,
) -> None:
    plan = Plan(files=30, size=20_000, renamed=list(range(0, 30, 2)), deleted=[7, 11, 21])
    deleted = {f"db.t{number}.00001.sql" for number in plan.deleted}

    def hold(call: storage.Call) -> None:
        """They are still there when they are deleted."""
        if call.op == "open_writer" and call.path in deleted:
            file = tmp_path / "out" / "dump" / call.path
            await_true("it is deleted", lambda: not file.exists())

    store = storage.open("memory://", interceptor=hold)
    mydumper(_settings(tmp_path, plan, uploads=8), store)
    assert _rows(store) == expected(plan)
    assert verify(store).foreign == []


class _Overwhelmed(Changes):
    """The kernel tells of nothing any more."""

    def read(self, seconds: float) -> Iterator[Change]:
        for change in list(super().read(seconds))[:1]:
            yield Change(Happened.LOST, "") if change.happened is Happened.FINISHED else change


def test_what_the_kernel_cannot_tell_is_found_all_the_same(
    tmp_path: Path, store: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "Changes", _Overwhelmed)
    plan = Plan(seconds=0.002, renamed=[1, 4])
    mydumper(_settings(tmp_path, plan), store)
    assert _rows(store) == expected(plan)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("status 1", "ended with status 1: .*No space left"),
        ("status 0, but an error", "ended with status 0, but said: .*Lost connection"),
        ("no metadata", "wrote no metadata"),
        ("crash", "was ended by SIGKILL"),
        ("hang", "wrote nothing for 0.5 s: given up"),
        ("terminated", "ended with status 0, but said: .*Shutting down"),
    ],
)
def test_a_mydumper_that_fails_leaves_no_dump_and_the_next_run_starts_clean(
    tmp_path: Path, store: MemoryStorage, fault: Any, message: str
) -> None:
    stall = 0.5 if fault == "hang" else 60
    settings = _settings(tmp_path, Plan(fault=fault), stall_timeout=stall)
    with pytest.raises(SourceFailed, match=message):
        mydumper(settings, store)
    assert names(store) == []
    with pytest.raises(ManifestMissing):
        verify(store)
    plan = Plan(files=3)
    mydumper(_settings(tmp_path, plan), store)
    assert _rows(store) == expected(plan)
    assert verify(store).foreign == []


def test_a_run_that_takes_too_long_is_given_up(tmp_path: Path, store: MemoryStorage) -> None:
    settings = _settings(tmp_path, Plan(seconds=0.1), timeout=1)
    with pytest.raises(SourceFailed, match="took more than 1 s"):
        mydumper(settings, store)
    assert names(store) == []


def test_a_lock_that_is_held_is_never_prolonged(tmp_path: Path) -> None:
    figures = Figures()

    def hold(call: storage.Call) -> None:
        if call.op == "open_writer":
            await_true("the disk is full", lambda: figures.disk_used >= LIMIT)

    store = storage.open("memory://", interceptor=hold)
    settings = _settings(tmp_path, Plan(files=40, unlocks=False))
    with pytest.raises(SourceFailed, match="while mydumper holds the server's global lock"):
        mydumper(settings, store, figures=figures)
    assert figures.pauses == 0


@pytest.mark.parametrize(
    "error", [storage.ServiceInternal("no"), storage.PermissionDenied("no"), OSError("no")]
)
def test_a_file_that_cannot_be_stored_stays_on_disk(
    tmp_path: Path, store: MemoryStorage, error: OSError
) -> None:
    plan = Plan(files=20, seconds=0.005)
    failing = "db.t5.00001.sql"
    store.faults.fail("write", path=failing, times=None, error=error)
    with pytest.raises(OSError, match="no"):
        mydumper(_settings(tmp_path, plan), store)
    left = {path.name: path.read_bytes() for path in (tmp_path / "out" / "dump").iterdir()}
    assert left[failing] in expected(plan)
    assert len(left[failing]) == plan.size
    assert "manifest.json" not in names(store)


def test_an_upload_that_fails_once_is_tried_again(tmp_path: Path, store: MemoryStorage) -> None:
    store.faults.fail("write", path="db.t5.00001.sql", times=2)
    store.faults.fail("write", path="metadata", late=True)
    plan, figures = Plan(), Figures()
    mydumper(_settings(tmp_path, plan, retries=2), store, figures=figures)
    assert figures.retries == 3
    assert _rows(store) == expected(plan)
    assert verify(store).good


def test_what_the_storage_changed_is_sent_again(tmp_path: Path) -> None:
    """Before the only other copy is deleted, it is seen that the storage has the same."""
    plan, changed = Plan(files=4, size=10_000), "db.t2.00001.sql"
    place = tmp_path / "there"
    spoilt: list[bytes] = []

    def spoil(call: storage.Call) -> None:
        if call.op == "stat" and call.path == changed and not spoilt:
            stored = place / changed
            spoilt.append(stored.read_bytes())
            stored.write_bytes(bytes(len(spoilt[0])))

    store = storage.open(f"fs://{place}", interceptor=spoil)
    figures = Figures()
    mydumper(_settings(tmp_path, plan), store, figures=figures)
    assert (figures.retries, len(spoilt)) == (1, 1)
    assert _rows(store) == expected(plan)
    assert verify(store).good


def test_the_manifest_is_the_last_of_all(tmp_path: Path) -> None:
    written: list[str] = []

    def note(call: storage.Call) -> None:
        if call.op == "open_writer":
            written.append(call.path)

    plan = Plan(files=6, size=10_000)
    mydumper(_settings(tmp_path, plan), storage.open("memory://", interceptor=note))
    assert written[-2:] == ["metadata", "manifest.json"]
    assert len(written) == 6 + len(SCHEMAS) + 2


def test_two_runs_do_not_share_a_folder(tmp_path: Path, store: MemoryStorage) -> None:
    plan = Plan(files=2)

    class Second(Figures):
        def stored(self, size: int) -> None:
            if not errors:
                with pytest.raises(DumpRefused, match="another run") as caught:
                    mydumper(settings, "memory://")
                errors.append(caught.value)
            super().stored(size)

    errors: list[object] = []
    settings = _settings(tmp_path, plan, uploads=1)
    mydumper(settings, store, figures=Second())
    assert len(errors) == 1
    assert _rows(store) == expected(plan)


def test_an_earlier_dump_stays_until_it_is_to_be_replaced(
    tmp_path: Path, store: MemoryStorage
) -> None:
    mydumper(_settings(tmp_path, Plan(files=5)), store)
    with pytest.raises(DumpRefused, match="holds a dump"):
        mydumper(_settings(tmp_path, Plan(files=2)), store)
    assert len(_rows(store)) == 5
    mydumper(_settings(tmp_path, Plan(files=2), overwrite=True), store)
    assert _rows(store) == expected(Plan(files=2))
