"""Faults on demand do what their documentation says."""

import io
import time

import pytest

from storewright.services import memory
from storewright.storage import (
    ConnectionFailed,
    ListMode,
    ObjectNotExist,
    PairValueInvalid,
    RequestThrottled,
    ServiceInternal,
)


@pytest.fixture
def store() -> memory.MemoryStorage:
    return memory.MemoryStorage()


def test_fail_once_says_where(store: memory.MemoryStorage) -> None:
    store.faults.fail("write")
    with pytest.raises(ServiceInternal) as caught:
        store.write("a", b"1")
    assert (caught.value.op, caught.value.path, caught.value.retryable) == ("write", "a", True)
    assert list(store.list()) == []
    store.write("a", b"2")


def test_which_calls_are_struck(store: memory.MemoryStorage) -> None:
    store.faults.fail("write", RequestThrottled("slow down"), path="b", after=1, times=2)
    outcomes: list[str] = []
    for path in "abababab":
        try:
            store.write(path, b"")
        except RequestThrottled:
            outcomes.append(path.upper())
        else:
            outcomes.append(path)
    assert "".join(outcomes) == "abaBaBab"


def test_always_until_cleared(store: memory.MemoryStorage) -> None:
    store.faults.fail("stat", times=None)
    for _ in range(5):
        with pytest.raises(ServiceInternal):
            store.stat("a")
    store.faults.clear()
    with pytest.raises(ObjectNotExist):
        store.stat("a")


def test_late_fault_loses_only_the_answer(store: memory.MemoryStorage) -> None:
    store.faults.fail("write", late=True)
    with pytest.raises(ServiceInternal):
        store.write("a", b"1")
    assert store.read_bytes("a") == b"1"


def test_part(store: memory.MemoryStorage) -> None:
    item = store.create_multipart("a")
    store.faults.fail("write_multipart", index=1)
    store.write_multipart(item, b"1", 0)
    with pytest.raises(ServiceInternal):
        store.write_multipart(item, b"1", 1)
    assert [part.index for part in store.list_multipart(item)] == [0]


@pytest.mark.parametrize(
    "op", ["write", "create_multipart", "write_multipart", "complete_multipart"]
)
def test_writer_under_faults_leaves_nothing(store: memory.MemoryStorage, op: str) -> None:
    store.faults.fail(op, times=None)
    with pytest.raises(ServiceInternal), store.open_writer("a", part_size=10) as writer:
        writer.write(bytes(5 if op == "write" else 500))
    assert list(store.list()) == list(store.list(list_mode=ListMode.PART)) == []


def test_page_of_a_listing(store: memory.MemoryStorage) -> None:
    for n in range(1500):
        store.write(f"{n:04}", b"")
    store.faults.fail("list", after=1)
    items = store.list()
    first = [next(items).path for _ in range(1000)]
    with pytest.raises(ServiceInternal):
        next(items)
    assert [*first, *(item.path for item in items)] == [f"{n:04}" for n in range(1500)]


def test_cut(store: memory.MemoryStorage) -> None:
    store.write("a", b"x" * 100)
    store.faults.cut(60)
    target = io.BytesIO()
    with pytest.raises(ConnectionFailed):
        store.read("a", target)
    assert target.getvalue() == b"x" * 60
    assert store.read("a", target) == 100
    store.faults.cut(60, times=None)
    with pytest.raises(ConnectionFailed):
        store.read_bytes("a")
    assert store.read_bytes("a", size=60) == b"x" * 60


def test_slow(store: memory.MemoryStorage) -> None:
    store.faults.slow("read", 0.05)
    store.write("a", b"1")
    start = time.monotonic()
    store.read_bytes("a")
    store.read_bytes("a")
    assert time.monotonic() - start >= 0.1


def test_unknown_operation_is_refused(store: memory.MemoryStorage) -> None:
    with pytest.raises(PairValueInvalid, match="wriet"):
        store.faults.fail("wriet")


def test_other_stores_of_the_space_are_spared() -> None:
    first, second = memory.MemoryStorage(name="faulty"), memory.MemoryStorage(name="faulty")
    first.faults.fail("write", times=None)
    second.write("a", b"1")
    with pytest.raises(ServiceInternal):
        first.write("a", b"1")
    memory.forget("faulty")
