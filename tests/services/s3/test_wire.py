"""Each declared pair reaches the wire, under the name that the vendor's documents give it.

The names below are written by hand from the "Amazon S3 API Reference" (Actions: PutObject,
GetObject, HeadObject, DeleteObject, CreateMultipartUpload, UploadPart, CompleteMultipartUpload,
ListObjectsV2, ListMultipartUploads, ListParts, CreateBucket), never from the spec's bindings. A
pair that is declared and missing here fails the test: nothing can be forgotten on either side.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest

from storewright.core.parts import Segment
from storewright.services.s3 import S3Service, S3Storage, object_metadata
from tests.services.s3.recorder import Recorder, recording

KEY = bytes(range(32))
KEY_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KEY_MD5 = "tP/LI3N87DFaSk0aoqYgzg=="
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """A value, and where each call of the vendor's must carry it."""

    value: Any
    expected: dict[str, tuple[str, str]]
    """Action -> place and text; every request of the action must have it there."""


def sent(value: Any, place: str, text: str, *calls: str) -> Sent:
    return Sent(value, dict.fromkeys(calls, (place, text)))


SSE = "header:x-amz-server-side-encryption-customer-"
WRITES = ("PutObject", "CreateMultipartUpload")
EVERY_PART = (*WRITES, "UploadPart")
ALGORITHM = {"place": f"{SSE}algorithm", "text": "AES256"}
ENCRYPTED = {
    "write": ("PutObject",),
    "open_writer": EVERY_PART,
    "create_multipart": ("CreateMultipartUpload",),
    "write_multipart": ("UploadPart",),
    "complete_multipart": ("CompleteMultipartUpload",),
    "read": ("GetObject",),
    "stat": ("HeadObject",),
}
CREATES = {
    "write": ("PutObject",),
    "open_writer": WRITES,
    "create_multipart": ("CreateMultipartUpload",),
}
PUBLISHES = {
    "write": ("PutObject",),
    "open_writer": ("PutObject", "CompleteMultipartUpload"),
    "complete_multipart": ("CompleteMultipartUpload",),
}
READS = {"read": ("GetObject",), "stat": ("HeadObject",)}


def everywhere(
    calls: Mapping[str, tuple[str, ...]], pair: str, *args: Any
) -> dict[tuple[str, str], Sent]:
    """The same expectation for each operation in ``calls``."""
    return {(op, pair): sent(*args, *names) for op, names in calls.items()}


WIRE: dict[tuple[str, str], Sent] = {
    **everywhere(
        ENCRYPTED,
        *("server_side_encryption_customer_algorithm", "AES256", f"{SSE}algorithm", "AES256"),
    ),
    **everywhere(ENCRYPTED, "server_side_encryption_customer_key", KEY, f"{SSE}key", KEY_TEXT),
    **everywhere(
        {**CREATES, "create_dir": ("PutObject",), "create_link": ("PutObject",)},
        *("storage_class", "STANDARD_IA", "header:x-amz-storage-class", "STANDARD_IA"),
    ),
    **everywhere(CREATES, "content_type", "text/x-sql", "header:Content-Type", "text/x-sql"),
    **everywhere(CREATES, "user_metadata", {"who": "me"}, "header:x-amz-meta-who", "me"),
    **everywhere(PUBLISHES, "if_match", '"old"', "header:If-Match", '"old"'),
    **everywhere(PUBLISHES, "if_not_exists", True, "header:If-None-Match", "*"),
    **everywhere(READS, "if_match", '"old"', "header:If-Match", '"old"'),
    **everywhere(READS, "if_none_match", '"new"', "header:If-None-Match", '"new"'),
    **everywhere(
        {**READS, "delete": ("DeleteObject",)}, "version_id", "v-3", "query:versionId", "v-3"
    ),
    ("write", "content_md5"): sent(
        "XrY7u+Ae7tCTyyK7j1rNww==",
        *("header:Content-MD5", "XrY7u+Ae7tCTyyK7j1rNww==", "PutObject"),
    ),
    ("write_multipart", "content_md5"): sent(
        "XrY7u+Ae7tCTyyK7j1rNww==",
        *("header:Content-MD5", "XrY7u+Ae7tCTyyK7j1rNww==", "UploadPart"),
    ),
    ("write", "size"): sent(5, "header:Content-Length", "5", "PutObject"),
    ("write_multipart", "size"): sent(5, "header:Content-Length", "5", "UploadPart"),
    ("write_segment", "size"): sent(5, "header:Content-Length", "5", "UploadPart"),
    ("read", "offset"): sent(13, "header:Range", "bytes=13-", "GetObject"),
    ("read", "size"): sent(17, "header:Range", "bytes=0-16", "GetObject"),
    ("delete", "multipart_id"): sent("up-9", "query:uploadId", "up-9", "AbortMultipartUpload"),
    ("stat", "multipart_id"): sent("up-9", "query:uploadId", "up-9", "ListParts"),
    ("delete", "object_mode"): sent(1, "path", "/bucket/work/k/", "DeleteObject"),
    ("stat", "object_mode"): sent(1, "path", "/bucket/work/k/", "HeadObject"),
    ("list", "list_mode"): sent(1, "query:delimiter", "/", "ListObjectsV2"),
}

