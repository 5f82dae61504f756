"""The three kinds of place that every guarantee is shown on."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storewright.testing.servers import SeaweedFS
from tests.guarantees.support import FsPlace, MemoryPlace, Place, S3Place

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

S3 = pytest.param("s3", marks=pytest.mark.server)


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


@pytest.fixture(params=["fs", "memory", S3])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture(params=["fs", S3])
def shared_place(request: pytest.FixtureRequest) -> Place:
    """A place that other processes see."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found
