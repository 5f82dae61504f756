"""Encryption with the user's own key: boto3 reads what we wrote, and the other way round."""

import io
import os
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from storewright.core.data import Data
from storewright.core.errors import PairRequired, PairValueInvalid, StorageError
from storewright.services.s3 import S3Storage

from .conftest import OpenStore

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
MIB = 1024 * 1024


def theirs(key: bytes = KEY) -> Any:
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}


def test_what_write_encrypted_boto3_reads_with_the_key_only(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    store.write("a", b"secret", server_side_encryption_customer_key=KEY)
    answer = witness.get_object(Bucket=bucket, Key="a", **theirs())
    assert answer["Body"].read() == b"secret"
    assert answer["SSECustomerAlgorithm"] == "AES256"
    attempts: list[Any] = [{}, theirs(OTHER)]
    for args in attempts:
        with pytest.raises(ClientError):
            witness.get_object(Bucket=bucket, Key="a", **args)


def test_what_the_writer_encrypted_in_parts_boto3_reads_with_the_key_only(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    content = os.urandom(11 * MIB)
    writer = store.open_writer(
        "a", part_size=5 * MIB, server_side_encryption_customer_key=KEY, concurrency=2
    )
    with writer:
        writer.write(content)
    assert writer.result is not None
    assert len(writer.result.parts) == 3
    answer = witness.get_object(Bucket=bucket, Key="a", **theirs())
    assert answer["Body"].read() == content
    with pytest.raises(ClientError):
        witness.get_object(Bucket=bucket, Key="a")


def test_what_boto3_encrypted_we_read_with_the_key_only(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    witness.put_object(Bucket=bucket, Key="a", Body=b"secret", **theirs())
    assert store.read_bytes("a", server_side_encryption_customer_key=KEY) == b"secret"
    found = store.stat("a", server_side_encryption_customer_key=KEY)
    assert found.content_length == 6
    attempts: list[Any] = [{}, {"server_side_encryption_customer_key": OTHER}]
    for options in attempts:
        with pytest.raises(StorageError):
            store.read_bytes("a", **options)
        with pytest.raises(StorageError):
            store.stat("a", **options)


def test_what_boto3_encrypted_in_parts_we_read_with_the_key_only(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    first, last = os.urandom(5 * MIB), b"end"
    upload = witness.create_multipart_upload(Bucket=bucket, Key="a", **theirs())["UploadId"]
    where: Any = {"Bucket": bucket, "Key": "a", "UploadId": upload}
    parts: list[Any] = []
    for number, body in enumerate((first, last), 1):
        answer = witness.upload_part(**where, PartNumber=number, Body=body, **theirs())
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    witness.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert store.read_bytes("a", server_side_encryption_customer_key=KEY) == first + last
    with pytest.raises(StorageError):
        store.read_bytes("a")


def test_a_multipart_upload_by_hand_is_encrypted_part_by_part(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    upload = store.create_multipart("a", server_side_encryption_customer_key=KEY)
    contents: list[Data] = [bytes(5 * MIB), io.BytesIO(b"end")]
    parts = [
        store.write_multipart(upload, data, index, server_side_encryption_customer_key=KEY)
        for index, data in enumerate(contents)
    ]
    store.complete_multipart(upload, parts, server_side_encryption_customer_key=KEY)
    assert witness.get_object(Bucket=bucket, Key="a", **theirs())["Body"].read()[-3:] == b"end"
    with pytest.raises(ClientError):
        witness.get_object(Bucket=bucket, Key="a")


def test_a_default_key_covers_every_operation(
    open_store: OpenStore, witness: "S3Client", bucket: str
) -> None:
    store = open_store(default_server_side_encryption_customer_key=KEY)
    store.write("a", b"secret")
    with store.open_writer("b", part_size=5 * MIB) as writer:
        writer.write(bytes(6 * MIB))
    assert store.read_bytes("a") == b"secret"
    assert store.stat("b").content_length == 6 * MIB
    for key in "ab":
        with pytest.raises(ClientError):
            witness.get_object(Bucket=bucket, Key=key)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused_before_anything_is_sent(
    store: S3Storage, size: int
) -> None:
    with pytest.raises(PairValueInvalid, match="32 bytes"):
        store.write("a", b"secret", server_side_encryption_customer_key=bytes(size))
    assert list(store.list()) == []


def test_an_algorithm_without_a_key_is_refused(store: S3Storage) -> None:
    with pytest.raises(PairRequired):
        store.write("a", b"secret", server_side_encryption_customer_algorithm="AES256")
    assert list(store.list()) == []