BY_EFFECT = {
    "io_callback": "given every chunk: conformance suite",
    "timeout": "a bound on the client's own time: test_failures and the conformance suite",
    "dir_func": "called with items: conformance suite",
    "file_func": "called with items: conformance suite",
    "limit": "items are counted on this side: test_list_limit_and_token_reach_the_wire",
    "continuation_token": "it holds the vendor's: test_list_limit_and_token_reach_the_wire",
    "encoding": "the writer encodes: tests/writer",
    "compression": "the writer compresses: tests/writer",
    "concurrency": "the writer's threads: tests/writer",
    "max_memory": "the writer's buffers: tests/writer",
    "size_hint": "the writer's plan: tests/writer",
    "resume": "the writer's state: tests/writer",
    "part_size": "test_part_size_cuts_the_upload",
}
"""Pairs that no request shows, and where their effect is tested."""

LOCAL = {"create", "metadata"}


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as found:
        yield found


@pytest.fixture
def store(recorder: Recorder) -> Iterator[S3Storage]:
    with S3Storage(
        name="bucket",
        endpoint=recorder.endpoint,
        credential="hmac:key:secret",
        location="eu-west-7",
        work_dir="/work",
        max_retries=0,
        enable_virtual_dir=True,
        enable_virtual_link=True,
        enable_virtual_operation_all=True,
    ) as found:
        yield found


def _open_writer(store: Any, **options: Any) -> None:
    """Through the writer, once in a single request and once in parts."""
    with store.open_writer("k", **options) as writer:
        writer.write(b"small")
    with store.open_writer("k", part_size=5 * MIB, **options) as writer:
        writer.write(bytes(11 * MIB))


def _upload(store: Any) -> Any:
    return store.create("k", multipart_id="up-1")


def _data(options: dict[str, Any]) -> bytes:
    """More than ``size`` says, if it says anything."""
    return b"hello, all" if "size" in options else b"hello"


def _delete(store: Any, **options: Any) -> None:
    store.delete("k", **options)


def _list(store: Any, **options: Any) -> None:
    list(store.list("", limit=1, **options))


def _read(store: Any, **options: Any) -> None:
    store.read("k", BytesIO(), **options)


def _stat(store: Any, **options: Any) -> None:
    store.stat("k", **options)


def _write(store: Any, **options: Any) -> None:
    store.write("k", _data(options), **options)


def _create_dir(store: Any, **options: Any) -> None:
    store.create_dir("k", **options)


def _create_link(store: Any, **options: Any) -> None:
    store.create_link("k", "target", **options)


def _create_multipart(store: Any, **options: Any) -> None:
    store.create_multipart("k", **options)


def _write_multipart(store: Any, **options: Any) -> None:
    store.write_multipart(_upload(store), _data(options), 0, **options)


def _write_segment(store: Any, **options: Any) -> None:
    store.write_segment(Segment("k", "up-1"), _data(options), 0, **options)


def _complete_multipart(store: Any, **options: Any) -> None:
    part = store.write_multipart(_upload(store), b"x", 0)
    store.complete_multipart(_upload(store), [part], **options)


