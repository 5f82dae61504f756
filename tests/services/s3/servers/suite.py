"""The conformance suites on a server that speaks S3's protocol, through the server's profile."""

import functools
import uuid
from functools import cache
from typing import Any, ClassVar

import pytest

from storewright.services.s3 import S3Service, S3Storage
from storewright.storage import Pair
from storewright.testing import ConformanceSuite, OpenServicer, OpenStore, ServicerSuite
from storewright.testing.servers import S3Server
from tests.services.s3.conftest import options_of


@cache
def first_store(server: S3Server, profile: str) -> S3Storage:
    """A store of a new bucket; the tests have folders in it, and use its client."""
    bucket = f"suite-{uuid.uuid4().hex}"
    store = S3Storage(name=bucket, profile=profile or None, **options_of(server))
    store.client.create_bucket(Bucket=bucket)
    return store


class OnServer:
    """What a class of tests needs of the server it runs on. Subclasses give `running_server`."""

    profile: ClassVar[str]

    @pytest.fixture
    def secrets(self, running_server: S3Server) -> dict[str, str]:
        return {"credential": running_server.credential}

    @pytest.fixture(autouse=True)
    def trust(self, running_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
        """Those who send signed requests know the server's certificate, too."""
        if running_server.tls:
            monkeypatch.setenv("SSL_CERT_FILE", str(running_server.ca_file))


class StorageOnServer(OnServer, ConformanceSuite):
    """Stores. SeaweedFS, in `make test`, is asked what no server has a say in."""

    again = True

    @pytest.fixture
    def open_store(self, running_server: S3Server) -> OpenStore:
        first, folder = first_store(running_server, self.profile), f"/{uuid.uuid4().hex}"
        given: dict[str, Any] = {"name": first.metadata().name, "work_dir": folder}
        given |= {**options_of(running_server), "profile": self.profile}

        def open_store(*pairs: Pair, **options: Any) -> S3Storage:
            store = S3Storage(*pairs, **{**given, **options})
            store.share(first._clients)  # making a client takes longer than most tests
            return store

        return open_store


class ServiceOnServer(OnServer, ServicerSuite):
    """Services."""

    servicer = S3Service

    @pytest.fixture
    def open_servicer(self, running_server: S3Server) -> OpenServicer:
        return functools.partial(S3Service, profile=self.profile, **options_of(running_server))
