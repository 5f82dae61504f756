"""What the memory storage keeps, and how: objects, directories, links, appends, pages."""

import gc
import io
import pickle
import threading
import weakref
from collections.abc import Iterator

import pytest
from typing_extensions import Buffer

from storewright import storage
from storewright.services import memory
from storewright.storage import (
    ConditionFailed,
    IntegrityFailed,
    ListMode,
    ObjectExists,
    ObjectMode,
    ObjectModeInvalid,
    ObjectNotExist,
    PairRequired,
    PairValueInvalid,
    PathInvalid,
)

MD5_OF_ABC = "kAFQmDzST7DWlj99KOF/cg=="


@pytest.fixture
def store() -> memory.MemoryStorage:
    return memory.MemoryStorage()


@pytest.fixture
def name() -> Iterator[str]:
    yield "test-space"
    memory.forget("test-space")


# ------------------------------------------------------------------------------------- spaces


def test_unnamed_stores_share_nothing(store: memory.MemoryStorage) -> None:
    store.write("a", b"1")
    with pytest.raises(ObjectNotExist):
        memory.MemoryStorage().read_bytes("a")


def test_named_stores_share_everything_until_forgotten(name: str) -> None:
    storage.open(f"memory://{name}").write("a", b"1")
    assert storage.open(f"memory://{name}").read_bytes("a") == b"1"
    memory.forget(name)
    assert list(storage.open(f"memory://{name}").list()) == []


def test_work_dir_is_a_folder_of_the_space(name: str) -> None:
    inner = storage.open(f"memory://{name}/jobs/7")
    inner.write("a", b"1")
    assert storage.open(f"memory://{name}").read_bytes("jobs/7/a") == b"1"
    assert [item.path for item in inner.list()] == ["a"]


def test_named_store_is_pickled_by_its_name(name: str) -> None:
    first = memory.MemoryStorage(name=name, work_dir="/x")
    first.write("a", b"1")
    second: memory.MemoryStorage = pickle.loads(pickle.dumps(first))
    assert second.read_bytes("a") == b"1"


def test_unnamed_store_refuses_to_be_pickled(store: memory.MemoryStorage) -> None:
    with pytest.raises(PairRequired, match="memory://name"):
        pickle.dumps(store)


def test_dropped_store_frees_its_objects_at_once() -> None:
    store = memory.MemoryStorage()
    space = weakref.ref(store._space)
    gc.disable()
    try:
        del store
        assert space() is None
    finally:
        gc.enable()


# ----------------------------------------------------------------------------- whole objects


def test_bytes_are_kept_without_a_copy(store: memory.MemoryStorage) -> None:
    content = bytes(range(256))
    store.write("a", content)
    assert store.read_bytes("a") is content


def test_buffers_are_copied(store: memory.MemoryStorage) -> None:
    content = bytearray(b"old")
    store.write("a", content)
    store.write("b", memoryview(content))
    content[:] = b"new"
    assert store.read_bytes("a") == store.read_bytes("b") == b"old"


def test_stat_tells_what_was_written(store: memory.MemoryStorage) -> None:
    given = {"owner": "dba"}
    store.write("a", b"abc", content_type="text/x", user_metadata=given, content_md5=MD5_OF_ABC)
    found = store.stat("a")
    assert (found.content_type, found.user_metadata) == ("text/x", {"owner": "dba"})
    assert (found.content_md5, found.content_length) == (MD5_OF_ABC, 3)
    assert found.mode == ObjectMode.READ | ObjectMode.PAGE | ObjectMode.APPEND
    assert found.user_metadata is not None
    found.user_metadata["owner"] = "somebody else"
    assert store.stat("a").user_metadata == {"owner": "dba"}


def test_md5_is_checked_before_anything_is_stored(store: memory.MemoryStorage) -> None:
    store.write("a", b"old")
    with pytest.raises(IntegrityFailed):
        store.write("a", b"abd", content_md5=MD5_OF_ABC)
    with pytest.raises(PairValueInvalid, match="base64"):
        store.write("a", b"abc", content_md5="abc")
    assert store.read_bytes("a") == b"old"


