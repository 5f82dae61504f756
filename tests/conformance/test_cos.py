"""The cos service on an emulation of COS, whose semantics are those of the server behind it."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

import pytest

from storewright.services.cos import CosService, CosStorage
from storewright.storage import Pair
from storewright.testing import ConformanceSuite, OpenServicer, OpenStore, ServicerSuite
from storewright.testing.conformance import signing
from tests.servers.shim_server import CosShim

_SLASHES: Final = "SeaweedFS, behind the emulation, turns a backslash in a key into a slash"
DEVIATIONS: Final[dict[str, str]] = {
    "test_awkward_name[backslash]": _SLASHES,
    "test_awkward_names_are_all_different": _SLASHES,
    "test_backslash_is_an_ordinary_character": _SLASHES,
    "test_unclean_path_is_no_other_object[a//b]": "SeaweedFS makes one slash of two",
    "test_part_is_replaced": "SeaweedFS lists a part that was replaced beside its replacement",
}
LEVEL: Final = "emulated"
SERVER: Final = "our emulation of COS"


def options_of(shim: CosShim) -> dict[str, Any]:
    """What a store or a service needs in order to reach the emulation, beside a proxy."""
    return {
        "endpoint": shim.address,
        "location": shim.region,
        "credential": f"hmac:{shim.access_key}:{shim.secret_key}",
    }


@pytest.fixture(autouse=True)
def proxied(cos_shim: CosShim, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulation is everybody's proxy, also of those who send signed requests."""
    monkeypatch.setenv("http_proxy", cos_shim.proxy)
    monkeypatch.setitem(vars(signing)["_PROXIES"], "http", cos_shim.proxy)


@pytest.fixture(scope="module")
def first_store(cos_shim: CosShim) -> Iterator[CosStorage]:
    """A store of a new bucket; the tests have folders in it."""
    name = f"suite-{uuid.uuid4().hex[:16]}-1250000000"
    with CosStorage(name=name, proxy=cos_shim.proxy, **options_of(cos_shim)) as store:
        store.client.create_bucket(Bucket=name)
        yield store


@pytest.mark.server
class TestCos(ConformanceSuite):
    storage = CosStorage
    deviations = DEVIATIONS
    server = SERVER
    level = LEVEL

    @pytest.fixture
    def open_store(self, cos_shim: CosShim, first_store: CosStorage) -> OpenStore:
        folder = f"/{uuid.uuid4().hex}"

        def open_store(*pairs: Pair, **options: Any) -> CosStorage:
            options.setdefault("work_dir", folder)
            given: dict[str, Any] = {"name": first_store.metadata().name, **options_of(cos_shim)}
            store = CosStorage(*pairs, **{**given, **options})
            store.share(first_store._clients)  # and its connections
            return store

        return open_store

    @pytest.fixture
    def secrets(self, cos_shim: CosShim) -> dict[str, str]:
        return {"credential": f"hmac:{cos_shim.access_key}:{cos_shim.secret_key}"}


@pytest.mark.server
class TestCosService(ServicerSuite):
    servicer = CosService
    server = SERVER
    level = LEVEL

    @pytest.fixture
    def open_servicer(self, cos_shim: CosShim) -> OpenServicer:
        def open_servicer(*pairs: Pair, **options: Any) -> CosService:
            given: dict[str, Any] = {**options_of(cos_shim), **options}
            return CosService(*pairs, **given)

        return open_servicer

    @pytest.fixture
    def secrets(self, cos_shim: CosShim) -> dict[str, str]:
        return {"credential": f"hmac:{cos_shim.access_key}:{cos_shim.secret_key}"}


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 5
