"""Every option of every operation, as the bytes on the wire."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final, cast

import pytest

from storewright.services.s3 import S3Storage
from storewright.storage import ListMode
from tests.services.wire_multipart import MultipartWireSuite

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


PAGES: Final = {
    "ListObjectsV2": "<NextContinuationToken>next-50</NextContinuationToken>",
    "ListObjectVersions": "<NextKeyMarker>a%2Fb+50</NextKeyMarker>"
    "<NextVersionIdMarker>v51</NextVersionIdMarker><EncodingType>url</EncodingType>",
    "ListMultipartUploads": "<NextKeyMarker>a/b 50</NextKeyMarker>"
    "<NextUploadIdMarker>u51</NextUploadIdMarker>",
    "ListParts": "<NextPartNumberMarker>50</NextPartNumberMarker>",
}


class TestWire(MultipartWireSuite):
    service = "s3"
    storage = S3Storage
    callers = Callers
    table = TABLE
    local = LOCAL
    shared = frozenset({"AES256", "true", "Mon, 03 Feb 2031 04:05:06 GMT"})
    unasked = UNASKED
    bucket = f"/{BUCKET}"
    pages = PAGES | {"list_segments": PAGES["ListMultipartUploads"]}
    following: ClassVar = {
        **MultipartWireSuite.following,
        "list_segments": MultipartWireSuite.following["ListMultipartUploads"],
    }
    sent_at = sent_at

    def kind_of(self, listing: str) -> str:
        return "ListMultipartUploads" if listing == "list_segments" else listing

    def listed(self, wired: Any, listing: str, **options: Any) -> Any:
        if listing == "list_segments":
            return wired.list_segments("", **options)
        return super().listed(wired, listing, **options)


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


def test_a_link_names_its_target(wire: Stub, wired: S3Storage) -> None:
    cast("Any", wired).create_link("link", "a dir/tärget")
    (request,) = wire.take()
    assert request.headers["x-amz-meta-storewright-link-target"] == "a%20dir/t%C3%A4rget"
    assert request.body == b""
