"""Small specs that tests change one line of."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Edit = Callable[[str, str, str], None]


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A copy of this repository's specs, and two services of the tests' own to spoil."""
    folder = tmp_path / "specs"
    shutil.copytree(ROOT / "specs", folder)
    for name in ("alpha", "beta"):
        shutil.copytree(Path(__file__).parent / "specs" / name, folder / "services" / name)
    return folder


@pytest.fixture
def edit(specs: Path) -> Edit:
    """Replace a text in one of the copied specs; the text must be there, once at least."""

    def replace(file: str, old: str, new: str) -> None:
        path = specs / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
