"""The gcs service on emulators, with the deviations of each."""

import functools
import uuid
from typing import Any

import pytest

from storewright.services.gcs import GcsService, GcsStorage
from storewright.storage import Pair
from storewright.testing import ConformanceSuite, OpenServicer, OpenStore, ServicerSuite
from storewright.testing.servers import FakeGcs, GcpEmulator, GoogleTokens
from tests.conformance.gcs_deviations import EMULATOR, FAKE_GCS, FAKE_GCS_SERVICE


def opener(server: FakeGcs | GcpEmulator, tokens: GoogleTokens, first: GcsStorage) -> OpenStore:
    """Opens stores in a new folder of the bucket of ``first``, whose connections they share."""
    folder = f"/{uuid.uuid4().hex}"

    def open_store(*pairs: Pair, **options: Any) -> GcsStorage:
        merged: dict[str, Any] = {
            "name": first.metadata().name,
            "endpoint": server.endpoint,
            "credential": tokens.credential,
            "work_dir": folder,
            **options,
        }
        store = GcsStorage(*pairs, **merged)
        store.share(first._clients)
        return store

    return open_store


def first_store(server: FakeGcs | GcpEmulator, tokens: GoogleTokens) -> GcsStorage:
    """A store of a new bucket; the tests have folders in it."""
    options: dict[str, Any] = {"max_retries": 1, "read_timeout": 5.0}
    service = GcsService(endpoint=server.endpoint, credential=tokens.credential, **options)
    store = service.create(f"suite-{uuid.uuid4().hex}")
    assert isinstance(store, GcsStorage)
    return store


@pytest.fixture(scope="module")
def first_of_fake(fake_gcs: FakeGcs, google_tokens: GoogleTokens) -> GcsStorage:
    return first_store(fake_gcs, google_tokens)


@pytest.fixture(scope="module")
def first_of_emulator(gcp_emulator: GcpEmulator, google_tokens: GoogleTokens) -> GcsStorage:
    return first_store(gcp_emulator, google_tokens)


class Suite(ConformanceSuite):
    level = "emulated"

    @pytest.fixture
    def secrets(self, google_tokens: GoogleTokens) -> dict[str, str]:
        return {"credential": google_tokens.credential}


@pytest.mark.server
class TestFakeGcs(Suite):
    storage = GcsStorage
    deviations = FAKE_GCS
    server = "fake-gcs-server"

    @pytest.fixture
    def open_store(
        self, fake_gcs: FakeGcs, google_tokens: GoogleTokens, first_of_fake: GcsStorage
    ) -> OpenStore:
        return opener(fake_gcs, google_tokens, first_of_fake)


# A test of signed requests that fails, as it must here, leaves the answer of urllib's to Python.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
@pytest.mark.server
class TestEmulator(Suite):
    storage = GcsStorage
    deviations = EMULATOR
    server = "gcp-storage-emulator"

    @pytest.fixture
    def open_store(
        self, gcp_emulator: GcpEmulator, google_tokens: GoogleTokens, first_of_emulator: GcsStorage
    ) -> OpenStore:
        return opener(gcp_emulator, google_tokens, first_of_emulator)


class ServiceTests(ServicerSuite):
    servicer = GcsService
    level = "emulated"

    @pytest.fixture
    def secrets(self, google_tokens: GoogleTokens) -> dict[str, str]:
        return {"credential": google_tokens.credential}


@pytest.mark.server
class TestFakeGcsService(ServiceTests):
    deviations = FAKE_GCS_SERVICE
    server = "fake-gcs-server"

    @pytest.fixture
    def open_servicer(self, fake_gcs: FakeGcs, secrets: dict[str, str]) -> OpenServicer:
        options: dict[str, Any] = {"endpoint": fake_gcs.endpoint, **secrets}
        return functools.partial(GcsService, **options)


@pytest.mark.slow
@pytest.mark.server
class TestEmulatorService(ServiceTests):
    server = "gcp-storage-emulator"

    @pytest.fixture
    def open_servicer(self, gcp_emulator: GcpEmulator, secrets: dict[str, str]) -> OpenServicer:
        options: dict[str, Any] = {"endpoint": gcp_emulator.endpoint, **secrets}
        return functools.partial(GcsService, **options)


def test_deviations_do_not_grow() -> None:
    assert (len(FAKE_GCS), len(FAKE_GCS_SERVICE)) == (150, 1)
    assert len(EMULATOR) == 181
