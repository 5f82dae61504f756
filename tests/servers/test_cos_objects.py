"""What the bare SDK sees of objects, lists, uploads and buckets behind the COS shim."""

from __future__ import annotations

import hashlib
import importlib
import os
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.servers.cos_sdk import Cos

pytestmark = pytest.mark.server
MIB: Final = 1024 * 1024
KEY: Final = bytes(range(32))


def crc64(content: bytes) -> str:
    """By the arithmetic of the package that the SDK uses."""
    crcmod: Any = importlib.import_module("crcmod")
    crc = crcmod.Crc(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)
    crc.update(content)
    return str(crc.crcValue)


def own_key(key: bytes = KEY, prefix: str = "") -> dict[str, Any]:
    return {
        f"{prefix}SSECustomerAlgorithm": "AES256",
        f"{prefix}SSECustomerKey": b64encode(key).decode(),
        f"{prefix}SSECustomerKeyMD5": b64encode(hashlib.md5(key).digest()).decode(),
    }


@pytest.fixture
def refused(cos: Cos) -> Callable[..., str]:
    """The code with which a call is refused."""

    def refused(call: str, **options: Any) -> str:
        with pytest.raises(cos.sdk.CosServiceError) as caught:
            getattr(cos.client(), call)(Bucket=cos.bucket, **options)
        code: str = caught.value.get_error_code()
        return code

    return refused


def put(cos: Cos, key: str, content: bytes = b"content", **options: Any) -> Any:
    return cos.client().put_object(Bucket=cos.bucket, Key=key, Body=content, **options)


def content_of(cos: Cos, key: str, **options: Any) -> bytes:
    answer = cos.client().get_object(Bucket=cos.bucket, Key=key, **options)
    content: bytes = answer["Body"].get_raw_stream().read()
    return content


def head(cos: Cos, key: str, **options: Any) -> dict[str, str]:
    found = cos.client().head_object(Bucket=cos.bucket, Key=key, **options)
    return {name.lower(): value for name, value in found.items()}


# ----------------------------------------------------------------------------------------- objects


