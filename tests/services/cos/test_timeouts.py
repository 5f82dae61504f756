"""How long a call may take: no request begins afterwards, and no answer is waited for."""

from collections.abc import Iterator

import pytest

from storewright.services.cos import CosService, CosStorage
from tests.services.wire_proof import TimeoutSuite

from .stub import ENDPOINT, Answer, Stub
from .wire_calls import Callers
from .wire_table import BUCKET


@pytest.fixture
def retrying(wire: Stub) -> Iterator[CosStorage]:
    with CosStorage(
        name=BUCKET,
        endpoint=ENDPOINT,
        proxy=wire.endpoint,
        credential="hmac:a:b",
        max_retries=20,
    ) as store:
        store.write("warm", b"")
        wire.take()
        yield store


@pytest.fixture
def wired_service(wire: Stub) -> Iterator[CosService]:
    with CosService(endpoint=ENDPOINT, proxy=wire.endpoint, credential="hmac:a:b") as service:
        yield service


class TestTimeouts(TimeoutSuite):
    storage = CosStorage
    callers = Callers
    answer = Answer
    silent = frozenset({"commit_append", "create", "metadata"})
