"""Encryption with the user's own key: boto3 reads what we wrote, and the other way round."""

import io
import os
import ssl
import urllib.error
import urllib.request
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from storewright import storage
from storewright.core.data import Data
from storewright.core.errors import PairRequired, PairValueInvalid, StorageError
from storewright.core.parts import SignedRequest
from storewright.services import s3
from storewright.services.s3 import S3Storage
from storewright.storage import ObjectMode
from storewright.testing.servers import SeaweedFS

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


# ----------------------------------------------------------------- every other way to give a key

OURS: dict[str, Any] = {"server_side_encryption_customer_key": KEY}


def check_sealed(witness: "S3Client", bucket: str, key: str, content: bytes) -> None:
    """That boto3 reads an object with the key, and with nothing else."""
    assert witness.get_object(Bucket=bucket, Key=key, **theirs())["Body"].read() == content
    assert witness.head_object(Bucket=bucket, Key=key, **theirs())["ContentLength"] == len(content)
    attempts: list[Any] = [{}, theirs(OTHER)]
    for args in attempts:
        for call in (witness.get_object, witness.head_object):
            with pytest.raises(ClientError):
                call(Bucket=bucket, Key=key, **args)


def sent(signed: SignedRequest, server: SeaweedFS, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of the answer to a signed request."""
    request = urllib.request.Request(signed.url, body, {**signed.headers}, method=signed.method)
    trust = ssl.create_default_context(cafile=str(server.ca_file)) if server.tls else None
    try:
        with urllib.request.urlopen(request, context=trust) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_signed_requests_carry_the_key(
    store: S3Storage, witness: "S3Client", bucket: str, server: SeaweedFS
) -> None:
    assert sent(store.query_sign_http_write("a", 60, **OURS), server, b"secret")[0] == 200
    check_sealed(witness, bucket, "a", b"secret")
    assert sent(store.query_sign_http_read("a", 60, **OURS), server) == (200, b"secret")
    assert sent(store.query_sign_http_read("a", 60), server)[0] >= 400
    assert sent(SignedRequest("GET", store.reach("a", 60), {}), server)[0] >= 400


def test_a_signed_upload_carries_the_key(
    store: S3Storage, witness: "S3Client", bucket: str, server: SeaweedFS
) -> None:
    status, body = sent(store.query_sign_http_create_multipart("a", 60, **OURS), server, b"")
    assert status == 200
    upload = store.create("a", multipart_id=body.decode().split("UploadId>")[1].removesuffix("</"))
    signed = store.query_sign_http_write_multipart(upload, 0, 60, **OURS)
    assert sent(signed, server, b"secret")[0] == 200
    parts = list(store.list_multipart(upload, **OURS))
    signed = store.query_sign_http_complete_multipart(upload, parts, 60)
    assert sent(signed, server, signed.body)[0] == 200
    check_sealed(witness, bucket, "a", b"secret")


def test_a_key_as_a_pair(store: S3Storage, witness: "S3Client", bucket: str) -> None:
    pair = s3.with_server_side_encryption_customer_key(KEY)
    store.write("a", b"secret", pair)
    check_sealed(witness, bucket, "a", b"secret")
    assert store.read_bytes("a", pair) == b"secret"
    assert store.stat("a", pair).content_length == 6
    with store.open_writer("b", pair, part_size=5 * MIB) as writer:
        writer.write(bytes(6 * MIB))
    check_sealed(witness, bucket, "b", bytes(6 * MIB))


def test_a_key_by_default_as_pairs(open_store: OpenStore, witness: "S3Client", bucket: str) -> None:
    pair = (s3.with_server_side_encryption_customer_key(KEY),)
    defaults = s3.DefaultStoragePairs(write=pair, read=pair)
    store = open_store(default_storage_pairs=defaults)
    store.write("a", b"secret")
    check_sealed(witness, bucket, "a", b"secret")
    assert store.read_bytes("a") == b"secret"
    with pytest.raises(StorageError):
        store.stat("a")
    store.write("b", b"other", server_side_encryption_customer_key=OTHER)
    assert witness.get_object(Bucket=bucket, Key="b", **theirs(OTHER))["Body"].read() == b"other"


def test_files_are_sealed(store: S3Storage, witness: "S3Client", bucket: str) -> None:
    with store.open("a", "w", **OURS) as text:
        text.write("geheim\n" * 1000)
    check_sealed(witness, bucket, "a", b"geheim\n" * 1000)
    with store.open("a", "rb", **OURS) as file:
        file.seek(-7, io.SEEK_END)
        assert file.read() == b"geheim\n"
    with pytest.raises(StorageError), store.open("a", "rb") as file:
        file.read()


def test_a_key_in_the_connection_string(
    server: SeaweedFS, witness: "S3Client", bucket: str
) -> None:
    secret = quote(b64encode(KEY).decode(), safe="")
    trust = f"&ca_bundle={server.ca_file}" if server.tls else ""
    names = ["server_side_encryption_customer_key", f"copy_source_{next(iter(OURS))}"]
    keys = "".join(f"&default_{name}={secret}" for name in names)
    store = storage.open(server.connection(bucket, "dir") + trust + keys, type=S3Storage)
    store.write("a", b"secret")
    with store.open_writer("b", part_size=5 * MIB) as writer:
        writer.write(bytes(6 * MIB))
    store.copy("a", "c")
    for key, content in (("a", b"secret"), ("b", bytes(6 * MIB)), ("c", b"secret")):
        assert store.read_bytes(key) == content
        check_sealed(witness, bucket, f"dir/{key}", content)


def test_a_copy_needs_the_keys_of_both_ends(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    witness.put_object(Bucket=bucket, Key="theirs", Body=b"secret", **theirs(OTHER))
    given: dict[str, Any] = {"copy_source_server_side_encryption_customer_key": OTHER}
    attempts: list[Any] = [{}, OURS, {"copy_source_server_side_encryption_customer_key": KEY}]
    for wrong in attempts:
        with pytest.raises(StorageError):
            store.copy("theirs", "copy", **wrong)
    assert [item.path for item in store.list()] == ["theirs"]
    store.copy("theirs", "copy", **given, **OURS)
    check_sealed(witness, bucket, "copy", b"secret")
    store.copy("theirs", "open", **given)
    assert witness.get_object(Bucket=bucket, Key="open")["Body"].read() == b"secret"


def test_an_upload_of_boto3_goes_on_with_us(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    upload = witness.create_multipart_upload(Bucket=bucket, Key="a", **theirs())["UploadId"]
    where: Any = {"Bucket": bucket, "Key": "a", "UploadId": upload}
    content = os.urandom(5 * MIB)
    witness.upload_part(**where, PartNumber=1, Body=content, **theirs())
    mine = store.create("a", multipart_id=upload)
    store.write_multipart(mine, b"end", 1, **OURS)
    assert store.stat("a", multipart_id=upload, **OURS).mode == ObjectMode.PART
    parts = list(store.list_multipart(mine, **OURS))
    assert [part.index for part in parts] == [0, 1]
    store.complete_multipart(mine, parts, **OURS)
    check_sealed(witness, bucket, "a", content + b"end")


def test_a_resumed_writer_keeps_to_the_key(
    store: S3Storage, witness: "S3Client", bucket: str
) -> None:
    content = os.urandom(11 * MIB)
    writer = store.open_writer("a", part_size=5 * MIB, **OURS)
    writer.write(content[: 6 * MIB])
    state = writer.suspend()
    with store.open_writer("a", resume=state, **OURS) as again:
        again.write(content[again.tell() :])
    check_sealed(witness, bucket, "a", content)
