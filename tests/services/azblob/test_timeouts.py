"""How long a call may take: no request begins afterwards, and no answer is waited for."""

from collections.abc import Iterator

import pytest

from storewright.services.azblob import AzblobService, AzblobStorage
from tests.services.wire_proof import TimeoutSuite

from .conftest import KEY, open_wired
from .stub import Answer, Stub
from .wire_calls import Callers


@pytest.fixture
def retrying(wire: Stub) -> Iterator[AzblobStorage]:
    with open_wired(wire, max_retries=20) as store:
        store.write("warm", b"")
        wire.take()
        yield store


@pytest.fixture
def wired_service(wire: Stub) -> Iterator[AzblobService]:
    with AzblobService(
        endpoint=wire.endpoint, credential=f"hmac:account:{KEY}", ca_bundle=wire.ca_file
    ) as service:
        yield service


class TestTimeouts(TimeoutSuite):
    storage = AzblobStorage
    callers = Callers
    answer = Answer
    head = "GetBlobProperties"
    get = "GetBlob"
    silent = frozenset({"commit_append", "create", "create_block", "metadata"})
