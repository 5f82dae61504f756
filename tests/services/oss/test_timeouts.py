"""How long a call may take: no request begins afterwards, and no answer is waited for."""

import io
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from typing_extensions import Buffer

from storewright.core.errors import OperationTimeout, StorageError
from storewright.services.oss import OssService, OssStorage
from tests.services.s3.stub import Answer

from .test_wire import OssCallers
from .wire import Wire
from .wire_table import BUCKET

SIGNING = {op for op in OssStorage._options if op == "reach" or "sign" in op}
REQUESTING = set(OssStorage._options) - {"create", "metadata", "commit_append"} - SIGNING


@pytest.fixture
def retrying(wire: Wire) -> Iterator[OssStorage]:
    with OssStorage(
        name=BUCKET, endpoint=wire.endpoint, credential="hmac:access:secret", max_retries=20
    ) as store:
        store.write("warm", b"")
        wire.take()
        yield store


@pytest.mark.parametrize("op", sorted(REQUESTING))
def test_no_request_begins_after_the_time(wire: Wire, wired: OssStorage, op: str) -> None:
    with pytest.raises(OperationTimeout) as caught:
        OssCallers(wire, wired).once(op, timeout=0)
    assert caught.value.retryable
    assert wire.take() == []


@pytest.mark.parametrize("op", sorted(SIGNING))
def test_signing_asks_nobody(wire: Wire, wired: OssStorage, op: str) -> None:
    OssCallers(wire, wired).once(op, timeout=0)
    assert len(wire.take()) == 1, "only the one that was signed, and that the test has sent"


@pytest.mark.parametrize(
    ("op", "arguments"),
    [("create", ["bucket"]), ("delete", ["bucket"]), ("get", ["bucket"]), ("list", [])],
)
def test_nor_at_the_service_level(wire: Wire, op: str, arguments: list[str]) -> None:
    service = OssService(endpoint=wire.endpoint, credential="hmac:access:secret")
    with pytest.raises(OperationTimeout):
        list(getattr(service, op)(*arguments, timeout=0))
    assert wire.take() == []


def test_retries_end_with_the_time(wire: Wire, retrying: OssStorage) -> None:
    wire.answers["HeadObject"] = Answer(status=503)
    begun = time.monotonic()
    with pytest.raises(StorageError) as caught:
        retrying.stat("a", timeout=timedelta(seconds=0.5))
    assert isinstance(caught.value, OperationTimeout)
    assert time.monotonic() - begun < 10
    assert 1 <= len(wire.take()) < 20


def test_an_answer_is_not_waited_for(wire: Wire, retrying: OssStorage) -> None:
    wire.delay = 5
    begun = time.monotonic()
    with pytest.raises(OperationTimeout):
        retrying.stat("a", timeout=0.3)
    assert time.monotonic() - begun < 4


def test_the_rest_of_a_body_is_not_waited_for(wire: Wire, wired: OssStorage) -> None:
    wire.answers["GetObject"] = Answer(b"x" * 3_000_000, headers={"ETag": '"e"'})

    class Slow(io.BytesIO):
        def write(self, data: Buffer, /) -> int:
            time.sleep(0.3)
            return len(memoryview(data))

    with pytest.raises(OperationTimeout) as caught:
        wired.read("a", Slow(), timeout=0.2)
    assert (caught.value.op, caught.value.path) == ("read", "a")


def test_time_enough_changes_nothing(wire: Wire, wired: OssStorage) -> None:
    assert wired.read_bytes("a", timeout=60) == b"content"
    assert wired.write("a", b"1", timeout=60) == 1
    assert [item.path for item in wired.list(timeout=60)] == ["listed"]
    wired.stat("a")
    assert len(wire.take()) == 4
