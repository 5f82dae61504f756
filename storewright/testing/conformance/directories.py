"""Directories and links."""

import contextlib

import pytest

from storewright.storage import (
    Direr,
    Linker,
    ListMode,
    ObjectMode,
    ObjectNotExist,
    PathInvalid,
    StorageError,
)
from storewright.testing.conformance.harness import Harness, OpenStore
from storewright.testing.conformance.selection import each, has, lists, when

__all__ = ["Directories", "Links"]


@when(has(Direr))
class Directories(Harness):
    """``create_dir``, and the base operations on directories."""

    @pytest.fixture
    def direr(self, open_store: OpenStore) -> Direr:
        """A store that has directories."""
        return self.ask(open_store, Direr)

    def test_create_dir_twice(self, direr: Direr) -> None:
        for _ in range(2):
            made = direr.create_dir("sub")
            assert made.path == "sub"
            assert made.mode & ObjectMode.DIR
            assert not made.mode & ObjectMode.READ

    def test_create_with_dir_mode_makes_no_request(self, direr: Direr) -> None:
        made = direr.create("sub", object_mode=ObjectMode.DIR)
        assert (made.path, made.mode) == ("sub", ObjectMode.DIR)
        with pytest.raises(ObjectNotExist):
            direr.stat("sub", object_mode=ObjectMode.DIR)
        assert direr.create_dir("sub").id == made.id

    def test_stat_dir(self, direr: Direr) -> None:
        direr.create_dir("sub/deep")
        found = direr.stat("sub/deep", object_mode=ObjectMode.DIR)
        assert found.path == "sub/deep"
        assert found.mode & ObjectMode.DIR

    def test_stat_dir_missing(self, direr: Direr) -> None:
        with pytest.raises(ObjectNotExist):
            direr.stat("missing", object_mode=ObjectMode.DIR)

    def test_delete_dir_twice(self, direr: Direr) -> None:
        direr.create_dir("sub")
        for _ in range(2):
            direr.delete("sub", object_mode=ObjectMode.DIR)
            with pytest.raises(ObjectNotExist):
                direr.stat("sub", object_mode=ObjectMode.DIR)

    def test_delete_dir_is_never_recursive(self, direr: Direr) -> None:
        direr.create_dir("sub")
        self.fill(direr, ["sub/a"])
        with contextlib.suppress(StorageError):  # a file system may refuse
            direr.delete("sub", object_mode=ObjectMode.DIR)
        assert direr.read_bytes("sub/a") == b"sub/a"

    @when(lists(ListMode.DIR))
    @each("below", lambda _: ["", "outer"])
    def test_list_shows_an_empty_dir(self, direr: Direr, below: str) -> None:
        path = f"{below}/sub" if below else "sub"
        direr.create_dir(path)
        items = list(direr.list(below, list_mode=ListMode.DIR))
        assert [(item.path, item.mode) for item in items] == [(path, ObjectMode.DIR)]
        assert list(direr.list(path, list_mode=ListMode.DIR)) == []

    @when(lists(ListMode.DIR))
    def test_list_shows_a_dir_once(self, direr: Direr) -> None:
        direr.create_dir("sub")
        self.fill(direr, ["sub/a", "sub/b", "sub.c"])
        items = [
            (i.path, bool(i.mode & ObjectMode.DIR)) for i in direr.list(list_mode=ListMode.DIR)
        ]
        assert sorted(items) == [("sub", True), ("sub.c", False)]

    def test_trailing_slash_makes_no_difference(self, direr: Direr) -> None:
        direr.create_dir("sub/")
        assert direr.stat("sub", object_mode=ObjectMode.DIR).mode & ObjectMode.DIR
        assert direr.stat("sub/", object_mode=ObjectMode.DIR).mode & ObjectMode.DIR
        direr.delete("sub/", object_mode=ObjectMode.DIR)
        with pytest.raises(ObjectNotExist):
            direr.stat("sub", object_mode=ObjectMode.DIR)

    def test_create_dir_never_leaves_work_dir(self, direr: Direr) -> None:
        for path in ("..", "../sub", "/.."):
            with pytest.raises(PathInvalid):
                direr.create_dir(path)

    def test_dir_is_no_object(self, direr: Direr) -> None:
        direr.create_dir("sub")
        with pytest.raises(StorageError):
            direr.read_bytes("sub")


@when(has(Linker))
class Links(Harness):
    """``create_link``, and the base operations on links."""

    @pytest.fixture
    def linker(self, open_store: OpenStore) -> Linker:
        """A store that has links, with objects at "one" and "two"."""
        store = self.ask(open_store, Linker)
        self.fill(store, ["one", "two"])
        return store

    def test_create_link(self, linker: Linker) -> None:
        made = linker.create_link("sub/link", "one")
        for item in (made, linker.stat("sub/link")):
            assert item.path == "sub/link"
            assert item.mode & ObjectMode.LINK
            assert item.link_target == "one"

    def test_link_to_nothing(self, linker: Linker) -> None:
        linker.create_link("link", "sub/missing")
        found = linker.stat("link")
        assert found.mode & ObjectMode.LINK
        assert found.link_target == "sub/missing"

    def test_link_replaces_a_link(self, linker: Linker) -> None:
        linker.create_link("link", "one")
        assert linker.create_link("link", "two").link_target == "two"
        assert linker.stat("link").link_target == "two"

    def test_absolute_target(self, linker: Linker) -> None:
        linker.create_link("link", linker.metadata().work_dir + "one")
        assert linker.stat("link").link_target == "one"

    @when(lambda declared: "linker" in declared.native)
    def test_read_follows_a_link(self, linker: Linker) -> None:
        linker.create_link("sub/link", "one")
        assert linker.read_bytes("sub/link") == b"one"
        linker.create_link("dangling", "missing")
        with pytest.raises(ObjectNotExist):
            linker.read_bytes("dangling")

    @when(lambda declared: "linker" in declared.native)
    def test_list_shows_links(self, linker: Linker) -> None:
        linker.create_link("link", "one")
        modes = {item.path: item.mode for item in linker.list()}
        assert modes["link"] & ObjectMode.LINK
        assert not modes["one"] & ObjectMode.LINK

    def test_delete_removes_the_link_only(self, linker: Linker) -> None:
        linker.create_link("link", "one")
        linker.delete("link")
        with pytest.raises(ObjectNotExist):
            linker.stat("link")
        assert linker.read_bytes("one") == b"one"

    def test_write_replaces_a_link(self, linker: Linker) -> None:
        linker.create_link("link", "one")
        linker.write("link", b"an object now")
        assert linker.read_bytes("link") == b"an object now"
        assert not linker.stat("link").mode & ObjectMode.LINK
        assert linker.read_bytes("one") == b"one"

    def test_target_never_leaves_work_dir(self, linker: Linker) -> None:
        for target in ("..", "../one", "/..", "a/../../one"):
            with pytest.raises(PathInvalid):
                linker.create_link("link", target)
        with pytest.raises(ObjectNotExist):
            linker.stat("link")
