"""Copying and moving one object."""

import pytest

from storewright.storage import (
    ConditionFailed,
    Copier,
    Direr,
    Mover,
    ObjectExists,
    ObjectMode,
    ObjectModeInvalid,
    ObjectNotExist,
    PathInvalid,
    Storager,
)
from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import Harness, OpenStore, blob
from storewright.testing.conformance.selection import has, takes, when
from storewright.testing.conformance.writing import METADATA

__all__ = ["Copying", "Moving"]

CONTENT, OTHER = blob(70_000, 1), blob(90_000, 2)


def native_dirs(declared: Declared) -> bool:
    """The service has real directories."""
    return "direr" in declared.native


def virtual_dirs(declared: Declared) -> bool:
    """The service can keep directories as objects."""
    return "direr" in declared.simulated


@when(has(Copier))
class Copying(Harness):
    """``copy``."""

    @pytest.fixture
    def copier(self, open_store: OpenStore) -> Copier:
        """A store that copies, with an object at "src"."""
        store = self.ask(open_store, Copier)
        store.write("src", CONTENT)
        return store

    def test_copy(self, copier: Copier) -> None:
        copier.copy("src", "sub/dst")
        assert copier.read_bytes("sub/dst") == copier.read_bytes("src") == CONTENT

    def test_copy_onto_an_object(self, copier: Copier) -> None:
        copier.write("dst", OTHER)
        copier.copy("src", "dst")
        assert copier.read_bytes("dst") == CONTENT
        assert copier.stat("dst").content_length == len(CONTENT)

    def test_copy_onto_itself(self, copier: Copier) -> None:
        copier.copy("src", "src")
        assert copier.read_bytes("src") == CONTENT

    def test_copies_are_independent(self, copier: Copier) -> None:
        copier.copy("src", "dst")
        copier.write("src", OTHER)
        assert copier.read_bytes("dst") == CONTENT

    def test_copy_missing(self, copier: Copier) -> None:
        copier.write("dst", OTHER)
        with pytest.raises(ObjectNotExist) as caught:
            copier.copy("missing", "dst")
        assert (caught.value.op, caught.value.path) == ("copy", "missing")
        assert copier.read_bytes("dst") == OTHER
        with pytest.raises(ObjectNotExist):
            copier.copy("missing", "elsewhere")
        assert not self.exists(copier, "elsewhere")

    def test_copy_is_for_one_object(self, copier: Copier) -> None:
        self.fill(copier, ["tree/a", "tree/b"])
        with pytest.raises((ObjectNotExist, ObjectModeInvalid)):
            copier.copy("tree", "dst")
        assert not self.exists(copier, "dst/a")

    def test_copy_never_leaves_work_dir(self, copier: Copier) -> None:
        for src, dst in (("src", "../dst"), ("../src", "dst"), ("src", "/../dst")):
            with pytest.raises(PathInvalid):
                copier.copy(src, dst)
        assert [item.path for item in copier.list()] == ["src"]

    @when(takes("write", "user_metadata"))
    def test_copy_keeps_metadata(self, open_store: OpenStore) -> None:
        store = self.ask(open_store, Copier, *self.declared.features_for_pairs("write", METADATA))
        given = {pair: METADATA[pair] for pair in METADATA if self.declared.takes("write", pair)}
        store.write("src", CONTENT, **given)
        store.copy("src", "dst")
        found = store.stat("dst")
        assert {pair: getattr(found, pair) for pair in given} == given

    @when(takes("copy", "user_metadata"))
    @when(takes("write", "user_metadata"))
    def test_copy_with_new_metadata(self, open_store: OpenStore) -> None:
        features = [
            *self.declared.features_for_pairs("write", ["user_metadata"]),
            *self.declared.features_for_pairs("copy", ["user_metadata"]),
        ]
        store = self.ask(open_store, Copier, *features)
        store.write("src", CONTENT, user_metadata={"old": "1"})
        store.copy("src", "dst", user_metadata={"new": "2"})
        assert store.stat("dst").user_metadata == {"new": "2"}
        assert store.stat("src").user_metadata == {"old": "1"}

    @when(takes("copy", "if_not_exists"))
    def test_copy_if_not_exists(self, copier: Copier) -> None:
        copier.copy("src", "dst", if_not_exists=True)
        copier.write("src", OTHER)
        with pytest.raises(ObjectExists):
            copier.copy("src", "dst", if_not_exists=True)
        assert copier.read_bytes("dst") == CONTENT

    @when(takes("copy", "content_type"))
    @when(takes("write", "content_type"))
    def test_copy_with_another_content_type(self, open_store: OpenStore) -> None:
        features = (
            *self.declared.features_for_pairs("write", ["content_type"]),
            *self.declared.features_for_pairs("copy", ["content_type"]),
        )
        store = self.ask(open_store, Copier, *features)
        store.write("src", CONTENT, content_type="text/old")
        store.copy("src", "dst", content_type="text/new")
        assert store.stat("dst").content_type == "text/new"
        assert store.stat("src").content_type == "text/old"

    @when(takes("copy", "if_match"))
    def test_copy_if_match(self, copier: Copier) -> None:
        """The condition is on what would be replaced, as in write."""
        copier.write("dst", OTHER)
        etag = copier.stat("dst").etag
        assert etag
        copier.copy("src", "dst", if_match=etag)
        copier.write("src", OTHER)
        with pytest.raises(ConditionFailed):
            copier.copy("src", "dst", if_match=etag)
        assert copier.read_bytes("dst") == CONTENT

    @when(native_dirs)
    def test_copy_onto_a_directory(self, copier: Copier) -> None:
        self.fill(copier, ["dst/inner"])
        with pytest.raises(ObjectModeInvalid):
            copier.copy("src", "dst")
        assert copier.read_bytes("dst/inner") == b"dst/inner"

    @when(virtual_dirs)
    def test_copy_beside_a_virtual_directory(self, open_store: OpenStore) -> None:
        copier = self.ask(open_store, Copier, *self.declared.features_for("direr"))
        assert isinstance(copier, Direr)
        copier.write("src", CONTENT)
        copier.create_dir("dst")
        copier.copy("src", "dst")
        assert_beside(copier)


