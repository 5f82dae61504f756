"""What goes wrong between a store and its service: class, retryable, request id, and hint."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

import botocore.auth
import pytest

from storewright.core.errors import (
    ConnectionFailed,
    CredentialInvalid,
    ObjectNotExist,
    PermissionDenied,
    RequestThrottled,
    ServiceInternal,
    StorageError,
    Unexpected,
)
from storewright.services.s3 import S3Storage
from storewright.storage import ListMode
from storewright.testing.servers import SeaweedFS

from .conftest import OpenStore, client_of, new_bucket, options_of
from .cutter import Cutter, cutter
from .stub import ETAG, Answer, Stub
from .wire_calls import Callers
from .wire_table import BUCKET

MIB: Final = 1024 * 1024
CALLS: Final[dict[str, Callable[[S3Storage], object]]] = {
    "list": lambda store: list(store.list()),
    "read": lambda store: store.read_bytes("a"),
    "write": lambda store: store.write("a", b"1"),
}


def failed(call: Callable[[], object], kind: type[StorageError]) -> StorageError:
    """The error of a call, which is exactly of this kind and came with the service's id."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert caught.value.request_id
    return caught.value


# ----------------------------------------------------------------------------- who asks, and when


@pytest.mark.server
@pytest.mark.parametrize("op", CALLS)
@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_skew(store: S3Storage, monkeypatch: pytest.MonkeyPatch, op: str, hours: int) -> None:
    signers: Any = botocore.auth
    clock = signers.get_current_datetime

    def skewed(*args: Any, **options: Any) -> Any:
        return clock(*args, **options) + timedelta(hours=hours)

    monkeypatch.setattr(signers, "get_current_datetime", skewed)
    error = failed(lambda: CALLS[op](store), CredentialInvalid)
    assert (error.http_status, error.retryable) == (403, False)
    assert error.hint == "set this machine's clock"
    with pytest.raises(PermissionDenied, match="clock"):
        store.stat("a")  # an answer to HEAD has no body to say so


@pytest.mark.server
@pytest.mark.parametrize("op", CALLS)
def test_wrong_key(open_store: OpenStore, server: SeaweedFS, op: str) -> None:
    store = open_store(credential=f"hmac:{server.access_key}:wrong")
    error = failed(lambda: CALLS[op](store), CredentialInvalid)
    assert (error.http_status, error.retryable) == (403, False)
    assert "secret key is wrong" in error.hint


@pytest.mark.server
@pytest.mark.parametrize("op", ["list", "read"])
def test_missing_bucket(open_store: OpenStore, op: str) -> None:
    store = open_store(name="no-such-bucket")
    error = failed(lambda: CALLS[op](store), ObjectNotExist)
    assert (error.http_status, error.retryable) == (404, False)
    assert error.hint == "the bucket does not exist"


@pytest.mark.server
def test_without_permission_to_list(open_store: OpenStore, server: SeaweedFS) -> None:
    key, secret = server.limited
    store = open_store(credential=f"hmac:{key}:{secret}")
    store.write("a", b"1")
    assert store.read_bytes("a") == b"1"
    error = failed(lambda: list(store.list()), PermissionDenied)
    assert (error.http_status, error.retryable) == (403, False)
    assert "without permission to list" in error.hint


def answer_of(code: str, status: int, more: str = "") -> Answer:
    body = f"<Error><Code>{code}</Code><Message>so it is</Message>{more}</Error>"
    return Answer(body.encode(), status, {"x-amz-request-id": "request-7"})


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"])
def test_expired_token(wire: Stub, wired: S3Storage, code: str) -> None:
    wire.answers["GetObject"] = answer_of(code, 400)
    error = failed(lambda: wired.read_bytes("a"), CredentialInvalid)
    assert (error.request_id, error.retryable) == ("request-7", False)
    assert error.hint == "get new temporary credentials"


@pytest.mark.parametrize("op", ["read_bytes", "stat"])
def test_absent_object_without_permission_to_list(wire: Stub, wired: S3Storage, op: str) -> None:
    """Amazon says 403 of an object that is not there to whoever may not know."""
    wire.answers["GetObject"] = answer_of("AccessDenied", 403)
    wire.answers["HeadObject"] = Answer(status=403, headers={"x-amz-request-id": "request-7"})
    error = failed(lambda: getattr(wired, op)("a"), PermissionDenied)
    assert (error.request_id, error.path) == ("request-7", "a")
    assert "absent objects" in error.hint


