"""One store, used by many threads and by the children of its process."""

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.storage import ListMode
from tests.processes import in_child

from .conftest import OpenStore

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = pytest.mark.server
MIB: Final = 1024 * 1024
THREADS: Final = 32


def everything(store: Any, name: str) -> bool:
    """All kinds of calls, on objects of one's own."""
    content = name.encode() * 1000
    store.write(f"{name}/a", content, user_metadata={"who": name})
    with store.open_writer(f"{name}/b", part_size=5 * MIB) as writer:
        writer.write(content)
    store.copy(f"{name}/a", f"{name}/c")
    found = store.stat(f"{name}/c")
    same = all(store.read_bytes(f"{name}/{each}") == content for each in "abc")
    listed = [item.path for item in store.list(f"{name}/")] == [f"{name}/{each}" for each in "abc"]
    store.delete_batch([f"{name}/a", f"{name}/b"])
    store.delete(f"{name}/c")
    told = found.user_metadata == {"who": name} and found.content_length == len(content)
    return same and listed and told and list(store.list(f"{name}/")) == []


def test_threads_do_everything_at_once(store: S3Storage, caplog: pytest.LogCaptureFixture) -> None:
    start = threading.Barrier(THREADS)

    def work(n: int) -> bool:
        start.wait(120)
        return everything(store, f"thread-{n}") and everything(store, f"again-{n}")

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(work, range(THREADS)))
    assert list(store.list("")) == []
    assert list(store.list("", list_mode=ListMode.PART)) == []
    assert "Connection pool is full" not in caplog.text


def test_threads_write_parts_of_one_object(store: S3Storage, witness: "S3Client") -> None:
    pieces = [bytes([n]) * 5 * MIB for n in range(4)]
    upload = store.create_multipart("a")
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(store.write_multipart, [upload] * 4, pieces, range(4)))
    store.complete_multipart(upload, parts[::-1])
    answer = witness.get_object(Bucket=store.metadata().name or "", Key="a")
    assert answer["Body"].read() == b"".join(pieces)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not in any registry: fork")
def test_children_use_a_store_that_was_used(store: S3Storage) -> None:
    store.write("before", b"1")
    for n in range(3):
        assert in_child(partial(everything, store, f"child-{n}"))
        assert everything(store, "parent")
    assert [item.path for item in store.list()] == ["before"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not in any registry: fork")
def test_a_child_is_born_while_threads_use_the_store(store: S3Storage) -> None:
    stop = threading.Event()

    def keep_busy(n: int) -> bool:
        while not stop.is_set():
            if not everything(store, f"busy-{n}"):
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(keep_busy, n) for n in range(4)]
        try:
            for n in range(5):
                assert in_child(partial(everything, store, f"child-{n}"))
        finally:
            stop.set()
        assert all(each.result() for each in busy)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not in any registry: fork")
def test_a_child_uses_a_store_that_its_parent_never_used(store: S3Storage) -> None:
    assert in_child(lambda: everything(store, "child"))
    assert everything(store, "parent")


def test_a_store_goes_to_another_process(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its secrets do not travel with it; they are where it arrives."""
    store = open_store(work_dir="/some", default_storage_class="STANDARD_IA")
    data = pickle.dumps(store)
    assert b"testsecret" not in data
    monkeypatch.setenv("STOREWRIGHT_S3_CREDENTIAL", "hmac:testkey:testsecret")
    again = pickle.loads(data)
    again.write("a", b"1")
    assert store.read_bytes("a") == b"1"
    assert everything(again, "b")
