"""The memory service passes the suite without a single deviation."""

import functools
import uuid

import pytest

from storewright.services.memory import MemoryStorage
from storewright.testing import ConformanceSuite, OpenStore


class TestMemory(ConformanceSuite):
    storage = MemoryStorage

    @pytest.fixture
    def open_store(self) -> OpenStore:
        return functools.partial(MemoryStorage, name=uuid.uuid4().hex)
