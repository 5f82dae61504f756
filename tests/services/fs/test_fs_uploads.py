"""Parts and segments on the disk."""

import io
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from storewright.services.fs import FsStorage
from storewright.storage import (
    IntegrityFailed,
    ListMode,
    ObjectExists,
    ObjectMode,
    ObjectNotExist,
    PairValueInvalid,
    Part,
    RestrictionDissatisfied,
    Segment,
)

from .support import Failing, run, start, tree

BLOCKS = [random.Random(n).randbytes(70_000 + n) for n in range(8)]


def folder(root: Path) -> Path:
    """The folder of the only upload."""
    (found,) = root.glob("**/.storewright-upload-*")
    return found


# ---------------------------------------------------------------------------------------- parts


def test_parts_may_come_from_a_generator(store: FsStorage) -> None:
    item = store.create_multipart("a")
    parts: Any = (store.write_multipart(item, block, n) for n, block in enumerate(BLOCKS))
    store.complete_multipart(item, parts)
    assert store.read_bytes("a") == b"".join(BLOCKS)


def test_parts_in_order_are_the_file_already(store: FsStorage, root: Path) -> None:
    item = store.create_multipart("d/a")
    parts = [store.write_multipart(item, block, n) for n, block in enumerate(BLOCKS)]
    inode = (folder(root) / "data").stat().st_ino
    store.complete_multipart(item, parts)
    assert (root / "d/a").stat().st_ino == inode
    assert store.read_bytes("d/a") == b"".join(BLOCKS)
    assert tree(root) == ["d/", "d/a"]
    assert item == store.stat("d/a")


@pytest.mark.parametrize("in_kernel", [True, False])
def test_parts_in_any_order(
    store: FsStorage, root: Path, in_kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_kernel:
        monkeypatch.delattr(os, "copy_file_range")
    item = store.create_multipart("a")
    order = [3, 0, 7, 1, 2]
    store.write_multipart(item, b"replaced", 0)
    parts = [store.write_multipart(item, io.BytesIO(BLOCKS[n]), n) for n in order]
    assert [part.index for part in store.list_multipart(item)] == sorted(order)
    assert list(store.list()) == []
    store.complete_multipart(item, sorted(parts, key=lambda part: part.index))
    assert store.read_bytes("a") == b"".join(BLOCKS[n] for n in sorted(order))
    assert tree(root) == ["a"]


def test_parts_of_several_threads(store: FsStorage) -> None:
    item = store.create_multipart("a")

    def write(n: int) -> Part:
        return store.write_multipart(item, BLOCKS[n % 8], n)

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(write, range(40)))
    store.complete_multipart(item, parts)
    assert store.read_bytes("a") == b"".join(BLOCKS * 5)


