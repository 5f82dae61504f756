"""Listing: modes, laziness, limits, tokens, callbacks."""

from collections.abc import Iterable
from typing import cast

import pytest

from storewright.storage import (
    Call,
    ListMode,
    ListModeInvalid,
    Object,
    ObjectMode,
    PairTypeInvalid,
    PairValueInvalid,
    Storager,
)
from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import Harness, OpenStore
from storewright.testing.conformance.selection import each, lists, when

__all__ = ["Listing"]

TREE = ["a.txt", "b.txt", "sub/c.txt", "sub/d.txt", "sub/deep/e.txt", "subway/f.txt", "z/g.txt"]
PAGE = 1000
"""How many items a page may have when the service does not say."""


def paths_of(items: Iterable[Object]) -> list[str]:
    """The paths listed, sorted."""
    return sorted(item.path for item in items)


def unlisted(declared: Declared) -> list[ListMode]:
    """The list modes that the service does not have."""
    return [mode for mode in ListMode if mode not in declared.list_modes]


def walks(declared: Declared) -> list[ListMode]:
    """The modes in which the service lists objects."""
    return [m for m in declared.list_modes if m in {ListMode.DIR, ListMode.PREFIX}]


class Listing(Harness):
    """``list`` of objects."""

    @pytest.fixture
    def tree(self, store: Storager) -> Storager:
        """A store with a few objects in directories."""
        self.fill(store, TREE)
        return store

    # -------------------------------------------------------------------------- modes

    @each("mode", walks)
    def test_list_empty(self, store: Storager, mode: ListMode) -> None:
        items = store.list(list_mode=mode)
        assert next(items, None) is None
        assert items.continuation_token is None
        assert list(store.list("no/such/folder", list_mode=mode)) == []

    @when(lists(ListMode.DIR))
    def test_list_dir_is_one_level(self, tree: Storager) -> None:
        items = list(tree.list(list_mode=ListMode.DIR))
        assert paths_of(items) == ["a.txt", "b.txt", "sub", "subway", "z"]
        modes = {item.path: bool(item.mode & ObjectMode.DIR) for item in items}
        assert modes == {"a.txt": False, "b.txt": False, "sub": True, "subway": True, "z": True}

    @when(lists(ListMode.DIR))
    @each("path", lambda _: ["sub", "sub/"])
    def test_list_dir_below(self, tree: Storager, path: str) -> None:
        items = list(tree.list(path, list_mode=ListMode.DIR))
        assert paths_of(items) == ["sub/c.txt", "sub/d.txt", "sub/deep"]

    @when(lists(ListMode.DIR))
    def test_list_dir_of_an_object(self, tree: Storager) -> None:
        assert list(tree.list("a.txt", list_mode=ListMode.DIR)) == []

    @when(lists(ListMode.PREFIX))
    def test_list_prefix_is_everything_below(self, tree: Storager) -> None:
        items = list(tree.list(list_mode=ListMode.PREFIX))
        objects = [item for item in items if not item.mode & ObjectMode.DIR]
        assert paths_of(objects) == TREE

    @when(lists(ListMode.PREFIX))
    @each("prefix", lambda _: ["sub", "sub/", "su", "sub/d", "sub/deep/", "z/g.txt", "y"])
    def test_list_prefix_below(self, tree: Storager, prefix: str) -> None:
        items = tree.list(prefix, list_mode=ListMode.PREFIX)
        objects = [item for item in items if not item.mode & ObjectMode.DIR]
        assert paths_of(objects) == [path for path in TREE if path.startswith(prefix)]

    def test_list_without_mode_takes_the_first_declared(self, tree: Storager) -> None:
        default = self.declared.list_modes[0]
        assert paths_of(tree.list()) == paths_of(tree.list(list_mode=default))

    @each("mode", unlisted)
    def test_undeclared_mode_is_refused_at_once(self, tree: Storager, mode: ListMode) -> None:
        with pytest.raises(ListModeInvalid) as caught:
            tree.list(list_mode=mode)
        assert (caught.value.op, caught.value.service) == ("list", self.declared.service)

    def test_impossible_mode_is_refused_at_once(self, tree: Storager) -> None:
        for mode in (0, 3, 4096):
            with pytest.raises((ListModeInvalid, PairValueInvalid)):
                tree.list(list_mode=mode)

    # -------------------------------------------------------------------------- items

    def test_items_are_what_stat_says(self, tree: Storager) -> None:
        for item in tree.list():
            if not item.mode & ObjectMode.DIR:
                found = tree.stat(item.path)
                assert (item.path, item.id, item.mode) == (found.path, found.id, found.mode)
                assert item.content_length in {None, found.content_length}
                assert item.etag in {None, found.etag}

    def test_items_cost_no_further_request(self, open_store: OpenStore) -> None:
        calls: list[str] = []

        def note(call: Call) -> None:
            calls.append(call.op)

        store = self.open(open_store, interceptor=note)
        self.fill(store, ["a", "b"])
        calls.clear()
        items = list(store.list())
        for item in items:
            for name in Object.__slots__:
                getattr(item, name)
        assert (len(items), calls) == (2, ["list"])

    def test_items_can_be_read(self, tree: Storager) -> None:
        for mode in walks(self.declared):
            for item in tree.list(list_mode=mode):
                if item.mode & ObjectMode.READ:
                    assert tree.read_bytes(item.path) == item.path.encode()

    # ------------------------------------------------------------------ limits, tokens

    @each("mode", walks)
    def test_limit(self, tree: Storager, mode: ListMode) -> None:
        whole = [item.path for item in tree.list(list_mode=mode)]
        for limit in range(len(whole) + 3):
            some = [item.path for item in tree.list(list_mode=mode, limit=limit)]
            assert some == whole[:limit]

    def test_negative_limit_is_refused_at_once(self, tree: Storager) -> None:
        with pytest.raises(PairValueInvalid):
            tree.list(limit=-1)

    @each("mode", walks)
    def test_token_resumes_after_every_item(self, tree: Storager, mode: ListMode) -> None:
        whole = [item.path for item in tree.list(list_mode=mode)]
        for count in range(len(whole) + 1):
            items = tree.list(list_mode=mode)
            first = [next(items).path for _ in range(count)]
            token = items.continuation_token
            rest = (
                []
                if token is None
                else [i.path for i in tree.list(list_mode=mode, continuation_token=token)]
            )
            assert first + rest == whole

    @each("mode", walks)
    def test_limits_and_tokens_walk_the_whole(self, tree: Storager, mode: ListMode) -> None:
        whole = [item.path for item in tree.list(list_mode=mode)]
        walked: list[str] = []
        token: str | None = None
        for _ in range(len(whole) + 1):
            items = tree.list(list_mode=mode, limit=2, continuation_token=token)
            walked += [item.path for item in items]
            token = items.continuation_token
            if token is None:
                break
        assert (walked, token) == (whole, None)

    def test_token_of_nobody_is_refused_at_once(self, tree: Storager) -> None:
        for token in ("", "nonsense", "e30"):
            with pytest.raises(PairValueInvalid) as caught:
                tree.list(continuation_token=token)
            assert caught.value.pair == "continuation_token"

    def test_pages(self, tree: Storager) -> None:
        pages = list(tree.list().by_page())
        assert [item.path for page in pages for item in page.items] == [
            item.path for item in tree.list()
        ]
        assert pages[-1].token is None

    @each("mode", walks)
    def test_list_more_than_a_page(self, store: Storager, mode: ListMode) -> None:
        count = min(self.declared.limit("list_page_maximum") or PAGE, PAGE) + 7
        names = [f"many/{n:05}" for n in range(count)]
        self.fill_many(store, names)
        items = store.list("many/", list_mode=mode)
        assert sorted(item.path for item in items) == names
        items = store.list("many/", list_mode=mode)
        first = [next(items).path for _ in range(count - 3)]
        rest = store.list("many/", list_mode=mode, continuation_token=items.continuation_token)
        assert sorted(first + [item.path for item in rest]) == names

    def test_list_is_lazy(self, tree: Storager) -> None:
        items = tree.list("sub/", list_mode=self.declared.list_modes[0])
        for path in TREE:
            tree.delete(path)
        assert [item for item in items if not item.mode & ObjectMode.DIR] == []

    def test_list_checks_its_options_eagerly(self, store: Storager) -> None:
        with pytest.raises(PairTypeInvalid):
            store.list(limit=cast("int", "many"))

    # ----------------------------------------------------------------------- callbacks

    def test_callbacks_get_every_item(self, tree: Storager) -> None:
        dirs: list[Object] = []
        files: list[Object] = []
        mode = self.declared.list_modes[0]
        tree.list(list_mode=mode, dir_func=dirs.append, file_func=files.append)
        assert all(item.mode & ObjectMode.DIR for item in dirs)
        assert not any(item.mode & ObjectMode.DIR for item in files)
        assert paths_of(dirs + files) == paths_of(tree.list(list_mode=mode))

    def test_one_callback_gets_its_kind_only(self, tree: Storager) -> None:
        files: list[Object] = []
        result: object = tree.list("sub", list_mode=ListMode.DIR, file_func=files.append)
        assert result is None
        assert paths_of(files) == ["sub/c.txt", "sub/d.txt"]
        dirs: list[Object] = []
        tree.list("sub", list_mode=ListMode.DIR, dir_func=dirs.append)
        assert paths_of(dirs) == ["sub/deep"]

    def test_callbacks_keep_the_limit(self, tree: Storager) -> None:
        files: list[Object] = []
        tree.list(limit=2, file_func=files.append, dir_func=files.append)
        assert len(files) == 2

    def test_error_of_a_callback_passes_through(self, tree: Storager) -> None:
        def refuse(_: Object) -> None:
            raise KeyError("the user's own")

        with pytest.raises(KeyError, match="the user's own"):
            tree.list(file_func=refuse, dir_func=refuse)

    @each("mode", walks)
    def test_delete_everything_below(self, tree: Storager, mode: ListMode) -> None:
        """The task that callbacks are for: the same code on directories and on prefixes."""
        self.delete_below(tree, "sub/", mode)
        left = [path for path in TREE if not path.startswith("sub/")]
        assert [path for path in TREE if self.exists(tree, path)] == left
        found = tree.list("sub/", list_mode=mode)
        assert [item for item in found if not item.mode & ObjectMode.DIR] == []

    def delete_below(self, store: Storager, path: str, mode: ListMode) -> None:
        """Delete all objects below a path."""

        def delete(item: Object) -> None:
            store.delete(item.path)

        def descend(item: Object) -> None:
            if mode == ListMode.DIR:
                self.delete_below(store, item.path, mode)

        store.list(path, list_mode=mode, dir_func=descend, file_func=delete)
