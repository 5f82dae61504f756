"""What the bare SDK sees of objects behind the OSS shim."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.server
MIB = 1024 * 1024


def test_put_and_get(bucket: Any, key: str) -> None:
    headers = {
        "Content-Type": "text/x",
        "Cache-Control": "no-cache",
        "Content-Disposition": "inline",
        "Content-Encoding": "x-enc",
        "x-oss-meta-name": "value",
        "x-oss-storage-class": "IA",
    }
    put = bucket.put_object(key, b"hello world", headers=headers)
    got = bucket.get_object(key)
    assert got.read() == b"hello world"
    assert got.client_crc == got.server_crc == put.crc
    assert got.object_type == "Normal"
    assert {name: got.headers[name] for name in headers} == headers
    assert got.etag == put.etag == "5EB63BBBE01EEED093CB22BB8F5ACDC3"
    assert len(got.request_id) == 24


def test_a_body_without_a_length(bucket: Any, key: str) -> None:
    bucket.put_object(key, iter([b"abc" * 1000, b"def"]))
    assert bucket.get_object(key).read() == b"abc" * 1000 + b"def"


def test_a_large_body_streams(bucket: Any, key: str) -> None:
    content = os.urandom(20 * MIB)
    bucket.put_object(key, content)
    assert bucket.get_object(key).read() == content


def test_head(bucket: Any, key: str) -> None:
    put = bucket.put_object(key, b"12345")
    found = bucket.head_object(key)
    assert (found.content_length, found.server_crc, found.etag) == (5, put.crc, put.etag)
    assert found.headers["x-oss-storage-class"] == "Standard"
    assert bucket.get_object_meta(key).content_length == 5


@pytest.mark.parametrize("span", [(0, 0), (2, 4), (6, None), (None, 3)])
def test_range(bucket: Any, key: str, span: tuple[int | None, int | None]) -> None:
    bucket.put_object(key, b"0123456789")
    first, last = span
    expected = (
        b"0123456789"[-3:]
        if first is None
        else b"0123456789"[first : None if last is None else last + 1]
    )
    got = bucket.get_object(key, byte_range=span)
    assert (got.status, got.read()) == (206, expected)


def test_a_range_beyond_the_end_is_ignored_unless_the_standard_is_asked_for(
    bucket: Any, oss2: Any, key: str
) -> None:
    bucket.put_object(key, b"0123456789")
    standard = {"x-oss-range-behavior": "standard"}
    assert bucket.get_object(key, byte_range=(5, 20)).read() == b"0123456789"
    assert bucket.get_object(key, byte_range=(20, 30)).read() == b"0123456789"
    assert bucket.get_object(key, byte_range=(5, 20), headers=standard).read() == b"56789"
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.get_object(key, byte_range=(20, 30), headers=standard)
    assert (caught.value.status, caught.value.code) == (416, "InvalidRange")


def test_what_is_not_there(bucket: Any, oss2: Any, key: str) -> None:
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object(key)
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.head_object(key)
    assert bucket.delete_object(key).status == 204


def test_conditions(bucket: Any, oss2: Any, key: str) -> None:
    etag = bucket.put_object(key, b"x").etag
    assert bucket.get_object(key, headers={"If-Match": f'"{etag}"'}).read() == b"x"
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.get_object(key, headers={"If-Match": '"0"'})
    with pytest.raises(oss2.exceptions.NotModified):
        bucket.head_object(key, headers={"If-None-Match": f'"{etag}"'})


def test_forbid_overwrite(bucket: Any, oss2: Any, key: str) -> None:
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object(key, b"first", headers=forbid)
    calls: list[Callable[[], Any]] = [
        lambda: bucket.put_object(key, b"second", headers=forbid),
        lambda: bucket.init_multipart_upload(key, headers=forbid),
        lambda: bucket.put_symlink("x", key, headers=forbid),
        lambda: bucket.copy_object(bucket.bucket_name, key, key, headers=forbid),
    ]
    for call in calls:
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            call()
        assert (caught.value.status, caught.value.code) == (409, "FileAlreadyExists")
    assert bucket.get_object(key).read() == b"first"


def test_content_md5_is_checked(bucket: Any, oss2: Any, key: str) -> None:
    wrong = {"Content-MD5": oss2.utils.content_md5(b"another")}
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.put_object(key, b"content", headers=wrong)
    assert not bucket.object_exists(key)


def test_copy(bucket: Any, key: str) -> None:
    put = bucket.put_object(key, b"content", headers={"x-oss-meta-a": "1"})
    copied = bucket.copy_object(bucket.bucket_name, key, key + "2")
    assert copied.etag == put.etag
    found = bucket.head_object(key + "2")
    assert (found.headers["x-oss-meta-a"], found.server_crc) == ("1", put.crc)
    replace = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-a": "2"}
    bucket.copy_object(bucket.bucket_name, key, key + "2", headers=replace)
    assert bucket.head_object(key + "2").headers["x-oss-meta-a"] == "2"


def test_tagging(bucket: Any, key: str) -> None:
    bucket.put_object(key, b"", headers={"x-oss-tagging": "a=b&c%20d=e"})
    assert bucket.get_object_tagging(key).tag_set.tagging_rule == {"a": "b", "c d": "e"}
    assert bucket.head_object(key).headers["x-oss-tagging-count"] == "2"


def test_acl(bucket: Any, key: str) -> None:
    bucket.put_object(key, b"", headers={"x-oss-object-acl": "public-read"})
    assert bucket.get_object_acl(key).acl == "public-read"
    bucket.put_object_acl(key, "private")
    assert bucket.get_object_acl(key).acl == "private"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"": "AES256"}, {"": "AES256"}),
        ({"": "KMS", "-key-id": "key-1"}, {"": "KMS", "-key-id": "key-1"}),
        ({"": "KMS"}, {"": "KMS", "-key-id": "oss-default-key"}),
        ({"": "SM4"}, {"": "SM4"}),
    ],
)
def test_encryption(bucket: Any, key: str, asked: dict[str, str], told: dict[str, str]) -> None:
    name = "x-oss-server-side-encryption"
    bucket.put_object(key, b"secret", headers={name + n: v for n, v in asked.items()})
    found = bucket.get_object(key)
    assert found.read() == b"secret"
    assert {n.removeprefix(name): v for n, v in found.headers.items() if name in n} == told


def test_data_encryption(bucket: Any, oss2: Any, key: str) -> None:
    asked = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-data-encryption": "SM4"}
    bucket.put_object(key, b"secret", headers=asked)
    found = bucket.head_object(key).headers
    assert {name: found[name] for name in asked} == asked
    with pytest.raises(oss2.exceptions.InvalidEncryptionAlgorithmError):
        bucket.put_object(key, b"", headers={"x-oss-server-side-encryption": "ROT13"})


def test_what_is_archived_must_be_restored(bucket: Any, oss2: Any, key: str) -> None:
    bucket.put_object(key, b"old", headers={"x-oss-storage-class": "Archive"})
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.get_object(key)
    assert (caught.value.status, caught.value.code) == (403, "InvalidObjectState")
    assert bucket.restore_object(key).status == 202
    assert bucket.head_object(key).headers["x-oss-restore"] == 'ongoing-request="true"'
    with pytest.raises(oss2.exceptions.RestoreAlreadyInProgress):
        bucket.restore_object(key)


def test_append(bucket: Any, oss2: Any, key: str) -> None:
    first = bucket.append_object(key, 0, b"one", headers={"x-oss-meta-a": "1"}, init_crc=0)
    assert first.next_position == 3
    second = bucket.append_object(key, 3, b"two", init_crc=first.crc)
    found = bucket.head_object(key)
    assert bucket.get_object(key).read() == b"onetwo"
    assert (found.object_type, found.server_crc) == ("Appendable", second.crc)
    assert found.headers["x-oss-next-append-position"] == "6"
    assert found.headers["x-oss-meta-a"] == "1"
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as caught:
        bucket.append_object(key, 3, b"three")
    assert caught.value.next_position == 6
    bucket.put_object(key, b"normal")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object(key, 6, b"x")


def test_append_checks_the_digest(bucket: Any, oss2: Any, key: str) -> None:
    wrong = {"Content-MD5": oss2.utils.content_md5(b"another")}
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.append_object(key, 0, b"content", headers=wrong)


def test_symlink(bucket: Any, oss2: Any, key: str) -> None:
    target = key + "-target"
    bucket.put_object(target, b"content of the target")
    bucket.put_symlink(target, key, headers={"x-oss-meta-a": "link"})
    assert bucket.get_symlink(key).target_key == target
    got = bucket.get_object(key)
    assert (got.read(), got.object_type) == (b"content of the target", "Symlink")
    assert got.headers["x-oss-meta-a"] == "link"
    assert [entry.type for entry in bucket.list_objects(key).object_list] == ["Symlink", "Normal"]
    bucket.put_symlink(key, key + "-again")
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidTargetType"):
        bucket.get_object(key + "-again")
    bucket.delete_object(target)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.head_object(key)
    assert (caught.value.status, caught.value.code) == (404, "SymlinkTargetNotExist")
    bucket.put_object(key, b"no link")
    with pytest.raises(oss2.exceptions.ServerError, match="NotSymlink"):
        bucket.get_symlink(key)