def test_md5_is_forgotten_when_the_content_changes(store: memory.MemoryStorage) -> None:
    store.write("a", b"abc", content_md5=MD5_OF_ABC, content_type="text/x")
    store.write_append(store.stat("a"), b"d")
    assert (store.stat("a").content_md5, store.stat("a").content_type) == (None, "text/x")


def test_conditions(store: memory.MemoryStorage) -> None:
    store.write("a", b"1")
    etag = store.stat("a").etag
    assert etag is not None
    with pytest.raises(ConditionFailed, match="ETag"):
        store.write("a", b"2", if_match='"0"')
    with pytest.raises(ConditionFailed, match="no object"):
        store.write("b", b"2", if_match=etag)
    with pytest.raises(ObjectExists):
        store.write("a", b"2", if_not_exists=True)
    with pytest.raises(ConditionFailed):
        store.copy("a", "a", if_match='"0"')
    with pytest.raises(ObjectExists):
        store.copy("a", "a", if_not_exists=True)
    with pytest.raises(ConditionFailed):
        store.read_bytes("a", if_none_match=etag)
    store.write("a", b"3", if_match=etag)
    assert store.read_bytes("a") == b"3"


def test_of_many_writers_with_the_same_condition_one_wins(store: memory.MemoryStorage) -> None:
    store.write("a", b"")
    etag, won = store.stat("a").etag, list[int]()
    start = threading.Barrier(8)

    def write(n: int) -> None:
        start.wait()
        try:
            store.write("a", b"%d" % n, if_match=etag)
        except ConditionFailed:
            return
        won.append(n)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [b"%d" % n for n in won] == [store.read_bytes("a")]


def test_copy_keeps_metadata_but_for_what_is_given(store: memory.MemoryStorage) -> None:
    store.write("a", b"abc", content_type="text/x", cache_control="no-store")
    store.copy("a", "b", content_type="text/y")
    assert (store.stat("b").content_type, store.stat("b").cache_control) == ("text/y", "no-store")
    assert store.stat("a").content_type == "text/x"
    store.write_append(store.stat("b"), b"d")
    assert (store.read_bytes("a"), store.read_bytes("b")) == (b"abc", b"abcd")


def test_move(store: memory.MemoryStorage) -> None:
    store.write("a/b", b"1", content_type="text/x")
    store.write("c", b"old")
    store.move("a/b", "c")
    store.move("c", "c")
    assert (store.read_bytes("c"), store.stat("c").content_type) == (b"1", "text/x")
    assert [item.path for item in store.list()] == ["c"]
    with pytest.raises(ObjectNotExist) as caught:
        store.move("a/b", "d")
    assert caught.value.path == "a/b"


def test_batch_delete_counts_what_was_never_there(store: memory.MemoryStorage) -> None:
    store.write("a", b"1")
    store.create_dir("d")
    assert store.delete_batch(["a", "b"]) == 2
    with pytest.raises(storage.BatchFailed) as caught:
        store.delete_batch(["a", "d", "..", "b"])
    assert set(caught.value.failures) == {"d", ".."}
    assert isinstance(caught.value.failures["d"], ObjectModeInvalid)


# -------------------------------------------------------------------------------- directories


def test_directory_and_object_never_have_the_same_name(store: memory.MemoryStorage) -> None:
    store.write("dir/a", b"1")
    store.create_dir("made")
    store.write("file", b"1")
    for path in ("dir", "made", "file/below", "file/far/below", "slash/"):
        with pytest.raises(ObjectModeInvalid):
            store.write(path, b"2")
    for path in ("file", "file/", "file/below"):
        with pytest.raises(ObjectModeInvalid):
            store.create_dir(path)
    for path in ("dir", "made"):
        with pytest.raises(ObjectModeInvalid) as caught:
            store.copy("file", path)
        assert caught.value.path == path
        with pytest.raises(ObjectModeInvalid):
            store.move("file", path)
        with pytest.raises(ObjectModeInvalid):
            store.read_bytes(path)
        with pytest.raises(ObjectModeInvalid):
            store.delete(path)
    assert [item.path for item in store.list()] == ["dir", "file", "made"]


