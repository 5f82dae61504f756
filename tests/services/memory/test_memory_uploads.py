"""Uploads in memory: parts, blocks, segments, and the writer's sink."""

import io
from typing import Any

import pytest

from storewright.core.parts import Part
from storewright.generated.memory.options import OpenWriterOptions
from storewright.services import memory
from storewright.services.memory.sink import MemorySink
from storewright.storage import (
    ConditionFailed,
    IntegrityFailed,
    ListMode,
    ObjectExists,
    ObjectMode,
    ObjectModeInvalid,
    ObjectNotExist,
    PairTypeInvalid,
    PairValueInvalid,
    RestrictionDissatisfied,
    Segment,
)


@pytest.fixture
def store() -> memory.MemoryStorage:
    return memory.MemoryStorage()


# --------------------------------------------------------------------------------------- parts


def test_parts_in_any_order_are_published_in_theirs(store: memory.MemoryStorage) -> None:
    item = store.create_multipart("a", content_type="text/x")
    last = store.write_multipart(item, io.BytesIO(b"ccc!"), 7, size=3)
    store.write_multipart(item, b"old", 0)
    first = store.write_multipart(item, b"aa", 0)
    assert [(p.index, p.size) for p in store.list_multipart(item)] == [(0, 2), (7, 3)]
    assert list(store.list()) == []
    store.complete_multipart(item, [first, last])
    assert store.read_bytes("a") == b"aaccc"
    assert (item.mode & ObjectMode.PART, item.multipart_id) == (0, None)
    assert item == store.stat("a")
    assert item.content_type == "text/x"
    assert list(store.list(list_mode=ListMode.PART)) == []


def test_what_can_be_gone_through_only_once_names_parts_and_blocks(
    store: memory.MemoryStorage,
) -> None:
    item = store.create_multipart("a")
    parts: Any = (store.write_multipart(item, b"%d" % n, n) for n in range(3))
    store.complete_multipart(item, parts)
    assert store.read_bytes("a") == b"012"
    item = store.create_block("b")
    names: Any = (store.write_block(item, b"%d" % n, f"{n}").id for n in range(3))
    store.combine_block(item, names)
    assert store.read_bytes("b") == b"012"


@pytest.mark.parametrize("wrong", [5, None, "ab", ["a"], [0]])
def test_parts_of_another_type_are_refused(store: memory.MemoryStorage, wrong: Any) -> None:
    item = store.create_multipart("a")
    with pytest.raises(PairTypeInvalid, match="pair 'parts': expected a list of Part"):
        store.complete_multipart(item, wrong)
    assert list(store.list()) == []


def test_complete_takes_only_parts_that_are_there(store: memory.MemoryStorage) -> None:
    item = store.create_multipart("a")
    first = store.write_multipart(item, b"1", 0)
    replaced = store.write_multipart(item, b"2", 1)
    second = store.write_multipart(item, b"3", 1)
    wrong: list[list[Part]] = [
        [],
        [second, first],
        [first, first],
        [first, replaced],
        [first, Part(2, 1, second.etag)],
    ]
    for parts in wrong:
        with pytest.raises(RestrictionDissatisfied):
            store.complete_multipart(item, parts)
    with pytest.raises(ObjectNotExist):
        store.read_bytes("a")
    store.complete_multipart(item, [first, second])
    assert store.read_bytes("a") == b"13"


def test_upload_that_is_over(store: memory.MemoryStorage) -> None:
    item, other = store.create_multipart("a"), store.create_multipart("b")
    part = store.write_multipart(item, b"1", 0)
    store.delete("b", multipart_id=item.multipart_id)  # not an upload of b
    store.delete("a", multipart_id=item.multipart_id)
    store.delete("a", multipart_id=item.multipart_id)
    with pytest.raises(ObjectNotExist):
        store.write_multipart(item, b"1", 0)
    with pytest.raises(ObjectNotExist):
        store.complete_multipart(item, [part])
    with pytest.raises(ObjectNotExist):
        store.stat("a", multipart_id=item.multipart_id)
    assert store.stat("b", multipart_id=other.multipart_id).mode == ObjectMode.PART


def test_list_uploads(store: memory.MemoryStorage) -> None:
    made = [store.create_multipart(path) for path in ("b/x", "a", "b/x", "c")]
    found = list(store.list(list_mode=ListMode.PART))
    assert sorted(item.multipart_id or "" for item in found) == sorted(
        item.multipart_id or "" for item in made
    )
    assert [item.path for item in found] == ["a", "b/x", "b/x", "c"]
    assert [item.path for item in store.list("b", list_mode=ListMode.PART)] == ["b/x", "b/x"]
    items = store.list(list_mode=ListMode.PART)
    first = [next(items), next(items)]
    token = items.continuation_token
    assert first + list(store.list(list_mode=ListMode.PART, continuation_token=token)) == found


def test_failed_condition_keeps_the_upload(store: memory.MemoryStorage) -> None:
    store.write("a", b"old")
    item = store.create_multipart("a")
    part = store.write_multipart(item, b"new", 0)
    with pytest.raises(ObjectExists):
        store.complete_multipart(item, [part], if_not_exists=True)
    with pytest.raises(ConditionFailed):
        store.complete_multipart(item, [part], if_match='"0"')
    store.complete_multipart(item, [part], if_match=store.stat("a").etag)
    assert store.read_bytes("a") == b"new"


def test_part_is_checked(store: memory.MemoryStorage) -> None:
    item = store.create_multipart("a")
    with pytest.raises(IntegrityFailed):
        store.write_multipart(item, b"abd", 0, content_md5="kAFQmDzST7DWlj99KOF/cg==")
    with pytest.raises(RestrictionDissatisfied, match="index"):
        store.write_multipart(item, b"1", 10_000)
    assert list(store.list_multipart(item)) == []


