"""Ceph's object gateway over http and TLS, through its profile."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import Ceph, S3Server
from tests.conftest import Running

from .suite import OnServer, ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {}


class OnCeph(OnServer):
    profile = "ceph"
    server = "Ceph"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ceph)


@pytest.mark.xdist_group("Ceph")
class TestCeph(OnCeph, StorageOnServer):
    storage = S3Storage


@pytest.mark.xdist_group("Ceph")
class TestCephService(OnCeph, ServiceOnServer):
    """Services."""


class OnCephOverTLS(OnCeph):
    server = "Ceph over TLS"

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ceph, tls=True)


@pytest.mark.xdist_group("Ceph over TLS")
class TestCephOverTLS(OnCephOverTLS, StorageOnServer):
    storage = S3Storage


@pytest.mark.xdist_group("Ceph over TLS")
class TestCephServiceOverTLS(OnCephOverTLS, ServiceOnServer):
    """Services."""


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 0
