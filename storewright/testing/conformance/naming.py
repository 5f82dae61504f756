"""Paths: awkward names, absolute paths, and the directory that no operation leaves."""

import contextlib
from typing import cast

import pytest

from storewright.storage import ListMode, PathInvalid, StorageError, Storager
from storewright.testing.conformance.harness import Harness, OpenStore
from storewright.testing.conformance.selection import each, lists, shared, when

__all__ = ["AWKWARD", "Naming"]

AWKWARD = {
    "space": "a b",
    "spaces": "  two  spaces  ",
    "backslash": "a\\b",
    "dot": ".hidden",
    "dots": "...",
    "dot-dot-inside": "a..b",
    "percent": "100%",
    "encoded": "a%2Fb%20c",
    "plus": "a+b",
    "hash": "a#b",
    "question": "a?b=c&d",
    "colon": "a:b",
    "quotes": 'it\'s "quoted"',
    "angles": "a<b>c",
    "star": "a*b",
    "pipe": "a|b",
    "tilde": "~user",
    "dollar": "$HOME",
    "braces": "{a}[b](c)",
    "at": "user@host",
    "comma": "a,b;c",
    "latin": "Äpfel und Öl",
    "decomposed": "A\u0308pfel",
    "cjk": "数据/备份",
    "emoji": "🗄️/📦",
    "rtl": "גיבוי",
    "newline": "a\nb",
    "tab": "a\tb",
    "dash": "-rf",
    "dotted-folder": "a.d/b.e",
    "long": "n" * 200,
    "deep": "/".join(["d"] * 60),
}
"""Names that some service, some day, has mangled."""


