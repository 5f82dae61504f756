"""The kinds of place that every guarantee is shown on."""

import pytest

from tests.guarantees.support import Place

S3 = pytest.param("s3", marks=pytest.mark.server)
# The same cases as on S3, in minutes rather than seconds: for `make test-slow`.
_CLOUD = [pytest.mark.server, pytest.mark.slow]
OSS = pytest.param("oss", marks=_CLOUD)
COS = pytest.param("cos", marks=_CLOUD)
GCS = pytest.param("gcs", marks=_CLOUD)
AZBLOB = pytest.param("azblob", marks=_CLOUD)


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
