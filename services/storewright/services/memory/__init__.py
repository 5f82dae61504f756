"""Objects in the memory of this process: for tests, caches and examples. See README.md."""

from typing import TYPE_CHECKING, Any

from storewright.generated.memory import DefaultStoragePairs as DefaultStoragePairs
from storewright.generated.memory import StorageFeatures as StorageFeatures
from storewright.generated.memory.pairs import *  # noqa: F403 - all constructors, whatever the spec adds
from storewright.services.memory.space import forget as forget
from storewright.services.memory.storage import MemoryStorage as MemoryStorage

if TYPE_CHECKING:
    from storewright.services.memory.faults import Faults as Faults


def __getattr__(name: str) -> Any:
    """Faults are for tests, so they are imported by the first who asks for them."""
    if name == "Faults":
        from storewright.services.memory.faults import Faults

        return Faults
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
