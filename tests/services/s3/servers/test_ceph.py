"""Ceph's object gateway over http and TLS, through its profile."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import Ceph, S3Server
from tests.conftest import Running

from .suite import ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {}


@pytest.mark.xdist_group("Ceph")
class TestCeph(StorageOnServer):
    storage = S3Storage
    profile = "ceph"
    server = "Ceph"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ceph)


@pytest.mark.xdist_group("Ceph")
class TestCephService(ServiceOnServer):
    profile = "ceph"
    server = "Ceph"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ceph)


@pytest.mark.xdist_group("Ceph over TLS")
class TestCephOverTLS(StorageOnServer):
    storage = S3Storage
    profile = "ceph"
    server = "Ceph over TLS"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ceph, tls=True)


@pytest.mark.xdist_group("Ceph over TLS")
class TestCephServiceOverTLS(ServiceOnServer):
    profile = "ceph"
    server = "Ceph over TLS"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Ceph, tls=True)


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 0
