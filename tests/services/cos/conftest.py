"""Stores on the emulation of COS, and on a server that records what it is sent."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import pytest

from storewright.services.cos import CosStorage, StorageFeatures
from tests.servers.cos_sdk import Cos
from tests.servers.shim_server import CosShim
from tests.services.stub import serving

from .stub import ENDPOINT, Stub
from .wire_table import BUCKET
from .witness import Witness

OpenCos: TypeAlias = Callable[..., CosStorage]
EVERYTHING: Final = StorageFeatures(virtual_operation_all=True, virtual_dir=True, virtual_link=True)


@pytest.fixture(scope="session")
def cos(cos_shim: CosShim) -> Cos:
    """Tencent Cloud's SDK, and a bucket: the server is slow to make room for a new one."""
    return Cos(cos_shim)


@pytest.fixture
def witness(cos: Cos) -> Witness:
    """The vendor's own client, below a new prefix."""
    return Witness(cos, f"{uuid.uuid4().hex}/")


@pytest.fixture
def open_cos(cos_shim: CosShim, witness: Witness) -> Iterator[OpenCos]:
    """Opens stores where the witness looks."""
    stores: list[CosStorage] = []

    def make(**options: Any) -> CosStorage:
        given: dict[str, Any] = {
            "name": witness.cos.bucket,
            "work_dir": f"/{witness.prefix}",
            "endpoint": cos_shim.address,
            "location": cos_shim.region,
            "proxy": cos_shim.proxy,
            "credential": f"hmac:{cos_shim.access_key}:{cos_shim.secret_key}",
            "max_retries": 1,
        }
        stores.append(CosStorage(**{**given, **options}))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def wire() -> Iterator[Stub]:
    """A server that records what it is sent."""
    with serving(Stub()) as found:
        yield found


@pytest.fixture
def wired(wire: Stub) -> Iterator[CosStorage]:
    """A store on it, with all that can be enabled."""
    with CosStorage(
        name=BUCKET,
        endpoint=ENDPOINT,
        proxy=wire.endpoint,
        credential="hmac:access:secret",
        max_retries=0,
        storage_features=EVERYTHING,
    ) as store:
        yield store
