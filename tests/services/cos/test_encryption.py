"""Encryption with the user's own key: the SDK reads what we wrote, and the other way round."""

import hashlib
import io
import os
from base64 import b64encode
from typing import Any, Final

import pytest

from storewright.core.data import Data
from storewright.core.errors import PairRequired, PairValueInvalid, StorageError

from .conftest import OpenCos
from .stub import Stub
from .witness import Witness

pytestmark = pytest.mark.server
KEY: Final = bytes(range(32))
OTHER: Final = bytes(range(1, 33))
MIB: Final = 1024 * 1024
PIECE: Final = "server_side_encryption_customer_key"


def theirs(key: bytes = KEY) -> dict[str, str]:
    return {
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": b64encode(key).decode(),
        "SSECustomerKeyMD5": b64encode(hashlib.md5(key).digest()).decode(),
    }


def refuses(witness: Witness, key: str) -> None:
    """Nobody reads it without the key, or with another."""
    for args in ({}, theirs(OTHER)):
        with pytest.raises(witness.refusal):
            witness.read(key, **args)


def test_write(open_cos: OpenCos, witness: Witness) -> None:
    open_cos().write("a", b"secret", server_side_encryption_customer_key=KEY)
    assert witness.read("a", **theirs()) == b"secret"
    refuses(witness, "a")


def test_writer_in_parts(open_cos: OpenCos, witness: Witness) -> None:
    content = os.urandom(5 * MIB + MIB // 2)
    writer = open_cos().open_writer(
        "a", part_size=2 * MIB, server_side_encryption_customer_key=KEY, concurrency=2
    )
    with writer:
        writer.write(content)
    assert writer.result is not None
    assert len(writer.result.parts) == 3
    assert witness.read("a", **theirs()) == content
    refuses(witness, "a")


def test_stream_in_parts(open_cos: OpenCos, witness: Witness) -> None:
    content = os.urandom(20 * MIB)
    open_cos().write("a", io.BytesIO(content), server_side_encryption_customer_key=KEY)
    assert witness.read("a", **theirs()) == content
    refuses(witness, "a")


def test_upload_by_hand(open_cos: OpenCos, witness: Witness) -> None:
    store = open_cos()
    upload = store.create_multipart("a", server_side_encryption_customer_key=KEY)
    contents: list[Data] = [bytes(MIB), io.BytesIO(b"end")]
    parts = [
        store.write_multipart(upload, data, index, server_side_encryption_customer_key=KEY)
        for index, data in enumerate(contents)
    ]
    listed = store.list_multipart(upload, server_side_encryption_customer_key=KEY)
    assert [part.size for part in listed] == [MIB, 3]
    store.complete_multipart(upload, parts, server_side_encryption_customer_key=KEY)
    assert witness.read("a", **theirs()) == bytes(MIB) + b"end"
    refuses(witness, "a")


def test_read_and_stat(open_cos: OpenCos, witness: Witness) -> None:
    store = open_cos()
    witness.write("a", b"secret", **theirs())
    assert store.read_bytes("a", server_side_encryption_customer_key=KEY) == b"secret"
    assert store.stat("a", server_side_encryption_customer_key=KEY).content_length == 6
    attempts: list[dict[str, Any]] = [{}, {PIECE: OTHER}]
    for options in attempts:
        for call in (store.read_bytes, store.stat):
            with pytest.raises(StorageError):
                call("a", **options)


def test_copy_from_key_to_key(open_cos: OpenCos, witness: Witness) -> None:
    store = open_cos()
    witness.write("a", b"secret", **theirs())
    store.copy(
        "a",
        "b",
        copy_source_server_side_encryption_customer_key=KEY,
        server_side_encryption_customer_key=OTHER,
    )
    assert witness.read("b", **theirs(OTHER)) == b"secret"
    store.copy("a", "c", copy_source_server_side_encryption_customer_key=KEY)
    assert witness.read("c") == b"secret"


def test_signed_requests(open_cos: OpenCos, witness: Witness) -> None:
    store = open_cos()
    put = store.query_sign_http_write("a", 60, server_side_encryption_customer_key=KEY)
    assert witness.send(put, b"secret")[0] == 200
    assert witness.read("a", **theirs()) == b"secret"
    refuses(witness, "a")
    get = store.query_sign_http_read("a", 60, server_side_encryption_customer_key=KEY)
    assert witness.send(get) == (200, b"secret")


def test_a_default_key_covers_every_operation(open_cos: OpenCos, witness: Witness) -> None:
    store = open_cos(default_server_side_encryption_customer_key=KEY)
    store.write("a", b"secret")
    with store.open_writer("b", part_size=MIB) as writer:
        writer.write(bytes(2 * MIB))
    assert store.read_bytes("a") == b"secret"
    assert store.stat("b").content_length == 2 * MIB
    for key in "ab":
        refuses(witness, key)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused_before_anything_is_sent(
    wire: Stub, wired: Any, size: int
) -> None:
    with pytest.raises(PairValueInvalid, match="32 bytes"):
        wired.write("a", b"secret", server_side_encryption_customer_key=bytes(size))
    assert wire.take() == []


def test_an_algorithm_without_a_key_is_refused(wire: Stub, wired: Any) -> None:
    with pytest.raises(PairRequired):
        wired.write("a", b"secret", server_side_encryption_customer_algorithm="AES256")
    assert wire.take() == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"server_side_encryption": "AES256"}, "AES256"),
        (
            {
                "server_side_encryption": "cos/kms",
                "server_side_encryption_cos_kms_key_id": "key-1",
                "server_side_encryption_context": {"app": "dump"},
            },
            "cos/kms",
        ),
    ],
)
def test_keys_of_the_service(
    open_cos: OpenCos, witness: Witness, options: dict[str, Any], told: str
) -> None:
    store = open_cos()
    store.write("a", b"1", **options)
    with store.open_writer("b", part_size=MIB, **options) as writer:
        writer.write(bytes(2 * MIB))
    for key in "ab":
        assert witness.head(key)["x-cos-server-side-encryption"] == told
