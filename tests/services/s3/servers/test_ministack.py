"""Ministack over http and TLS, through its profile."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import Ministack, S3Server
from tests.conftest import Running

from .suite import OnServer, ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {
    "test_parts_below_the_minimum": "ministack takes parts of any size",
}


class OnMinistack(OnServer):
    profile = "ministack"
    server = "ministack"
    level = "emulated"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ministack)


@pytest.mark.xdist_group("ministack")
class TestMinistack(OnMinistack, StorageOnServer):
    storage = S3Storage


@pytest.mark.xdist_group("ministack")
class TestMinistackService(OnMinistack, ServiceOnServer):
    """Services."""


class OnMinistackOverTLS(OnMinistack):
    server = "ministack over TLS"

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ministack, tls=True)


@pytest.mark.xdist_group("ministack over TLS")
class TestMinistackOverTLS(OnMinistackOverTLS, StorageOnServer):
    storage = S3Storage


@pytest.mark.xdist_group("ministack over TLS")
class TestMinistackServiceOverTLS(OnMinistackOverTLS, ServiceOnServer):
    """Services."""


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 1
