"""Beside the vendor's own SDK, on an emulator: each reads what the other has written."""

import hashlib
import resource
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import pytest

from storewright import storage
from storewright.services.gcs import GcsStorage
from storewright.storage import ListMode
from storewright.testing.servers import FakeGcs, SeaweedFS

MIB: Final = 1024 * 1024
pytestmark = pytest.mark.server


@pytest.mark.parametrize("size", [0, 1, 4096, 5 * MIB + 1, 20 * MIB])
def test_the_vendor_reads_what_we_wrote(
    store: GcsStorage, witness: Any, bucket: str, size: int
) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    content = content[:size]
    store.write("a/b", content, content_type="text/x-one", user_metadata={"k": "v"})
    with store.open_writer("c", part_size=MIB, cache_control="no-store") as writer:
        writer.write(content)
    blob = witness.bucket(bucket).get_blob("a/b")
    assert blob.download_as_bytes() == content
    assert (blob.content_type, blob.metadata, blob.size) == ("text/x-one", {"k": "v"}, size)
    blob = witness.bucket(bucket).get_blob("c")
    assert (blob.download_as_bytes(), blob.cache_control) == (content, "no-store")


@pytest.mark.parametrize("size", [0, 4096, 20 * MIB])
def test_we_read_what_the_vendor_wrote(
    store: GcsStorage, witness: Any, bucket: str, size: int
) -> None:
    content = bytes(range(241)) * (size // 241)
    blob = witness.bucket(bucket).blob("a/b")
    blob.metadata, blob.content_language = {"k": "v"}, "de"
    blob.upload_from_string(content, content_type="text/x-two")
    assert store.read_bytes("a/b") == content
    found = store.stat("a/b")
    assert (found.content_type, found.content_language) == ("text/x-two", "de")
    assert (found.user_metadata, found.content_length) == ({"k": "v"}, len(content))
    assert found.etag == blob.etag
    with witness.bucket(bucket).blob("streamed").open("wb", chunk_size=MIB) as file:
        file.write(content)
    assert store.read_bytes("streamed") == content
    assert [item.path for item in store.list()] == ["a/b", "streamed"]


def test_batches_of_deletes(store: GcsStorage, witness: Any, bucket: str) -> None:
    names = [f"many/{n:03}" for n in range(203)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(store.write, data=b""), names))
    assert store.delete_batch([*names, "missing"]) == 204
    assert list(witness.list_blobs(bucket)) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", [ListMode.PREFIX, ListMode.DIR])
def test_2500_objects_are_listed_once(
    store: GcsStorage, witness: Any, bucket: str, mode: ListMode
) -> None:
    names = [f"d{n % 5}/{n:05}" if n % 2 else f"{n:05}" for n in range(2500)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(store.write, data=b"x"), names))
    below = names if mode == ListMode.PREFIX else [n for n in names if "/" not in n]
    expected = sorted([*below, *(f"d{n}" for n in range(5) if mode == ListMode.DIR)])
    found = [item.path for item in store.list("", list_mode=mode)]
    assert once(found) == expected
    assert sorted(blob.name for blob in witness.list_blobs(bucket)) == sorted(names)
    found, token = list[str](), None
    while True:  # as somebody would who goes on in another process each time
        pages = store.list("", list_mode=mode, limit=333, continuation_token=token)
        found += [item.path for item in pages]
        token = pages.continuation_token
        if token is None:
            break
    assert once(found) == expected


def once(paths: list[str]) -> list[str]:
    """In order; directories once, which this emulator repeats on every page."""
    return sorted([*(p for p in paths if p[0] != "d"), *{p for p in paths if p[0] == "d"}])


@pytest.mark.slow
def test_100_mib_come_over_from_s3_in_little_memory(
    seaweedfs: SeaweedFS, s3_bucket: str, fake_gcs: FakeGcs, bucket: str
) -> None:
    name, piece = uuid.uuid4().hex, bytes(range(256)) * 4096
    source = storage.open(seaweedfs.connection(s3_bucket))
    target = storage.open(fake_gcs.connection(bucket))
    digest = hashlib.sha256()
    with source.open_writer(name) as writer:
        for n in range(100):
            data = n.to_bytes(4, "big") + piece[4:]
            digest.update(data)
            writer.write(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with source.open(name, "rb") as file:
        assert target.write(name, file) == 100 * MIB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 70 * 1024
    found = hashlib.sha256()

    class Hashing:
        def write(self, chunk: bytes, /) -> int:
            found.update(chunk)
            return len(chunk)

    assert target.read(name, Hashing()) == 100 * MIB
    assert found.digest() == digest.digest()
