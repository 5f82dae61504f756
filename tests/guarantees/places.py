"""Places on every kind of storage, as fixtures for all tests."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storewright.testing.servers import Azurite, FakeGcs, SeaweedFS
from tests.guarantees.google_relay import Relay, relay
from tests.guarantees.support import AzblobPlace, CosPlace, FsPlace, GcsPlace, MemoryPlace, S3Place
from tests.servers.cos_sdk import Cos
from tests.servers.shim_server import CosShim, OssShim

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@pytest.fixture
def fs_place(tmp_path: Path) -> FsPlace:
    folder = tmp_path / "place"
    folder.mkdir()
    return FsPlace(folder)


@pytest.fixture
def memory_place() -> MemoryPlace:
    return MemoryPlace(f"memory://{uuid.uuid4().hex}/")


@pytest.fixture(scope="session")
def place_bucket(s3_client: "S3Client") -> str:
    """One bucket for all: the server is slow to make room for a new one."""
    name = f"guarantees-{uuid.uuid4().hex}"
    s3_client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def s3_place(seaweedfs: SeaweedFS, s3_client: "S3Client", place_bucket: str) -> S3Place:
    prefix = uuid.uuid4().hex
    return S3Place(
        seaweedfs.connection(place_bucket, prefix), place_bucket, f"{prefix}/", s3_client
    )


@pytest.fixture(scope="session")
def place_cos(cos_shim: CosShim) -> Cos:
    return Cos(cos_shim)


@pytest.fixture
def cos_place(cos_shim: CosShim, place_cos: Cos) -> CosPlace:
    prefix = uuid.uuid4().hex
    connection = cos_shim.connection(place_cos.bucket, prefix)
    return CosPlace(connection, place_cos.bucket, f"{prefix}/", place_cos.client())


@pytest.fixture(scope="session")
def place_gcs_bucket(fake_gcs: FakeGcs) -> str:
    """One bucket for all, here too."""
    name = f"guarantees-{uuid.uuid4().hex}"
    fake_gcs.client().create_bucket(name)
    return name


@pytest.fixture(scope="session")
def place_relay(fake_gcs: FakeGcs) -> Iterator[Relay]:
    with relay(fake_gcs.endpoint) as running:
        yield running


@pytest.fixture
def gcs_place(fake_gcs: FakeGcs, place_relay: Relay, place_gcs_bucket: str) -> GcsPlace:
    prefix, client = uuid.uuid4().hex, fake_gcs.client()
    connection = fake_gcs.connection(place_gcs_bucket, prefix).replace(
        place_relay.backend, place_relay.endpoint
    )
    return GcsPlace(connection, place_gcs_bucket, f"{prefix}/", client, place_relay)


@pytest.fixture
def oss_place(oss_shim: OssShim, s3_client: "S3Client", place_bucket: str) -> S3Place:
    """A prefix in the same bucket, seen as OSS; the witness sees it as S3."""
    prefix = uuid.uuid4().hex
    connection = oss_shim.connection(place_bucket, prefix)
    return S3Place(
        connection, place_bucket, f"{prefix}/", s3_client, kind="oss", part_size=512 * 1024
    )


@pytest.fixture(scope="session")
def place_container(azurite: Azurite) -> str:
    """One container for all, here too."""
    name = f"guarantees-{uuid.uuid4().hex}"
    azurite.create_container(name)
    return name


@pytest.fixture
def azblob_place(azurite: Azurite, place_container: str) -> AzblobPlace:
    prefix = uuid.uuid4().hex
    client = azurite.client().get_container_client(place_container)
    return AzblobPlace(azurite.connection(place_container, prefix), f"{prefix}/", client)
