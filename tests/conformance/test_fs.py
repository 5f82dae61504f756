"""The file system passes the suite without a single deviation."""

from functools import partial
from pathlib import Path

import pytest

from storewright.services.fs import FsStorage
from storewright.testing import ConformanceSuite, OpenStore


class TestFs(ConformanceSuite):
    storage = FsStorage

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return partial(FsStorage, work_dir=f"{tmp_path}/not/there/yet")
