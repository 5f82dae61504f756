"""What only a real server can show: that an option does what it says, with boto3 as the witness."""

import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from storewright.core.errors import (
    ConditionFailed,
    ObjectNotExist,
    PairUnsupported,
    PairValueInvalid,
    PathInvalid,
    PermissionDenied,
    RestrictionDissatisfied,
)
from storewright.services.s3 import S3Service, S3Storage, object_metadata
from storewright.storage import ListMode, Object, ObjectMode

from .conftest import OpenStore

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = pytest.mark.server

MIB = 1024 * 1024
KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
METADATA: dict[str, Any] = {
    "cache_control": "max-age=7",
    "content_disposition": "attachment",
    "content_language": "de",
    "content_type": "application/sql",
    "user_metadata": {"owner": "dba"},
}


def theirs(key: bytes) -> Any:
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}


# -------------------------------------------------------------------------------- copies and moves


@pytest.fixture
def parted(open_store: OpenStore) -> Any:
    """A store that copies part by part above 5 MiB."""
    store = open_store(enable_virtual_operation_move=True)
    store._limits = replace(store._limits, copy_size_maximum=5 * MIB)
    return store


def test_a_large_object_is_copied_part_by_part(
    parted: Any, witness: "S3Client", bucket: str
) -> None:
    content = os.urandom(12 * MIB)
    parted.write("src", content, tagging={"a b": "c&d"}, **METADATA)
    parted.copy("src", "dst", content_language="en")
    answer = witness.get_object(Bucket=bucket, Key="dst")
    assert answer["Body"].read() == content
    assert answer["ETag"].endswith('-3"')
    found = parted.stat("dst")
    assert {name: getattr(found, name) for name in METADATA} == METADATA | {
        "content_language": "en"
    }
    tags = witness.get_object_tagging(Bucket=bucket, Key="dst")["TagSet"]
    assert tags in ([{"Key": "a b", "Value": "c&d"}], [])  # a store may not count tags in HEAD
    assert list(parted.list(list_mode=ListMode.PART)) == []


def test_a_large_object_that_must_be_new(parted: Any) -> None:
    parted.write("src", bytes(6 * MIB))
    parted.write("dst", b"old")
    with pytest.raises(FileExistsError):
        parted.copy("src", "dst", if_not_exists=True)
    assert parted.read_bytes("dst") == b"old"
    assert list(parted.list(list_mode=ListMode.PART)) == []


COPY_KEYS: dict[str, Any] = {
    "copy_source_server_side_encryption_customer_key": KEY,
    "server_side_encryption_customer_key": OTHER,
}


def test_copy_changes_the_key_of_encryption(parted: Any, witness: "S3Client", bucket: str) -> None:
    content = b"secret"
    parted.write("src", content, server_side_encryption_customer_key=KEY)
    parted.copy("src", "dst", **COPY_KEYS)
    got = witness.get_object(Bucket=bucket, Key="dst", **theirs(OTHER))
    assert got["Body"].read() == content
    attempts: list[Any] = [{}, theirs(KEY)]
    for args in attempts:
        with pytest.raises(ClientError):
            witness.get_object(Bucket=bucket, Key="dst", **args)
    parted.move("src", "moved", **COPY_KEYS)
    assert parted.read_bytes("moved", server_side_encryption_customer_key=OTHER) == content
    with pytest.raises(ObjectNotExist):
        parted.stat("src", server_side_encryption_customer_key=KEY)


def test_a_copy_that_the_server_cannot_make_leaves_nothing(parted: Any) -> None:
    """SeaweedFS encrypts no parts that are copied; the headers are shown on the wire."""
    parted.write("src", bytes(6 * MIB), server_side_encryption_customer_key=KEY)
    with pytest.raises(PairUnsupported):
        parted.copy("src", "dst", **COPY_KEYS)
    assert [item.path for item in parted.list()] == ["src"]
    assert list(parted.list(list_mode=ListMode.PART)) == []


def test_move_onto_itself_keeps_the_object(parted: Any) -> None:
    parted.write("src", b"content")
    parted.move("src", "src")
    assert parted.read_bytes("src") == b"content"


def test_copy_if_the_source_is_the_one(store: S3Storage) -> None:
    store.write("src", b"content")
    etag = store.stat("src").etag
    store.copy("src", "dst", copy_source_if_match=etag)
    with pytest.raises(ConditionFailed):
        store.copy("src", "other", copy_source_if_match='"another"')
    with pytest.raises(ConditionFailed):
        store.copy("src", "other", copy_source_if_none_match=etag)
    assert [item.path for item in store.list()] == ["dst", "src"]


