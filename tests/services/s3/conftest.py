"""Stores on a real S3 server, over http and https."""

import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from storewright.services.s3 import S3Service, S3Storage
from storewright.testing.servers import SeaweedFS

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

OpenStore: TypeAlias = Callable[..., S3Storage]


def options_of(server: SeaweedFS) -> dict[str, Any]:
    """What a store or a service needs in order to reach the server."""
    options: dict[str, Any] = {
        "endpoint": server.endpoint,
        "credential": f"hmac:{server.access_key}:{server.secret_key}",
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


@pytest.fixture
def witness(server: SeaweedFS) -> "S3Client":
    """The vendor's own client, which shares no code with the adapter."""
    return server.client()


@pytest.fixture
def bucket(witness: "S3Client") -> str:
    """A new bucket on the server."""
    name = f"test-{uuid.uuid4().hex}"
    witness.create_bucket(Bucket=name)
    return name


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
