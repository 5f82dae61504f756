"""Every option of every operation, as the bytes on the wire."""

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest

from storewright.services.oss import OssStorage
from storewright.storage import ListMode
from tests.services.wire_multipart import MultipartWireSuite

from .stub import ENTRIES, Answer, Request, Stub, page, sent_at
from .wire_calls import Callers
from .wire_table import BUCKET, LOCAL, TABLE

MIB: Final = 1024 * 1024


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


PAGES: Final = {
    "ListObjectsV2": "<NextContinuationToken>next-50</NextContinuationToken>",
    "ListObjectVersions": "<NextKeyMarker>a/b 50</NextKeyMarker>"
    "<NextVersionIdMarker>v51</NextVersionIdMarker>",
    "ListMultipartUploads": "<NextKeyMarker>a/b 50</NextKeyMarker>"
    "<NextUploadIdMarker>u51</NextUploadIdMarker>",
    "ListParts": "<NextPartNumberMarker>50</NextPartNumberMarker>",
}


class TestWire(MultipartWireSuite):
    service = "oss"
    storage = OssStorage
    callers = Callers
    table = TABLE
    local = LOCAL
    shared = frozenset({"Mon, 03 Feb 2031 04:05:06 GMT"})
    unasked = UNASKED
    bucket = f"/{BUCKET}"
    slash = "%2F"
    sent_at = sent_at
    silent = frozenset({"create", "metadata", "commit_append"})

    def unfinished(self, wire: Any, listing: str) -> Answer:
        return page(ENTRIES[listing], PAGES[listing])

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
    wire: Stub, wired: OssStorage, mode: ListMode, kind: str, delimiter: str
) -> None:
    list(wired.list("some", list_mode=mode))
    (request,) = wire.take()
    assert (request.kind, request.query.get("delimiter", "")) == (kind, delimiter)
    assert request.query["prefix"] == ("some/" if mode == ListMode.DIR else "some")
    assert request.query["encoding-type"] == "url"


def test_list_versions(wire: Stub, wired: OssStorage, proves: Callable[..., None]) -> None:
    proves("oss", "list", "list_versions")
    list(wired.list("some", list_versions=True, list_mode=ListMode.DIR))
    (request,) = wire.take()
    assert (request.kind, request.query["delimiter"]) == ("ListObjectVersions", "/")


def test_a_link_names_its_target(wire: Stub, wired: OssStorage) -> None:
    wired.create_link("link", "a dir/tärget")
    (request,) = wire.take()
    assert request.headers["x-oss-symlink-target"] == "a%20dir%2Ft%C3%A4rget"
    assert "symlink" in request.query


def test_each_append_says_where_the_object_ends(wire: Stub, wired: OssStorage) -> None:
    made = wired.create_append("log")
    deleted, begun = wire.take()
    assert (deleted.kind, begun.kind) == ("DeleteObject", "AppendObject")
    assert (begun.query["position"], begun.body) == ("0", b"")
    wired.write_append(made, b"some content")
    assert made.append_offset == 12
    wired.write_append(made, b"more")
    assert [request.query["position"] for request in wire.take()] == ["0", "12"]


def test_deletes_of_many_name_each_and_ask_for_an_answer(wire: Stub, wired: OssStorage) -> None:
    assert wired.delete_batch(["one", "two"]) == 2
    together, alone = wire.take()
    assert b"<Quiet>false</Quiet>" in together.body
    assert (alone.kind, alone.path) == ("DeleteObject", f"/{BUCKET}/two")


def signatures(wire: Stub, **options: Any) -> Iterator[Request]:
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
def test_signature(wire: Stub, options: dict[str, Any], begin: str) -> None:
    (request,) = signatures(wire, **options)
    assert request.headers.get("authorization", "").startswith(begin)
    assert bool(begin) == ("authorization" in request.headers)
    if "OSS4" in begin:
        assert "/cn-x/oss/aliyun_v4_request" in request.headers["authorization"]


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_token_is_sent(wire: Stub, version: str) -> None:
    (request,) = signatures(
        wire, credential="sts:ak:sk:token44", location="cn-x", auth_version=version
    )
    assert request.headers["x-oss-security-token"] == "token44"
