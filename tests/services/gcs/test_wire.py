"""Every option of every operation, as the bytes on the wire."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, cast

import pytest

from storewright.services.gcs import GcsStorage
from storewright.services.gcs.sdk import extend_crc32c
from storewright.storage import ListMode
from tests.services.wire_multipart import UploadWireSuite

from .stub import Answer, Request, Stub, sent_at
from .wire_calls import Callers
from .wire_table import BUCKET, LOCAL, TABLE

MIB: Final = 1024 * 1024


UNASKED: Final = {
    "ListObjects": {"query:maxResults"},
    "XmlListUploads": {"query:max-uploads"},
    "XmlListParts": {"query:max-parts", "query:uploadId"},
}
"""What requests carry by themselves, beside their length, type and upload."""


PAGES: Final = {
    "ListObjects": b'{"nextPageToken": "next-50", "items": [{"name": "first"}]}',
    "XmlListUploads": b"<R><IsTruncated>true</IsTruncated><NextKeyMarker>a/b 50</NextKeyMarker>"
    b"<NextUploadIdMarker>u51</NextUploadIdMarker>"
    b"<Upload><Key>first</Key><UploadId>u</UploadId></Upload></R>",
    "XmlListParts": b"<R><IsTruncated>true</IsTruncated><NextPartNumberMarker>50"
    b"</NextPartNumberMarker><Part><PartNumber>50</PartNumber><Size>1</Size></Part></R>",
}
FOLLOWING: Final = {
    "ListObjects": {"pageToken": "next-50"},
    "XmlListUploads": {"key-marker": "a/b 50", "upload-id-marker": "u51"},
    "XmlListParts": {"part-number-marker": "50"},
}


class TestWire(UploadWireSuite):
    service = "gcs"
    storage = GcsStorage
    callers = Callers
    table = TABLE
    local = LOCAL
    shared = frozenset({"AES256", "true", "1717", "18"})
    unasked = UNASKED
    bucket = f"/storage/v1/b/{BUCKET}/o"
    slash = "%2F"
    kinds: ClassVar = {"stat": "GetObject", "delete": "DeleteObject"}
    following = FOLLOWING
    sent_at = sent_at
    common = UploadWireSuite.common | {"data:length"}

    def unfinished(self, wire: Any, listing: str) -> Answer:
        return Answer(PAGES[listing])

    def listed(self, wired: Any, listing: str, **options: Any) -> Any:
        if listing == "XmlListParts":
            return wired.list_multipart(wired.create("key", multipart_id="upload-0"), **options)
        mode = ListMode.PART if listing == "XmlListUploads" else ListMode.PREFIX
        return wired.list("", list_mode=mode, **options)

    def expected(self, op: str, pair: str, kind: str) -> Mapping[str, str]:
        # The request that finds the generation with a tag carries nothing of it.
        looks_up = kind == "GetObject" and op not in ("read", "stat") and pair.endswith("if_match")
        return {} if looks_up else super().expected(op, pair, kind)

    def means(self, op: str) -> set[str]:
        return {"resource:metadata"} if op == "create_link" else set()


@pytest.mark.parametrize("op", ["write", "delete", "copy"])
def test_the_payer_also_pays_for_finding_a_tag(wire: Stub, wired: GcsStorage, op: str) -> None:
    given = {"write": ("key", b""), "delete": ("key",), "copy": ("source", "target")}
    getattr(wired, op)(*given[op], if_match="tag28", user_project="payer-45")
    first, *_ = wire.take()
    assert (first.kind, first.query) == ("GetObject", {"userProject": "payer-45"})


def test_what_is_kept_of_the_source(wire: Stub, wired: GcsStorage) -> None:
    kept = b'"contentType": "text/a", "metadata": {"a": "b"}, "storageClass": "COLD"'
    body = b'{"generation": "46", "metageneration": "47", %s}' % kept
    wire.answers["GetObject"] = Answer(body)
    wired.copy("source", "target", cache_control="no-cache")
    _, request = wire.take()
    expected = {"contentType": "text/a", "metadata": {"a": "b"}, "cacheControl": "no-cache"}
    assert request.resource == expected
    assert request.query == {"sourceGeneration": "46", "ifSourceMetagenerationMatch": "47"}


# ------------------------------------------------------------------ options that choose a request


@pytest.mark.parametrize(
    ("mode", "kind", "delimiter"),
    [
        (ListMode.PREFIX, "ListObjects", None),
        (ListMode.DIR, "ListObjects", "/"),
        (ListMode.PART, "XmlListUploads", None),
    ],
)
def test_list_modes(
    wire: Stub, wired: GcsStorage, mode: ListMode, kind: str, delimiter: str | None
) -> None:
    list(wired.list("some", list_mode=mode))
    (request,) = wire.take()
    assert (request.kind, request.query.get("delimiter")) == (kind, delimiter)
    assert request.query["prefix"] == ("some/" if mode == ListMode.DIR else "some")


def test_list_versions(wire: Stub, wired: GcsStorage, proves: Callable[..., None]) -> None:
    proves("gcs", "list", "list_versions")
    list(wired.list("some", list_versions=True, list_mode=ListMode.DIR))
    (request,) = wire.take()
    assert (request.query["versions"], request.query["delimiter"]) == ("true", "/")


class Uploads:
    """2,500 uploads, some of them of one key, as the XML API lists them."""

    def __init__(self) -> None:
        self.all = [(f"d{n // 5:04}/a b", f"u{n:04}") for n in range(2500)]

    def __call__(self, request: Request) -> Answer | None:
        if request.kind != "XmlListUploads":
            return None
        markers = ("key-marker", "upload-id-marker")
        after = tuple(request.query.get(name, "") for name in markers)
        most = min(int(request.query.get("max-uploads", "1000")), 1000)
        rest = [each for each in self.all if each > after]
        entries = "".join(
            f"<Upload><Key>{key}</Key><UploadId>{name}</UploadId></Upload>"
            for key, name in rest[:most]
        )
        key, name = rest[:most][-1]
        return Answer(
            f"<R><IsTruncated>{str(len(rest) > most).lower()}</IsTruncated><NextKeyMarker>{key}"
            f"</NextKeyMarker><NextUploadIdMarker>{name}</NextUploadIdMarker>{entries}</R>".encode()
        )


@pytest.mark.parametrize("limit", [None, 97, 1000, 1001])
def test_2500_uploads_are_listed_once(wire: Stub, wired: GcsStorage, limit: int | None) -> None:
    """No emulator has them. With a limit, as who goes on in another process each time."""
    uploads = Uploads()
    wire.other = uploads
    found: list[Any] = []
    token: str | None = None
    while True:
        items = wired.list(list_mode=ListMode.PART, limit=limit, continuation_token=token)
        found += [(item.id, item.multipart_id) for item in items]
        token = items.continuation_token
        if token is None:
            break
    assert found == uploads.all


def test_part_size(wire: Stub, wired: GcsStorage) -> None:
    with wired.open_writer("key", part_size=MIB) as writer:
        writer.write(bytes(5 * MIB // 2))
    spans = [r.headers["content-range"] for r in wire.take() if r.method == "PUT"]
    grain = 256 * 1024
    assert spans == [
        f"bytes 0-{3 * grain - 1}/*",
        f"bytes {3 * grain}-{7 * grain - 1}/*",
        f"bytes {7 * grain}-{9 * grain - 1}/*",
        f"bytes {9 * grain}-{10 * grain - 1}/{10 * grain}",
    ]


@pytest.mark.parametrize("more", [0, 512 * 1024])
def test_resume(wire: Stub, wired: GcsStorage, more: int) -> None:
    content = bytes(range(256)) * (3 * MIB // 256)
    writer = wired.open_writer("key", part_size=MIB)
    writer.write(content[: 2 * MIB + 5])
    state = writer.suspend()
    wire.take()
    stored = MIB + more  # of a part that broke off, some may be there
    answer = Answer(status=308, headers={"Range": f"bytes=0-{stored - 1}"})
    wire.answers["AskUpload"] = answer
    with wired.open_writer("key", resume=state) as resumed:
        assert resumed.resumed == MIB
        resumed.write(content[MIB:])
    asked, *sent = wire.take()
    assert (asked.kind, asked.query["upload_id"]) == ("AskUpload", "u1")
    assert b"".join(request.body for request in sent) == content[stored:]
    assert sent[0].headers["content-range"].startswith(f"bytes {stored}-")
    assert sent[-1].headers["content-range"].endswith(f"/{3 * MIB}")


def test_a_part_is_numbered_from_one(wire: Stub, wired: GcsStorage) -> None:
    upload = wired.create("a/key", multipart_id="upload-0")
    part = wired.write_multipart(upload, b"123456789", 0)
    wired.complete_multipart(upload, [part])
    sent, completed = wire.take()
    assert (sent.path, sent.query["partNumber"]) == (f"/{BUCKET}/a%2Fkey", "1")
    assert sent.headers["x-goog-hash"] == "crc32c=4waSgw=="
    assert b'<PartNumber>1</PartNumber><ETag>"part"</ETag>' in completed.body


def test_a_link_names_its_target(wire: Stub, wired: GcsStorage) -> None:
    cast("Any", wired).create_link("link", "a dir/tärget")
    (request,) = wire.take()
    metadata = {"storewright-link-target": "a%20dir/t%C3%A4rget"}
    assert (request.resource["metadata"], request.pieces[1]) == (metadata, b"")


def test_content_is_sent_with_its_checksum(wire: Stub, wired: GcsStorage) -> None:
    wired.write("key", b"123456789")
    with wired.open_writer("key", part_size=MIB) as writer:
        writer.write(bytes(2 * MIB - 32))
        writer.write(bytes(32))
    first, *_, last = wire.take()
    assert first.resource == {"name": "key", "crc32c": "4waSgw=="}
    digest = extend_crc32c(0, bytes(2 * MIB)).to_bytes(4, "big")
    assert last.headers["x-goog-hash"] == f"crc32c={b64encode(digest).decode()}"


def test_every_request_is_authorized(wire: Stub, wired: GcsStorage) -> None:
    wired.stat("key")
    (request,) = wire.take()
    assert request.headers["authorization"] == "Bearer test-token"


def test_an_abort_drops_the_upload(wire: Stub, wired: GcsStorage) -> None:
    writer = wired.open_writer("key", part_size=MIB)
    writer.write(bytes(2 * MIB))
    writer.abort()
    assert [request.kind for request in wire.take()][-1] == "AbortUpload"
    with pytest.raises(ZeroDivisionError):
        Callers(wire, wired).large(fails=True)
    kinds = [request.kind for request in wire.take()]
    assert (kinds[-1], "FinishUpload" in kinds) == ("AbortUpload", False)
