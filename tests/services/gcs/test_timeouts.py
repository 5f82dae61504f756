"""How long a call may take, and how often a request is tried: as the SDK does, and no longer."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from storewright.core.errors import RequestThrottled, ServiceInternal
from storewright.services.gcs import GcsStorage
from tests.services.wire_proof import TimeoutSuite

from .stub import Answer, Request, Stub, resource_of
from .wire_calls import Callers
from .wire_table import BUCKET


@pytest.fixture
def retrying(wire: Stub) -> Iterator[GcsStorage]:
    with GcsStorage(
        name=BUCKET, endpoint=wire.endpoint, credential="anonymous", max_retries=20
    ) as store:
        yield store


class TestTimeouts(TimeoutSuite):
    storage = GcsStorage
    callers = Callers
    answer = Answer
    head = "GetObject"
    get = "GetMedia"


def failing_once(wire: Stub, kind: str, status: int) -> None:
    usual = wire.answers[kind]
    assert isinstance(usual, Answer)
    wire.answers[kind] = [Answer(status=status), usual]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_reads_is_tried_again(wire: Stub, retrying: GcsStorage, status: int) -> None:
    failing_once(wire, "GetObject", status)
    assert retrying.stat("a").path == "a"
    assert len(wire.take()) == 2


def test_a_write_is_tried_again(wire: Stub, retrying: GcsStorage) -> None:
    failing_once(wire, "InsertObject", 503)
    content = bytes(range(256)) * 1024
    assert retrying.write("a", content) == len(content)
    first, second = wire.take()
    assert first.pieces[1] == second.pieces[1] == content


@pytest.mark.parametrize("kind", ["DeleteObject", "RewriteObject", "MoveObject"])
def test_what_names_no_generation_is_not_done_twice(
    wire: Stub, retrying: GcsStorage, kind: str
) -> None:
    wire.answers[kind] = Answer(status=503)
    calls: dict[str, Callable[..., None]] = {
        "DeleteObject": partial(retrying.delete, "a"),
        "RewriteObject": partial(retrying.copy, "a", "b"),
        "MoveObject": partial(retrying.move, "a", "b"),
    }
    with pytest.raises(ServiceInternal):
        calls[kind]()
    assert len(wire.take()) == 1
    wire.answers[kind] = [Answer(status=503), Answer(b"{}")]
    calls[kind](if_generation_match=7)
    assert len(wire.take()) == 2


def test_max_retries(wire: Stub) -> None:
    wire.answers["GetObject"] = Answer(status=429)
    for most in (0, 1):
        with (
            GcsStorage(
                name=BUCKET, endpoint=wire.endpoint, credential="anonymous", max_retries=most
            ) as store,
            pytest.raises(RequestThrottled),
        ):
            store.stat("a")
        assert len(wire.take()) == most + 1


def test_retry_timeout(wire: Stub) -> None:
    wire.answers["GetObject"] = Answer(status=503)
    begun = time.monotonic()
    options: dict[str, Any] = {"endpoint": wire.endpoint, "credential": "anonymous"}
    store = GcsStorage(name=BUCKET, retry_timeout=0.2, **options)
    with store, pytest.raises(ServiceInternal):
        store.stat("a")
    assert time.monotonic() - begun < 60  # of the two minutes that it would take


def chunked(wire: Stub, retrying: GcsStorage) -> tuple[bytes, list[Request]]:
    """What a writer sends whose second chunk fails; of which the first answer came."""
    content = bytes(range(256)) * 8192
    with retrying.open_writer("a", part_size=1024 * 1024) as writer:
        writer.write(content)
    return content, [request for request in wire.take() if request.method == "PUT"]


@pytest.mark.parametrize("arrived", [0, 256 * 1024])
def test_an_upload_goes_on_where_it_broke_off(
    wire: Stub, retrying: GcsStorage, arrived: int
) -> None:
    grain = 256 * 1024
    there = 3 * grain + arrived
    seen = {"chunks": 0}

    def answer(request: Request) -> Answer | None:
        if request.kind == "UploadChunk":
            seen["chunks"] += 1
            return Answer(status=503) if seen["chunks"] == 2 else None
        if request.kind == "AskUpload":
            return Answer(status=308, headers={"Range": f"bytes=0-{there - 1}"})
        return None

    wire.other = answer
    content, sent = chunked(wire, retrying)
    first, failed, asked, again, last = sent
    assert (failed.kind, asked.kind) == ("UploadChunk", "AskUpload")
    assert again.headers["content-range"] == f"bytes {there}-{7 * grain - 1}/*"
    assert first.body + again.body + last.body == content[: 3 * grain] + content[there:]


def test_a_publication_whose_answer_is_lost(wire: Stub, retrying: GcsStorage) -> None:
    def answer(request: Request) -> Answer | None:
        if request.kind == "FinishUpload":
            return Answer(status=503)
        return resource_of(size="2097152", etag="tag") if request.kind == "AskUpload" else None

    wire.other = answer
    content, sent = chunked(wire, retrying)
    assert [request.kind for request in sent][-2:] == ["FinishUpload", "AskUpload"]
    assert len(content) == 2097152
