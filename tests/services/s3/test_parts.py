"""The parts that boto3 does not make: the same on the wire, and left to it when all is not well."""

import hashlib
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from storewright.core.errors import (
    CredentialInvalid,
    OperationTimeout,
    PairUnsupported,
    ServiceInternal,
    StorageError,
)
from storewright.services.s3 import S3Storage

from .conftest import OpenStore
from .stub import ETAG, Answer, Request, Stub
from .wire_table import BUCKET

MIB: Final = 1024 * 1024
SIZE: Final = 1000
NAME: Final = "a b+ü/%41 ~(c)'*.sql"
GOOD: Final = Answer(headers={"ETag": ETAG})
BROKEN: Final = Answer(b"<Error><Code>InternalError</Code></Error>", 500)


@contextmanager
def opened(wire: Stub, **options: Any) -> Generator[S3Storage]:
    """A store on the stub whose parts may be small."""
    given: dict[str, Any] = {"credential": "hmac:access:secret", "max_retries": 1, **options}
    with S3Storage(name=BUCKET, endpoint=wire.endpoint, **given) as store:
        store._limits = replace(store._limits, multipart_size_minimum=1)
        yield store


def made_by_boto3(store: S3Storage) -> list[int]:
    """Numbers of parts, as boto3 makes them."""
    numbers: list[int] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        numbers.append(params["PartNumber"])

    store.client.meta.events.register("provide-client-params.s3.UploadPart", note)
    return numbers


