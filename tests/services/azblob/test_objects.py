"""Objects on Azurite: what the vendor's own client sees of ours, and we of what it wrote."""

import io
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest

from storewright.core.errors import (
    ConditionFailed,
    ObjectExists,
    ObjectModeInvalid,
    ObjectNotExist,
    PermissionDenied,
    RestrictionDissatisfied,
    StorageError,
)
from storewright.services.azblob import AzblobStorage, StorageFeatures, object_metadata
from storewright.storage import ListMode, Mover, ObjectMode
from storewright.testing.servers import Azurite

from .conftest import OpenStore

MIB: Final = 1024 * 1024
CONTENT: Final = bytes(range(256)) * 5000
HEADERS: Final[dict[str, Any]] = {
    "content_type": "text/x-own",
    "content_disposition": "inline",
    "content_encoding": "x-own",
    "content_language": "de",
    "cache_control": "max-age=7",
}


def uncommitted(witness: Any) -> list[str]:
    """The blobs that have blocks and no content."""
    return [b.name for b in witness.list_blobs(include=["uncommittedblobs"]) if not b.size]


# ------------------------------------------------------------------- with the vendor's own client


def test_vendor_reads_what_we_wrote(store: AzblobStorage, witness: Any) -> None:
    store.write("sub/a b", CONTENT, user_metadata={"owner": "dba"}, access_tier="Cool", **HEADERS)
    found = witness.get_blob_client("sub/a b").get_blob_properties()
    settings = found.content_settings
    assert {name: getattr(settings, name) for name in HEADERS} == HEADERS
    assert (found.metadata, found.blob_tier, found.size) == ({"owner": "dba"}, "Cool", len(CONTENT))
    raw = witness.download_blob("sub/a b", decompress=False).readall()
    assert raw == CONTENT


def test_vendor_reads_what_the_writer_wrote(store: AzblobStorage, witness: Any) -> None:
    with store.open_writer("big", part_size=MIB, user_metadata={"n": "1"}) as writer:
        writer.write(CONTENT * 3)
    assert witness.download_blob("big").readall() == CONTENT * 3
    committed, left = witness.get_blob_client("big").get_block_list("all")
    assert [block.size for block in committed] == [MIB, MIB, MIB, len(CONTENT) * 3 - 3 * MIB]
    assert left == []
    assert witness.get_blob_client("big").get_blob_properties().metadata == {"n": "1"}


def test_we_read_what_the_vendor_wrote(store: AzblobStorage, witness: Any) -> None:
    from azure.storage.blob import ContentSettings

    settings = ContentSettings(**HEADERS)
    witness.upload_blob("a", CONTENT, metadata={"k": "v"}, content_settings=settings)
    item = store.stat("a")
    assert {name: getattr(item, name) for name in HEADERS} == HEADERS
    assert item.user_metadata == {"k": "v"}
    assert store.read_bytes("a") == CONTENT
    assert [(i.path, i.content_type) for i in store.list()] == [("a", "text/x-own")]


def test_compressed_content_is_read_as_it_is(store: AzblobStorage) -> None:
    import gzip

    packed = gzip.compress(CONTENT)
    store.write("a.gz", packed, content_encoding="gzip")
    assert store.read_bytes("a.gz") == packed
    assert store.read("a.gz", io.BytesIO()) == len(packed)


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, 3 * MIB + 1])
def test_streams_of_any_length(store: AzblobStorage, witness: Any, size: int) -> None:
    content = (CONTENT * 3)[:size]
    store.write("a", io.BytesIO(content))
    assert witness.download_blob("a").readall() == content
    target = io.BytesIO()
    assert store.read("a", target) == size
    assert target.getvalue() == content


# ------------------------------------------------------------------------------------------ blocks