def test_directory_without_create_ends_with_its_last_object(store: memory.MemoryStorage) -> None:
    store.write("a/b/c/1", b"")
    store.write("a/b/c/2", b"")
    store.create_dir("a/kept")
    store.delete("a/b/c/1")
    assert store.stat("a/b").mode == ObjectMode.DIR
    store.delete("a/b/c/2")
    with pytest.raises(ObjectNotExist):
        store.stat("a/b", object_mode=ObjectMode.DIR)
    assert store.stat("a/").mode == ObjectMode.DIR
    store.delete("a/kept", object_mode=ObjectMode.DIR)
    store.delete("a/kept/")
    assert list(store.list()) == []
    store.write("a", b"now an object")


def test_create_dir_twice_and_delete_never_what_is_below(store: memory.MemoryStorage) -> None:
    assert store.create_dir("d").path == store.create_dir("d").path == "d"
    store.write("d/a", b"1")
    store.delete("d", object_mode=ObjectMode.DIR)
    assert store.read_bytes("d/a") == b"1"


@pytest.mark.parametrize("root", ["", "/"])
def test_the_root_is_no_directory_to_create_or_delete(
    store: memory.MemoryStorage, root: str
) -> None:
    with pytest.raises(PathInvalid):
        store.create_dir(root)
    with pytest.raises(PathInvalid):
        store.delete(root, object_mode=ObjectMode.DIR)
    assert store.stat(root, object_mode=ObjectMode.DIR).mode == ObjectMode.DIR
    assert list(store.list(root)) == []


def test_stat_checks_the_hint(store: memory.MemoryStorage) -> None:
    store.write("a", b"1")
    store.create_dir("d")
    assert store.stat("d", object_mode=ObjectMode.DIR).mode == ObjectMode.DIR
    assert store.stat("a", object_mode=ObjectMode.READ).mode & ObjectMode.READ
    for path, mode in (("a", ObjectMode.DIR), ("a", ObjectMode.LINK), ("d", ObjectMode.READ)):
        with pytest.raises(ObjectModeInvalid):
            store.stat(path, object_mode=mode)


# -------------------------------------------------------------------------------------- links


def test_link_is_followed_by_read_and_copy_only(store: memory.MemoryStorage) -> None:
    made = store.create_link("l", "dir/target")
    assert (made.mode, made.link_target) == (ObjectMode.LINK, "dir/target")
    assert store.stat("l").link_target == "dir/target"
    with pytest.raises(ObjectNotExist):
        store.read_bytes("l")
    store.write("dir/target", b"1")
    assert store.read_bytes("l") == b"1"
    store.copy("l", "copied")
    store.move("l", "moved")
    assert store.stat("copied").mode & ObjectMode.READ
    assert store.stat("moved").link_target == "dir/target"
    store.write("moved", b"2")
    assert (store.read_bytes("dir/target"), store.stat("moved").link_target) == (b"1", None)


def test_link_replaces_a_link(store: memory.MemoryStorage) -> None:
    store.create_link("l", "a")
    store.create_link("l", "b")
    assert store.stat("l").link_target == "b"
    with pytest.raises(ObjectModeInvalid):
        store.write_append(store.create("l", object_mode=ObjectMode.APPEND), b"1")


def test_links_in_a_circle(store: memory.MemoryStorage) -> None:
    store.create_link("a", "b")
    store.create_link("b", "a")
    with pytest.raises(PathInvalid, match="circle"):
        store.read_bytes("a")


def test_link_never_leaves_work_dir(name: str) -> None:
    outer = memory.MemoryStorage(name=name)
    inner = memory.MemoryStorage(name=name, work_dir="/in")
    outer.write("secret", b"1")
    outer.create_link("in/l", "secret")
    assert outer.read_bytes("in/l") == b"1"
    assert inner.stat("l").link_target == "/secret"
    with pytest.raises(PathInvalid, match="outside"):
        inner.read_bytes("l")
    for target in ("/secret", "../secret"):
        with pytest.raises(PathInvalid):
            inner.create_link("m", target)


# -------------------------------------------------------------------------------- append, page