DRIVERS: dict[str, Callable[..., None]] = {
    "delete": _delete,
    "list": _list,
    "open_writer": _open_writer,
    "read": _read,
    "stat": _stat,
    "write": _write,
    "create_dir": _create_dir,
    "create_link": _create_link,
    "create_multipart": _create_multipart,
    "write_multipart": _write_multipart,
    "write_segment": _write_segment,
    "complete_multipart": _complete_multipart,
}


def _declared() -> set[tuple[str, str]]:
    return {
        (op, pair)
        for op, options in S3Storage._options.items()
        for pair in options.PAIRS
        if op not in LOCAL and pair not in BY_EFFECT
    }


def test_every_declared_pair_is_in_the_table() -> None:
    assert set(WIRE) == _declared()


def test_every_reason_names_a_declared_pair() -> None:
    declared = {pair for options in S3Storage._options.values() for pair in options.PAIRS}
    assert set(BY_EFFECT) <= declared


@pytest.mark.parametrize(
    ("op", "pair"), sorted(WIRE), ids=[f"{op}-{pair}" for op, pair in sorted(WIRE)]
)
def test_the_pair_reaches_the_wire(
    op: str, pair: str, store: S3Storage, recorder: Recorder
) -> None:
    expectation = WIRE[op, pair]
    options = {pair: expectation.value}
    if pair == "server_side_encryption_customer_algorithm":
        options["server_side_encryption_customer_key"] = KEY
    DRIVERS[op](store, **options)
    for call, (place, text) in expectation.expected.items():
        requests = recorder.calls(call)
        assert requests, f"{call} was not made: {[r.call for r in recorder.requests]}"
        assert [request.find(place) for request in requests] == [text] * len(requests)


@pytest.mark.parametrize("op", sorted(ENCRYPTED))
def test_a_customer_key_comes_with_its_digest(
    op: str, store: S3Storage, recorder: Recorder
) -> None:
    DRIVERS[op](store, server_side_encryption_customer_key=KEY)
    for call in ENCRYPTED[op]:
        for request in recorder.calls(call):
            assert request.find(f"{SSE}key-MD5") == KEY_MD5
            assert request.find(f"{SSE}algorithm") == "AES256"


def test_nothing_is_sent_that_was_not_asked_for(store: S3Storage, recorder: Recorder) -> None:
    for driver in DRIVERS.values():
        driver(store)
    places = {place for case in WIRE.values() for place, _ in case.expected.values()}
    optional = {p for p in places if p.startswith(("header:x-amz-", "header:If-"))}
    optional -= {"header:x-amz-meta-who"}
    found = {(r.call, p) for r in recorder.requests for p in optional if r.find(p) is not None}
    assert found == set()


def test_list_limit_and_token_reach_the_wire(store: S3Storage, recorder: Recorder) -> None:
    first = store.list("", limit=1)
    assert [item.path for item in first]
    token = first.continuation_token
    list(store.list("", limit=1, continuation_token=token))
    assert recorder.requests[-1].find("query:continuation-token") == "vendor-token-7"


def test_part_size_cuts_the_upload(store: S3Storage, recorder: Recorder) -> None:
    with store.open_writer("k", part_size=6 * MIB) as writer:
        writer.write(bytes(15 * MIB))
    sizes = sorted(len(request.body) for request in recorder.calls("UploadPart"))
    assert sizes == [3 * MIB, 6 * MIB, 6 * MIB]
    numbers = sorted(int(r.query["partNumber"]) for r in recorder.calls("UploadPart"))
    assert numbers == [1, 2, 3]


def test_a_part_index_counts_from_one_on_the_wire(store: S3Storage, recorder: Recorder) -> None:
    part = store.write_multipart(_upload(store), b"x", 4)
    assert recorder.requests[-1].query["partNumber"] == "5"
    store.complete_multipart(_upload(store), [part])
    assert "<PartNumber>5</PartNumber>" in recorder.requests[-1].body.decode()


# ----------------------------------------------------------------------------------- answers

