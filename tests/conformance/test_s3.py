"""The s3 service on a real server, SeaweedFS, with the deviations of that server."""

import functools
import uuid
from typing import Any, Final

import pytest

from storewright.services.s3 import S3Service, S3Storage
from storewright.storage import Pair
from storewright.testing import ConformanceSuite, OpenServicer, OpenStore, ServicerSuite
from storewright.testing.servers import SeaweedFS

_SLASHES: Final = "SeaweedFS turns a backslash in a key into a slash"
DEVIATIONS: Final[dict[str, str]] = {
    "test_awkward_name[backslash]": _SLASHES,
    "test_awkward_names_are_all_different": _SLASHES,
    "test_backslash_is_an_ordinary_character": _SLASHES,
    "test_unclean_path_is_no_other_object[a//b]": "SeaweedFS makes one slash of two",
    "test_part_is_replaced": "SeaweedFS lists a part that was replaced beside its replacement",
}


@pytest.fixture(scope="module")
def first(seaweedfs: SeaweedFS) -> S3Storage:
    """A store of a new bucket; the tests have folders in it, and use its client."""
    store = open_s3(seaweedfs, f"suite-{uuid.uuid4().hex}")
    store.client.create_bucket(Bucket=store.metadata().name)
    return store


def open_s3(server: SeaweedFS, bucket: str, *pairs: Pair, **options: Any) -> S3Storage:
    """Open a store as a user would."""
    return S3Storage(
        *pairs,
        name=bucket,
        endpoint=server.endpoint,
        location="us-east-1",
        credential=f"hmac:{server.access_key}:{server.secret_key}",
        **options,
    )


@pytest.mark.server
class TestS3(ConformanceSuite):
    storage = S3Storage
    deviations = DEVIATIONS
    server = "SeaweedFS"

    @pytest.fixture
    def open_store(self, seaweedfs: SeaweedFS, first: S3Storage) -> OpenStore:
        folder = f"/{uuid.uuid4().hex}"

        def open_store(*pairs: Pair, **options: Any) -> S3Storage:
            options.setdefault("work_dir", folder)
            store = open_s3(seaweedfs, first.metadata().name, *pairs, **options)
            store.share(first._clients)  # boto3 takes a fifth of a second for a new one
            return store

        return open_store

    @pytest.fixture
    def secrets(self, seaweedfs: SeaweedFS) -> dict[str, str]:
        return {"credential": f"hmac:{seaweedfs.access_key}:{seaweedfs.secret_key}"}


@pytest.mark.server
class TestS3Service(ServicerSuite):
    servicer = S3Service
    server = "SeaweedFS"

    @pytest.fixture
    def open_servicer(self, seaweedfs: SeaweedFS, secrets: dict[str, str]) -> OpenServicer:
        options: dict[str, Any] = {"endpoint": seaweedfs.endpoint, **secrets}
        return functools.partial(S3Service, location="us-east-1", **options)

    @pytest.fixture
    def secrets(self, seaweedfs: SeaweedFS) -> dict[str, str]:
        return {"credential": f"hmac:{seaweedfs.access_key}:{seaweedfs.secret_key}"}


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 5
