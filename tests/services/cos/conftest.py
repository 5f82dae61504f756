"""Stores on a server that records what it is sent."""

from collections.abc import Iterator
from typing import Final

import pytest

from storewright.services.cos import CosStorage, StorageFeatures

from .stub import ENDPOINT, Stub, cos_stub
from .wire_table import BUCKET

EVERYTHING: Final = StorageFeatures(virtual_operation_all=True, virtual_dir=True, virtual_link=True)


@pytest.fixture
def wire() -> Iterator[Stub]:
    """A server that records what it is sent."""
    with cos_stub() as found:
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