def test_many_parts_are_listed_in_pages(store: memory.MemoryStorage) -> None:
    item = store.create_multipart("a")
    for index in range(2100):
        store.write_multipart(item, b"", index)
    parts = store.list_multipart(item, limit=1500)
    assert [part.index for part in parts] == list(range(1500))
    rest = store.list_multipart(item, continuation_token=parts.continuation_token)
    assert [part.index for part in rest] == list(range(1500, 2100))


# -------------------------------------------------------------------------------------- blocks


def test_blocks(store: memory.MemoryStorage) -> None:
    item = store.create_block("a", content_type="text/x")
    store.write_block(item, b"1", "one")
    store.write_block(item, b"2", "two")
    assert [block.id for block in store.list_block(item)] == ["one", "two"]
    assert [found.path for found in store.list(list_mode=ListMode.BLOCK)] == ["a"]
    with pytest.raises(RestrictionDissatisfied, match="'three'"):
        store.combine_block(item, ["one", "three"])
    made = store.combine_block(item, ["two", "one", "two"])
    assert (made.content_length, store.read_bytes("a")) == (3, b"212")
    assert store.stat("a").content_type == "text/x"
    with pytest.raises(ObjectNotExist):
        list(store.list_block(item))


def test_blocks_are_dropped_by_their_mode(store: memory.MemoryStorage) -> None:
    store.write("a", b"kept")
    store.write_block(store.create_block("a"), b"1", "one")
    store.delete("a", object_mode=ObjectMode.BLOCK)
    assert list(store.list(list_mode=ListMode.BLOCK)) == []
    assert store.read_bytes("a") == b"kept"


# ------------------------------------------------------------------------------------ segments


def test_segments_in_any_order(store: memory.MemoryStorage) -> None:
    segment = store.init_segment("d/a", content_type="text/x")
    assert store.write_segment(segment, b"world", 6) == 5
    with pytest.raises(RestrictionDissatisfied, match="bytes 0 to 6 "):
        store.complete_segment(segment)
    store.write_segment(segment, b"HELLO", 0)
    with pytest.raises(RestrictionDissatisfied, match="bytes 5 to 6 "):
        store.complete_segment(segment)
    store.write_segment(segment, io.BytesIO(b"hello world"), 0, size=6)
    assert list(store.list_segments("d")) == [segment]
    assert list(store.list()) == []
    store.complete_segment(segment)
    assert store.read_bytes("d/a") == b"hello world"
    assert store.stat("d/a").content_type == "text/x"
    assert list(store.list_segments("")) == []


def test_segment_that_is_over(store: memory.MemoryStorage) -> None:
    segment = store.init_segment("a")
    with pytest.raises(PairValueInvalid, match="negative"):
        store.write_segment(segment, b"1", -1)
    store.abort_segment(segment)
    store.abort_segment(segment)
    with pytest.raises(ObjectNotExist):
        store.write_segment(segment, b"1", 0)
    with pytest.raises(ObjectNotExist):
        store.complete_segment(Segment("a", "nobody's"))
    empty = store.init_segment("a")
    store.complete_segment(empty)
    assert store.read_bytes("a") == b""


# -------------------------------------------------------------------------------------- writer


def test_writer(store: memory.MemoryStorage) -> None:
    with store.open_writer("a", part_size=10, content_type="text/x") as writer:
        for n in range(100):
            writer.write(b"%04d" % n)
        assert list(store.list()) == []
        assert len(list(store.list(list_mode=ListMode.PART))) == 1
    assert store.read_bytes("a") == b"".join(b"%04d" % n for n in range(100))
    assert store.stat("a").content_type == "text/x"
    assert list(store.list(list_mode=ListMode.PART)) == []


def test_aborted_writer_leaves_nothing(store: memory.MemoryStorage) -> None:
    store.write("a", b"old")

    def fail() -> None:
        with store.open_writer("a", part_size=10) as writer:
            writer.write(bytes(1000))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.read_bytes("a") == b"old"
    assert list(store.list(list_mode=ListMode.PART)) == []


def test_writer_keeps_conditions(store: memory.MemoryStorage) -> None:
    store.write("a", b"old")
    for size in (1, 1000):
        with (
            pytest.raises(ObjectExists),
            store.open_writer("a", part_size=10, if_not_exists=True) as writer,
        ):
            writer.write(bytes(size))
    assert store.read_bytes("a") == b"old"
    assert list(store.list(list_mode=ListMode.PART)) == []


def test_writer_onto_a_directory(store: memory.MemoryStorage) -> None:
    store.create_dir("d")
    with pytest.raises(ObjectModeInvalid), store.open_writer("d") as writer:
        writer.write(b"1")


def test_sink_resumes_by_its_id(store: memory.MemoryStorage) -> None:
    def sink() -> MemorySink:
        made = store._open_writer("a", OpenWriterOptions())
        assert isinstance(made, MemorySink)
        return made

    first = sink()
    upload = first.start()
    parts = [first.write_part(0, memoryview(b"one,"))]
    second = sink()
    assert list(second.resume(upload)) == parts
    parts.append(second.write_part(1, memoryview(b"two")))
    assert second.published(parts) is None
    result = second.complete(parts)
    assert (result.size, store.read_bytes("a")) == (7, b"one,two")
    assert second.published(parts) == result
    store.write("a", b"another")
    assert second.published(parts) is None
    with pytest.raises(ObjectNotExist):
        sink().resume(upload)
