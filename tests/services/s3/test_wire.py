"""Every option of every operation, as the bytes on the wire."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import pytest

from storewright.services.s3 import S3Storage
from storewright.storage import ListMode, ObjectMode
from tests.services.wire_proof import WireSuite

from .stub import Answer, Stub, sent_at
from .wire_calls import Callers
from .wire_table import BUCKET, LOCAL, TABLE

MIB: Final = 1024 * 1024
SPEC: Final = Path(__file__).parents[3] / "specs/services/s3/service.toml"


def test_the_table_has_every_option_of_the_spec() -> None:
    spec = tomllib.loads(SPEC.read_text())["namespace"]["storage"]["op"]
    every = {(op, pair) for op, told in spec.items() for pair in told.get("optional", ())}
    listed = {(op, pair) for pair, row in TABLE.items() for op in row.kinds}
    assert {(op, pair) for op, pair in every - listed if op != "create"} == {
        (op, pair) for op, pair in every if pair in LOCAL and op != "create"
    }
    assert len(listed) > 300


def test_every_row_names_the_vendors_words() -> None:
    for row in TABLE.values():
        for sent in (row.sent, *row.other.values()):
            assert sent
            assert all(place.startswith(("header:", "query:")) for place in sent)
            assert all(sent.values())


UNASKED: Final = {
    "UploadPartCopy": {"header:x-amz-copy-source", "header:x-amz-copy-source-if-match"},
    "CopyObject": {"header:x-amz-copy-source"},
    "CreateMultipartUpload": {"header:x-amz-tagging"},
    "DeleteObjects": {"header:content-md5", "header:x-amz-sdk-checksum-algorithm"},
    "ListObjectsV2": {"query:max-keys"},
    "ListObjectVersions": {"query:max-keys"},
    "ListMultipartUploads": {"query:max-uploads"},
    "ListParts": {"query:max-parts", "query:uploadId"},
}
"""What requests carry by themselves, beside their length, type and upload."""


class TestWire(WireSuite):
    service = "s3"
    storage = S3Storage
    callers = Callers
    table = TABLE
    local = LOCAL
    shared = frozenset({"AES256", "true", "Mon, 03 Feb 2031 04:05:06 GMT"})
    unasked = UNASKED
    sent_at = sent_at


# ------------------------------------------------------------------ options that choose a request


@pytest.mark.parametrize(
    ("mode", "kind", "delimiter"),
    [
        (ListMode.PREFIX, "ListObjectsV2", None),
        (ListMode.DIR, "ListObjectsV2", "/"),
        (ListMode.PART, "ListMultipartUploads", None),
    ],
)
def test_list_modes(
    wire: Stub, wired: S3Storage, mode: ListMode, kind: str, delimiter: str | None
) -> None:
    list(wired.list("some", list_mode=mode))
    (request,) = wire.take()
    assert (request.kind, request.query.get("delimiter")) == (kind, delimiter)
    assert request.query["prefix"] == ("some/" if mode == ListMode.DIR else "some")
    in_url_form = None if mode == ListMode.PART else "url"
    assert request.query.get("encoding-type") == in_url_form


@pytest.mark.parametrize(
    ("plain", "encoded", "path"),
    [
        ("a\x01 b", "a%01+b", "a\x01 b"),  # Amazon: that is no XML
        ("a\ufffd b", "a%01+b", "a\x01 b"),  # stores that write something else instead
        ("a\ufffd b", "a%EF%BF%BD+b", "a\ufffd b"),
        ("a\ufffd+b", "a\ufffd+b", "a\ufffd+b"),  # stores that do not keep what they promise
    ],
)
def test_uploads_of_keys_that_xml_cannot_hold(
    wire: Stub, wired: S3Storage, plain: str, encoded: str, path: str
) -> None:
    upload = "<Upload><Key>{}</Key><UploadId>u</UploadId></Upload>"
    text = f"<R><IsTruncated>false</IsTruncated>{upload}</R>"
    bodies = [text.format(plain), text.format(encoded)]
    wire.answers["ListMultipartUploads"] = [Answer(body.encode()) for body in bodies]
    (item,) = wired.list(list_mode=ListMode.PART)
    assert item.path == path
    assert [request.query.get("encoding-type") for request in wire.take()] == [None, "url"]


def test_list_versions(wire: Stub, wired: S3Storage, proves: Callable[..., None]) -> None:
    proves("s3", "list", "list_versions")
    list(wired.list("some", list_versions=True, list_mode=ListMode.DIR))
    (request,) = wire.take()
    assert (request.kind, request.query["delimiter"]) == ("ListObjectVersions", "/")


PAGES: Final = {
    "ListObjectsV2": "<NextContinuationToken>next-50</NextContinuationToken>",
    "ListObjectVersions": "<NextKeyMarker>a%2Fb+50</NextKeyMarker>"
    "<NextVersionIdMarker>v51</NextVersionIdMarker><EncodingType>url</EncodingType>",
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


def listing(wired: S3Storage, kind: str, op: str, **options: Any) -> Any:
    if op == "list_multipart":
        return wired.list_multipart(wired.create("key", multipart_id="upload-0"), **options)
    if op == "list_segments":
        items: Any = Callers.everything(wired).list_segments("", **options)
        return items
    part = kind == "ListMultipartUploads"
    options["list_mode"] = ListMode.PART if part else ListMode.PREFIX
    options["list_versions"] = kind == "ListObjectVersions"
    return cast("Any", wired).list("", **options)


@pytest.mark.parametrize(
    ("kind", "op"),
    [
        ("ListObjectsV2", "list"),
        ("ListObjectVersions", "list"),
        ("ListMultipartUploads", "list"),
        ("ListMultipartUploads", "list_segments"),
        ("ListParts", "list_multipart"),
    ],
)
def test_token_goes_on(wire: Stub, wired: S3Storage, kind: str, op: str) -> None:
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
def test_object_mode(wire: Stub, wired: S3Storage, op: str, kind: str) -> None:
    made = getattr(wired, op)("some", object_mode=ObjectMode.DIR)
    if op == "create":
        assert (made.id, made.mode) == ("some/", ObjectMode.DIR)
        assert wire.take() == []
        return
    (request,) = wire.take()
    assert (request.kind, request.path) == (kind, f"/{BUCKET}/some/")


def test_create_of_an_upload_makes_no_request(wire: Stub, wired: S3Storage) -> None:
    made = wired.create("some", multipart_id="upload-52")
    assert (made.id, made.mode, made.multipart_id) == ("some", ObjectMode.PART, "upload-52")
    assert wire.take() == []


def test_part_size(wire: Stub, wired: S3Storage) -> None:
    with wired.open_writer("key", part_size=6 * MIB, concurrency=1) as writer:
        writer.write(bytes(13 * MIB))
    parts = {r.query["partNumber"]: len(r.body) for r in wire.of("UploadPart")}
    assert parts == {"1": 6 * MIB, "2": 6 * MIB, "3": MIB}


def test_resume(wire: Stub, wired: S3Storage) -> None:
    writer = wired.open_writer("key", part_size=5 * MIB)
    writer.write(bytes(6 * MIB))
    state = writer.suspend()
    wire.take()
    with wired.open_writer("key", resume=state) as resumed:
        resumed.write(b"rest")
    kinds = [(request.kind, request.query["uploadId"]) for request in wire.take()]
    assert kinds[0] == ("ListParts", "upload-1")
    assert kinds[-1] == ("CompleteMultipartUpload", "upload-1")


def test_a_part_is_numbered_from_one(wire: Stub, wired: S3Storage) -> None:
    upload = wired.create("key", multipart_id="upload-0")
    part = wired.write_multipart(upload, b"x", 0)
    wired.complete_multipart(upload, [part])
    sent, completed = wire.take()
    assert sent.query["partNumber"] == "1"
    assert b"<PartNumber>1</PartNumber>" in completed.body
    assert part.etag.replace('"', "").encode() in completed.body


def test_a_link_names_its_target(wire: Stub, wired: S3Storage) -> None:
    Callers.everything(wired).create_link("link", "a dir/tärget")
    (request,) = wire.take()
    assert request.headers["x-amz-meta-storewright-link-target"] == "a%20dir/t%C3%A4rget"
    assert request.body == b""


def test_a_signed_completion_has_its_body(wire: Stub, wired: S3Storage) -> None:
    Callers(wire, wired).query_sign_http_complete_multipart()
    (request,) = wire.take()
    assert b'<Part><PartNumber>1</PartNumber><ETag>"e"</ETag></Part>' in request.body
