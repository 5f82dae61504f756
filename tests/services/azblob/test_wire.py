"""Every option of every operation, as the bytes on the wire."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import pytest

from storewright.core.errors import ServiceInternal
from storewright.services.azblob import AzblobStorage
from storewright.storage import ListMode, ObjectMode
from tests.services.wire_proof import WireSuite

from .conftest import open_wired
from .stub import Answer, Request, Stub, sent_at, xml
from .wire_calls import Callers
from .wire_table import CONTAINER, LOCAL, TABLE

MIB: Final = 1024 * 1024


def found_at(request: Request, places: Mapping[str, str]) -> dict[str, str | None]:
    """What a request carries at each of the places."""
    found: dict[str, str | None] = {}
    for place, text in places.items():
        if place == "source":
            source = unquote(request.headers["x-ms-copy-source"])
            found[place] = text if text in source.partition("?")[2].split("&") else source
        elif place.startswith("body:"):
            found[place] = "" if sent_at(request, place) else None
        else:
            found[place] = sent_at(request, place)
    return found


def ranged(op: str) -> dict[str, str]:
    """The range of a read from an offset: the SDK names an end that no object reaches."""
    end = "" if op == "query_sign_http_read" else 12 + (1 << 48) - 1
    return {"header:x-ms-range": f"bytes=12-{end}"}


UNASKED: Final = {
    "PutBlockFromURL": {"header:x-ms-source-if-match"},
    "SetBlobProperties": {"header:if-match"},
    "ListBlobs": {"query:maxresults"},
    "GetBlob": {"header:x-ms-range"},
    "PutPage": {"header:x-ms-range"},
}
"""What requests carry by themselves, beside their length."""


class TestWire(WireSuite):
    service = "azblob"
    storage = AzblobStorage
    callers = Callers
    table = TABLE
    local = LOCAL
    shared = frozenset({"AES256", "Mon, 03 Feb 2031 04:05:06 GMT", "2031-02-03T04:05:06.1234567Z"})
    unasked = UNASKED
    sent_at = sent_at
    common = frozenset({"header:content-length", "source"})

    def expected(self, op: str, pair: str, kind: str) -> Mapping[str, str]:
        return super().expected(op, pair, kind) or ranged(op)

    def found(self, request: Request, places: Mapping[str, str]) -> Mapping[str, str | None]:
        return found_at(request, places)


# ------------------------------------------------------------- copies made from the source's URL


@pytest.mark.parametrize("pair", [name for name in TABLE if name.startswith("copy_source_if")])
def test_condition_on_a_source_that_is_rewritten(
    wire: Stub, wired: AzblobStorage, pair: str
) -> None:
    row = TABLE[pair]
    options: dict[str, Any] = {pair: row.value, "content_type": "text/new"}
    wired.copy("source", "target", **options)
    (head,), (put,) = wire.of("GetBlobProperties"), wire.of("PutBlobFromURL")
    ((place, text),) = row.sent.items()
    assert sent_at(put, place) == text
    assert sent_at(head, place.replace("x-ms-source-", "")) == text


@pytest.mark.parametrize("pair", ["if_match", "if_not_exists", "lease_id", "tagging"])
def test_rewriting_copy_says_the_rest_too(wire: Stub, wired: AzblobStorage, pair: str) -> None:
    row = TABLE[pair]
    Callers(wire, wired).copy(**{pair: row.value, "content_type": "text/new"})
    for kind in ("PutBlobFromURL", "PutBlockList"):
        (request,) = wire.of(kind)
        assert found_at(request, row.sent) == row.sent


def test_rewriting_copy_keeps_what_it_does_not_change(wire: Stub, wired: AzblobStorage) -> None:
    told = {
        "ETag": '"t"',
        "Content-Length": "7",
        "Cache-Control": "max-age=3",
        "Content-Type": "text/old",
        "x-ms-meta-owner": "dba",
    }
    wire.answers["GetBlobProperties"] = Answer(headers=told)
    wired.copy("a b/source", "target", content_type="text/new")
    (request,) = wire.of("PutBlobFromURL")
    assert request.headers["x-ms-blob-content-type"] == "text/new"
    assert request.headers["x-ms-blob-cache-control"] == "max-age=3"
    assert request.headers["x-ms-meta-owner"] == "dba"
    assert request.headers["x-ms-copy-source-blob-properties"].lower() == "false"
    source = request.headers["x-ms-copy-source"]
    assert source.startswith(f"{wire.endpoint}/{CONTAINER}/a%20b/source?")
    assert "sp=r&" in source


def test_large_copy_goes_block_by_block(
    wire: Stub, wired: AzblobStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storewright.services.azblob.copying._PART_SIZE", 3)
    Callers(wire, wired).copy(content_type="text/new")
    spans = sorted(r.headers["x-ms-source-range"] for r in wire.of("PutBlockFromURL"))
    assert spans == ["bytes=0-2", "bytes=3-5", "bytes=6-6"]
    (listed,) = wire.of("PutBlockList")
    ids = [r.query["blockid"] for r in wire.of("PutBlockFromURL")]
    body = listed.body.decode()
    assert sorted(ids, key=body.index) == sorted(ids)
    assert {len(i) for i in ids} == {len(ids[0])}


def test_copy_that_takes_time_is_awaited(wire: Stub, wired: AzblobStorage) -> None:
    pending = {"x-ms-copy-id": "c7", "x-ms-copy-status": "pending"}
    wire.answers["CopyBlob"] = Answer(status=202, headers=pending)
    wire.answers["GetBlobProperties"] = [
        Answer(headers=pending),
        Answer(headers={**pending, "x-ms-copy-status": "success"}),
    ]
    wired.copy("source", "target")
    assert len(wire.of("GetBlobProperties")) == 2


def test_copy_that_takes_too_long_is_stopped(wire: Stub, wired: AzblobStorage) -> None:
    pending = {"x-ms-copy-id": "c8", "x-ms-copy-status": "pending"}
    wire.answers["CopyBlob"] = Answer(status=202, headers=pending)
    wire.answers["GetBlobProperties"] = Answer(headers=pending)
    with pytest.raises(TimeoutError):
        wired.copy("source", "target", timeout=0.5, lease_id="l1")
    (stopped,) = wire.of("AbortCopyBlob")
    assert stopped.query["copyid"] == "c8"
    assert stopped.headers["x-ms-lease-id"] == "l1"


# ------------------------------------------------------------------ options that choose a request


@pytest.mark.parametrize(
    ("mode", "include", "delimiter"),
    [
        (ListMode.PREFIX, None, None),
        (ListMode.DIR, None, "/"),
        (ListMode.BLOCK, "uncommittedblobs", None),
    ],
)
def test_list_modes(
    wire: Stub, wired: AzblobStorage, mode: ListMode, include: str | None, delimiter: str | None
) -> None:
    items = list(wired.list("some", list_mode=mode))
    request = wire.take()[0]
    assert (request.kind, request.query.get("delimiter")) == ("ListBlobs", delimiter)
    assert request.query.get("include") == include
    assert request.query["prefix"] == ("some/" if mode == ListMode.DIR else "some")
    assert [item.path for item in items] == ["listed"]


def test_token_goes_on(wire: Stub, wired: AzblobStorage) -> None:
    last = wire.answers["ListBlobs"]
    assert isinstance(last, Answer)
    more = last.body.replace(b"<NextMarker />", b"<NextMarker>next-50</NextMarker>")
    wire.answers["ListBlobs"] = [Answer(more, headers=last.headers), last]
    items = wired.list("")
    next(items)
    token = items.continuation_token
    wire.take()
    list(wired.list("", continuation_token=token))
    (request,) = wire.take()
    assert request.query["marker"] == "next-50"


@pytest.mark.parametrize(("mode", "slash"), [(ObjectMode.DIR, "/"), (ObjectMode.READ, "")])
def test_object_mode(wire: Stub, wired: AzblobStorage, mode: ObjectMode, slash: str) -> None:
    wired.delete("a", object_mode=mode)
    assert wire.take()[0].path.endswith(f"/a{slash}")
    assert wired.create("a", object_mode=mode).id == f"a{slash}"


def test_blocks_are_cut(wire: Stub, wired: AzblobStorage) -> None:
    with wired.open_writer("key", part_size=MIB, concurrency=1) as writer:
        writer.write(bytes(2 * MIB + 1))
    sizes = [int(r.headers["content-length"]) for r in wire.of("PutBlock")]
    assert sizes == [MIB, MIB, 1]
    (listed,) = wire.of("PutBlockList")
    ids = [r.query["blockid"] for r in wire.of("PutBlock")]
    assert listed.body.decode().count("<Latest>") == 3
    assert [listed.body.decode().index(i) for i in ids] == sorted(
        listed.body.decode().index(i) for i in ids
    )


def test_key_is_percent_encoded_once(wire: Stub, wired: AzblobStorage) -> None:
    wired.write("a b/100%/ü?#", b"x")
    (request,) = wire.take()
    assert request.path == f"/account/{CONTAINER}/a%20b/100%25/%C3%BC%3F%23"


def test_small_objects_take_one_request(wire: Stub, wired: AzblobStorage) -> None:
    wired.write("a", b"x")
    wired.read_bytes("a")
    wired.stat("a")
    wired.delete("a")
    kinds = [request.kind for request in wire.take()]
    assert kinds == ["PutBlob", "GetBlob", "GetBlobProperties", "DeleteBlob"]


def test_an_append_is_never_sent_twice(wire: Stub) -> None:
    with open_wired(wire, max_retries=3) as store:
        made = store.create_append("log")
        wire.answers["AppendBlock"] = Answer(status=500)
        with pytest.raises(ServiceInternal):
            store.write_append(made, b"x")
        assert len(wire.of("AppendBlock")) == 1


def test_listing_tells_what_the_service_says(wire: Stub, wired: AzblobStorage) -> None:
    wire.answers["ListBlobs"] = xml(
        '<EnumerationResults ServiceEndpoint="https://x/" ContainerName="c"><Blobs><BlobPrefix>'
        "<Name>dir/</Name></BlobPrefix></Blobs><NextMarker /></EnumerationResults>"
    )
    (item,) = wired.list("", list_mode=ListMode.DIR)
    assert (item.path, item.mode) == ("dir", ObjectMode.DIR)
