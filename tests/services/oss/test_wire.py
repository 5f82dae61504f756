"""Every option of every operation, as the bytes on the wire."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import pytest

from storewright.core.errors import StorageError
from storewright.services.oss import OssStorage
from storewright.storage import ListMode, ObjectMode
from tests.services.s3.stub import Answer, Request, sent_at
from tests.services.s3.wire_calls import Callers
from tests.services.wire_proof import WireSuite

from .wire import ENTRIES, Wire, kind_of, listing
from .wire_table import BUCKET, LOCAL, TABLE

MIB: Final = 1024 * 1024


class OssCallers(Callers):
    """Calls operations of OSS in each way that leads to other requests."""

    def __init__(self, wire: Wire, store: OssStorage) -> None:
        super().__init__(cast("Any", wire), cast("Any", store))

    def arguments(self, op: str) -> tuple[Any, ...]:
        """Right arguments for an operation."""
        if op == "write_append":
            return self.store.create("log", object_mode=ObjectMode.APPEND), b"some content"
        return super().arguments(op)

    def twice(self, op: str, options: Mapping[str, Any]) -> None:
        """With one request, and part by part; the latter also with an error."""
        getattr(self.store, op)("source", "target", **options)
        limits, head = self.store._limits, self.wire.answers["HeadObject"]
        self.store._limits = replace(limits, copy_size_maximum=5)
        told = {"ETag": '"E"', "Content-Length": "7", "x-oss-tagging-count": "1"}
        self.wire.answers["HeadObject"] = Answer(headers=told)
        getattr(self.store, op)("source", "target", **options)
        copied = self.wire.answers["UploadPartCopy"]
        self.wire.answers["UploadPartCopy"] = Answer(status=403)
        with pytest.raises(StorageError):
            getattr(self.store, op)("source", "target", **options)
        self.wire.answers |= {"UploadPartCopy": copied, "HeadObject": head}
        self.store._limits = limits

    def stat(self, **options: Any) -> None:
        """Of a link, too, whose target takes a request of its own."""
        super().stat(**options)
        if "multipart_id" in options:
            return
        head = self.wire.answers["HeadObject"]
        self.wire.answers["HeadObject"] = Answer(headers={"x-oss-object-type": "Symlink"})
        self.store.stat("key", **options)
        self.wire.answers["HeadObject"] = head


UNBOUND: Final = {("reach", "traffic_limit"): {"query:x-oss-traffic-limit": "819200"}}
"""What stands elsewhere in one operation."""


UNASKED: Final = {
    "UploadPartCopy": {"header:x-oss-copy-source", "header:x-oss-copy-source-if-match"},
    "CopyObject": {"header:x-oss-copy-source"},
    "InitiateMultipartUpload": {"header:x-oss-tagging"},
    "DeleteMultipleObjects": {"header:content-md5"},
    "ListObjectsV2": {"query:max-keys"},
    "ListObjectVersions": {"query:max-keys"},
    "ListMultipartUploads": {"query:max-uploads"},
    "ListParts": {"query:max-parts", "query:uploadId"},
}
"""What requests carry by themselves, beside their length, type and upload."""


class TestWire(WireSuite):
    service = "oss"
    storage = OssStorage
    callers = OssCallers
    table = TABLE
    local = LOCAL
    shared = frozenset({"Mon, 03 Feb 2031 04:05:06 GMT"})
    unasked = UNASKED
    sent_at = sent_at
    silent = frozenset({"create", "metadata", "commit_append"})

    def kind_of(self, request: Request) -> str:
        return kind_of(request)

    def expected(self, op: str, pair: str, kind: str) -> Mapping[str, str]:
        return UNBOUND.get((op, pair)) or super().expected(op, pair, kind)


# ------------------------------------------------------------------ options that choose a request


@pytest.mark.parametrize(
    ("mode", "kind", "delimiter"),
    [
        (ListMode.PREFIX, "ListObjectsV2", ""),
        (ListMode.DIR, "ListObjectsV2", "/"),
        (ListMode.PART, "ListMultipartUploads", ""),
    ],
)
def test_list_modes(
    wire: Wire, wired: OssStorage, mode: ListMode, kind: str, delimiter: str
) -> None:
    list(wired.list("some", list_mode=mode))
    (request,) = wire.take()
    assert (kind_of(request), request.query.get("delimiter", "")) == (kind, delimiter)
    assert request.query["prefix"] == ("some/" if mode == ListMode.DIR else "some")
    assert request.query["encoding-type"] == "url"


def test_list_versions(wire: Wire, wired: OssStorage, proves: Callable[..., None]) -> None:
    proves("oss", "list", "list_versions")
    list(wired.list("some", list_versions=True, list_mode=ListMode.DIR))
    (request,) = wire.take()
    assert (kind_of(request), request.query["delimiter"]) == ("ListObjectVersions", "/")


PAGES: Final = {
    "ListObjectsV2": "<NextContinuationToken>next-50</NextContinuationToken>",
    "ListObjectVersions": "<NextKeyMarker>a/b 50</NextKeyMarker>"
    "<NextVersionIdMarker>v51</NextVersionIdMarker>",
    "ListMultipartUploads": "<NextKeyMarker>a/b 50</NextKeyMarker>"
    "<NextUploadIdMarker>u51</NextUploadIdMarker>",
    "ListParts": "<NextPartNumberMarker>50</NextPartNumberMarker>",
}
FOLLOWING: Final = {
    "ListObjectsV2": {"continuation-token": "next-50"},
    "ListObjectVersions": {"key-marker": "a/b 50", "version-id-marker": "v51"},
    "ListMultipartUploads": {"key-marker": "a/b 50", "upload-id-marker": "u51"},
    "ListParts": {"part-number-marker": "50"},
}


def listed(wired: OssStorage, kind: str, **options: Any) -> Any:
    if kind == "ListParts":
        return wired.list_multipart(wired.create("key", multipart_id="upload-0"), **options)
    part = kind == "ListMultipartUploads"
    options["list_mode"] = ListMode.PART if part else ListMode.PREFIX
    options["list_versions"] = kind == "ListObjectVersions"
    return cast("Any", wired).list("", **options)


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_token_goes_on(wire: Wire, wired: OssStorage, kind: str) -> None:
    last = wire.answers[kind]
    assert isinstance(last, Answer)
    wire.answers[kind] = [listing(ENTRIES[kind], PAGES[kind]), last]
    items = listed(wired, kind)
    next(items)
    token = items.continuation_token
    wire.take()
    list(listed(wired, kind, continuation_token=token))
    first, *rest = wire.take()
    assert not rest
    assert FOLLOWING[kind].items() <= first.query.items()


@pytest.mark.parametrize(
    ("op", "kind"), [("stat", "HeadObject"), ("delete", "DeleteObject"), ("create", "")]
)
def test_object_mode(wire: Wire, wired: OssStorage, op: str, kind: str) -> None:
    made = getattr(wired, op)("some", object_mode=ObjectMode.DIR)
    if op == "create":
        assert (made.id, made.mode) == ("some/", ObjectMode.DIR)
        assert wire.take() == []
        return
    (request,) = wire.take()
    assert (kind_of(request), request.path) == (kind, f"/{BUCKET}/some%2F")


def test_create_of_an_upload_makes_no_request(wire: Wire, wired: OssStorage) -> None:
    made = wired.create("some", multipart_id="upload-52")
    assert (made.id, made.mode, made.multipart_id) == ("some", ObjectMode.PART, "upload-52")
    assert wire.take() == []


def test_part_size(wire: Wire, wired: OssStorage) -> None:
    with wired.open_writer("key", part_size=6 * MIB, concurrency=1) as writer:
        writer.write(bytes(13 * MIB))
    parts = {r.query["partNumber"]: len(r.body) for r in wire.of("UploadPart")}
    assert parts == {"1": 6 * MIB, "2": 6 * MIB, "3": MIB}


def test_resume(wire: Wire, wired: OssStorage) -> None:
    writer = wired.open_writer("key", part_size=5 * MIB)
    writer.write(bytes(6 * MIB))
    state = writer.suspend()
    wire.take()
    with wired.open_writer("key", resume=state) as resumed:
        resumed.write(b"rest")
    kinds = [(kind_of(request), request.query["uploadId"]) for request in wire.take()]
    assert kinds[0] == ("ListParts", "upload-1")
    assert kinds[-1] == ("CompleteMultipartUpload", "upload-1")


def test_a_part_is_numbered_from_one(wire: Wire, wired: OssStorage) -> None:
    upload = wired.create("key", multipart_id="upload-0")
    part = wired.write_multipart(upload, b"x", 0)
    wired.complete_multipart(upload, [part])
    sent, completed = wire.take()
    assert sent.query["partNumber"] == "1"
    assert b"<PartNumber>1</PartNumber>" in completed.body
    assert part.etag.strip('"').encode() in completed.body


def test_a_link_names_its_target(wire: Wire, wired: OssStorage) -> None:
    wired.create_link("link", "a dir/tärget")
    (request,) = wire.take()
    assert request.headers["x-oss-symlink-target"] == "a%20dir%2Ft%C3%A4rget"
    assert "symlink" in request.query


def test_a_signed_completion_has_its_body(wire: Wire, wired: OssStorage) -> None:
    OssCallers(wire, wired).query_sign_http_complete_multipart()
    (request,) = wire.take()
    assert b'<Part><PartNumber>1</PartNumber><ETag>"e"</ETag></Part>' in request.body


def test_each_append_says_where_the_object_ends(wire: Wire, wired: OssStorage) -> None:
    made = wired.create_append("log")
    deleted, begun = wire.take()
    assert (kind_of(deleted), kind_of(begun)) == ("DeleteObject", "AppendObject")
    assert (begun.query["position"], begun.body) == ("0", b"")
    wired.write_append(made, b"some content")
    assert made.append_offset == 12
    wired.write_append(made, b"more")
    assert [request.query["position"] for request in wire.take()] == ["0", "12"]


def test_deletes_of_many_name_each_and_ask_for_an_answer(wire: Wire, wired: OssStorage) -> None:
    assert wired.delete_batch(["one", "two"]) == 2
    together, alone = wire.take()
    assert b"<Quiet>false</Quiet>" in together.body
    assert (kind_of(alone), alone.path) == ("DeleteObject", f"/{BUCKET}/two")


def signatures(wire: Wire, **options: Any) -> Iterator[Request]:
    place: dict[str, Any] = {"name": BUCKET, "endpoint": wire.endpoint, "max_retries": 0}
    with OssStorage(**place, **options) as store:
        store.read("key", io.BytesIO())
        yield from wire.take()


@pytest.mark.parametrize(
    ("options", "begin"),
    [
        ({"credential": "hmac:ak:sk"}, "OSS ak:"),
        ({"credential": "hmac:ak:sk", "location": "cn-x"}, "OSS4-HMAC-SHA256 Credential=ak/"),
        ({"credential": "hmac:ak:sk", "location": "cn-x", "auth_version": "v1"}, "OSS ak:"),
        ({"credential": "anonymous:"}, ""),
    ],
)
def test_signature(wire: Wire, options: dict[str, Any], begin: str) -> None:
    (request,) = signatures(wire, **options)
    assert request.headers.get("authorization", "").startswith(begin)
    assert bool(begin) == ("authorization" in request.headers)
    if "OSS4" in begin:
        assert "/cn-x/oss/aliyun_v4_request" in request.headers["authorization"]


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_token_is_sent(wire: Wire, version: str) -> None:
    (request,) = signatures(
        wire, credential="sts:ak:sk:token44", location="cn-x", auth_version=version
    )
    assert request.headers["x-oss-security-token"] == "token44"