def write(store: S3Storage, count: int, path: str = NAME, **options: Any) -> bytes:
    """Write so many parts, one after the other; what they hold."""
    content = bytes(range(250)) * (count * SIZE // 250)
    with store.open_writer(path, part_size=SIZE, concurrency=1, **options) as writer:
        writer.write(content[: count * SIZE - 1])
    return content[:-1]


def sent(wire: Stub) -> list[Request]:
    """The parts that came, in order."""
    return wire.of("UploadPart")


# -------------------------------------------------------------------------------------- on the wire

KEY: Final = "0123456789abcdef0123456789abcdef"
EVERYTHING: Final[dict[str, Any]] = {
    "server_side_encryption_customer_key": KEY.encode(),
    "expected_bucket_owner": "123456789012",
    "request_payer": "requester",
}


@pytest.mark.parametrize("signing", [True, False])
@pytest.mark.parametrize("credential", ["hmac:access:secret", "sts:access:secret:token/+="])
@pytest.mark.parametrize("options", [{}, EVERYTHING], ids=["plain", "everything"])
def test_the_others_are_as_the_first(
    wire: Stub, signing: bool, credential: str, options: dict[str, Any]
) -> None:
    with opened(wire, credential=credential, payload_signing=signing) as store:
        numbers = made_by_boto3(store)
        content = write(store, 4, **options)
    first, *others = sent(wire)
    assert numbers == [1]
    assert len(others) == 3
    assert b"".join(request.body for request in sent(wire)) == content
    for number, other in enumerate(others, 2):
        assert other.query == {**first.query, "partNumber": str(number)}
        assert (other.method, other.path) == (first.method, first.path)
        assert other.headers.keys() == first.headers.keys()
        changed = {name for name, value in first.headers.items() if other.headers[name] != value}
        assert changed <= OWN
        digest = hashlib.sha256(other.body).hexdigest() if signing else "UNSIGNED-PAYLOAD"
        assert other.headers["x-amz-content-sha256"] == digest
        assert other.headers["amz-sdk-invocation-id"] != first.headers["amz-sdk-invocation-id"]
    if options:
        assert {name for name in first.headers if "customer" in name or "payer" in name}


OWN: Final = {
    "amz-sdk-invocation-id",
    "authorization",
    "content-length",
    "x-amz-content-sha256",
    "x-amz-date",
}


@pytest.mark.parametrize("credential", ["hmac:access:secret", "sts:access:secret:token/+="])
def test_the_signature_is_the_one_that_botocore_makes(wire: Stub, credential: str) -> None:
    with opened(wire, credential=credential, location="eu-central-1") as store:
        write(store, 3, **EVERYTHING)
    for request in sent(wire):
        assert signed_by_botocore(wire, request) == request.headers["authorization"]


def signed_by_botocore(wire: Stub, request: Request) -> str:
    """What botocore's signer makes of a request."""
    _, _, names = request.headers["authorization"].partition("SignedHeaders=")
    kept = {n: request.headers[n] for n in names.partition(",")[0].split(";") if n != "host"}
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    again: Any = AWSRequest("PUT", f"{wire.endpoint}{request.path}?{query}", kept, request.body)
    again.context["timestamp"] = kept["x-amz-date"]
    signer: Any = S3SigV4Auth(Credentials("access", "secret"), "s3", "eu-central-1")
    text = signer.string_to_sign(again, signer.canonical_request(again))
    signer._inject_signature_to_request(again, signer.signature(text, again))
    signature: str = again.headers["Authorization"]
    return signature


@pytest.mark.server
def test_a_server_takes_them(open_store: OpenStore) -> None:
    store = open_store()
    numbers = made_by_boto3(store)
    content = bytes(range(251)) * (21 * MIB // 251)
    with store.open_writer(NAME, part_size=5 * MIB, concurrency=2) as writer:
        writer.write(content)
    assert set(numbers) <= {1, 2, 3}
    assert store.read_bytes(NAME) == content
    assert writer.result is not None
    assert writer.result.etag == store.stat(NAME).etag


# ------------------------------------------------------------------------------------ what is told


def test_checksums_that_a_store_tells_are_kept(wire: Stub) -> None:
    wire.answers["UploadPart"] = Answer(headers={"ETag": ETAG, "x-amz-checksum-crc64nvme": "AAA="})
    with opened(wire) as store:
        write(store, 3)
    (complete,) = wire.of("CompleteMultipartUpload")
    assert complete.body.count(b"<ChecksumCRC64NVME>AAA=</ChecksumCRC64NVME>") == 3


@pytest.mark.parametrize(
    "pair",
    [{"server_side_encryption": "AES256"}, {"server_side_encryption_customer_key": KEY.encode()}],
)
def test_each_part_must_be_confirmed_to_be_encrypted(wire: Stub, pair: dict[str, Any]) -> None:
    said = {
        "x-amz-server-side-encryption": "AES256",
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
    }
    begun = wire.answers["CreateMultipartUpload"]
    assert isinstance(begun, Answer)
    wire.answers["CreateMultipartUpload"] = [begun]  # a list is given out as it is
    wire.answers["UploadPart"] = [Answer(headers={"ETag": ETAG, **said}), GOOD]
    with opened(wire) as store:
        numbers = made_by_boto3(store)
        with pytest.raises(PairUnsupported, match="unencrypted"):
            write(store, 4, **pair)
    assert numbers == [1]
    assert len(wire.of("AbortMultipartUpload")) == 1


# -------------------------------------------------------------------------- when all is not well


@pytest.mark.parametrize("trouble", [BROKEN, Answer(takes=100), Answer()], ids=["500", "cut", "?"])
def test_what_fails_is_done_over_by_boto3(wire: Stub, trouble: Answer) -> None:
    wire.answers["UploadPart"] = [GOOD, GOOD, trouble, GOOD]
    with opened(wire) as store:
        numbers = made_by_boto3(store)
        content = write(store, 6)
    assert numbers == [1, 3]  # and the next ones are made after the third
    bodies = [request.body for request in sent(wire)]
    assert b"".join(bodies[:2] + bodies[3:]) == content
    assert [request.query["partNumber"] for request in sent(wire)] == [*"1233456"]


def test_a_store_that_dislikes_them_gets_no_more_of_them(wire: Stub) -> None:
    refused = Counter[str]()

    def answer(request: Request) -> Answer:
        found = wire.answers[request.kind]
        assert isinstance(found, Answer)
        number = request.query.get("partNumber", "1")
        if number != "1" and request.kind == "UploadPart" and not refused[number]:
            refused[number] += 1
            return BROKEN
        return found

    wire.other = answer
    with opened(wire) as store:
        numbers = made_by_boto3(store)
        write(store, 5)
    assert numbers == [1, 2, 3, 4, 5]
    assert [request.query["partNumber"] for request in sent(wire)] == [*"122334455"]


def test_errors_are_those_that_boto3_tells(wire: Stub) -> None:
    body = b"<Error><Code>ExpiredToken</Code><Message>so it is</Message></Error>"
    expired = Answer(body, 400, {"x-amz-request-id": "request-7"})
    wire.answers["UploadPart"] = [GOOD, GOOD, expired]
    with opened(wire) as store, pytest.raises(CredentialInvalid) as caught:
        write(store, 4)
    assert (caught.value.request_id, caught.value.hint) == (
        "request-7",
        "get new temporary credentials",
    )


def test_without_retries_no_part_is_sent_twice(wire: Stub) -> None:
    wire.answers["UploadPart"] = [GOOD, GOOD, BROKEN]
    with opened(wire, max_retries=0) as store, pytest.raises(ServiceInternal):
        write(store, 4)
    assert [request.query["partNumber"] for request in sent(wire)] == [*"123"]


def test_the_time_for_an_upload_holds_for_them(wire: Stub) -> None:
    with opened(wire) as store:
        times: list[Any] = []

        def note(request: Any, **_: Any) -> None:
            times.append(request.context.get("read_timeout"))

        store.client.meta.events.register_last("before-send.s3", note)
        write(store, 3, timeout=70)
        assert len(times) == 5
        assert all(0 < time <= 70 for time in times)
        with pytest.raises(OperationTimeout):
            write(store, 3, timeout=1e-9)


# ------------------------------------------------------------------------- what the user has added


def test_a_header_of_the_users_is_in_every_part(wire: Stub) -> None:
    with opened(wire) as store:

        def add(request: Any, **_: Any) -> None:
            request.headers["x-of-the-user"] = "1"

        store.client.meta.events.register("before-sign.s3.UploadPart", add)
        write(store, 3)
    assert [request.headers["x-of-the-user"] for request in sent(wire)] == ["1"] * 3


def test_who_answers_instead_of_the_service_is_asked_for_every_part(wire: Stub) -> None:
    with opened(wire) as store:
        seen: list[str] = []

        def look(request: Any, **_: Any) -> None:
            seen.append(request.url)
            assert int(request.headers["Content-Length"]) > 0

        store.client.meta.events.register("before-send.s3.UploadPart", look)
        write(store, 3)
    assert [f"partNumber={number}" in url for number, url in enumerate(seen, 1)] == [True] * 3


def test_a_checksum_of_boto3s_is_in_every_part(wire: Stub) -> None:
    with opened(wire, checksum_mode="when_supported") as store:
        numbers = made_by_boto3(store)
        write(store, 3)
    assert numbers == [1, 2, 3]
    assert all("x-amz-checksum-crc32" in request.headers for request in sent(wire))


def test_anonymous_parts_have_no_signature(wire: Stub) -> None:
    with opened(wire, credential="anonymous") as store:
        write(store, 3)
    assert ["authorization" in request.headers for request in sent(wire)] == [False] * 3


def test_a_secret_is_in_no_representation(wire: Stub) -> None:
    with opened(wire) as store:
        wire.answers["UploadPart"] = [GOOD, BROKEN]
        with pytest.raises(StorageError) as caught:
            write(store, 3)
    assert "secret" not in repr(caught.value) + str(caught.value)