def test_append(store: memory.MemoryStorage) -> None:
    store.write("a", b"old")
    item = store.create_append("a", content_type="text/x")
    assert (item.append_offset, item.content_type) == (0, "text/x")
    assert store.write_append(item, io.BytesIO(b"one,"), content_md5=None) == 4
    assert item.append_offset == 4
    etag = store.stat("a").etag
    with pytest.raises(IntegrityFailed):
        store.write_append(item, b"abd", content_md5=MD5_OF_ABC)
    assert store.write_append(item, b"abc", content_md5=MD5_OF_ABC) == 3
    store.commit_append(item)
    assert store.read_bytes("a") == b"one,abc"
    assert store.stat("a").etag != etag


def test_appends_of_many_threads_all_arrive(store: memory.MemoryStorage) -> None:
    item = store.create_append("a")

    def append(n: int) -> None:
        for _ in range(50):
            store.write_append(item, bytes([n]) * 10)

    threads = [threading.Thread(target=append, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = store.read_bytes("a")
    assert sorted(content) == sorted(bytes(range(8)) * 500)
    assert all(len(set(content[i : i + 10])) == 1 for i in range(0, 4000, 10))


def test_failed_append_appends_nothing(store: memory.MemoryStorage) -> None:
    item = store.create_append("a")
    with pytest.raises(storage.SizeMismatch):
        store.write_append(item, io.BytesIO(b"123"), size=4)
    assert store.read_bytes("a") == b""
    store.delete("a")
    with pytest.raises(ObjectNotExist):
        store.write_append(item, b"1")


def test_pages(store: memory.MemoryStorage) -> None:
    item = store.create_page("a")
    assert store.write_page(item, b"end", 5) == 3
    assert store.write_page(item, b"ab", 0) == 2
    assert store.write_page(item, b"c", 2) == 1
    assert store.read_bytes("a") == b"abc\0\0end"
    with pytest.raises(PairValueInvalid, match="negative"):
        store.write_page(item, b"x", -1)


def test_read_sees_one_moment(store: memory.MemoryStorage) -> None:
    store.write("a", b"x" * 3_000_000)

    class Replacing(io.BytesIO):
        def write(self, data: Buffer, /) -> int:
            store.write("a", b"y" * 3_000_000)
            return super().write(data)

    target = Replacing()
    assert store.read("a", target) == 3_000_000
    assert target.getvalue() == b"x" * 3_000_000


# ------------------------------------------------------------------------------------ listings


def test_list_modes(store: memory.MemoryStorage) -> None:
    for path in ("b", "a/1", "a/2/x", "a0", "a!", "abc/d"):
        store.write(path, b"")
    store.create_dir("e")
    store.create_link("f", "b")
    assert [i.path for i in store.list()] == ["a!", "a", "a0", "abc", "b", "e", "f"]
    below = ["a!", "a/1", "a/2/x", "a0", "abc/d", "b", "e", "f"]
    assert [i.path for i in store.list(list_mode=ListMode.PREFIX)] == below
    assert [i.path for i in store.list("a/", list_mode=ListMode.PREFIX)] == ["a/1", "a/2/x"]
    assert [i.path for i in store.list("a", list_mode=ListMode.PREFIX)] == below[:5]
    assert [i.path for i in store.list("e", list_mode=ListMode.PREFIX)] == ["e"]
    assert [i.path for i in store.list("e/", list_mode=ListMode.PREFIX)] == []
    assert [i.path for i in store.list("a")] == ["a/1", "a/2"]
    assert list(store.list("b")) == list(store.list("nowhere")) == []


@pytest.mark.parametrize("mode", [ListMode.DIR, ListMode.PREFIX])
def test_deleting_while_listing_loses_nothing(store: memory.MemoryStorage, mode: ListMode) -> None:
    names = [f"{n:05}" for n in range(2500)]
    for path in names:
        store.write(path, b"")
    seen: list[str] = []
    for item in store.list(list_mode=mode):
        seen.append(item.path)
        store.delete(item.path)
    assert seen == names


def test_directories_of_pages_are_listed_once(store: memory.MemoryStorage) -> None:
    for n in range(1500):
        store.write(f"d{n:04}/a", b"")
        store.write(f"d{n:04}/b", b"")
        store.write(f"d{n:04}0", b"")
    found = [item.path for item in store.list()]
    assert len(found) == len(set(found)) == 3000
    assert found == sorted(found, key=lambda p: p + "/" if len(p) == 5 else p)
