"""Stores on a real S3 server, over http and https."""

import uuid
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from storewright.services.s3 import S3Service, S3Storage, StorageFeatures
from storewright.testing.servers import S3Server, SeaweedFS
from tests.services.stub import serving

from .stub import Stub
from .wire_table import BUCKET

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

OpenStore: TypeAlias = Callable[..., S3Storage]
EVERYTHING: Final = StorageFeatures(virtual_operation_all=True, virtual_dir=True, virtual_link=True)


def options_of(server: S3Server) -> dict[str, Any]:
    """What a store or a service needs in order to reach the server."""
    options: dict[str, Any] = {
        "endpoint": server.endpoint,
        "credential": server.credential,
        "location": server.location,
        "max_retries": 1,
    }
    return options | ({"ca_bundle": str(server.ca_file)} if "https" in server.endpoint else {})


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest) -> SeaweedFS:
    """A real server: every test that uses it runs over http and over TLS."""
    name = "seaweedfs" if request.param == "http" else "seaweedfs_tls"
    found: SeaweedFS = request.getfixturevalue(name)
    return found


@cache
def client_of(server: SeaweedFS) -> "S3Client":
    """The vendor's own client of a server; making one takes longer than most tests."""
    return server.client()


def new_bucket(server: SeaweedFS) -> str:
    """The name of a new, empty bucket."""
    name = f"test-{uuid.uuid4().hex}"
    client_of(server).create_bucket(Bucket=name)
    return name


@pytest.fixture
def witness(server: SeaweedFS) -> "S3Client":
    """The vendor's own client, which shares no code with the adapter."""
    return client_of(server)


@pytest.fixture
def bucket(server: SeaweedFS) -> str:
    """A new bucket on the server."""
    return new_bucket(server)


@pytest.fixture
def open_store(server: SeaweedFS, bucket: str) -> Iterator[OpenStore]:
    """Opens stores on the new bucket."""
    stores: list[S3Storage] = []

    def make(**options: Any) -> S3Storage:
        merged: dict[str, Any] = {"name": bucket, **options_of(server), **options}
        stores.append(S3Storage(**merged))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> S3Storage:
    """A store with nothing but what S3 has by itself."""
    return open_store()


@pytest.fixture
def service(server: SeaweedFS) -> Iterator[S3Service]:
    """The buckets of the server."""
    with S3Service(**options_of(server)) as service:
        yield service


@pytest.fixture
def wire() -> Iterator[Stub]:
    """A server that records what it is sent."""
    with serving(Stub()) as found:
        yield found


@pytest.fixture
def wired(wire: Stub) -> Iterator[S3Storage]:
    """A store on it, with all that can be enabled."""
    with S3Storage(
        name=BUCKET,
        endpoint=wire.endpoint,
        credential="hmac:access:secret",
        max_retries=0,
        storage_features=EVERYTHING,
    ) as store:
        yield store
