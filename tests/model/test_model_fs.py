"""The fs service does what a dictionary would do."""

import tempfile
from typing import Any

from hypothesis import HealthCheck, settings

from storewright.services.fs import FsStorage
from tests.model.machine import StoreMachine


class FsMachine(StoreMachine):
    keeps_dirs = True

    def open(self) -> Any:
        self.folder = tempfile.TemporaryDirectory()
        return FsStorage(work_dir=self.folder.name, fsync=False)

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


FsMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestFsModel = FsMachine.TestCase
