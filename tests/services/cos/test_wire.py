"""Every option of every operation, as the bytes on the wire."""

from collections.abc import Callable
from typing import Any, Final, cast

import pytest

from storewright.services.cos import CosStorage
from storewright.storage import ListMode, ObjectMode
from tests.services.wire_proof import WireSuite

from .stub import Answer, Stub, sent_at
from .wire_calls import Callers
from .wire_table import LOCAL, TABLE

MIB: Final = 1024 * 1024


UNASKED: Final = {
    "AppendObject": {"header:content-md5"},
    "CopyObject": {"header:x-cos-copy-source"},
    "DeleteMultipleObjects": {"header:content-md5"},
    "GetBucket": {"query:max-keys"},
    "GetBucketObjectVersions": {"query:max-keys"},
    "InitiateMultipartUpload": {"header:x-cos-tagging"},
    "ListMultipartUploads": {"query:max-uploads"},
    "ListParts": {"query:max-parts", "query:uploadId"},
    "PutObject": {"header:content-md5"},
    "UploadPart": {"header:content-md5"},
    "UploadPartCopy": {"header:x-cos-copy-source", "header:x-cos-copy-source-if-match"},
}
"""What requests carry by themselves, beside their length, type and upload."""


class TestWire(WireSuite):
    service = "cos"
    storage = CosStorage
    callers = Callers
    table = TABLE
    local = LOCAL
    shared = frozenset({"AES256", "Mon, 03 Feb 2031 04:05:06 GMT"})
    unasked = UNASKED
    sent_at = sent_at


# ------------------------------------------------------------------ options that choose a request


@pytest.mark.parametrize(
    ("mode", "kind", "delimiter"),
    [
        (ListMode.PREFIX, "GetBucket", None),
        (ListMode.DIR, "GetBucket", "/"),
        (ListMode.PART, "ListMultipartUploads", None),
    ],
)
def test_list_modes(
    wire: Stub, wired: CosStorage, mode: ListMode, kind: str, delimiter: str | None
) -> None:
    list(wired.list("some", list_mode=mode))
    (request,) = wire.take()
    assert (request.kind, request.query.get("delimiter") or None) == (kind, delimiter)
    assert request.query["prefix"] == ("some/" if mode == ListMode.DIR else "some")
    assert request.query["encoding-type"] == "url"


def test_list_versions(wire: Stub, wired: CosStorage, proves: Callable[..., None]) -> None:
    proves("cos", "list", "list_versions")
    list(wired.list("some", list_versions=True, list_mode=ListMode.DIR))
    (request,) = wire.take()
    assert (request.kind, request.query["delimiter"]) == ("GetBucketObjectVersions", "/")


PAGES: Final = {
    "GetBucket": "<NextMarker>next-50</NextMarker>",
    "GetBucketObjectVersions": "<NextKeyMarker>a%2Fb%2050</NextKeyMarker>"
    "<NextVersionIdMarker>v51</NextVersionIdMarker><EncodingType>url</EncodingType>",
    "ListMultipartUploads": "<NextKeyMarker>a%2Fb%2050</NextKeyMarker>"
    "<NextUploadIdMarker>u51</NextUploadIdMarker><EncodingType>url</EncodingType>",
    "ListParts": "<NextPartNumberMarker>50</NextPartNumberMarker>",
}
FOLLOWING: Final = {
    "GetBucket": {"marker": "next-50"},
    "GetBucketObjectVersions": {"key-marker": "a/b 50", "version-id-marker": "v51"},
    "ListMultipartUploads": {"key-marker": "a/b 50", "upload-id-marker": "u51"},
    "ListParts": {"part-number-marker": "50"},
}


def listing(wired: CosStorage, kind: str, op: str, **options: Any) -> Any:
    if op == "list_multipart":
        return wired.list_multipart(wired.create("key", multipart_id="upload-0"), **options)
    part = kind == "ListMultipartUploads"
    options["list_mode"] = ListMode.PART if part else ListMode.PREFIX
    options["list_versions"] = kind == "GetBucketObjectVersions"
    return cast("Any", wired).list("", **options)