REGION: Final = "<Region>eu-north-9</Region>"
ELSEWHERE: Final = [
    answer_of("AuthorizationHeaderMalformed", 400, REGION),
    answer_of("PermanentRedirect", 301, "<Endpoint>b.s3.eu-north-9.amazonaws.com</Endpoint>"),
]


@pytest.mark.parametrize("refusal", ELSEWHERE, ids=["malformed", "redirect"])
def test_region_is_found_out(wire: Stub, wired: S3Storage, refusal: Answer) -> None:
    good = wire.answers["GetObject"]
    assert isinstance(good, Answer)
    wire.answers["GetObject"] = [refusal, good]
    wire.answers["HeadBucket"] = Answer(headers={"x-amz-bucket-region": "eu-north-9"})
    assert wired.read_bytes("a") == b"content"
    first, last = wire.of("GetObject")
    assert "/us-east-1/s3/" in first.headers["authorization"]
    assert "/eu-north-9/s3/" in last.headers["authorization"]


@pytest.mark.parametrize("refusal", ELSEWHERE, ids=["malformed", "redirect"])
def test_wrong_region(wire: Stub, wired: S3Storage, refusal: Answer) -> None:
    wire.answers["GetObject"] = refusal
    with pytest.raises(StorageError) as caught:
        wired.read_bytes("a")
    assert isinstance(caught.value, CredentialInvalid | ValueError)
    assert (caught.value.request_id, caught.value.retryable) == ("request-7", False)
    assert "location" in caught.value.hint


# --------------------------------------------------------------------------- too much, too late


def test_slow_down(wire: Stub, wired: S3Storage) -> None:
    wire.answers["PutObject"] = answer_of("SlowDown", 503)
    error = failed(lambda: wired.write("a", b"1"), RequestThrottled)
    assert (error.http_status, error.retryable) == (503, True)


def test_slow_down_is_waited_for(wire: Stub) -> None:
    wire.answers["PutObject"] = [answer_of("SlowDown", 503), Answer(headers={"ETag": ETAG})]
    with S3Storage(name=BUCKET, endpoint=wire.endpoint, credential="hmac:a:s") as store:
        assert store.write("a", b"content") == 7
    assert [request.body for request in wire.take()] == [b"content"] * 2


IN_200: Final = [
    ("complete_multipart", "CompleteMultipartUpload"),
    ("complete_segment", "CompleteMultipartUpload"),
    ("open_writer", "CompleteMultipartUpload"),
    ("copy", "CopyObject"),
    ("copy", "UploadPartCopy"),
]


@pytest.mark.parametrize(("op", "kind"), IN_200)
def test_200_with_an_error(wire: Stub, wired: S3Storage, op: str, kind: str) -> None:
    wire.answers[kind] = answer_of("InternalError", 200)
    if kind == "UploadPartCopy":
        wired._limits = replace(wired._limits, copy_size_maximum=5)
    calls = Callers(wire, wired)
    call = calls.large if op == "open_writer" else partial(calls.once, op)
    error = failed(call, ServiceInternal)
    assert (error.op, error.request_id, error.retryable) == (op, "request-7", True)
    aborted = [request.kind for request in wire.take()].count("AbortMultipartUpload")
    assert aborted == (kind == "UploadPartCopy" or op == "open_writer")


# ------------------------------------------------------------------------------ cut connections


def test_body_that_the_service_does_not_take(wire: Stub, wired: S3Storage) -> None:
    wire.answers["PutObject"] = Answer(takes=100_000)
    with pytest.raises(ConnectionFailed) as caught:
        wired.write("a", bytes(4 * MIB))
    assert (caught.value.op, caught.value.path, caught.value.retryable) == ("write", "a", True)


def test_body_is_sent_again_from_its_beginning(wire: Stub) -> None:
    wire.answers["PutObject"] = [Answer(takes=100_000), Answer(headers={"ETag": ETAG})]
    content = bytes(range(256)) * 4096
    with S3Storage(name=BUCKET, endpoint=wire.endpoint, credential="hmac:a:s") as store:
        assert store.write("a", io.BytesIO(content)) == len(content)
    assert [len(request.body) for request in wire.requests] == [100_000, len(content)]
    assert wire.requests[-1].body == content


