"""What is known of an object, and how it goes away."""

import contextlib

import pytest

from storewright.storage import (
    ConditionFailed,
    ObjectMode,
    ObjectNotExist,
    StorageError,
    Storager,
)
from storewright.testing.conformance.harness import Harness
from storewright.testing.conformance.selection import takes, when

__all__ = ["Deleting", "Statting"]


class Statting(Harness):
    """``stat``, ``create`` and ``metadata``."""

    def test_stat(self, store: Storager) -> None:
        store.write("sub/a", b"12345")
        found = store.stat("sub/a")
        assert (found.path, found.content_length) == ("sub/a", 5)
        assert found.id.endswith("sub/a")
        assert found.mode & ObjectMode.READ
        assert not found.mode & (ObjectMode.DIR | ObjectMode.PART | ObjectMode.LINK)
        assert found.multipart_id is None

    def test_stat_tells_when_in_utc_or_not_at_all(self, store: Storager) -> None:
        store.write("a", b"1")
        moment = store.stat("a").last_modified
        assert moment is None or moment.utcoffset() is not None

    def test_stat_missing(self, store: Storager) -> None:
        with pytest.raises(FileNotFoundError) as caught:
            store.stat("missing")
        assert isinstance(caught.value, ObjectNotExist)

    def test_stat_of_a_prefix_of_a_key(self, store: Storager) -> None:
        self.fill(store, ["abc"])
        for path in ("ab", "abcd", "abc/d"):
            with pytest.raises(ObjectNotExist):
                store.stat(path)

    def test_etag_belongs_to_the_content(self, store: Storager) -> None:
        store.write("a", b"1")
        etag = store.stat("a").etag
        assert etag == store.stat("a").etag
        store.write("a", b"two")
        assert etag is None or store.stat("a").etag != etag

    @when(takes("stat", "if_match"))
    def test_stat_if_match(self, store: Storager) -> None:
        store.write("a", b"1")
        etag = store.stat("a").etag
        assert etag
        assert store.stat("a", if_match=etag).etag == etag
        with pytest.raises(ConditionFailed):
            store.stat("a", if_match='"not this one"')

    @when(takes("stat", "if_none_match"))
    def test_stat_if_none_match(self, store: Storager) -> None:
        store.write("a", b"1")
        etag = store.stat("a").etag
        assert etag
        assert store.stat("a", if_none_match='"not this one"').etag == etag
        with pytest.raises(ConditionFailed):
            store.stat("a", if_none_match=etag)

    def test_create_makes_no_request(self, store: Storager) -> None:
        made = store.create("a")
        assert (made.path, made.mode) == ("a", ObjectMode.READ)
        assert not self.exists(store, "a")
        store.write("a", b"1")
        assert store.stat("a").id == made.id

    def test_metadata(self, store: Storager) -> None:
        meta = store.metadata()
        assert meta.service == self.declared.service == store.service
        assert meta.work_dir.startswith("/")
        assert meta.work_dir.endswith("/")
        assert meta.limits == self.declared.limits


class Deleting(Harness):
    """``delete``."""

    def test_delete(self, store: Storager) -> None:
        self.fill(store, ["a", "b"])
        store.delete("a")
        assert not self.exists(store, "a")
        assert self.exists(store, "b")

    def test_delete_again(self, store: Storager) -> None:
        self.fill(store, ["a"])
        store.delete("a")
        store.delete("a")
        assert not self.exists(store, "a")

    def test_delete_missing(self, store: Storager) -> None:
        store.delete("missing")
        store.delete("no/such/folder/missing")

    def test_delete_is_never_recursive(self, store: Storager) -> None:
        self.fill(store, ["sub/a", "subway"])
        with contextlib.suppress(StorageError):  # a file system may refuse
            store.delete("sub")
        assert store.read_bytes("sub/a") == b"sub/a"
        assert store.read_bytes("subway") == b"subway"

    @when(takes("delete", "if_match"))
    def test_delete_if_match(self, store: Storager) -> None:
        store.write("a", b"1")
        with pytest.raises(ConditionFailed):
            store.delete("a", if_match='"not this one"')
        assert self.exists(store, "a")
        store.delete("a", if_match=store.stat("a").etag)
        assert not self.exists(store, "a")

    def test_write_after_delete(self, store: Storager) -> None:
        self.fill(store, ["a"])
        store.delete("a")
        store.write("a", b"again")
        assert store.read_bytes("a") == b"again"
