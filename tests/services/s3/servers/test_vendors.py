"""OSS and COS through S3's protocol, by their profiles, on what their documents say of it."""

import functools
import uuid
from functools import cache
from typing import Any, Final

import pytest

from storewright.services.s3 import S3Service, S3Storage
from storewright.storage import Pair
from storewright.testing import ConformanceSuite, OpenServicer, OpenStore, ServicerSuite
from storewright.testing.conformance import signing
from storewright.testing.servers import SeaweedFS
from tests.conftest import Running
from tests.servers.shim_server import CosS3, OssS3, S3Address

pytestmark = [pytest.mark.server, pytest.mark.slow]

_SLASHES: Final = "SeaweedFS, behind the emulation, turns a backslash in a key into a slash"
COS: Final[dict[str, str]] = {
    "test_awkward_name[backslash]": _SLASHES,
    "test_awkward_names_are_all_different": _SLASHES,
    "test_backslash_is_an_ordinary_character": _SLASHES,
    "test_unclean_path_is_no_other_object[a//b]": "SeaweedFS makes one slash of two",
    "test_part_is_replaced": "SeaweedFS lists a part that was replaced beside its replacement",
}
OSS: Final = COS


def options_of(server: S3Address) -> dict[str, Any]:
    """What a store or a service needs in order to reach the emulation."""
    return {
        "endpoint": server.address,
        "location": server.region,
        "credential": server.credential,
        "profile": server.dialect,
        "max_retries": 1,
    }


@cache
def first_store(server: S3Address) -> S3Storage:
    """A store of a new bucket; the tests have folders in it, and use its client."""
    store = S3Storage(name=f"suite-{uuid.uuid4().hex}", **options_of(server))
    store.client.create_bucket(Bucket=str(store.metadata().name))
    return store


class OnVendor:
    """What a class of tests needs of the emulation it runs on. Subclasses give `kind`."""

    kind: type[S3Address]

    @pytest.fixture
    def running_server(
        self, running: Running, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
    ) -> S3Address:
        """The emulation, which is everybody's proxy, also of those who send signed requests."""
        server = running(self.kind, backend=seaweedfs)
        monkeypatch.setenv("http_proxy", server.proxy)
        monkeypatch.setitem(vars(signing)["_PROXIES"], "http", server.proxy)
        return server

    @pytest.fixture
    def secrets(self, running_server: S3Address) -> dict[str, str]:
        return {"credential": running_server.credential}


class StorageOnVendor(OnVendor, ConformanceSuite):
    """Stores. SeaweedFS, in `make test`, is asked what no server has a say in."""

    again = True

    @pytest.fixture
    def open_store(self, running_server: S3Address) -> OpenStore:
        first, folder = first_store(running_server), f"/{uuid.uuid4().hex}"
        given = {"name": first.metadata().name, "work_dir": folder, **options_of(running_server)}

        def open_store(*pairs: Pair, **options: Any) -> S3Storage:
            merged: dict[str, Any] = {**given, **options}
            store = S3Storage(*pairs, **merged)
            store.share(first._clients)  # making a client takes longer than most tests
            return store

        return open_store


class ServiceOnVendor(OnVendor, ServicerSuite):
    """Services."""

    servicer = S3Service

    @pytest.fixture
    def open_servicer(self, running_server: S3Address) -> OpenServicer:
        return functools.partial(S3Service, **options_of(running_server))


class OnOss(OnVendor):
    kind = OssS3
    profile = "oss_s3"
    server = "emulated OSS over S3"
    level = "emulated"
    deviations = OSS


@pytest.mark.xdist_group("OSS over S3")
class TestOss(OnOss, StorageOnVendor):
    storage = S3Storage


@pytest.mark.xdist_group("OSS over S3")
class TestOssService(OnOss, ServiceOnVendor):
    """Services."""


class OnCos(OnVendor):
    kind = CosS3
    profile = "cos_s3"
    server = "emulated COS over S3"
    level = "emulated"
    deviations = COS


@pytest.mark.xdist_group("COS over S3")
class TestCos(OnCos, StorageOnVendor):
    storage = S3Storage


@pytest.mark.xdist_group("COS over S3")
class TestCosService(OnCos, ServiceOnVendor):
    """Services."""


def test_deviations_do_not_grow() -> None:
    assert (len(OSS), len(COS)) == (5, 5)
