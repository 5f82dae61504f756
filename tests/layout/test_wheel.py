"""What users install: one top-level name, nothing forgotten, from the sdist as from the tree."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def build(source: Path, target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (result,) = folder.iterdir()
    return result


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(repository, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution."""
    archive = build(repository, "sdist", tmp_path_factory.mktemp("sdist"))
    unpacked = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["tar", "-xf", archive, "-C", unpacked], check=True)
    (folder,) = unpacked.iterdir()
    return folder


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_wheel_has_one_top_level_name(wheel: Path) -> None:
    assert {name.split("/")[0] for name in names(wheel)} == {
        "storewright",
        "storewright-0.1.0.dist-info",
    }


def test_wheel_passes_its_checker(wheel: Path, repository: Path) -> None:
    checker = shutil.which("check-wheel-contents", path=str(Path(sys.executable).parent))
    assert checker, "pip install check-wheel-contents"
    done = subprocess.run(
        [checker, str(wheel)], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_wheel_has_every_file_of_every_root(wheel: Path, roots: list[Path]) -> None:
    files = {
        path.relative_to(root).as_posix()
        for root in roots
        for path in (root / "storewright").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= names(wheel)


def test_wheel_has_the_vocabulary_for_authors_elsewhere(wheel: Path, repository: Path) -> None:
    specs = [path.name for path in (repository / "specs" / "core").glob("*.toml")]
    assert specs
    assert {f"storewright/codegen/core/{name}" for name in specs} <= names(wheel)


def test_sdist_gives_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    assert names(build(sdist, "wheel", tmp_path)) == names(wheel)


def test_sdist_has_what_a_packager_needs(sdist: Path) -> None:
    for name in ("Makefile", "LICENSE", "CHANGELOG.md", "tests/conftest.py", "pyproject.toml"):
        assert (sdist / name).is_file(), name
