"""How long a call may take: no request begins afterwards, and no answer is waited for."""

from collections.abc import Iterator

import pytest

from storewright.services.oss import OssService, OssStorage
from tests.services.s3.stub import Answer, Request
from tests.services.wire_proof import TimeoutSuite

from .test_wire import OssCallers
from .wire import Wire, kind_of
from .wire_table import BUCKET


@pytest.fixture
def retrying(wire: Wire) -> Iterator[OssStorage]:
    with OssStorage(
        name=BUCKET, endpoint=wire.endpoint, credential="hmac:access:secret", max_retries=20
    ) as store:
        store.write("warm", b"")
        wire.take()
        yield store


@pytest.fixture
def wired_service(wire: Wire) -> Iterator[OssService]:
    with OssService(endpoint=wire.endpoint, credential="hmac:access:secret") as service:
        yield service


class TestTimeouts(TimeoutSuite):
    storage = OssStorage
    callers = OssCallers
    answer = Answer
    silent = frozenset({"commit_append", "create", "metadata"})

    def kind_of(self, request: Request) -> str:
        return kind_of(request)