@pytest.mark.parametrize(
    ("kind", "op"),
    [
        ("GetBucket", "list"),
        ("GetBucketObjectVersions", "list"),
        ("ListMultipartUploads", "list"),
        ("ListParts", "list_multipart"),
    ],
)
def test_token_goes_on(wire: Stub, wired: CosStorage, kind: str, op: str) -> None:
    body = f"<R><IsTruncated>true</IsTruncated>{PAGES[kind]}</R>".encode()
    last = wire.answers[kind]
    assert isinstance(last, Answer)
    entry = last.body.partition(b"false</IsTruncated>")[2]
    wire.answers[kind] = [Answer(body.replace(b"</R>", entry.rpartition(b"</")[0] + b"</R>")), last]
    items = listing(wired, kind, op)
    next(items)
    token = items.continuation_token
    wire.take()
    list(listing(wired, kind, op, continuation_token=token))
    first, *rest = wire.take()
    assert not rest
    assert FOLLOWING[kind].items() <= first.query.items()


@pytest.mark.parametrize(
    ("op", "kind"), [("stat", "HeadObject"), ("delete", "DeleteObject"), ("create", "")]
)
def test_object_mode(wire: Stub, wired: CosStorage, op: str, kind: str) -> None:
    made = getattr(wired, op)("some", object_mode=ObjectMode.DIR)
    if op == "create":
        assert (made.id, made.mode) == ("some/", ObjectMode.DIR)
        assert wire.take() == []
        return
    (request,) = wire.take()
    assert (request.kind, request.path) == (kind, "/some/")


def test_create_of_an_upload_makes_no_request(wire: Stub, wired: CosStorage) -> None:
    made = wired.create("some", multipart_id="upload-52")
    assert (made.id, made.mode, made.multipart_id) == ("some", ObjectMode.PART, "upload-52")
    assert wire.take() == []


def test_part_size(wire: Stub, wired: CosStorage) -> None:
    with wired.open_writer("key", part_size=6 * MIB, concurrency=1) as writer:
        writer.write(bytes(13 * MIB))
    parts = {r.query["partNumber"]: len(r.body) for r in wire.of("UploadPart")}
    assert parts == {"1": 6 * MIB, "2": 6 * MIB, "3": MIB}


def test_resume(wire: Stub, wired: CosStorage) -> None:
    writer = wired.open_writer("key", part_size=5 * MIB)
    writer.write(bytes(6 * MIB))
    state = writer.suspend()
    wire.take()
    with wired.open_writer("key", resume=state) as resumed:
        resumed.write(b"rest")
    kinds = [(request.kind, request.query["uploadId"]) for request in wire.take()]
    assert kinds[0] == ("ListParts", "upload-1")
    assert kinds[-1] == ("CompleteMultipartUpload", "upload-1")


def test_a_part_is_numbered_from_one(wire: Stub, wired: CosStorage) -> None:
    upload = wired.create("key", multipart_id="upload-0")
    part = wired.write_multipart(upload, b"x", 0)
    wired.complete_multipart(upload, [part])
    sent, completed = wire.take()
    assert sent.query["partNumber"] == "1"
    assert b"<PartNumber>1</PartNumber>" in completed.body
    assert part.etag.replace('"', "").encode() in completed.body


def test_a_link_names_its_target(wire: Stub, wired: CosStorage) -> None:
    Callers.everything(wired).create_link("link", "a dir/tärget")
    (request,) = wire.take()
    assert request.headers["x-cos-meta-storewright-link-target"] == "a%20dir/t%C3%A4rget"
    assert request.body == b""


def test_a_signed_completion_has_its_body(wire: Stub, wired: CosStorage) -> None:
    Callers(wire, wired).query_sign_http_complete_multipart()
    (request,) = wire.take()
    assert b'<Part><PartNumber>1</PartNumber><ETag>"e"</ETag></Part>' in request.body
