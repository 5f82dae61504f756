"""The kinds of place that every guarantee is shown on."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storewright.testing.servers import Azurite, FakeGcs, SeaweedFS
from tests.guarantees.google_relay import Relay, relay
from tests.guarantees.support import (
    AzblobPlace,
    CosPlace,
    FsPlace,
    GcsPlace,
    MemoryPlace,
    Place,
    S3Place,
)
from tests.servers.cos_sdk import Cos
from tests.servers.shim_server import CosShim, OssShim

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

S3 = pytest.param("s3", marks=pytest.mark.server)
# The same cases as on S3, in minutes rather than seconds: for `make test-slow`.
_CLOUD = [pytest.mark.server, pytest.mark.slow]
OSS = pytest.param("oss", marks=_CLOUD)
COS = pytest.param("cos", marks=_CLOUD)
GCS = pytest.param("gcs", marks=_CLOUD)
AZBLOB = pytest.param("azblob", marks=_CLOUD)


@pytest.fixture
def fs_place(tmp_path: Path) -> FsPlace:
    folder = tmp_path / "place"
    folder.mkdir()
    return FsPlace(folder)


@pytest.fixture
def memory_place() -> MemoryPlace:
    return MemoryPlace(f"memory://{uuid.uuid4().hex}/")


@pytest.fixture(scope="session")
def bucket(s3_client: "S3Client") -> str:
    """One bucket for all: the server is slow to make room for a new one."""
    name = f"guarantees-{uuid.uuid4().hex}"
    s3_client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def s3_place(seaweedfs: SeaweedFS, s3_client: "S3Client", bucket: str) -> S3Place:
    prefix = uuid.uuid4().hex
    return S3Place(seaweedfs.connection(bucket, prefix), bucket, f"{prefix}/", s3_client)


@pytest.fixture(scope="session")
def cos(cos_shim: CosShim) -> Cos:
    return Cos(cos_shim)


@pytest.fixture
def cos_place(cos_shim: CosShim, cos: Cos) -> CosPlace:
    prefix = uuid.uuid4().hex
    connection = cos_shim.connection(cos.bucket, prefix)
    return CosPlace(connection, cos.bucket, f"{prefix}/", cos.client())


@pytest.fixture(scope="session")
def gcs_bucket(fake_gcs: FakeGcs) -> str:
    """One bucket for all, here too."""
    name = f"guarantees-{uuid.uuid4().hex}"
    fake_gcs.client().create_bucket(name)
    return name


@pytest.fixture(scope="session")
def google(fake_gcs: FakeGcs) -> Iterator[Relay]:
    with relay(fake_gcs) as running:
        yield running


@pytest.fixture
def gcs_place(fake_gcs: FakeGcs, google: Relay, gcs_bucket: str) -> GcsPlace:
    prefix, client = uuid.uuid4().hex, fake_gcs.client()
    connection = fake_gcs.connection(gcs_bucket, prefix).replace(google.backend, google.endpoint)
    return GcsPlace(connection, gcs_bucket, f"{prefix}/", client, google)


@pytest.fixture
def oss_place(oss_shim: OssShim, s3_client: "S3Client", bucket: str) -> S3Place:
    """A prefix in the same bucket, seen as OSS; the witness sees it as S3."""
    prefix = uuid.uuid4().hex
    connection = oss_shim.connection(bucket, prefix)
    return S3Place(connection, bucket, f"{prefix}/", s3_client, kind="oss", part_size=512 * 1024)


@pytest.fixture(scope="session")
def container(azurite: Azurite) -> str:
    """One container for all, here too."""
    name = f"guarantees-{uuid.uuid4().hex}"
    azurite.create_container(name)
    return name


@pytest.fixture
def azblob_place(azurite: Azurite, container: str) -> AzblobPlace:
    prefix = uuid.uuid4().hex
    client = azurite.client().get_container_client(container)
    return AzblobPlace(azurite.connection(container, prefix), f"{prefix}/", client)


@pytest.fixture(params=["fs", "memory", S3, OSS, COS, GCS, AZBLOB])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture(params=["fs", S3, OSS, COS, GCS, AZBLOB])
def shared_place(request: pytest.FixtureRequest) -> Place:
    """A place that other processes see."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture(params=["fs", S3, OSS, COS, AZBLOB])
def listing_place(request: pytest.FixtureRequest) -> Place:
    """A place whose unfinished uploads other processes see."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found
