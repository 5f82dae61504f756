"""`resume_from` sends what is missing, and never spoils what is there."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.services.memory import MemoryStorage
from storewright.services.memory.faults import Faults

MIB = 1024 * 1024
DATA = bytes(range(256)) * (4 * MIB // 256) + b"the end"


@pytest.fixture(params=["memory", "fs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> storage.Storager:
    return storage.open("memory://" if request.param == "memory" else f"fs://{tmp_path}")


def begun(store: storage.Storager, size: int) -> dict[str, Any]:
    """The state, gone through json, of an upload of which ``size`` bytes were written."""
    writer = store.open_writer("d/x", part_size=MIB)
    writer.write(DATA[:size])
    state: dict[str, Any] = json.loads(json.dumps(writer.suspend()))
    return state


def uploads(store: storage.Storager) -> list[str]:
    return [found.path for found in store.list("", list_mode=storage.ListMode.PART)]


class Pipe(io.RawIOBase):
    """A source that cannot seek and gives little at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return self._file.readinto(memoryview(buffer)[:70_000])


@pytest.mark.parametrize("make", [io.BytesIO, Pipe])
@pytest.mark.parametrize("size", [0, MIB - 1, 3 * MIB + 5, len(DATA)])
def test_only_what_is_missing_is_sent(store: storage.Storager, size: int, make: Any) -> None:
    state = begun(store, size)
    source, sent = make(DATA), bytearray()
    result = storage.resume_from(state, source, store, io_callback=sent.extend)
    assert store.read_bytes("d/x") == DATA
    assert (result.size, uploads(store)) == (len(DATA), [])
    assert bytes(sent) == DATA[state["offset"] :]
    assert not source.closed


def test_options_and_pairs_are_those_of_the_writer(store: storage.Storager) -> None:
    state = begun(store, 2 * MIB)
    store.write("d/x", b"somebody was quicker")
    with pytest.raises(storage.ObjectExists):
        storage.resume_from(state, io.BytesIO(DATA), store, storage.with_if_not_exists(True))
    assert store.read_bytes("d/x") == b"somebody was quicker"


class Broken(io.BytesIO):
    """A source that breaks in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 3 * MIB:
            raise OSError("the disk is gone")
        return super().read(size)


def test_what_failed_can_be_resumed_again(store: storage.Storager) -> None:
    state = begun(store, MIB + 5)
    with pytest.raises(OSError, match="the disk is gone"):
        storage.resume_from(state, Broken(DATA), store)
    with pytest.raises(storage.SizeMismatch):
        storage.resume_from(state, io.BytesIO(DATA[:77]), store)
    assert uploads(store) == ["d/x"]
    sent = bytearray()
    storage.resume_from(state, io.BytesIO(DATA), store, io_callback=sent.extend)
    assert store.read_bytes("d/x") == DATA
    assert len(sent) < len(DATA) - 2 * MIB  # more was stored than the state knows


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_last_part_may_fail_too(concurrency: int) -> None:
    store = storage.open("memory://", type=MemoryStorage)
    state = begun(store, 2 * MIB)
    faults = Faults(store)
    faults.fail("write_multipart", index=4)
    with pytest.raises(storage.StorageError):
        storage.resume_from(state, io.BytesIO(DATA), store, concurrency=concurrency)
    assert uploads(store) == ["d/x"]
    faults.clear()
    storage.resume_from(state, io.BytesIO(DATA), store)
    assert (store.read_bytes("d/x"), uploads(store)) == (DATA, [])


def test_publishing_that_fails_leaves_nothing() -> None:
    store = storage.open("memory://", type=MemoryStorage)
    state = begun(store, 2 * MIB)
    Faults(store).fail("complete_multipart")
    with pytest.raises(storage.StorageError):
        storage.resume_from(state, io.BytesIO(DATA), store)
    assert (uploads(store), list(store.list(""))) == ([], [])


def test_an_upload_that_is_gone(store: storage.Storager) -> None:
    state = begun(store, 2 * MIB)
    store.delete("d/x", multipart_id=state["upload_id"])
    with pytest.raises(storage.ObjectNotExist):
        storage.resume_from(state, io.BytesIO(DATA), store)
    assert list(store.list("", list_mode=storage.ListMode.PREFIX)) == []


@pytest.mark.parametrize("state", [None, "upload-0", {}, {"path": 3}, {"path": "d/x"}])
def test_what_is_no_state_is_refused(store: storage.Storager, state: Any) -> None:
    with pytest.raises(storage.PairValueInvalid, match="cannot resume from this state"):
        storage.resume_from(state, io.BytesIO(DATA), store)


def test_the_state_of_another_service_is_refused(tmp_path: Path) -> None:
    state = begun(storage.open("memory://"), 2 * MIB)
    with pytest.raises(storage.PairValueInvalid, match="belongs to another object"):
        storage.resume_from(state, io.BytesIO(DATA), storage.open(f"fs://{tmp_path}"))


def test_compression_cannot_be_resumed(store: storage.Storager) -> None:
    state = begun(store, 2 * MIB)
    with pytest.raises(storage.PairConflict):
        storage.resume_from(state, io.BytesIO(DATA), store, compression="gzip")
    assert uploads(store) == ["d/x"]