def test_what_is_kept_with_an_object(cos: Cos, key: str) -> None:
    content = os.urandom(1000)
    options = {
        "ContentType": "text/x",
        "CacheControl": "max-age=1",
        "ContentDisposition": "inline; n=1",
        "ContentEncoding": "x-enc",
        "ContentLanguage": "de",
        "StorageClass": "STANDARD_IA",
        "Tagging": "a%20b=c&d=e",
        "Metadata": {"x-cos-meta-one": "1"},
    }
    answer = {name.lower(): value for name, value in put(cos, key, content, **options).items()}
    found = head(cos, key)
    tag = f'"{hashlib.md5(content).hexdigest()}"'
    expected = {
        "content-length": "1000",
        "content-type": "text/x",
        "cache-control": "max-age=1",
        "content-disposition": "inline; n=1",
        "content-encoding": "x-enc",
        "content-language": "de",
        "etag": tag,
        "x-cos-storage-class": "STANDARD_IA",
        "x-cos-meta-one": "1",
        "x-cos-tagging-count": "2",
        "x-cos-object-type": "normal",
        "x-cos-hash-crc64ecma": crc64(content),
    }
    assert expected.items() <= found.items()
    assert (answer["etag"], answer["x-cos-hash-crc64ecma"]) == (tag, crc64(content))
    tags = cos.client().get_object_tagging(Bucket=cos.bucket, Key=key)["TagSet"]["Tag"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a b": "c", "d": "e"}


def test_standard_is_not_told(cos: Cos, key: str) -> None:
    put(cos, key)
    assert "x-cos-storage-class" not in head(cos, key)


def test_wrong_md5(cos: Cos, key: str, refused: Any) -> None:
    md5 = b64encode(hashlib.md5(b"other").digest()).decode()
    assert refused("put_object", Key=key, Body=b"content", ContentMD5=md5) == "BadDigest"
    assert refused("get_object", Key=key) == "NoSuchKey"


def test_head_of_nothing(refused: Any, key: str) -> None:
    assert refused("head_object", Key=key) == "NoSuchResource"  # what the SDK makes of 404


def test_range(cos: Cos, key: str, refused: Any) -> None:
    put(cos, key, b"0123456789")
    assert content_of(cos, key, Range="bytes=2-4") == b"234"
    assert content_of(cos, key, Range="bytes=8-100") == b"89"
    assert refused("get_object", Key=key, Range="bytes=10-") == "InvalidRange"


def test_conditions(cos: Cos, key: str, refused: Any) -> None:
    tag = put(cos, key)["etag"]
    assert content_of(cos, key, IfMatch=tag) == b"content"
    assert refused("get_object", Key=key, IfMatch='"other"') == "PreconditionFailed"
    with pytest.raises(OSError, match="StreamBody"):  # the SDK takes 304 for success, at first
        content_of(cos, key, IfNoneMatch=tag)


def test_forbid_overwrite(cos: Cos, key: str, refused: Any) -> None:
    only_new = {"Metadata": {"x-cos-forbid-overwrite": "true"}}
    put(cos, key, b"first", **only_new)
    assert refused("put_object", Key=key, Body=b"second", **only_new) == "FileAlreadyExists"
    assert content_of(cos, key) == b"first"
    put(cos, key, b"third", Metadata={"x-cos-forbid-overwrite": "false"})


def test_what_is_no_value_is_refused(refused: Any, key: str) -> None:
    def code(**options: Any) -> str:
        found: str = refused("put_object", Key=key, Body=b"", **options)
        return found

    assert code(StorageClass="FAST") == "NotSupportedStorageClass"
    assert code(ACL="everybody") == "InvalidArgument"
    assert code(ServerSideEncryption="ROT13") == "InvalidArgument"
    assert code(TrafficLimit="1000") == "InvalidArgument"


def test_encryption_of_the_service(cos: Cos, key: str) -> None:
    put(cos, key, ServerSideEncryption="AES256")
    assert head(cos, key)["x-cos-server-side-encryption"] == "AES256"
    put(cos, key, ServerSideEncryption="cos/kms", SSEKMSKeyId="key-1")
    found = head(cos, key)
    assert found["x-cos-server-side-encryption"] == "cos/kms"
    assert found["x-cos-server-side-encryption-cos-kms-key-id"] == "key-1"
    assert content_of(cos, key) == b"content"


def test_customers_key(cos: Cos, key: str) -> None:
    put(cos, key, b"secret", **own_key())
    assert content_of(cos, key, **own_key()) == b"secret"
    found = head(cos, key, **own_key())
    assert found["x-cos-server-side-encryption-customer-algorithm"] == "AES256"
    for wrong in ({}, own_key(bytes(32))):
        with pytest.raises(cos.sdk.CosServiceError):
            content_of(cos, key, **wrong)


def test_public_object(cos: Cos, key: str) -> None:
    put(cos, key, ACL="public-read")
    anonymous = cos.client(Anonymous=True, SecretId=None, SecretKey=None)
    answer = anonymous.get_object(Bucket=cos.bucket, Key=key)
    assert answer["Body"].get_raw_stream().read() == b"content"
    with pytest.raises(cos.sdk.CosServiceError):
        anonymous.put_object(Bucket=cos.bucket, Key=key, Body=b"mine")


def test_archive_and_restore(cos: Cos, key: str, refused: Any) -> None:
    put(cos, key, StorageClass="ARCHIVE")
    assert refused("get_object", Key=key) == "InvalidObjectState"
    restore = {"Days": 1, "CASJobParameters": {"Tier": "Standard"}}
    cos.client().restore_object(Bucket=cos.bucket, Key=key, RestoreRequest=restore)
    assert head(cos, key)["x-cos-restore"] == 'ongoing-request="true"'


# ------------------------------------------------------------------------------------ append, copy


def test_append(cos: Cos, key: str, refused: Any) -> None:
    client, where = cos.client(), {"Bucket": cos.bucket, "Key": key}
    first = client.append_object(**where, Position=0, Data=b"one", ContentType="text/x")
    assert first["x-cos-next-append-position"] == "3"
    client.append_object(**where, Position=3, Data=b"two")
    found = head(cos, key)
    assert (found["x-cos-object-type"], found["content-type"]) == ("appendable", "text/x")
    assert found["x-cos-hash-crc64ecma"] == crc64(b"onetwo")
    assert content_of(cos, key) == b"onetwo"
    assert refused("append_object", Key=key, Position=3, Data=b"x") == "AppendPositionErr"
    put(cos, key)
    assert refused("append_object", Key=key, Position=7, Data=b"x") == "ObjectNotAppendable"


def test_copy(cos: Cos, key: str, refused: Any) -> None:
    put(cos, key, ContentType="text/x", Metadata={"x-cos-meta-a": "1"})
    source = {"Bucket": cos.bucket, "Key": key, "Endpoint": "cos.ap-shim.example"}

    def copied(to: str, status: str = "Copy", **options: Any) -> dict[str, str]:
        cos.client().copy_object(
            Bucket=cos.bucket, Key=to, CopySource=source, CopyStatus=status, **options
        )
        return head(cos, to)

    assert copied(key + "2")["x-cos-meta-a"] == "1"
    replaced = copied(key + "3", "Replaced", Metadata={"x-cos-meta-b": "2"})
    assert ("x-cos-meta-a" in replaced, replaced["x-cos-meta-b"]) == (False, "2")
    assert content_of(cos, key + "3") == b"content"
    assert refused("copy_object", Key=key, CopySource=source) == "InvalidRequest"
    absent = {**source, "Key": "absent"}
    assert refused("copy_object", Key=key, CopySource=absent) == "NoSuchKey"


def test_copy_with_customers_keys(cos: Cos, key: str) -> None:
    put(cos, key, b"secret", **own_key())
    source = {"Bucket": cos.bucket, "Key": key, "Endpoint": "cos.ap-shim.example"}
    options = {**own_key(bytes(32)), **own_key(prefix="CopySource")}
    cos.client().copy_object(Bucket=cos.bucket, Key=key + "2", CopySource=source, **options)
    assert content_of(cos, key + "2", **own_key(bytes(32))) == b"secret"


# ----------------------------------------------------------------------------------------- uploads


def upload(cos: Cos, key: str, contents: list[bytes], first: int = 1, **options: Any) -> Any:
    client, where = cos.client(), {"Bucket": cos.bucket, "Key": key}
    where["UploadId"] = client.create_multipart_upload(**where, **options)["UploadId"]
    parts: list[Any] = []
    for number, content in enumerate(contents, first):
        answer = client.upload_part(**where, PartNumber=number, Body=content, **options)
        assert answer["x-cos-hash-crc64ecma"] == crc64(content)
        parts.append({"PartNumber": number, "ETag": answer["etag"]})
    return where, parts


def complete(cos: Cos, where: dict[str, Any], parts: Any) -> Any:
    return cos.client().complete_multipart_upload(**where, MultipartUpload={"Part": parts})


def test_upload_in_small_parts(cos: Cos, key: str) -> None:
    contents = [os.urandom(MIB), os.urandom(MIB + 1), b"end"]
    where, parts = upload(cos, key, contents)
    listed = cos.client().list_parts(**where)
    assert [int(part["Size"]) for part in listed["Part"]] == [MIB, MIB + 1, 3]
    complete(cos, where, parts)
    assert content_of(cos, key) == b"".join(contents)
    assert head(cos, key)["x-cos-hash-crc64ecma"] == crc64(b"".join(contents))


def test_parts_without_gaps(cos: Cos, key: str) -> None:
    where, parts = upload(cos, key, [bytes(MIB), b"end"], first=2)
    with pytest.raises(cos.sdk.CosServiceError) as caught:
        complete(cos, where, parts)
    assert caught.value.get_error_code() == "InvalidPartOrder"


def test_part_too_small(cos: Cos, key: str) -> None:
    where, parts = upload(cos, key, [bytes(MIB - 1), b"end"])
    with pytest.raises(cos.sdk.CosServiceError) as caught:
        complete(cos, where, parts)
    assert caught.value.get_error_code() == "EntityTooSmall"
    cos.client().abort_multipart_upload(**where)
    with pytest.raises(cos.sdk.CosServiceError) as caught:
        cos.client().list_parts(**where)
    assert caught.value.get_error_code() == "NoSuchUpload"


def test_upload_with_customers_key(cos: Cos, key: str) -> None:
    where, parts = upload(cos, key, [bytes(5 * MIB), b"end"], **own_key())
    complete(cos, where, parts)
    assert content_of(cos, key, **own_key()) == bytes(5 * MIB) + b"end"
    with pytest.raises(cos.sdk.CosServiceError):
        content_of(cos, key)


def test_part_copied(cos: Cos, key: str) -> None:
    put(cos, key, bytes(6 * MIB))
    client, where = cos.client(), {"Bucket": cos.bucket, "Key": key + "2"}
    source = {"Bucket": cos.bucket, "Key": key, "Endpoint": "cos.ap-shim.example"}
    where["UploadId"] = client.create_multipart_upload(**where)["UploadId"]
    parts: list[Any] = []
    for number, span in ((1, f"bytes=0-{5 * MIB - 1}"), (2, f"bytes={5 * MIB}-{6 * MIB - 1}")):
        answer = client.upload_part_copy(
            **where, PartNumber=number, CopySource=source, CopySourceRange=span
        )
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    complete(cos, where, parts)
    assert content_of(cos, key + "2") == bytes(6 * MIB)


# ------------------------------------------------------------------------------------------- lists


@pytest.fixture
def folder(cos: Cos) -> str:
    """A prefix with seven objects below it, two of them one level down."""
    prefix = f"{uuid.uuid4().hex}/"
    for name in ("a", "b", "c d", "e+f%2F", "sub/one", "sub/two", "ü&<"):
        put(cos, prefix + name, name.encode())
    return prefix


def test_list_in_pages(cos: Cos, folder: str) -> None:
    names, marker = list[str](), ""
    while True:
        page = cos.client().list_objects(Bucket=cos.bucket, Prefix=folder, Marker=marker, MaxKeys=3)
        names += [entry["Key"].removeprefix(folder) for entry in page["Contents"]]
        if page["IsTruncated"] == "false":
            break
        marker = page["NextMarker"]
    assert names == ["a", "b", "c d", "e+f%2F", "sub/one", "sub/two", "ü&<"]
    assert page["Contents"][0]["StorageClass"] == "STANDARD"


# Each of them is another one once it is decoded, or decoded twice.
AWKWARD: Final = sorted(
    ["k b", "k+b", "k%20b", "k%2Bb", "k%252Bb", "k%b", "k&b", "k/+", "k/b", "kü"]
)


@pytest.fixture(scope="module")
def awkward(cos: Cos) -> str:
    """A prefix with these keys below it."""
    prefix = f"{uuid.uuid4().hex}/"
    for name in AWKWARD:
        put(cos, prefix + name, name.encode())
    return prefix


@pytest.mark.parametrize("most", [1, 2, 3, 5])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_each_key_is_listed_once(cos: Cos, awkward: str, delimiter: str, most: int) -> None:
    names, marker, pages = list[str](), "", 0
    where = {"Bucket": cos.bucket, "Prefix": awkward, "Delimiter": delimiter, "MaxKeys": most}
    while pages < 20:
        page, pages = cos.client().list_objects(Marker=marker, **where), pages + 1
        found = [entry["Key"] for entry in page.get("Contents", ())]
        found += [entry["Prefix"] for entry in page.get("CommonPrefixes", ())]
        names += [name.removeprefix(awkward) for name in found]
        if page["IsTruncated"] == "false":
            break
        marker = page["NextMarker"]
    wanted = {
        name.partition("/")[0] + "/" if "/" in name and delimiter else name for name in AWKWARD
    }
    assert sorted(names) == sorted(wanted)


def test_list_one_level(cos: Cos, folder: str) -> None:
    page = cos.client().list_objects(Bucket=cos.bucket, Prefix=folder, Delimiter="/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == [folder + "sub/"]
    assert len(page["Contents"]) == 5


def test_list_uploads(cos: Cos, folder: str) -> None:
    where, _ = upload(cos, folder + "ü b+", [])
    page = cos.client().list_multipart_uploads(Bucket=cos.bucket, Prefix=folder)
    found = [(entry["Key"], entry["UploadId"]) for entry in page["Upload"]]
    assert found == [(where["Key"], where["UploadId"])]


def test_delete_many(cos: Cos, folder: str) -> None:
    names = [{"Key": folder + name} for name in ("a", "ü&<", "absent")]
    answer = cos.client().delete_objects(Bucket=cos.bucket, Delete={"Object": names})
    assert {entry["Key"] for entry in answer["Deleted"]} == {name["Key"] for name in names}
    page = cos.client().list_objects(Bucket=cos.bucket, Prefix=folder)
    assert len(page["Contents"]) == 5


def test_versions(cos: Cos) -> None:
    client, bucket = cos.client(), f"versions-{uuid.uuid4().hex[:16]}-1250000000"
    client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, Status="Enabled")
    first = client.put_object(Bucket=bucket, Key="a", Body=b"1")["x-cos-version-id"]
    client.put_object(Bucket=bucket, Key="a", Body=b"2")
    client.delete_object(Bucket=bucket, Key="a")
    found = client.list_objects_versions(Bucket=bucket)
    assert [entry["VersionId"] for entry in found["Version"]][-1] == first
    assert [entry["IsLatest"] for entry in found["DeleteMarker"]] == ["true"]
    old = client.get_object(Bucket=bucket, Key="a", VersionId=first)
    assert old["Body"].get_raw_stream().read() == b"1"


# ----------------------------------------------------------------------------------------- buckets


def test_buckets(cos: Cos) -> None:
    client, bucket = cos.client(), f"bucket-{uuid.uuid4().hex[:16]}-1250000000"
    client.create_bucket(Bucket=bucket)
    with pytest.raises(cos.sdk.CosServiceError) as caught:
        client.create_bucket(Bucket=bucket)
    assert caught.value.get_error_code() == "BucketAlreadyOwnedByYou"
    assert client.head_bucket(Bucket=bucket)["x-cos-bucket-region"] == "ap-shim"
    listed = client.list_buckets()["Buckets"]["Bucket"]
    assert {"ap-shim"} == {entry["Location"] for entry in listed if entry["Name"] == bucket}
    client.put_object(Bucket=bucket, Key="a", Body=b"1")
    with pytest.raises(cos.sdk.CosServiceError) as caught:
        client.delete_bucket(Bucket=bucket)
    assert caught.value.get_error_code() == "BucketNotEmpty"
    client.delete_object(Bucket=bucket, Key="a")
    client.delete_bucket(Bucket=bucket)
    with pytest.raises(cos.sdk.CosServiceError):
        client.head_bucket(Bucket=bucket)