class Stream(io.RawIOBase):
    """A file whose length nobody knows."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.content.read(min(size, 5000))


def test_part_of_unknown_length(store: FsStorage, root: Path) -> None:
    item = store.create_multipart("a")
    parts = [store.write_multipart(item, Stream(block), n) for n, block in enumerate(BLOCKS)]
    inode = (folder(root) / "data").stat().st_ino
    store.complete_multipart(item, parts)
    assert (root / "a").stat().st_ino == inode
    assert store.read_bytes("a") == b"".join(BLOCKS)


def test_failed_part_leaves_no_hole(store: FsStorage, root: Path) -> None:
    item = store.create_multipart("a")
    parts = [store.write_multipart(item, BLOCKS[0], 0)]
    for size in (None, 200_000):
        with pytest.raises(ZeroDivisionError):
            store.write_multipart(item, Failing(BLOCKS[1], ZeroDivisionError()), 1, size=size)
    assert [part.index for part in store.list_multipart(item)] == [0]
    parts.append(store.write_multipart(item, BLOCKS[1], 1))
    data = folder(root) / "data"
    assert data.stat().st_size == len(BLOCKS[0]) + len(BLOCKS[1])
    store.complete_multipart(item, parts)
    assert store.read_bytes("a") == BLOCKS[0] + BLOCKS[1]


def test_complete_takes_only_parts_that_are_there(store: FsStorage) -> None:
    item = store.create_multipart("a")
    first = store.write_multipart(item, b"1", 0)
    replaced = store.write_multipart(item, b"2", 1)
    second = store.write_multipart(item, b"33", 1)
    for wrong in ([], [second, first], [first, first], [first, replaced]):
        with pytest.raises(RestrictionDissatisfied):
            store.complete_multipart(item, wrong)
    with pytest.raises(ObjectNotExist):
        store.read_bytes("a")
    store.complete_multipart(item, [first])  # which leaves out what comes behind it
    assert store.read_bytes("a") == b"1"


def test_failed_condition_keeps_the_upload(store: FsStorage) -> None:
    store.write("a", b"old")
    item = store.create_multipart("a")
    parts = [store.write_multipart(item, b"new", 0), store.write_multipart(item, b"er", 1)]
    with pytest.raises(ObjectExists):
        store.complete_multipart(item, parts[:1], if_not_exists=True)
    store.complete_multipart(item, parts)
    assert store.read_bytes("a") == b"newer"


def test_replaced_file_keeps_its_permission_bits(store: FsStorage, root: Path) -> None:
    store.write("a", b"old")
    (root / "a").chmod(0o600)
    item = store.create_multipart("a")
    assert folder(root).stat().st_mode & 0o777 == 0o700
    store.complete_multipart(item, [store.write_multipart(item, b"new", 0)])
    assert (root / "a").stat().st_mode & 0o777 == 0o600


def test_aborted_upload_takes_its_directories_along(store: FsStorage, root: Path) -> None:
    kept = store.create_multipart("kept/a")
    item = store.create_multipart("x/y/z")
    store.write_multipart(item, b"1", 0)
    with pytest.raises(ObjectNotExist):
        store.write_multipart(store.create("other", multipart_id=item.multipart_id), b"1", 0)
    for bad in ("../..", "0" * 16, "", "/etc"):
        store.delete("x/y/z", multipart_id=bad)
        with pytest.raises(ObjectNotExist):
            store.stat("x/y/z", multipart_id=bad)
    store.delete("x/y/z", multipart_id=item.multipart_id)
    store.delete("x/y/z", multipart_id=item.multipart_id)
    with pytest.raises(ObjectNotExist):
        store.write_multipart(item, b"1", 0)
    assert kept.multipart_id is not None
    assert [name for name in tree(root) if kept.multipart_id not in name] == ["kept/"]


def test_list_uploads(store: FsStorage) -> None:
    made = {
        path: store.create_multipart(path).multipart_id for path in ("b/x", "a", "b.c", "c/d/e")
    }
    store.init_segment("b/segment")
    found = list(store.list(list_mode=ListMode.PART))
    assert [item.path for item in found] == ["a", "b.c", "b/x", "c/d/e"]
    assert {item.path: item.multipart_id for item in found} == made
    for item in found:
        again = store.stat(item.path, multipart_id=item.multipart_id)
        assert again == item
        assert (item.mode, item.last_modified is not None) == (ObjectMode.PART, True)
    assert [i.path for i in store.list("b", list_mode=ListMode.PART)] == ["b.c", "b/x"]
    assert [i.path for i in store.list("b/", list_mode=ListMode.PART)] == ["b/x"]
    items = store.list(list_mode=ListMode.PART)
    first = [next(items), next(items)]
    token = items.continuation_token
    assert first + list(store.list(list_mode=ListMode.PART, continuation_token=token)) == found
    assert [item.path for item in store.list()] == ["b", "c"]


def test_directory_with_an_upload_is_not_empty(store: FsStorage) -> None:
    item = store.create_multipart("d/a")
    with pytest.raises(RestrictionDissatisfied, match="not empty"):
        store.delete("d", object_mode=ObjectMode.DIR)
    store.delete("d/a", multipart_id=item.multipart_id)


def test_bytes_lost_by_a_crash_are_noticed(store: FsStorage, root: Path) -> None:
    for order in ([0, 1], [1, 0]):
        item = store.create_multipart("a")
        parts = {n: store.write_multipart(item, BLOCKS[n], n) for n in order}
        os.truncate(folder(root) / "data", 100_000)
        with pytest.raises(IntegrityFailed, match="lost bytes: 100000 of 140001"):
            store.complete_multipart(item, [parts[0], parts[1]])
        store.delete("a", multipart_id=item.multipart_id)
    assert tree(root) == []


def test_line_of_the_journal_that_was_cut_short(store: FsStorage, root: Path) -> None:
    item = store.create_multipart("a")
    first = store.write_multipart(item, b"first", 0)
    with (folder(root) / "journal").open("ab") as journal:
        journal.write(b"\n1 5 6")
    assert list(store.list_multipart(item)) == [first]
    second = store.write_multipart(item, b"second", 1)
    assert list(store.list_multipart(item)) == [first, second]
    store.complete_multipart(item, [first, second])
    assert store.read_bytes("a") == b"firstsecond"


# ------------------------------------------------------------------------------------- processes


def test_another_process_goes_on(store: FsStorage, root: Path) -> None:
    """An upload is known by path and id alone, and survives kill -9 in the middle of a part."""
    code = """