@when(has(Mover))
class Moving(Harness):
    """``move``."""

    @pytest.fixture
    def mover(self, open_store: OpenStore) -> Mover:
        """A store that moves, with an object at "src"."""
        store = self.ask(open_store, Mover)
        store.write("src", CONTENT)
        return store

    def test_move(self, mover: Mover) -> None:
        mover.move("src", "sub/dst")
        assert mover.read_bytes("sub/dst") == CONTENT
        assert not self.exists(mover, "src")
        assert mover.stat("sub/dst").path == "sub/dst"

    def test_move_onto_an_object(self, mover: Mover) -> None:
        mover.write("dst", OTHER)
        mover.move("src", "dst")
        assert mover.read_bytes("dst") == CONTENT
        assert not self.exists(mover, "src")

    def test_move_between_folders(self, mover: Mover) -> None:
        self.fill(mover, ["a/1", "a/2", "b/1"])
        mover.move("a/1", "b/2")
        found = {folder: [i.path for i in mover.list(folder)] for folder in ("a/", "b/")}
        assert found == {"a/": ["a/2"], "b/": ["b/1", "b/2"]}

    def test_move_onto_itself(self, mover: Mover) -> None:
        mover.move("src", "src")
        assert mover.read_bytes("src") == CONTENT

    def test_move_missing(self, mover: Mover) -> None:
        mover.write("dst", OTHER)
        with pytest.raises(ObjectNotExist) as caught:
            mover.move("missing", "dst")
        assert (caught.value.op, caught.value.path) == ("move", "missing")
        assert mover.read_bytes("dst") == OTHER

    def test_move_is_for_one_object(self, mover: Mover) -> None:
        self.fill(mover, ["tree/a", "tree/b"])
        with pytest.raises((ObjectNotExist, ObjectModeInvalid)):
            mover.move("tree", "dst")
        assert mover.read_bytes("tree/a") == b"tree/a"

    def test_move_never_leaves_work_dir(self, mover: Mover) -> None:
        for src, dst in (("src", "../dst"), ("../src", "dst"), ("src", "/../dst")):
            with pytest.raises(PathInvalid):
                mover.move(src, dst)
        assert [item.path for item in mover.list()] == ["src"]

    @when(takes("write", "user_metadata"))
    def test_move_keeps_metadata(self, open_store: OpenStore) -> None:
        store = self.ask(open_store, Mover, *self.declared.features_for_pairs("write", METADATA))
        given = {pair: METADATA[pair] for pair in METADATA if self.declared.takes("write", pair)}
        store.write("src", CONTENT, **given)
        store.move("src", "dst")
        found = store.stat("dst")
        assert {pair: getattr(found, pair) for pair in given} == given

    @when(native_dirs)
    def test_move_onto_a_directory(self, mover: Mover) -> None:
        self.fill(mover, ["dst/inner"])
        with pytest.raises(ObjectModeInvalid):
            mover.move("src", "dst")
        assert mover.read_bytes("dst/inner") == b"dst/inner"
        assert mover.read_bytes("src") == CONTENT

    @when(virtual_dirs)
    def test_move_beside_a_virtual_directory(self, open_store: OpenStore) -> None:
        mover = self.ask(open_store, Mover, *self.declared.features_for("direr"))
        assert isinstance(mover, Direr)
        mover.write("src", CONTENT)
        mover.create_dir("dst")
        mover.move("src", "dst")
        assert_beside(mover)
        assert not self.exists(mover, "src")


def assert_beside(store: Storager) -> None:
    """There is an object "dst" beside the virtual directory of that name."""
    found = store.stat("dst")
    assert found.mode & ObjectMode.READ
    assert (found.path, found.content_length) == ("dst", len(CONTENT))
    assert store.stat("dst", object_mode=ObjectMode.DIR).mode & ObjectMode.DIR
