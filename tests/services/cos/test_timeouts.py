"""How long a call may take: no request begins afterwards, and no answer is waited for."""

import io
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from typing_extensions import Buffer

from storewright.core.errors import OperationTimeout, StorageError
from storewright.services.cos import CosService, CosStorage

from .stub import ENDPOINT, Answer, Request, Stub
from .wire_calls import Callers
from .wire_table import BUCKET

SIGNING = {op for op in CosStorage._options if op == "reach" or "sign" in op}
SILENT = {"commit_append", "create", "metadata"}
REQUESTING = set(CosStorage._options) - SILENT - SIGNING


@pytest.fixture
def retrying(wire: Stub) -> Iterator[CosStorage]:
    with CosStorage(
        name=BUCKET, endpoint=ENDPOINT, proxy=wire.endpoint, credential="hmac:a:b", max_retries=20
    ) as store:
        store.write("warm", b"")
        wire.take()
        yield store


@pytest.mark.parametrize("op", sorted(REQUESTING))
def test_no_request_begins_after_the_time(wire: Stub, wired: CosStorage, op: str) -> None:
    with pytest.raises(OperationTimeout) as caught:
        Callers(wire, wired).once(op, timeout=0)
    assert caught.value.retryable
    assert wire.take() == []


@pytest.mark.parametrize("op", sorted(SIGNING))
def test_signing_asks_nobody(wire: Stub, wired: CosStorage, op: str) -> None:
    Callers(wire, wired).once(op, timeout=0)
    assert len(wire.take()) == 1, "only the one that was signed, and that the test has sent"


@pytest.mark.parametrize(
    ("op", "arguments"), [("create", ["b"]), ("delete", ["b"]), ("get", ["b"]), ("list", [])]
)
def test_nor_at_the_service_level(wire: Stub, op: str, arguments: list[str]) -> None:
    with CosService(endpoint=ENDPOINT, proxy=wire.endpoint, credential="hmac:a:b") as service:
        with pytest.raises(OperationTimeout):
            list(getattr(service, op)(*arguments, timeout=0))
        assert wire.take() == []


def test_retries_end_with_the_time(wire: Stub, retrying: CosStorage) -> None:
    wire.answers["HeadObject"] = Answer(status=503)
    begun = time.monotonic()
    with pytest.raises(StorageError) as caught:
        retrying.stat("a", timeout=timedelta(seconds=0.5))
    assert isinstance(caught.value, OperationTimeout)
    assert time.monotonic() - begun < 10
    assert 1 <= len(wire.take()) < 20


def test_an_answer_is_not_waited_for(wire: Stub, retrying: CosStorage) -> None:
    def late(_: Request) -> Answer:
        time.sleep(8)
        return Answer()

    wire.other = late
    begun = time.monotonic()
    with pytest.raises(OperationTimeout):
        retrying.stat("a", timeout=0.3)
    assert time.monotonic() - begun < 6


def test_the_rest_of_a_body_is_not_waited_for(wire: Stub, wired: CosStorage) -> None:
    wire.answers["GetObject"] = Answer(b"x" * 3_000_000, headers={"ETag": '"e"'})

    class Slow(io.BytesIO):
        def write(self, data: Buffer, /) -> int:
            time.sleep(0.3)
            return len(memoryview(data))

    with pytest.raises(OperationTimeout) as caught:
        wired.read("a", Slow(), timeout=0.2)
    assert (caught.value.op, caught.value.path) == ("read", "a")


def test_time_enough_changes_nothing(wire: Stub, wired: CosStorage) -> None:
    assert wired.read_bytes("a", timeout=60) == b"content"
    assert wired.write("a", b"1", timeout=60) == 1
    assert [item.path for item in wired.list(timeout=60)] == ["listed"]
    wired.stat("a")
    assert len(wire.take()) == 4