item = store.create_multipart("d/a")
store.write_multipart(item, b"first,", 0)
class Endless:
    def read(self, size):
        print(item.multipart_id, flush=True)
        return bytes(1000)
store.write_multipart(item, Endless(), 1)
"""
    process = start(code, f"fs://{root}")
    assert process.stdout is not None
    upload = process.stdout.readline().decode().strip()
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (item,) = store.list(list_mode=ListMode.PART)
    assert item.multipart_id == upload
    parts = list(store.list_multipart(item))
    assert [(part.index, part.size) for part in parts] == [(0, 6)]
    parts.append(store.write_multipart(item, b"second", 1))
    store.complete_multipart(item, parts)
    assert store.read_bytes("d/a") == b"first,second"
    assert tree(root) == ["d/", "d/a"]


def test_sink_goes_on_without_copying(store: FsStorage, root: Path) -> None:
    code = """
from storewright.generated.fs.options import OpenWriterOptions
import os
sink = store._open_writer("a", OpenWriterOptions())
print(sink.start())
sink.write_part(0, memoryview(b"first,"))
with open(os.path.join(sys.argv[2], next(iter(os.listdir(sys.argv[2]))), "data"), "ab") as data:
    data.write(b"what was not finished")
"""
    upload = run(code, f"fs://{root}", root).strip()
    from storewright.generated.fs.options import OpenWriterOptions

    inode = (folder(root) / "data").stat().st_ino
    sink = store._open_writer("a", OpenWriterOptions())
    parts = [*sink.resume(upload), sink.write_part(1, memoryview(b"second"))]
    result = sink.complete(parts)
    assert (result.size, store.read_bytes("a")) == (12, b"first,second")
    assert (root / "a").stat().st_ino == inode
    sink.abort()
    assert tree(root) == ["a"]


def test_processes_write_parts_of_one_upload(store: FsStorage, root: Path) -> None:
    item = store.create_multipart("a")
    code = """
item = store.create("a", multipart_id=sys.argv[2])
for n in range(int(sys.argv[3]), 60, 3):
    store.write_multipart(item, str(n).encode() * 500, n)
