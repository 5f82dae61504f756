"""Every option of every operation, as the bytes on the wire."""

from collections.abc import Callable
from typing import Any, Final, cast

import pytest

from storewright.services.cos import CosStorage
from storewright.storage import ListMode
from tests.services.wire_multipart import MultipartWireSuite

from .stub import Stub, sent_at
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


class TestWire(MultipartWireSuite):
    service = "cos"
    storage = CosStorage
    callers = Callers
    table = TABLE
    local = LOCAL
    shared = frozenset({"AES256", "Mon, 03 Feb 2031 04:05:06 GMT"})
    unasked = UNASKED
    bucket = ""
    versions = "GetBucketObjectVersions"
    pages = PAGES
    following = FOLLOWING
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


def test_a_link_names_its_target(wire: Stub, wired: CosStorage) -> None:
    cast("Any", wired).create_link("link", "a dir/tärget")
    (request,) = wire.take()
    assert request.headers["x-cos-meta-storewright-link-target"] == "a%20dir/t%C3%A4rget"
    assert request.body == b""