class Naming(Harness):
    """Paths."""

    @each("name", lambda _: list(AWKWARD))
    def test_awkward_name(self, store: Storager, name: str) -> None:
        path = AWKWARD[name]
        store.write(path, path.encode())
        assert store.read_bytes(path) == path.encode()
        assert store.stat(path).path == path
        for mode in self.declared.list_modes:
            if mode == ListMode.PREFIX:
                assert path in [item.path for item in store.list(list_mode=mode)]
        folder, _, _ = path.rpartition("/")
        if ListMode.DIR in self.declared.list_modes:
            found = store.list(folder, list_mode=ListMode.DIR)
            assert [item.path for item in found] == [path]
        store.delete(path)
        assert not self.exists(store, path)

    @when(lists(ListMode.PREFIX))
    def test_awkward_names_are_all_different(self, store: Storager) -> None:
        self.fill(store, AWKWARD.values())
        found = {i.path: store.read_bytes(i.path) for i in store.list(list_mode=ListMode.PREFIX)}
        for path in AWKWARD.values():
            assert found[path] == path.encode()

    def test_backslash_is_an_ordinary_character(self, store: Storager) -> None:
        store.write("a\\b", b"backslash")
        assert not self.exists(store, "a/b")
        store.write("a/b", b"slash")
        assert store.read_bytes("a\\b") == b"backslash"

    @each("path", lambda _: ["a//b", "./a/b", "a/./b", "a/b/", "a/b/.", "//a/b"])
    def test_unclean_path_is_no_other_object(self, store: Storager, path: str) -> None:
        """It is a key of its own, or refused; it never reaches the object of a cleaner path."""
        store.write("a/b", b"mine")
        with contextlib.suppress(StorageError):
            store.write(path, b"other")
        with contextlib.suppress(StorageError):
            store.delete(path)
        assert store.read_bytes("a/b") == b"mine"

    def test_names_differ_by_case(self, store: Storager) -> None:
        self.fill(store, ["readme", "README"])
        assert store.read_bytes("readme") == b"readme"
        assert store.read_bytes("README") == b"README"

    # ------------------------------------------------------------------------ refused

    @each("path", lambda _: ["..", "../a", "a/..", "a/../b", "/..", "/../a", "a\0b", "\0"])
    def test_escaping_path_is_refused(self, store: Storager, path: str) -> None:
        for call in (
            lambda: store.write(path, b"1"),
            lambda: store.read_bytes(path),
            lambda: store.stat(path),
            lambda: store.delete(path),
            lambda: list(store.list(path)),
            lambda: store.create(path),
            lambda: store.open_writer(path),
        ):
            with pytest.raises(PathInvalid) as caught:
                call()
            assert caught.value.path == path
        assert list(store.list()) == []

    def test_path_must_be_a_string(self, store: Storager) -> None:
        for path in (None, b"a", 7):
            with pytest.raises((PathInvalid, TypeError)):
                store.write(cast("str", path), b"1")
        assert list(store.list()) == []

    def test_empty_path_names_no_object(self, store: Storager) -> None:
        for call in (
            lambda: store.write("", b"1"),
            lambda: store.read_bytes(""),
            lambda: store.stat(""),
        ):
            with pytest.raises(StorageError):
                call()
        assert list(store.list()) == []

    # ----------------------------------------------------------------------- work_dir

    def test_absolute_path(self, open_store: OpenStore) -> None:
        store = self.inside(open_store, "jobs/7/")
        path = store.metadata().work_dir + "a.sql"
        store.write(path, b"1")
        assert store.stat(path).path == path
        assert store.read_bytes(path) == store.read_bytes("a.sql") == b"1"
        assert [item.path for item in store.list()] == ["a.sql"]

    @each("path", lambda _: ["/a", "/jobs/70/a", "/jobs", "/jobs/8/a"])
    def test_absolute_path_outside_is_refused(self, open_store: OpenStore, path: str) -> None:
        store = self.inside(open_store, "jobs/7")
        root = store.metadata().work_dir.removesuffix("jobs/7/").rstrip("/")
        for call in (
            lambda: store.write(root + path, b"1"),
            lambda: store.read_bytes(root + path),
            lambda: store.stat(root + path),
            lambda: store.delete(root + path),
            lambda: list(store.list(root + path)),
        ):
            with pytest.raises(PathInvalid):
                call()

    @when(shared)
    def test_work_dir_is_a_folder_of_the_same_place(self, open_store: OpenStore) -> None:
        outer, inner = self.open(open_store), self.inside(open_store, "jobs/7")
        inner.write("a.sql", b"inner")
        assert outer.read_bytes("jobs/7/a.sql") == b"inner"
        outer.write("jobs/7/b.sql", b"outer")
        assert inner.read_bytes("b.sql") == b"outer"
        assert inner.stat("b.sql").id == outer.stat("jobs/7/b.sql").id

    @when(shared)
    def test_work_dir_shows_nothing_else(self, open_store: OpenStore) -> None:
        outer, inner = self.open(open_store), self.inside(open_store, "jobs/7")
        self.fill(outer, ["a", "jobs/a", "jobs/70/a", "jobs/7.bak", "jobs/8/a", "jobs/7/in/side"])
        for mode in self.declared.list_modes:
            wanted = {ListMode.DIR: {"in"}, ListMode.PREFIX: {"in/side"}}.get(mode, set[str]())
            for path in ("", inner.metadata().work_dir):
                found = {item.path for item in inner.list(path, list_mode=mode)}
                assert wanted <= found <= {*wanted, "in"}
        for path in ("a", "8/a", "70/a"):
            assert not self.exists(inner, path)

    @when(shared)
    def test_work_dir_with_and_without_slash_is_the_same(self, open_store: OpenStore) -> None:
        self.inside(open_store, "jobs/7").write("a", b"1")
        assert self.inside(open_store, "jobs/7/").read_bytes("a") == b"1"

    @when(shared)
    def test_awkward_work_dir(self, open_store: OpenStore) -> None:
        outer, inner = self.open(open_store), self.inside(open_store, "a b/100%/Äö#?")
        inner.write("c", b"1")
        assert outer.read_bytes("a b/100%/Äö#?/c") == b"1"
        assert [item.path for item in inner.list()] == ["c"]

    @each("work_dir", lambda _: ["relative", "/a/../b", "/a\0b"])
    def test_bad_work_dir_is_refused(self, open_store: OpenStore, work_dir: str) -> None:
        with pytest.raises(PathInvalid):
            self.open(open_store, work_dir=work_dir)

    def inside(self, open_store: OpenStore, folder: str) -> Storager:
        """A store in a folder of the place."""
        root = self.open(open_store).metadata().work_dir
        return self.open(open_store, work_dir=root + folder)