HEADERS = {
    "content_length": ("Content-Length", "100", 100),
    "content_type": ("Content-Type", "text/x-sql", "text/x-sql"),
    "etag": ("ETag", '"tag-1"', '"tag-1"'),
    "version_id": ("x-amz-version-id", "v-8", "v-8"),
    "user_metadata": ("x-amz-meta-who", "me", {"who": "me"}),
}
SYSTEM_HEADERS = {
    "storage_class": ("x-amz-storage-class", "GLACIER", "GLACIER"),
    "server_side_encryption_customer_algorithm": (
        *("x-amz-server-side-encryption-customer-algorithm", "AES256", "AES256"),
    ),
}


@pytest.mark.parametrize("field", sorted(HEADERS))
def test_each_metadatum_is_read_from_the_answer(
    field: str, store: S3Storage, recorder: Recorder
) -> None:
    name, text, value = HEADERS[field]
    answer = recorder.answers["HeadObject"]
    recorder.answers["HeadObject"] = type(answer)(200, {**answer.headers, name: text})
    assert getattr(store.stat("k"), field) == value


@pytest.mark.parametrize("field", sorted(SYSTEM_HEADERS))
def test_each_system_metadatum_is_read_from_the_answer(
    field: str, store: S3Storage, recorder: Recorder
) -> None:
    name, text, value = SYSTEM_HEADERS[field]
    answer = recorder.answers["HeadObject"]
    recorder.answers["HeadObject"] = type(answer)(200, {**answer.headers, name: text})
    assert getattr(object_metadata(store.stat("k")), field) == value


def test_the_time_of_the_last_change_is_read(store: S3Storage) -> None:
    found = store.stat("k").last_modified
    assert found is not None
    assert found.isoformat() == "2026-11-21T07:36:00+00:00"


def test_listings_tell_what_they_carry(store: S3Storage) -> None:
    item = next(iter(store.list("")))
    assert (item.content_length, item.etag) == (11, '"e"')
    assert object_metadata(item).storage_class == "GLACIER"
    assert item.content_type is None


# ------------------------------------------------------------------------------------ service


def test_the_location_of_a_new_bucket_is_its_constraint(recorder: Recorder) -> None:
    service = S3Service(endpoint=recorder.endpoint, credential="hmac:key:secret", max_retries=0)
    service.create("bucket", location="eu-west-7")
    body = recorder.calls("CreateBucket")[0].body.decode()
    assert "<LocationConstraint>eu-west-7</LocationConstraint>" in body


# ------------------------------------------------------------------------------- construction


def _authorization(recorder: Recorder, **options: Any) -> str:
    merged: dict[str, Any] = {
        "name": "bucket",
        "endpoint": recorder.endpoint,
        "location": "eu-west-7",
        "max_retries": 0,
        **options,
    }
    S3Storage(**merged).stat("k")
    return recorder.requests[-1].headers.get("Authorization", "")


def test_the_credential_signs(recorder: Recorder) -> None:
    text = _authorization(recorder, credential="hmac:key:secret")
    assert text.startswith("AWS4-HMAC-SHA256 Credential=key/")
    assert "/eu-west-7/s3/aws4_request" in text


def test_a_session_token_is_sent(recorder: Recorder) -> None:
    _authorization(recorder, credential="sts:key:secret:token-5")
    assert recorder.requests[-1].find("header:X-Amz-Security-Token") == "token-5"


def test_anonymous_requests_are_unsigned(recorder: Recorder) -> None:
    assert _authorization(recorder, credential="anonymous:") == ""


def test_the_proxy_is_used(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    store = S3Storage(
        name="bucket",
        endpoint="http://storage.invalid",
        credential="hmac:key:secret",
        location="eu-west-7",
        proxy=recorder.endpoint,
        addressing_style="path",
        max_retries=0,
    )
    store.stat("k")
    assert recorder.requests[-1].headers["Host"] == "storage.invalid"


def test_addressing_virtual_puts_the_bucket_into_the_host(recorder: Recorder) -> None:
    store = S3Storage(
        name="bucket",
        endpoint="http://storage.invalid",
        credential="hmac:key:secret",
        location="eu-west-7",
        proxy=recorder.endpoint,
        addressing_style="virtual",
        max_retries=0,
    )
    store.client.head_object(Bucket="bucket", Key="k/l")
    assert recorder.requests[-1].headers["Host"] == "bucket.storage.invalid"
