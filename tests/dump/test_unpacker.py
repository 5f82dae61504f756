"""A folder of files for myloader is replaced at once, or stays as it was."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.dump import DumpRefused, dump, restore
from tests.dump.conftest import Build
from tests.dump.support import address, names


@pytest.fixture
def store(build: Build) -> storage.Storager:
    """A dump that is another program's to load."""
    store = storage.open("memory://")
    dump(address(build("CREATE TABLE t (x); INSERT INTO t VALUES (1)")), store)
    manifest = json.loads(store.read_bytes("manifest.json"))
    store.write("manifest.json", json.dumps(manifest | {"dialect": "mydumper"}).encode())
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is to be overwritten."""
    folder = tmp_path / "above" / "target"
    (folder / "inner").mkdir(parents=True)
    for name in ("a", "b", "c"):
        (folder / name).write_text(name)
    return folder


def _within(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _files(store: storage.Storager) -> list[str]:
    return [name for name in names(store) if name != "manifest.json"]


def test_a_folder_is_replaced_also_by_a_name_with_dots(
    store: storage.Storager, folder: Path
) -> None:
    restore(store, str(folder / "inner" / ".."), overwrite=True)
    assert _within(folder) == _files(store)
    assert _within(folder.parent) == ["target"]


def test_a_folder_is_replaced_through_a_link(store: storage.Storager, folder: Path) -> None:
    link = folder.parent.parent / "link"
    link.symlink_to(folder)
    restore(store, str(link), overwrite=True)
    assert link.is_symlink()
    assert _within(folder) == _files(store)


def test_a_disk_that_fails_leaves_the_old_folder_or_the_new_one(
    store: storage.Storager,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unlink = os.unlink

    def fails_at(path: Any, **options: Any) -> None:
        if str(path) == "b":
            raise OSError(5, "Input/output error")
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", fails_at)
    restore(store, str(folder), overwrite=True)
    assert _within(folder) == _files(store)
    (said,) = _of_old(caplog.messages)
    assert str(folder) in said


def _of_old(messages: Iterable[str]) -> list[str]:
    return [message for message in messages if message.startswith("what was at")]


def test_a_folder_that_gets_no_other_name_stays(
    store: storage.Storager, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if target == folder and not self.name.endswith(".old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(Exception, match="No space left"):
        restore(store, str(folder), overwrite=True)
    assert _within(folder) == ["a", "b", "c", "inner"]
    assert _within(folder.parent) == ["target"]


def test_the_root_is_never_replaced(store: storage.Storager) -> None:
    with pytest.raises(DumpRefused, match="cannot be replaced"):
        restore(store, "/", overwrite=True)
