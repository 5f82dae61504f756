"""Ministack over http and TLS, through its profile."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import Ministack, S3Server
from tests.conftest import Running

from .suite import ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {
    "test_parts_below_the_minimum": "ministack takes parts of any size",
}


@pytest.mark.xdist_group("ministack")
class TestMinistack(StorageOnServer):
    storage = S3Storage
    profile = "ministack"
    server = "ministack"
    level = "emulated"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ministack)


@pytest.mark.xdist_group("ministack")
class TestMinistackService(ServiceOnServer):
    profile = "ministack"
    server = "ministack"
    level = "emulated"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ministack)


@pytest.mark.xdist_group("ministack over TLS")
class TestMinistackOverTLS(StorageOnServer):
    storage = S3Storage
    profile = "ministack"
    server = "ministack over TLS"
    level = "emulated"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ministack, tls=True)


@pytest.mark.xdist_group("ministack over TLS")
class TestMinistackServiceOverTLS(ServiceOnServer):
    profile = "ministack"
    server = "ministack over TLS"
    level = "emulated"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ministack, tls=True)


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 1
