"""Objects made of blocks with names, and of segments at offsets; deleting many objects."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest

from storewright.storage import (
    BatchDeleter,
    Blocker,
    ListMode,
    Object,
    ObjectMode,
    PathInvalid,
    RestrictionDissatisfied,
    Segmenter,
    SizeMismatch,
    StorageError,
)
from storewright.testing.conformance.harness import Harness, OpenStore, blob
from storewright.testing.conformance.selection import each, has, lists, takes, when
from storewright.testing.conformance.writing import METADATA, md5_of, metadata_of

__all__ = ["Batches", "Blocks", "Segments"]

FIRST, SECOND = blob(70_000, 1), blob(50_000, 2)


@when(has(Blocker))
class Blocks(Harness):
    """``create_block`` and what belongs to it."""

    @pytest.fixture
    def blocker(self, open_store: OpenStore) -> Blocker:
        """A store that makes objects of blocks."""
        return self.ask(open_store, Blocker)

    def test_create_block(self, blocker: Blocker) -> None:
        made = blocker.create_block("sub/a")
        assert made.path == "sub/a"
        assert made.mode & ObjectMode.BLOCK
        assert not made.mode & ObjectMode.READ

    def test_blocks_in_the_order_given(self, blocker: Blocker) -> None:
        made = blocker.create_block("sub/a")
        blocks = [
            blocker.write_block(made, SECOND, "b2"),
            blocker.write_block(made, BytesIO(FIRST), "b1"),
        ]
        assert [(block.id, block.size) for block in blocks] == [("b2", 50_000), ("b1", 70_000)]
        assert not self.exists(blocker, "sub/a")
        done = blocker.combine_block(made, ["b1", "b2"])
        assert done.mode & ObjectMode.READ
        assert blocker.read_bytes("sub/a") == FIRST + SECOND

    def test_block_is_replaced(self, blocker: Blocker) -> None:
        made = blocker.create_block("a")
        blocker.write_block(made, FIRST, "b1")
        blocker.write_block(made, SECOND, "b1")
        blocker.combine_block(made, ["b1"])
        assert blocker.read_bytes("a") == SECOND

    def test_list_block(self, blocker: Blocker) -> None:
        made = blocker.create_block("a")
        assert list(blocker.list_block(made)) == []
        blocker.write_block(made, FIRST, "b1")
        blocker.write_block(made, SECOND, "b2")
        found = {block.id: block.size for block in blocker.list_block(made)}
        assert found == {"b1": len(FIRST), "b2": len(SECOND)}

    def test_block_takes_its_size_and_calls_back(self, blocker: Blocker) -> None:
        made, seen = blocker.create_block("a"), bytearray()
        blocker.write_block(made, BytesIO(FIRST), "b1", size=1000, io_callback=seen.extend)
        blocker.combine_block(made, ["b1"])
        assert blocker.read_bytes("a") == seen == FIRST[:1000]

    @when(takes("write_block", "content_md5"))
    def test_block_checks_content_md5(self, blocker: Blocker) -> None:
        made = blocker.create_block("a")
        blocker.write_block(made, FIRST, "b1", content_md5=md5_of(FIRST))
        with pytest.raises(StorageError):
            blocker.write_block(made, SECOND, "b2", content_md5=md5_of(FIRST))
        assert [block.id for block in blocker.list_block(made)] == ["b1"]

    def test_block_too_short(self, blocker: Blocker) -> None:
        made = blocker.create_block("a")
        with pytest.raises(SizeMismatch):
            blocker.write_block(made, b"abc", "b1", size=4)
        assert list(blocker.list_block(made)) == []

    def test_blocks_that_were_never_written(self, blocker: Blocker) -> None:
        blocker.write("a", b"old")
        made = blocker.create_block("a")
        blocker.write_block(made, FIRST, "b1")
        with pytest.raises(StorageError):
            blocker.combine_block(made, ["b1", "b2"])
        assert blocker.read_bytes("a") == b"old"

    @when(lists(ListMode.BLOCK))
    def test_list_uncombined(self, blocker: Blocker) -> None:
        made = blocker.create_block("sub/a")
        blocker.write_block(made, FIRST, "b1")
        items = list(blocker.list(list_mode=ListMode.BLOCK))
        assert [item.path for item in items] == ["sub/a"]
        assert items[0].mode & ObjectMode.BLOCK
        blocker.combine_block(made, ["b1"])
        assert list(blocker.list(list_mode=ListMode.BLOCK)) == []

    @each("pair", metadata_of("create_block"))
    def test_block_keeps_metadata(self, open_store: OpenStore, pair: str) -> None:
        features = self.declared.features_for_pairs("create_block", [pair])
        store = self.ask(open_store, Blocker, *features)
        made = store.create_block("a", **{pair: METADATA[pair]})
        store.write_block(made, FIRST, "b1")
        store.combine_block(made, ["b1"])
        assert getattr(store.stat("a"), pair) == METADATA[pair]


@when(has(Segmenter))
class Segments(Harness):
    """``init_segment`` and what belongs to it."""

    @pytest.fixture
    def segmenter(self, open_store: OpenStore) -> Segmenter:
        """A store that makes objects of segments."""
        return self.ask(open_store, Segmenter)

    @pytest.fixture
    def slices(self) -> list[bytes]:
        """Three segments, each large enough for the service, the last one small."""
        size = self.declared.limit("multipart_size_minimum") or 1000
        return [blob(size, 1), blob(size, 2), blob(123, 3)]

    @staticmethod
    def offsets(slices: list[bytes]) -> list[int]:
        """Where the slices begin."""
        return [sum(map(len, slices[:n])) for n in range(len(slices))]

    def test_init_segment(self, segmenter: Segmenter) -> None:
        first, second = (segmenter.init_segment("sub/a") for _ in range(2))
        assert first.path == second.path == "sub/a"
        assert first.id != second.id

    @each("order", lambda _: [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    def test_segments_in_any_order(
        self, segmenter: Segmenter, slices: list[bytes], order: tuple[int, ...]
    ) -> None:
        segment = segmenter.init_segment("sub/a")
        for n in order:
            written = segmenter.write_segment(segment, slices[n], self.offsets(slices)[n])
            assert written == len(slices[n])
        assert not self.exists(segmenter, "sub/a")
        segmenter.complete_segment(segment)
        assert segmenter.read_bytes("sub/a") == b"".join(slices)

    def test_segment_calls_back(self, segmenter: Segmenter, slices: list[bytes]) -> None:
        segment, seen = segmenter.init_segment("a"), bytearray()
        segmenter.write_segment(segment, slices[0], 0, io_callback=seen.extend)
        assert seen == slices[0]

    def test_segments_of_many_threads(self, segmenter: Segmenter, slices: list[bytes]) -> None:
        segment = segmenter.init_segment("a")
        with ThreadPoolExecutor(3) as pool:
            offsets = self.offsets(slices)
            list(pool.map(segmenter.write_segment, [segment] * 3, slices, offsets))
        segmenter.complete_segment(segment)
        assert segmenter.read_bytes("a") == b"".join(slices)

    def test_segments_replace_the_object_at_the_end(
        self, segmenter: Segmenter, slices: list[bytes]
    ) -> None:
        segmenter.write("a", b"old")
        segment = segmenter.init_segment("a")
        segmenter.write_segment(segment, slices[0], 0)
        assert segmenter.read_bytes("a") == b"old"
        segmenter.complete_segment(segment)
        assert segmenter.read_bytes("a") == slices[0]

    def test_gap_is_refused(self, segmenter: Segmenter, slices: list[bytes]) -> None:
        segmenter.write("a", b"old")
        segment = segmenter.init_segment("a")
        segmenter.write_segment(segment, slices[0], 0)
        segmenter.write_segment(segment, slices[2], self.offsets(slices)[2])
        with pytest.raises(RestrictionDissatisfied):
            segmenter.complete_segment(segment)
        assert segmenter.read_bytes("a") == b"old"

    def test_gap_at_the_start_is_refused(self, segmenter: Segmenter, slices: list[bytes]) -> None:
        segment = segmenter.init_segment("a")
        segmenter.write_segment(segment, slices[1], self.offsets(slices)[1])
        with pytest.raises(RestrictionDissatisfied):
            segmenter.complete_segment(segment)
        assert not self.exists(segmenter, "a")

    def test_no_segments_make_an_empty_object(self, segmenter: Segmenter) -> None:
        segmenter.complete_segment(segmenter.init_segment("a"))
        assert segmenter.read_bytes("a") == b""

    def test_segment_size(self, segmenter: Segmenter) -> None:
        segment = segmenter.init_segment("a")
        source = BytesIO(FIRST)
        assert segmenter.write_segment(segment, source, 0, size=100) == 100
        assert source.tell() == 100
        with pytest.raises(SizeMismatch):
            segmenter.write_segment(segment, b"abc", 0, size=4)
        segmenter.complete_segment(segment)
        assert segmenter.read_bytes("a") == FIRST[:100]

    def test_negative_segment_offset_is_refused(self, segmenter: Segmenter) -> None:
        segment = segmenter.init_segment("a")
        with pytest.raises(StorageError):
            segmenter.write_segment(segment, b"abc", -1)

    def test_abort_segment_twice(self, segmenter: Segmenter, slices: list[bytes]) -> None:
        segment = segmenter.init_segment("a")
        segmenter.write_segment(segment, slices[0], 0)
        for _ in range(2):
            segmenter.abort_segment(segment)
        assert not self.exists(segmenter, "a")
        assert list(segmenter.list_segments("")) == []
        with pytest.raises(StorageError):
            segmenter.write_segment(segment, slices[0], 0)
        with pytest.raises(StorageError):
            segmenter.complete_segment(segment)
        assert not self.exists(segmenter, "a")

    def test_list_segments(self, segmenter: Segmenter, slices: list[bytes]) -> None:
        assert list(segmenter.list_segments("")) == []
        made = [segmenter.init_segment(path) for path in ("a", "a", "sub/b")]
        found = {(s.path, s.id) for s in segmenter.list_segments("")}
        assert found == {(s.path, s.id) for s in made}
        assert [s.id for s in segmenter.list_segments("sub/")] == [made[2].id]
        segmenter.abort_segment(made[0])
        segmenter.write_segment(made[1], slices[0], 0)
        segmenter.complete_segment(made[1])
        assert [s.id for s in segmenter.list_segments("")] == [made[2].id]

    @when(takes("list_segments", "limit", "continuation_token"))
    def test_list_segments_from_a_token(self, segmenter: Segmenter) -> None:
        for path in "aabbc":
            segmenter.init_segment(path)
        whole = [s.id for s in segmenter.list_segments("")]
        for count in range(1, 5):
            items = segmenter.list_segments("", limit=count)
            first = [s.id for s in items]
            rest = segmenter.list_segments("", continuation_token=items.continuation_token)
            assert first + [s.id for s in rest] == whole

    def test_list_segments_shows_no_other_uploads(self, segmenter: Segmenter) -> None:
        self.fill(segmenter, ["a"])
        assert list(segmenter.list_segments("")) == []

    @each("pair", metadata_of("init_segment"))
    def test_segment_keeps_metadata(self, open_store: OpenStore, pair: str) -> None:
        features = self.declared.features_for_pairs("init_segment", [pair])
        store = self.ask(open_store, Segmenter, *features)
        segment = store.init_segment("a", **{pair: METADATA[pair]})
        store.write_segment(segment, FIRST, 0)
        store.complete_segment(segment)
        assert getattr(store.stat("a"), pair) == METADATA[pair]

    def test_segment_never_leaves_work_dir(self, segmenter: Segmenter) -> None:
        for call in (segmenter.init_segment, segmenter.list_segments):
            with pytest.raises(PathInvalid):
                call("../a")


@when(has(BatchDeleter))
class Batches(Harness):
    """``delete_batch``."""

    @pytest.fixture
    def deleter(self, open_store: OpenStore) -> BatchDeleter:
        """A store that deletes many objects at once."""
        return self.ask(open_store, BatchDeleter)

    def test_delete_batch(self, deleter: BatchDeleter) -> None:
        self.fill(deleter, ["a", "sub/b", "c"])
        assert deleter.delete_batch(["a", "sub/b"]) == 2
        assert [item.path for item in self.objects(deleter)] == ["c"]

    def test_delete_batch_of_missing_objects(self, deleter: BatchDeleter) -> None:
        self.fill(deleter, ["a"])
        assert deleter.delete_batch(["a", "missing"]) == 2
        assert deleter.delete_batch([]) == 0
        assert list(self.objects(deleter)) == []

    def test_delete_batch_takes_any_iterable(self, deleter: BatchDeleter) -> None:
        self.fill(deleter, ["a", "b"])
        assert deleter.delete_batch(path for path in ("a", "b")) == 2
        assert list(self.objects(deleter)) == []

    def test_delete_more_than_a_batch(self, deleter: BatchDeleter) -> None:
        count = min(self.declared.limit("delete_batch_maximum") or 1000, 1000) + 5
        paths = [f"many/{n:05}" for n in range(count)]
        self.fill_many(deleter, paths)
        given = list(paths)
        assert deleter.delete_batch(given) == count
        assert given == paths
        assert list(self.objects(deleter)) == []

    def test_one_path_is_no_batch(self, deleter: BatchDeleter) -> None:
        self.fill(deleter, ["a", "b"])
        paths: Any = "ab"
        with pytest.raises((TypeError, ValueError)):
            deleter.delete_batch(paths)
        assert len(list(self.objects(deleter))) == 2

    def test_delete_batch_never_leaves_work_dir(self, deleter: BatchDeleter) -> None:
        self.fill(deleter, ["a"])
        with pytest.raises(StorageError):
            deleter.delete_batch(["a", "../b"])

    @staticmethod
    def objects(store: BatchDeleter) -> list[Object]:
        """What is left, apart from directories."""
        return [
            item
            for mode in store.list_modes()[:1]
            for item in store.list(list_mode=mode)
            if not item.mode & ObjectMode.DIR
        ]