# ----------------------------------------------------------------------- encryption by the service


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"server_side_encryption": "AES256"}, "AES256"),
        (
            {
                "server_side_encryption": "aws:kms",
                "server_side_encryption_aws_kms_key_id": "test-key",
                "server_side_encryption_context": {"app": "dump"},
            },
            "aws:kms",
        ),
    ],
)
def test_the_service_encrypts(
    store: S3Storage, witness: "S3Client", bucket: str, given: Any, told: str
) -> None:
    store.write("small", b"content", **given)
    with store.open_writer("large", part_size=5 * MIB, **given) as writer:
        writer.write(bytes(6 * MIB))
    for key, size in (("small", 7), ("large", 6 * MIB)):
        assert witness.head_object(Bucket=bucket, Key=key)["ServerSideEncryption"] == told
        assert object_metadata(store.stat(key)).server_side_encryption == told
        assert len(store.read_bytes(key)) == size


# ------------------------------------------------------------------------- versions, tags, classes


def test_versions(store: S3Storage, witness: "S3Client", bucket: str) -> None:
    witness.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    with store.open_writer("a") as writer:
        writer.write(b"first")
    assert writer.result is not None
    first = writer.result.version
    store.write("a", b"second")
    store.delete("a")
    with pytest.raises(ObjectNotExist):
        store.read_bytes("a")
    assert store.read_bytes("a", version_id=first) == b"first"
    assert store.stat("a", version_id=first).content_length == 5
    found = list(store.list("a", list_versions=True))
    assert sorted(item.content_length or 0 for item in found) == [0, 5, 6]
    (mark,) = [item for item in found if object_metadata(item).delete_marker]
    assert object_metadata(mark).is_latest
    store.copy("a", "b", copy_source_version_id=first)
    assert store.read_bytes("b") == b"first"
    store.delete("a", version_id=mark.version_id)
    assert store.read_bytes("a") == b"second"
    store.delete("a", version_id=first)
    with pytest.raises(ObjectNotExist):
        store.read_bytes("a", version_id=first)


def test_tags_and_storage_class(store: S3Storage, witness: "S3Client", bucket: str) -> None:
    store.write("a", b"1", tagging={"a b": "c&d", "e": "ä"}, storage_class="STANDARD_IA")
    tags = witness.get_object_tagging(Bucket=bucket, Key="a")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a b": "c&d", "e": "ä"}
    assert witness.head_object(Bucket=bucket, Key="a")["StorageClass"] == "STANDARD_IA"
    (item,) = store.list()
    assert object_metadata(item).storage_class == "STANDARD_IA"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(store: S3Storage, algorithm: Any) -> None:
    with store.open_writer("a", part_size=5 * MIB, checksum_algorithm=algorithm) as writer:
        writer.write(bytes(6 * MIB))
    store.write("b", b"content", checksum_algorithm=algorithm)
    told = object_metadata(store.stat("b", checksum_enabled=True))
    assert getattr(told, f"checksum_{algorithm.lower()}")
    assert store.read_bytes("b", checksum_enabled=True) == b"content"


def test_a_bucket_whose_objects_are_locked(service: S3Service, witness: "S3Client") -> None:
    name = f"lock-{os.urandom(6).hex()}"
    service.create(name, object_lock_enabled=True)
    told = witness.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    assert told.get("ObjectLockEnabled") == "Enabled"


@pytest.fixture
def locked(service: S3Service, witness: "S3Client") -> S3Storage:
    """A store of a bucket whose objects can be locked."""
    store = service.create(f"lock-{os.urandom(6).hex()}", object_lock_enabled=True)
    assert isinstance(store, S3Storage)
    return store


def test_what_is_locked_stays(locked: S3Storage, witness: "S3Client") -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    lock: Any = {"object_lock_mode": "GOVERNANCE", "object_lock_retain_until": until}
    locked.write("small", b"1", **lock)
    with locked.open_writer("large", part_size=5 * MIB, **lock) as writer:
        writer.write(bytes(6 * MIB))
    for key in ("small", "large"):
        found = locked.stat(key)
        told = object_metadata(found)
        assert told.object_lock_mode == "GOVERNANCE"
        assert told.object_lock_retain_until is not None
        assert abs(told.object_lock_retain_until - until) < timedelta(seconds=2)
        with pytest.raises(PermissionDenied):
            locked.delete(key, version_id=found.version_id)
        locked.delete(key, version_id=found.version_id, bypass_governance_retention=True)
    assert list(locked.list(list_versions=True)) == []


def test_what_is_held_stays(locked: S3Storage, witness: "S3Client") -> None:
    locked.write("a", b"1", object_lock_legal_hold="ON")
    found = locked.stat("a")
    assert object_metadata(found).object_lock_legal_hold == "ON"
    with pytest.raises(PermissionDenied):
        locked.delete("a", version_id=found.version_id, bypass_governance_retention=True)
    where: Any = {"Bucket": locked.metadata().name, "Key": "a", "VersionId": found.version_id}
    witness.put_object_legal_hold(**where, LegalHold={"Status": "OFF"})
    locked.delete("a", version_id=found.version_id)
    assert list(locked.list(list_versions=True)) == []