@pytest.mark.parametrize("offset", [3, None])
def test_range_that_the_service_ignores(wire: Stub, wired: S3Storage, offset: int | None) -> None:
    """Some stores send all there is instead, which must not be taken for what was wanted."""
    wire.answers["GetObject"] = [Answer(b"whole content", headers={"ETag": ETAG})]
    target = io.BytesIO()
    with pytest.raises(Unexpected, match="range"):
        wired.read("a", target, offset=offset, size=4)
    assert target.getvalue() == b""


@pytest.fixture
def relay(seaweedfs: SeaweedFS) -> Iterator[Cutter]:
    with cutter(seaweedfs.endpoint) as relay:
        yield relay


@pytest.fixture
def through(seaweedfs: SeaweedFS, relay: Cutter) -> Iterator[Callable[[int], S3Storage]]:
    """Opens stores of one bucket, with so many retries, whose connections may be cut."""
    name, stores = new_bucket(seaweedfs), list[S3Storage]()

    def make(retries: int) -> S3Storage:
        options: dict[str, Any] = options_of(seaweedfs)
        options |= {"endpoint": relay.endpoint, "max_retries": retries}
        stores.append(S3Storage(name=name, **options))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


CONTENT: Final = bytes(range(251)) * (6 * MIB // 251)


def direct(server: SeaweedFS, store: S3Storage) -> tuple[list[str], list[str]]:
    """Objects and uploads that the server has in truth."""
    client, bucket = client_of(server), store.metadata().name or ""
    objects = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    uploads = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return [e.get("Key", "") for e in objects], [e.get("Key", "") for e in uploads]


@pytest.mark.server
def test_upload_that_is_cut_leaves_nothing(
    seaweedfs: SeaweedFS, relay: Cutter, through: Callable[[int], S3Storage]
) -> None:
    store = through(0)
    relay.cut(1, up=2 * MIB)
    with pytest.raises(ConnectionFailed) as caught:
        store.write("a", CONTENT)
    assert caught.value.retryable
    relay.cut(1, up=2 * MIB)
    with pytest.raises(ConnectionFailed), store.open_writer("b", part_size=5 * MIB) as writer:
        writer.write(CONTENT)
    assert relay.cuts == 1
    assert direct(seaweedfs, store) == ([], [])


@pytest.mark.server
def test_upload_that_is_cut_is_repeated(
    seaweedfs: SeaweedFS, relay: Cutter, through: Callable[[int], S3Storage]
) -> None:
    store = through(2)
    relay.cut(2, up=2 * MIB)
    assert store.write("a", CONTENT) == len(CONTENT)
    assert relay.cuts == 2
    relay.cut(2, up=2 * MIB)
    with store.open_writer("b", part_size=5 * MIB) as writer:
        writer.write(CONTENT)
    assert relay.cuts == 2
    assert [store.read_bytes(key) == CONTENT for key in "ab"] == [True, True]
    assert list(store.list(list_mode=ListMode.PART)) == []


@pytest.mark.server
@pytest.mark.parametrize("cuts", [1, 3])
def test_download_that_is_cut_goes_on(
    relay: Cutter, through: Callable[[int], S3Storage], cuts: int
) -> None:
    through(0).write("a", CONTENT)

    def fresh() -> S3Storage:
        """A store without connections, which have carried nothing yet."""
        relay.cut(cuts, down=MIB)
        return through(0)

    target = io.BytesIO()
    assert fresh().read("a", target) == len(CONTENT)
    assert target.getvalue() == CONTENT
    assert relay.cuts == cuts
    assert fresh().read_bytes("a", offset=7) == CONTENT[7:]
    assert relay.cuts == cuts
    with fresh().open("a", "rb") as file:
        assert file.read() == CONTENT
    assert relay.cuts == cuts


@pytest.mark.server
def test_download_that_is_cut_too_often_fails(
    relay: Cutter, through: Callable[[int], S3Storage]
) -> None:
    store = through(0)
    store.write("a", CONTENT)
    relay.cut(99, down=100_000)
    with pytest.raises(ConnectionFailed) as caught:
        store.read_bytes("a")
    assert (caught.value.op, caught.value.retryable) == ("read_bytes", True)
