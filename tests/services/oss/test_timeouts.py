"""How long a call may take: no request begins afterwards, and no answer is waited for."""

from collections.abc import Iterator

import pytest

from storewright.services.oss import OssService, OssStorage
from tests.services.wire_proof import TimeoutSuite

from .stub import Answer, Stub
from .wire_calls import Callers
from .wire_table import BUCKET


@pytest.fixture
def retrying(wire: Stub) -> Iterator[OssStorage]:
    with OssStorage(
        name=BUCKET, endpoint=wire.endpoint, credential="hmac:access:secret", max_retries=20
    ) as store:
        store.write("warm", b"")
        wire.take()
        yield store


@pytest.fixture
def wired_service(wire: Stub) -> Iterator[OssService]:
    with OssService(endpoint=wire.endpoint, credential="hmac:access:secret") as service:
        yield service


class TestTimeouts(TimeoutSuite):
    storage = OssStorage
    callers = Callers
    answer = Answer
    silent = frozenset({"commit_append", "create", "metadata"})
