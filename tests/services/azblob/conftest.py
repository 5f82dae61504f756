"""Stores on Azurite, and on a server that records what it is sent."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import pytest

from storewright.services.azblob import AzblobService, AzblobStorage, StorageFeatures
from storewright.testing.servers import Azurite
from tests.services.stub import serving

from .stub import Stub
from .wire_table import CONTAINER

OpenStore: TypeAlias = Callable[..., AzblobStorage]
EVERYTHING: Final = StorageFeatures(virtual_operation_all=True, virtual_dir=True, virtual_link=True)
KEY: Final = "c2VjcmV0LWtleQ=="


def options_of(server: Azurite) -> dict[str, Any]:
    """What a store or a service needs in order to reach the server."""
    return {"endpoint": server.endpoint, "credential": server.credential, "max_retries": 1}


@pytest.fixture
def container(azurite: Azurite) -> str:
    """The name of a new, empty container."""
    name = f"test-{uuid.uuid4().hex}"
    azurite.create_container(name)
    return name


@pytest.fixture
def witness(azurite: Azurite, container: str) -> Any:
    """The vendor's own client of the container, which shares no code with the adapter."""
    return azurite.client().get_container_client(container)


@pytest.fixture
def open_store(azurite: Azurite, container: str) -> Iterator[OpenStore]:
    """Opens stores on the new container."""
    stores: list[AzblobStorage] = []

    def make(**options: Any) -> AzblobStorage:
        merged: dict[str, Any] = {"name": container, **options_of(azurite), **options}
        stores.append(AzblobStorage(**merged))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> AzblobStorage:
    """A store with nothing but what Azure has by itself."""
    return open_store()


@pytest.fixture
def service(azurite: Azurite) -> Iterator[AzblobService]:
    """The containers of the emulator."""
    with AzblobService(**options_of(azurite)) as service:
        yield service


@pytest.fixture(scope="session")
def recorder() -> Iterator[Stub]:
    """A server that records what it is sent."""
    with serving(Stub(), tls=True) as found:
        yield found


@pytest.fixture
def wire(recorder: Stub) -> Stub:
    """The same, with nothing recorded and its usual answers."""
    recorder.reset()
    return recorder


@pytest.fixture
def wired(wire: Stub) -> Iterator[AzblobStorage]:
    """A store on it, with all that can be enabled."""
    with open_wired(wire) as store:
        yield store


def open_wired(wire: Stub, **options: Any) -> AzblobStorage:
    """A store on the recording server."""
    merged: dict[str, Any] = {
        "name": CONTAINER,
        "endpoint": wire.endpoint,
        "credential": f"hmac:account:{KEY}",
        "ca_bundle": wire.ca_file,
        "max_retries": 0,
        "storage_features": EVERYTHING,
        **options,
    }
    return AzblobStorage(**merged)
