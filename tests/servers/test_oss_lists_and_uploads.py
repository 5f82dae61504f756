"""What the bare SDK sees of lists, multipart uploads, versions and buckets behind the OSS shim."""

from __future__ import annotations

import itertools
import os
import uuid
from typing import Any

import pytest

from tests.servers.shim_server import OssShim

pytestmark = pytest.mark.server
KIB, MIB = 1024, 1024 * 1024


@pytest.fixture
def folder(bucket: Any) -> str:
    """A prefix with seven objects below it, two of them one level down."""
    prefix = f"{uuid.uuid4().hex}/"
    for name in ("a", "b", "c d", "e+f", "sub/one", "sub/two", "ü&<"):
        bucket.put_object(prefix + name, name.encode())
    return prefix


ALL = ["a", "b", "c d", "e+f", "sub/one", "sub/two", "ü&<"]


@pytest.mark.parametrize("most", [1, 3, 100])
@pytest.mark.parametrize("pages", ["ObjectIterator", "ObjectIteratorV2"])
def test_list(bucket: Any, oss2: Any, folder: str, pages: str, most: int) -> None:
    found = list(getattr(oss2, pages)(bucket, prefix=folder, max_keys=most))
    assert [entry.key.removeprefix(folder) for entry in found] == ALL
    assert {entry.type for entry in found} == {"Normal"}
    assert found[0].etag == oss2.utils.md5_string(b"a").upper()
    assert found[0].size == 1
    assert found[0].storage_class == "Standard"


@pytest.mark.parametrize("pages", ["ObjectIterator", "ObjectIteratorV2"])
def test_list_one_level(bucket: Any, oss2: Any, folder: str, pages: str) -> None:
    found = getattr(oss2, pages)(bucket, prefix=folder, delimiter="/", max_keys=2)
    keys = sorted((entry.key.removeprefix(folder), entry.is_prefix()) for entry in found)
    assert keys == [(n, False) for n in ALL[:4]] + [("sub/", True), (ALL[-1], False)]


# Each of them is another one once it is decoded, or decoded twice.
AWKWARD = sorted(
    ["k b", "k+b", "k%20b", "k%2Bb", "k%252Bb", "k%b", "k&b", "k/%2F", "k/+", "k/b", "kü"]
)


@pytest.fixture(scope="module")
def awkward(oss_shim: OssShim, oss2: Any, bucket_name: str) -> str:
    """A prefix with these keys below it."""
    prefix, auth = f"{uuid.uuid4().hex}/", oss2.Auth(oss_shim.access_key, oss_shim.secret_key)
    bucket = oss2.Bucket(auth, oss_shim.endpoint, bucket_name)
    for name in AWKWARD:
        bucket.put_object(prefix + name, name.encode())
    return prefix


@pytest.mark.parametrize("most", [1, 2, 3, 5])
@pytest.mark.parametrize("pages", ["ObjectIterator", "ObjectIteratorV2"])
def test_each_key_is_listed_once(
    bucket: Any, oss2: Any, awkward: str, pages: str, most: int
) -> None:
    found = getattr(oss2, pages)(bucket, prefix=awkward, max_keys=most)
    names = [entry.key.removeprefix(awkward) for entry in itertools.islice(found, 99)]
    assert sorted(names) == AWKWARD


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("pages", ["ObjectIterator", "ObjectIteratorV2"])
def test_each_key_of_one_level_is_listed_once(
    bucket: Any, oss2: Any, awkward: str, pages: str, most: int
) -> None:
    found = getattr(oss2, pages)(bucket, prefix=awkward, delimiter="/", max_keys=most)
    level = {name if "/" not in name else "k/" for name in AWKWARD}
    names = [entry.key.removeprefix(awkward) for entry in itertools.islice(found, 99)]
    assert sorted(names) == sorted(level)


def test_owners_only_where_asked_for(bucket: Any, folder: str) -> None:
    assert bucket.list_objects_v2(folder).object_list[0].owner is None
    assert bucket.list_objects_v2(folder, fetch_owner=True).object_list[0].owner.id == "shim"
    assert bucket.list_objects(folder).object_list[0].owner.id == "shim"


def test_too_large_a_page(bucket: Any, oss2: Any) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.list_objects(max_keys=1001)


def test_batch_delete(bucket: Any, oss2: Any, folder: str) -> None:
    keys = [folder + name for name in (*ALL, "missing")]
    assert sorted(bucket.batch_delete_objects(keys).deleted_keys) == sorted(keys)
    assert list(oss2.ObjectIterator(bucket, prefix=folder)) == []


def upload(bucket: Any, oss2: Any, key: str, contents: list[bytes]) -> Any:
    upload_id = bucket.init_multipart_upload(key, headers={"x-oss-meta-a": "1"}).upload_id
    parts: list[Any] = []
    for number, content in reversed(list(enumerate(contents, 1))):
        sent = bucket.upload_part(key, upload_id, number, content)
        parts.append(oss2.models.PartInfo(number, sent.etag, len(content), part_crc=sent.crc))
    listed = bucket.list_parts(key, upload_id).parts
    assert [(part.part_number, part.size) for part in listed] == [
        (number, len(content)) for number, content in enumerate(contents, 1)
    ]
    return bucket.complete_multipart_upload(key, upload_id, parts)  # the SDK compares the CRC-64


