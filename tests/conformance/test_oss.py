"""The oss service against OSS as the shim emulates it in front of SeaweedFS."""

import functools
import uuid
from typing import Any, Final

import pytest

from storewright.services.oss import OssService, OssStorage
from storewright.storage import Pair
from storewright.testing import ConformanceSuite, OpenServicer, OpenStore, ServicerSuite
from tests.servers.shim_server import OssShim

_SLASHES: Final = "SeaweedFS turns a backslash in a key into a slash"
DEVIATIONS: Final[dict[str, str]] = {
    "test_awkward_name[backslash]": _SLASHES,
    "test_awkward_names_are_all_different": _SLASHES,
    "test_backslash_is_an_ordinary_character": _SLASHES,
    "test_unclean_path_is_no_other_object[a//b]": "SeaweedFS makes one slash of two",
    "test_part_is_replaced": "SeaweedFS lists a part that was replaced beside its replacement",
}


def options_of(shim: OssShim) -> dict[str, Any]:
    """What a store or a service needs in order to reach the shim."""
    return {
        "endpoint": shim.endpoint,
        "location": shim.region,
        "credential": f"hmac:{shim.access_key}:{shim.secret_key}",
    }


@pytest.fixture(scope="module")
def first(oss_shim: OssShim) -> OssStorage:
    """A store of a new bucket; the tests have folders in it, and use its connections."""
    store = OssStorage(name=f"suite-{uuid.uuid4().hex}", **options_of(oss_shim))
    store.client.create_bucket(None, None)
    return store


@pytest.mark.server
class TestOss(ConformanceSuite):
    storage = OssStorage
    deviations = DEVIATIONS
    server = "OSS shim on SeaweedFS"
    level = "emulated"

    @pytest.fixture
    def open_store(self, oss_shim: OssShim, first: OssStorage) -> OpenStore:
        folder = f"/{uuid.uuid4().hex}"

        def open_store(*pairs: Pair, **options: Any) -> OssStorage:
            place: dict[str, Any] = {"work_dir": folder, "name": first.metadata().name}
            store = OssStorage(*pairs, **{**place, **options_of(oss_shim), **options})
            store.share(first._clients)
            return store

        return open_store

    @pytest.fixture
    def secrets(self, oss_shim: OssShim) -> dict[str, str]:
        return {"credential": f"hmac:{oss_shim.access_key}:{oss_shim.secret_key}"}


@pytest.mark.server
class TestOssService(ServicerSuite):
    servicer = OssService
    server = "OSS shim on SeaweedFS"
    level = "emulated"

    @pytest.fixture
    def open_servicer(self, oss_shim: OssShim, secrets: dict[str, str]) -> OpenServicer:
        return functools.partial(OssService, **{**options_of(oss_shim), **secrets})

    @pytest.fixture
    def secrets(self, oss_shim: OssShim) -> dict[str, str]:
        return {"credential": f"hmac:{oss_shim.access_key}:{oss_shim.secret_key}"}


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 5
