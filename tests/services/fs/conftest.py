"""A store in a directory of its own."""

from pathlib import Path

import pytest

from storewright.services.fs import FsStorage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory whose path is real."""
    directory = tmp_path.resolve() / "root"
    directory.mkdir()
    return directory


@pytest.fixture
def store(root: Path) -> FsStorage:
    return FsStorage(work_dir=str(root))


@pytest.fixture(params=["nameless", "named"])
def kind_of_draft(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to write a file that nobody sees: also that of systems without nameless files."""
    if request.param == "named":
        monkeypatch.setattr("storewright.services.fs.draft.NAMELESS", 0)
    return str(request.param)
