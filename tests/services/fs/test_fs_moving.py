"""Copies and moves."""

import os
from pathlib import Path

import pytest

from storewright.services.fs import FsStorage, StorageFeatures
from storewright.storage import ObjectExists, ObjectNotExist, OperationTimeout

from .support import tree

CONTENT = bytes(range(256)) * 10_000


def test_copy_is_another_file(store: FsStorage, root: Path) -> None:
    store.write("a", CONTENT)
    (root / "a").chmod(0o640)
    store.copy("a", "d/b")
    store.write("c", b"old")
    (root / "c").chmod(0o600)
    store.copy("a", "c")
    store.copy("a", "a")
    for path, bits in {"a": 0o640, "d/b": 0o640, "c": 0o600}.items():
        assert store.read_bytes(path) == CONTENT
        assert (root / path).stat().st_mode & 0o777 == bits
    assert len({(root / path).stat().st_ino for path in ("a", "d/b", "c")}) == 3
    assert tree(root) == ["a", "c", "d/", "d/b"]


@pytest.mark.parametrize("content", [b"", CONTENT])
def test_copy_without_help_of_the_kernel(
    store: FsStorage, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(18, "Invalid cross-device link")

    store.write("a", content)
    monkeypatch.setattr(os, "copy_file_range", refuse)
    store.copy("a", "b")
    assert store.read_bytes("b") == content


def test_copy_of_a_file_that_hides_its_size(root: Path) -> None:
    """Files of /proc say that they are empty."""
    store = FsStorage(work_dir="/")
    store.copy("proc/self/status", f"{root}/a")
    assert (root / "a").read_bytes().startswith(b"Name:")
    assert store.read_bytes("/proc/self/status").startswith(b"Name:")


def test_failed_copy_leaves_nothing(store: FsStorage, root: Path) -> None:
    store.write("a", CONTENT)
    with pytest.raises(OperationTimeout):
        store.copy("a", "d/b", timeout=0)
    store.write("c", b"old")
    with pytest.raises(ObjectExists) as caught:
        store.copy("a", "c", if_not_exists=True)
    assert caught.value.path == "c"
    assert tree(root) == ["a", "c"]


def test_move(store: FsStorage, root: Path) -> None:
    store.write("a", CONTENT)
    inode = (root / "a").stat().st_ino
    store.write("c", b"old")
    store.move("a", "c")
    store.move("c", "d/e/f")
    store.move("d/e/f", "d/e/f")
    assert (root / "d/e/f").stat().st_ino == inode
    assert tree(root) == ["d/", "d/e/", "d/e/f"]
    with pytest.raises(ObjectNotExist) as caught:
        store.move("a", "x/b")
    assert caught.value.path == "a"
    assert tree(root) == ["d/", "d/e/", "d/e/f"]


def test_move_onto_another_name_of_the_same_file(store: FsStorage, root: Path) -> None:
    store.write("a", CONTENT)
    (root / "b").hardlink_to(root / "a")
    store.move("a", "b")
    assert tree(root) == ["b"]
    assert store.read_bytes("b") == CONTENT


def test_move_to_another_device(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features = StorageFeatures(virtual_object_metadata=True)
    store = FsStorage(work_dir=str(root), storage_features=features)
    store.write("a", CONTENT, content_type="text/x")
    (root / "a").chmod(0o640)
    os.utime(root / "a", (0, 1_000_000_000))
    replace = os.replace

    def refuse(src: str, dst: str) -> None:
        if src.endswith("/a"):
            raise OSError(18, "Invalid cross-device link")
        replace(src, dst)

    monkeypatch.setattr(os, "replace", refuse)
    store.move("a", "d/b")
    assert tree(root) == ["d/", "d/b"]
    assert store.read_bytes("d/b") == CONTENT
    assert store.stat("d/b").content_type == "text/x"
    assert (root / "d/b").stat().st_mode & 0o777 == 0o640
    assert (root / "d/b").stat().st_mtime == 1_000_000_000


def test_failed_move_to_another_device_keeps_the_source(
    store: FsStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    store.write("a", CONTENT)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OperationTimeout):
        store.move("a", "d/b", timeout=0)
    monkeypatch.undo()
    assert tree(root) == ["a"]