@pytest.mark.parametrize(
    "sizes", [[100 * KIB, 100 * KIB, 1], [5 * MIB, 5 * MIB, 7], [6 * MIB, 100 * KIB, 9 * MIB], [3]]
)
def test_multipart(bucket: Any, oss2: Any, key: str, sizes: list[int]) -> None:
    contents = [os.urandom(size) for size in sizes]
    done = upload(bucket, oss2, key, contents)
    got = bucket.get_object(key)
    assert got.read() == b"".join(contents)
    assert (got.object_type, got.headers["x-oss-meta-a"]) == ("Multipart", "1")
    assert got.etag == done.etag
    assert got.server_crc == got.client_crc
    assert bucket.list_multipart_uploads(prefix=key).upload_list == []


def test_parts_are_checked(bucket: Any, oss2: Any, key: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError, match="EntityTooSmall"):
        upload(bucket, oss2, key, [b"small"] * 2)
    upload_id = bucket.init_multipart_upload(key).upload_id
    bucket.upload_part(key, upload_id, 1, b"x")
    wrong = [oss2.models.PartInfo(1, "0" * 32)]
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidPart"):
        bucket.complete_multipart_upload(key, upload_id, wrong)
    bucket.abort_multipart_upload(key, upload_id)
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.complete_multipart_upload(key, upload_id, wrong)
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.list_parts(key, upload_id)
    assert not bucket.object_exists(key)


def test_a_part_is_replaced(bucket: Any, oss2: Any, key: str) -> None:
    upload_id = bucket.init_multipart_upload(key).upload_id
    bucket.upload_part(key, upload_id, 1, b"old")
    sent = bucket.upload_part(key, upload_id, 1, b"new")
    part = oss2.models.PartInfo(1, sent.etag, 3, part_crc=sent.crc)
    bucket.complete_multipart_upload(key, upload_id, [part])
    assert bucket.get_object(key).read() == b"new"


def test_abort(bucket: Any, key: str) -> None:
    upload_id = bucket.init_multipart_upload(key).upload_id
    assert [u.upload_id for u in bucket.list_multipart_uploads(prefix=key).upload_list] == [
        upload_id
    ]
    bucket.abort_multipart_upload(key, upload_id)
    assert bucket.list_multipart_uploads(prefix=key).upload_list == []


def test_upload_part_copy(bucket: Any, oss2: Any, key: str) -> None:
    content = os.urandom(11 * MIB)
    bucket.put_object(key, content)
    upload_id = bucket.init_multipart_upload(key + "2").upload_id
    spans = [(0, 6 * MIB - 1), (6 * MIB, 11 * MIB - 1)]
    copied = [
        bucket.upload_part_copy(bucket.bucket_name, key, span, key + "2", upload_id, number)
        for number, span in enumerate(spans, 1)
    ]
    parts = [oss2.models.PartInfo(number, part.etag) for number, part in enumerate(copied, 1)]
    bucket.enable_crc = False  # the SDK cannot know that of a copied part
    bucket.complete_multipart_upload(key + "2", upload_id, parts)
    assert bucket.get_object(key + "2").read() == content


def test_versions(oss_shim: OssShim, oss2: Any, auth: Any) -> None:
    name = f"versions-{uuid.uuid4().hex[:12]}"
    bucket = oss2.Bucket(auth, oss_shim.endpoint, name, region=oss_shim.region)
    bucket.create_bucket()
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    first, second = (bucket.put_object("k", text).versionid for text in (b"1", b"22"))
    deleted = bucket.delete_object("k")
    assert deleted.delete_marker
    assert bucket.get_object("k", params={"versionId": first}).read() == b"1"
    found = bucket.list_object_versions()
    assert {(v.versionid, v.size) for v in found.versions} == {(first, 1), (second, 2)}
    assert [(m.versionid, m.is_latest) for m in found.delete_marker] == [(deleted.versionid, True)]


def test_buckets(oss_shim: OssShim, oss2: Any, auth: Any) -> None:
    prefix = f"buckets-{uuid.uuid4().hex[:12]}"
    service = oss2.Service(auth, oss_shim.endpoint, region=oss_shim.region)
    made = [
        oss2.Bucket(auth, oss_shim.endpoint, f"{prefix}-{n}", region=oss_shim.region)
        for n in range(3)
    ]
    for bucket in made:
        bucket.create_bucket("public-read", oss2.models.BucketCreateConfig("IA"))
    found = list(oss2.BucketIterator(service, prefix=prefix, max_keys=2))
    assert [b.name for b in found] == [bucket.bucket_name for bucket in made]
    assert found[0].storage_class == "IA"
    assert found[0].location == "oss-cn-hangzhou"
    info = made[0].get_bucket_info()
    assert (info.acl.grant, info.storage_class) == ("public-read", "IA")
    with pytest.raises(oss2.exceptions.ServerError, match="BucketAlreadyExists"):
        made[0].create_bucket()
    made[0].put_object("k", b"")
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        made[0].delete_bucket()
    made[1].delete_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        made[1].get_bucket_info()
