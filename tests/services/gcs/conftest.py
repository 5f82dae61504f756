"""Stores on an emulator, and on a server that records what it is sent."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

import pytest

from storewright.services.gcs import GcsService, GcsStorage, StorageFeatures
from storewright.testing.servers import FakeGcs, GoogleTokens
from tests.services.stub import serving

from .stub import Stub
from .wire_table import BUCKET

EVERYTHING: Final = StorageFeatures(virtual_operation_all=True, virtual_dir=True, virtual_link=True)


@pytest.fixture
def witness(fake_gcs: FakeGcs) -> Any:
    """The vendor's own client, which shares no code with the adapter."""
    return fake_gcs.client()


@pytest.fixture
def bucket(witness: Any) -> str:
    """A new bucket on the emulator."""
    name = f"test-{uuid.uuid4().hex}"
    witness.create_bucket(name)
    return name


@pytest.fixture
def store(fake_gcs: FakeGcs, bucket: str) -> Iterator[GcsStorage]:
    """A store on the emulator, with nothing but what the service has by itself."""
    with GcsStorage(name=bucket, endpoint=fake_gcs.endpoint, credential="anonymous") as store:
        yield store


@pytest.fixture
def wire() -> Iterator[Stub]:
    """A server that records what it is sent."""
    with serving(Stub()) as found:
        yield found


@pytest.fixture
def wired(wire: Stub, google_tokens: GoogleTokens) -> Iterator[GcsStorage]:
    """A store on it, with all that can be enabled."""
    with GcsStorage(
        name=BUCKET,
        endpoint=wire.endpoint,
        credential=google_tokens.credential,
        max_retries=0,
        storage_features=EVERYTHING,
    ) as store:
        yield store


@pytest.fixture
def wired_service(wire: Stub) -> Iterator[GcsService]:
    """The buckets there."""
    with GcsService(
        endpoint=wire.endpoint, credential="anonymous", project_id="project-1", max_retries=0
    ) as service:
        yield service