# ---------------------------------------------------------------------------------------- segments


def test_segments_in_any_order(store: S3Storage, open_store: OpenStore) -> None:
    segmenter: Any = open_store(enable_virtual_operation_all=True)
    pieces = {0: os.urandom(5 * MIB), 5 * MIB: os.urandom(7 * MIB), 12 * MIB: b"end"}
    segment = segmenter.init_segment("a")
    for offset in (12 * MIB, 0, 5 * MIB):
        data = pieces[offset]
        assert segmenter.write_segment(segment, io.BytesIO(data), offset) == len(data)
    segmenter.write_segment(segment, pieces[0], 0)  # again: it is replaced
    segmenter.complete_segment(segment)
    assert store.read_bytes("a") == b"".join(pieces.values())


@pytest.mark.parametrize(
    "offsets",
    [[1], [-1], [0, 4 * MIB], [0, 5 * MIB, 6 * MIB], [0, 11 * MIB], [5 * MIB], [50000 * MIB]],
)
def test_segments_that_cannot_be(open_store: OpenStore, offsets: Sequence[int]) -> None:
    segmenter: Any = open_store(enable_virtual_operation_all=True)
    segment = segmenter.init_segment("a")

    def write_all() -> None:
        for offset in offsets:
            segmenter.write_segment(segment, bytes(5 * MIB), offset)
        segmenter.complete_segment(segment)

    with pytest.raises(RestrictionDissatisfied):
        write_all()
    segmenter.abort_segment(segment)
    segmenter.abort_segment(segment)
    assert list(segmenter.list()) == list(segmenter.list_segments("")) == []


# ------------------------------------------------------------------- directories, links, buckets


def test_directories_and_links(open_store: OpenStore, witness: "S3Client", bucket: str) -> None:
    store: Any = open_store(enable_virtual_dir=True, enable_virtual_link=True, work_dir="/in")
    plain = open_store(work_dir="/in")
    store.create_dir("d")
    store.write("d/a", b"1")
    link: Object = store.create_link("l", "d/a")
    assert witness.head_object(Bucket=bucket, Key="in/d/")["ContentLength"] == 0
    assert (link.mode, link.link_target) == (ObjectMode.LINK, "d/a")
    found = store.stat("l")
    assert (found.mode, found.link_target, found.user_metadata) == (ObjectMode.LINK, "d/a", {})
    assert plain.stat("l").mode == ObjectMode.READ
    assert plain.stat("l").user_metadata == {"storewright-link-target": "in/d/a"}
    assert [(i.path, i.mode) for i in store.list("d", list_mode=ListMode.DIR)] == [
        ("d/a", ObjectMode.READ)
    ]
    assert [i.path for i in plain.list("d", list_mode=ListMode.DIR)] == ["d/", "d/a"]
    assert [(i.path, i.mode) for i in store.list()][:2] == [
        ("d", ObjectMode.DIR),
        ("d/a", ObjectMode.READ),
    ]


def test_buckets(service: S3Service, witness: "S3Client") -> None:
    name = f"made-{os.urandom(6).hex()}"
    store = service.create(name)
    with pytest.raises(FileExistsError):
        service.create(name)
    store.write("a", b"1")
    assert service.get(name).read_bytes("a") == b"1"
    assert name in [each.metadata().name for each in service.list()]
    with pytest.raises(RestrictionDissatisfied):
        service.delete(name)
    store.delete("a")
    service.delete(name)
    service.delete(name)
    with pytest.raises(FileNotFoundError):
        service.get(name)


# ------------------------------------------------------------------------------------------ ranges


def test_more_than_a_server_can_count_to_is_all_that_follows(store: S3Storage) -> None:
    store.write("a", b"0123456789")
    for size in (sys.maxsize, 1 << 64, 1 << 70):
        assert store.read_bytes("a", offset=3, size=size) == b"3456789"
        assert store.read_bytes("a", size=size) == b"0123456789"
    assert store.read_bytes("a", offset=1 << 70, size=1) == b""


def test_a_request_for_no_bytes_is_not_signed(store: S3Storage) -> None:
    with pytest.raises(PairValueInvalid, match="0 bytes") as caught:
        store.query_sign_http_read("a", 60, size=0)
    assert (caught.value.op, caught.value.path) == ("query_sign_http_read", "a")


# ------------------------------------------------------------------------------------------- paths


def test_a_path_that_is_no_unicode_is_refused(store: S3Storage) -> None:
    path = os.fsdecode(b"caf\xe9")
    calls: list[Callable[[], object]] = [
        lambda: store.write(path, b""),
        lambda: store.open_writer(path),
        lambda: store.copy("a", path),
        lambda: store.delete_batch([path]),
        lambda: store.reach(path, 60),
        lambda: list(store.list(path)),
    ]
    for call in calls:
        with pytest.raises(PathInvalid, match="UTF-8"):
            call()
