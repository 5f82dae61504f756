"""Stores on the emulated OSS, and on a server that records."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

import pytest

from storewright.services.oss import OssStorage, StorageFeatures
from tests.servers.shim_server import OssShim
from tests.services.stub import serving

from .stub import Stub
from .wire_table import BUCKET

EVERYTHING: Final = StorageFeatures(virtual_operation_all=True, virtual_dir=True)


def options_of(shim: OssShim) -> dict[str, Any]:
    """What a store or a service needs in order to reach the shim."""
    return {
        "endpoint": shim.endpoint,
        "location": shim.region,
        "credential": f"hmac:{shim.access_key}:{shim.secret_key}",
    }


@pytest.fixture(scope="session")
def shared_bucket(oss_shim: OssShim) -> str:
    """One bucket for all: the server is slow to make room for a new one."""
    with OssStorage(name=f"oss-{uuid.uuid4().hex}", **options_of(oss_shim)) as store:
        store.client.create_bucket(None, None)
        return str(store.metadata().name)


@pytest.fixture
def store(oss_shim: OssShim, shared_bucket: str) -> Iterator[OssStorage]:
    """A store in a directory of its own."""
    place: dict[str, Any] = {"name": shared_bucket, "work_dir": f"/{uuid.uuid4().hex}"}
    with OssStorage(**place, **options_of(oss_shim)) as store:
        yield store


@pytest.fixture
def wire() -> Iterator[Stub]:
    """A server that records what it is sent."""
    with serving(Stub()) as found:
        yield found


@pytest.fixture
def wired(wire: Stub) -> Iterator[OssStorage]:
    """A store on it, with all that can be enabled."""
    with OssStorage(
        name=BUCKET,
        endpoint=wire.endpoint,
        location="cn-hangzhou",
        credential="hmac:access:secret",
        max_retries=0,
        storage_features=EVERYTHING,
    ) as store:
        yield store
