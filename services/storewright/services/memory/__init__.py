"""Objects in the memory of this process: for tests, caches and examples. See README.md."""

from storewright.generated.memory import DefaultStoragePairs as DefaultStoragePairs
from storewright.generated.memory import StorageFeatures as StorageFeatures
from storewright.generated.memory.pairs import *  # noqa: F403 - all constructors, whatever the spec adds
from storewright.services.memory.faults import Faults as Faults
from storewright.services.memory.space import forget as forget
from storewright.services.memory.storage import MemoryStorage as MemoryStorage