def write_blocks(store: AzblobStorage, path: str) -> None:
    """Write an object that is made of blocks."""
    with store.open_writer(path, part_size=MIB // 2) as writer:
        writer.write(CONTENT)


def failed_write(store: AzblobStorage, path: str) -> None:
    """Write some blocks, and then fail."""
    writer = store.open_writer(path, part_size=MIB, concurrency=1)
    writer.write(bytes(3 * MIB))
    writer.abort()


def test_failed_write_leaves_no_object_and_blocks_that_can_be_found(
    store: AzblobStorage, witness: Any
) -> None:
    failed_write(store, "d/a")
    assert list(store.list()) == []
    with pytest.raises(ObjectNotExist):
        store.read_bytes("d/a")
    (item,) = store.list(list_mode=ListMode.BLOCK)
    assert (item.path, item.mode) == ("d/a", ObjectMode.BLOCK)
    for _ in range(2):
        store.delete("d/a", object_mode=ObjectMode.BLOCK)
        assert uncommitted(witness) == []
        assert list(store.list(list_mode=ListMode.BLOCK)) == []
    assert list(store.list()) == []


def test_failed_write_leaves_the_old_object(store: AzblobStorage, witness: Any) -> None:
    store.write("a", b"old")
    failed_write(store, "a")
    assert store.read_bytes("a") == b"old"
    with pytest.raises(ObjectExists):
        store.delete("a", object_mode=ObjectMode.BLOCK)
    assert store.read_bytes("a") == b"old"
    assert len(witness.get_blob_client("a").get_block_list("uncommitted")[1]) == 3
    write_blocks(store, "a")  # Azurite, unlike Azure, keeps them when an object is sent whole
    assert witness.get_blob_client("a").get_block_list("uncommitted")[1] == []


def test_blocks_of_a_failed_write_do_not_disturb_the_next(store: AzblobStorage) -> None:
    failed_write(store, "a")
    with store.open_writer("a", part_size=MIB) as writer:
        writer.write(CONTENT * 2)
    assert store.read_bytes("a") == CONTENT * 2
    assert list(store.list(list_mode=ListMode.BLOCK)) == []


def test_of_two_writers_one_wins_and_the_other_knows(store: AzblobStorage) -> None:
    first = store.open_writer("a", part_size=MIB, concurrency=1)
    second = store.open_writer("a", part_size=MIB, concurrency=1)
    for writer, byte in ((first, b"1"), (second, b"2")):
        writer.write(byte * 2 * MIB)
    first.commit()
    with pytest.raises(StorageError):
        second.commit()
    assert store.read_bytes("a") == b"1" * 2 * MIB


def test_resume_of_an_upload_whose_blocks_are_gone(store: AzblobStorage) -> None:
    writer = store.open_writer("a", part_size=MIB, concurrency=1)
    writer.write(bytes(3 * MIB))
    state = writer.suspend()
    write_blocks(store, "a")
    with pytest.raises(ObjectNotExist, match="no block"):
        store.open_writer("a", resume=state)
    assert store.read_bytes("a") == CONTENT


def test_blocks_keep_what_was_said_at_creation(store: AzblobStorage) -> None:
    made = store.create_block("a", user_metadata={"n": "1"}, access_tier="Cool", **HEADERS)
    store.write_block(made, b"two", "b2")
    store.write_block(made, b"one", "b1")
    done = store.combine_block(made, ["b1", "b2"])
    item = store.stat("a")
    assert done.etag == item.etag
    assert {name: getattr(item, name) for name in HEADERS} == HEADERS
    assert (item.user_metadata, object_metadata(item).access_tier) == ({"n": "1"}, "Cool")
    assert store.read_bytes("a") == b"onetwo"


# --------------------------------------------------------------------- append blobs and page blobs


def test_append_blob(store: AzblobStorage, witness: Any) -> None:
    made = store.create_append("log", user_metadata={"n": "1"})
    store.write_append(made, b"one")
    witness.get_blob_client("log").append_block(b"two")
    store.write_append(made, b"three")
    assert made.append_offset == 11
    item = store.stat("log")
    assert (item.mode, item.append_offset) == (ObjectMode.READ | ObjectMode.APPEND, 11)
    store.write_append(item, b"four")
    assert witness.download_blob("log").readall() == b"onetwothreefour"
    system = object_metadata(item)
    assert (system.blob_type, system.committed_block_count) == ("AppendBlob", 3)


def test_append_to_a_blob_of_another_kind(store: AzblobStorage) -> None:
    store.write("a", b"x")
    with pytest.raises(RestrictionDissatisfied, match="another kind"):
        store.write_append(store.create("a", object_mode=ObjectMode.APPEND), b"y")


def test_page_blob(store: AzblobStorage, witness: Any) -> None:
    made = store.create_page("disk")
    store.write_page(made, b"b" * 512, 1024)
    store.write_page(made, b"a" * 5 * MIB, 2048)
    again = store.stat("disk")
    assert again.mode == ObjectMode.READ | ObjectMode.PAGE
    store.write_page(again, b"c" * 512, 0)
    expected = b"c" * 512 + bytes(512) + b"b" * 512 + bytes(512) + b"a" * 5 * MIB
    assert store.read_bytes("disk") == witness.download_blob("disk").readall() == expected
    with pytest.raises(ObjectModeInvalid):
        store.stat("disk", object_mode=ObjectMode.APPEND)


# ------------------------------------------------------------- conditions, leases, snapshots, tags


def test_conditions(store: AzblobStorage) -> None:
    store.write("a", b"1", if_not_exists=True)
    etag = store.stat("a").etag
    assert etag is not None
    with pytest.raises(ObjectExists):
        store.write("a", b"2", if_not_exists=True)
    store.write("a", b"2", if_match=etag)
    calls: list[Callable[[], object]] = [
        lambda: store.write("a", b"3", if_match=etag),
        lambda: store.read_bytes("a", if_match=etag),
        lambda: store.stat("a", if_match=etag),
        lambda: store.delete("a", if_match=etag),
    ]
    for call in calls:
        with pytest.raises(ConditionFailed):
            call()
    (item,) = store.list()
    assert item.etag == store.stat("a").etag
    with pytest.raises(ConditionFailed):
        store.read_bytes("a", if_none_match=item.etag)


def test_writers_with_a_condition_race_and_one_wins(store: AzblobStorage) -> None:
    outcomes: list[str] = []

    def run(name: str) -> None:
        try:
            with store.open_writer("a", part_size=MIB, if_not_exists=True) as writer:
                writer.write(name.encode() * MIB * 2)
            outcomes.append(name)
        except StorageError:
            outcomes.append("")

    threads = [threading.Thread(target=run, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [name for name in outcomes if name]
    assert len(won) <= 1
    found = [item.path for item in store.list()]
    assert found == (["a"] if won else [])
    if won:
        assert store.read_bytes("a") == won[0].encode() * MIB * 2


def test_lease(store: AzblobStorage, witness: Any) -> None:
    store.write("a", b"1")
    lease = witness.get_blob_client("a").acquire_lease(-1)
    for call in (lambda: store.write("a", b"2"), lambda: store.delete("a")):
        with pytest.raises(PermissionDenied, match="lease_id"):
            call()
    store.write("a", b"2", lease_id=lease.id)
    with store.open_writer("a", part_size=MIB, lease_id=lease.id) as writer:
        writer.write(CONTENT)
    assert object_metadata(store.stat("a")).lease_state == "leased"
    store.delete("a", lease_id=lease.id)


def test_snapshots(store: AzblobStorage, witness: Any) -> None:
    store.write("a", b"old")
    snapshot = witness.get_blob_client("a").create_snapshot()["snapshot"]
    store.write("a", b"new")
    assert store.read_bytes("a", snapshot=snapshot) == b"old"
    assert store.stat("a", snapshot=snapshot).content_length == 3
    found = {object_metadata(item).snapshot for item in store.list(list_snapshots=True)}
    assert found == {None, snapshot}
    store.copy("a", "b", copy_source_snapshot=snapshot)
    assert store.read_bytes("b") == b"old"
    with pytest.raises(RestrictionDissatisfied, match="delete_snapshots"):
        store.delete("a")
    store.delete("a", delete_snapshots="include")
    assert [item.path for item in store.list(list_snapshots=True)] == ["b"]


def test_tags(store: AzblobStorage, witness: Any) -> None:
    store.write("a", b"x", tagging={"project": "x y", "stage": "1"})
    assert witness.get_blob_client("a").get_blob_tags() == {"project": "x y", "stage": "1"}
    assert object_metadata(store.stat("a")).tag_count == 2


def test_directories_and_links(open_store: OpenStore) -> None:
    features = StorageFeatures(virtual_dir=True, virtual_link=True)
    store: Any = open_store(storage_features=features)
    store.create_dir("d")
    store.write("d/a", b"x")
    store.create_link("l", "d/a")
    assert store.stat("l").link_target == "d/a"
    found = {item.path: item.mode for item in store.list(list_mode=ListMode.DIR)}
    assert found == {"d": ObjectMode.DIR, "l": ObjectMode.READ}
    told = {item.path: item.link_target for item in store.list(list_metadata=True)}
    assert told == {"d": None, "d/a": None, "l": "d/a"}


# ------------------------------------------------------------------------- copies, signed requests


@pytest.mark.parametrize("size", [0, 1, 5 * MIB])
def test_copy_keeps_everything(store: AzblobStorage, witness: Any, size: int) -> None:
    content = (CONTENT * 5)[:size]
    store.write("a b", content, user_metadata={"n": "1"}, **HEADERS)
    store.copy("a b", "sub/ü")
    item = store.stat("sub/ü")
    assert {name: getattr(item, name) for name in HEADERS} == HEADERS
    assert item.user_metadata == {"n": "1"}
    assert witness.download_blob("sub/ü", decompress=False).readall() == content
    store.copy("a b", "other", user_metadata={"n": "2"})
    assert store.stat("other").user_metadata == {"n": "2"}


def test_move_is_copy_and_delete(open_store: OpenStore) -> None:
    store = open_store(enable_virtual_operation_move=True)
    assert isinstance(store, Mover)
    store.write("a", b"x")
    store.move("a", "b")
    assert [item.path for item in store.list()] == ["b"]
    store.move("b", "b")
    assert store.read_bytes("b") == b"x"


def test_signed_requests(azurite: Azurite, store: AzblobStorage, witness: Any) -> None:
    import urllib.request

    request = store.query_sign_http_write("a b", 60, user_metadata={"n": "1"}, size=5, **HEADERS)
    sent = urllib.request.Request(request.url, b"12345", dict(request.headers), method="PUT")
    with urllib.request.urlopen(sent) as answer:
        assert answer.status == 201
    found = witness.get_blob_client("a b").get_blob_properties()
    metadata = {name.lower(): value for name, value in found.metadata.items()}  # urllib's case
    assert (metadata, found.content_settings.content_type) == ({"n": "1"}, "text/x-own")
    url = store.reach("a b", 60, response_content_type="text/other")
    assert url.startswith(azurite.endpoint)
    with urllib.request.urlopen(url) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"12345", "text/other")


def test_signature_gives_the_right_that_it_names_only(store: AzblobStorage) -> None:
    import urllib.error
    import urllib.request

    store.write("a", b"x")
    url = store.reach("a", 60)
    for method in ("DELETE", "PUT"):
        sent = urllib.request.Request(url, method=method, headers={"x-ms-blob-type": "BlockBlob"})
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(sent)
    assert store.read_bytes("a") == b"x"


# ---------------------------------------------------------------------------------------- listings


@pytest.mark.slow
def test_2500_objects_in_every_mode(store: AzblobStorage) -> None:
    """Many pages, cut anywhere, are the same listing."""
    paths = [f"d{n % 50:02}/{n:04}" for n in range(2400)] + [f"top{n:03}" for n in range(100)]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(store.write, data=b"x"), paths))
    pages = 0
    for mode, expected in (
        (ListMode.PREFIX, sorted(paths)),
        (ListMode.DIR, [*(f"d{n:02}" for n in range(50)), *(f"top{n:03}" for n in range(100))]),
    ):
        found: list[str] = []
        token: str | None = None
        while True:
            items = store.list(list_mode=mode, limit=97, continuation_token=token)
            found += [item.path for item in items]
            pages += 1
            token = items.continuation_token
            if token is None:
                break
        assert found == expected
        assert [item.path for item in store.list(list_mode=mode)] == expected
    assert pages > 25
    unfinished = [f"d{n:02}/begun" for n in range(30)]
    for path in unfinished:
        store.write_block(store.create_block(path), b"x", "b1")
    assert [item.path for item in store.list(list_mode=ListMode.BLOCK)] == unfinished
    begun: list[str] = []
    token = None
    for _ in range(100):
        items = store.list(list_mode=ListMode.BLOCK, limit=7, continuation_token=token)
        begun += [item.path for item in items]
        token = items.continuation_token
        if token is None:
            break
    assert begun == unfinished