"""
    others = [start(code, f"fs://{root}?fsync=0", item.multipart_id, n) for n in range(3)]
    assert [other.wait() for other in others] == [0, 0, 0]
    for other in others:
        other.communicate()
    store.complete_multipart(item, list(store.list_multipart(item)))
    assert store.read_bytes("a") == b"".join(str(n).encode() * 500 for n in range(60))


def test_stale_uploads_are_removed_by_age(store: FsStorage, root: Path) -> None:
    young, old = store.create_multipart("d/young"), store.create_multipart("d/e/old")
    store.write_multipart(old, b"1", 0)
    stale = next((root / "d/e").glob(".storewright-upload-*"))
    for file in [*stale.iterdir(), stale]:
        os.utime(file, (0, time.time() - 7200))
    assert store.remove_stale() == []
    assert store.remove_stale(uploads_older_than=7300) == []
    assert store.remove_stale("d", uploads_older_than=3600) == [str(stale)]
    assert [item.path for item in store.list(list_mode=ListMode.PART)] == ["d/young"]
    store.delete("d/young", multipart_id=young.multipart_id)
    assert [name for name in tree(root) if "upload" in name] == []


def test_half_made_upload_is_none(store: FsStorage, root: Path) -> None:
    """A process was killed while it made, completed or removed the folder."""
    killed: dict[str, list[str]] = {"1": [], "2": ["about", "journal"], "3": ["data"]}
    for digit, names in killed.items():
        made = root / f".storewright-upload-{digit * 16}"
        made.mkdir()
        for name in names:
            (made / name).write_text('{"kind": "multipart", "name": "a", "values": {}, "depth": 0}')
    assert list(store.list(list_mode=ListMode.PART)) == []
    with pytest.raises(ObjectNotExist):
        store.stat("a", multipart_id="2" * 16)
    assert store.remove_stale() == []
    for file in root.glob("**/*"):
        os.utime(file, (0, time.time() - 61))
    for file in root.iterdir():
        os.utime(file, (0, time.time() - 61))
    assert len(store.remove_stale()) == 3
    assert tree(root) == []


# -------------------------------------------------------------------------------------- segments


def test_segments_in_any_order(store: FsStorage, root: Path) -> None:
    segment = store.init_segment("d/a")
    assert store.write_segment(segment, b"world", 6) == 5
    inode = (folder(root) / "data").stat().st_ino
    with pytest.raises(RestrictionDissatisfied, match="bytes 0 to 6 "):
        store.complete_segment(segment)
    store.write_segment(segment, io.BytesIO(b"HELLO"), 0)
    with pytest.raises(RestrictionDissatisfied, match="bytes 5 to 6 "):
        store.complete_segment(segment)
    store.write_segment(segment, b"hello world", 0, size=6)
    assert list(store.list_segments("")) == list(store.list_segments("d/")) == [segment]
    assert list(store.list_segments("e")) == []
    assert list(store.list("d")) == []
    store.complete_segment(segment)
    assert store.read_bytes("d/a") == b"hello world"
    assert (root / "d/a").stat().st_ino == inode
    assert tree(root) == ["d/", "d/a"]


def test_what_a_failed_segment_touched_is_missing(store: FsStorage) -> None:
    mib = 1 << 20
    segment = store.init_segment("a")
    store.write_segment(segment, bytes(5 * mib), 0)
    broken = Failing(b"x" * (mib + 1), ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        store.write_segment(segment, broken, 20, size=3 * mib)
    with pytest.raises(RestrictionDissatisfied, match=f"bytes 20 to {20 + mib} "):
        store.complete_segment(segment)
    store.write_segment(segment, b"y" * mib, 20)
    store.complete_segment(segment)
    assert store.read_bytes("a") == bytes(20) + b"y" * mib + bytes(4 * mib - 20)


def test_segments_of_several_threads(store: FsStorage) -> None:
    segment = store.init_segment("a")
    start, content = threading.Barrier(8), b"".join(block[:70_000] for block in BLOCKS)

    def write(n: int) -> None:
        start.wait()
        for offset in range(n * 1000, len(content), 8000):
            store.write_segment(segment, content[offset : offset + 1000], offset)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    store.complete_segment(segment)
    assert store.read_bytes("a") == content


def test_segment_that_is_over(store: FsStorage, root: Path) -> None:
    segment = store.init_segment("x/a")
    with pytest.raises(PairValueInvalid, match="negative"):
        store.write_segment(segment, b"1", -1)
    with pytest.raises(ObjectNotExist):
        store.complete_multipart(store.create("x/a", multipart_id=segment.id), [])
    store.abort_segment(segment)
    store.abort_segment(segment)
    with pytest.raises(ObjectNotExist):
        store.write_segment(segment, b"1", 0)
    with pytest.raises(ObjectNotExist):
        store.complete_segment(Segment("a", "../x"))
    assert tree(root) == []
    empty = store.init_segment("a")
    store.complete_segment(empty)
    assert store.read_bytes("a") == b""


# ---------------------------------------------------------------------------------------- writer


def test_writer(store: FsStorage, root: Path) -> None:
    with store.open_writer("d/a", part_size=10_000) as writer:
        for block in BLOCKS:
            writer.write(block)
        assert list(store.list("d")) == []
    assert store.read_bytes("d/a") == b"".join(BLOCKS)
    assert tree(root) == ["d/", "d/a"]


def test_aborted_writer_leaves_nothing(store: FsStorage, root: Path) -> None:
    def fail(size: int) -> None:
        with store.open_writer("d/e/a", part_size=1000) as writer:
            writer.write(bytes(size))
            raise ZeroDivisionError

    for size in (0, 10, 100_000):
        with pytest.raises(ZeroDivisionError):
            fail(size)
        assert tree(root) == []
