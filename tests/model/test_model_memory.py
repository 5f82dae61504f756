"""The memory service does what a dictionary would do, also when operations fail."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from storewright.services.memory import MemoryStorage
from storewright.storage import ObjectNotExist, ServiceInternal, StorageError
from tests.model.machine import CONTENTS, PATHS, StoreMachine


class MemoryMachine(StoreMachine):
    keeps_dirs = False

    def open(self) -> Any:
        return MemoryStorage()

    @rule(path=PATHS, content=CONTENTS, late=st.booleans())
    def write_with_a_fault(self, path: str, content: bytes, late: bool) -> None:
        """A lost answer leaves the new object, anything else the old one; never a part."""
        self.store.faults.fail("write", late=late)
        with pytest.raises(ServiceInternal):
            self.store.write(path, content)
        if late:
            self.put(path, content)

    @rule(
        path=PATHS,
        content=CONTENTS,
        op=st.sampled_from(["write", "create_multipart", "write_multipart", "complete_multipart"]),
        after=st.integers(0, 2),
        late=st.booleans(),
    )
    def writer_with_a_fault(
        self, path: str, content: bytes, op: str, after: int, late: bool
    ) -> None:
        """Success is true. After an error the object is the old one, or whole; never a part."""
        self.store.faults.fail(op, after=after, late=late)
        try:
            with self.store.open_writer(path, part_size=64) as writer:
                writer.write(content)
        except StorageError:
            if late and self.holds(path, content):
                self.put(path, content)
        else:
            self.put(path, content)
        self.store.faults.clear()

    def holds(self, path: str, content: bytes) -> bool:
        """Whether the store has the object."""
        try:
            found: bytes = self.store.read_bytes(path)
        except ObjectNotExist:
            return False
        return found == content


MemoryMachine.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMemoryModel = MemoryMachine.TestCase
