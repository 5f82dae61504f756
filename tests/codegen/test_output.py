"""The drift check sees every kind of difference between the specs and what is committed."""

import shutil
from pathlib import Path

import pytest

from storewright.codegen.cli import main
from storewright.codegen.output import Drift, compare, write_tree

ROOT = Path(__file__).parents[2]
TREE = {"a.py": "a = 1\n", "sub/b.py": "b = 2\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tree(TREE, tmp_path)
    return tmp_path


def test_a_fresh_tree_has_no_drift(folder: Path) -> None:
    assert compare(TREE, folder) == []


@pytest.mark.parametrize("text", ["a = 2\n", "", "a = 1", "a = 1\r\n", "a = 1\n\n"])
def test_a_touched_file_is_stale(folder: Path, text: str) -> None:
    (folder / "a.py").write_bytes(text.encode())
    assert compare(TREE, folder) == [Drift("a.py", "stale")]


def test_a_deleted_file_is_missing(folder: Path) -> None:
    (folder / "sub" / "b.py").unlink()
    assert compare(TREE, folder) == [Drift("sub/b.py", "missing")]


def test_a_file_that_nothing_generates_is_an_orphan(folder: Path) -> None:
    (folder / "sub" / "c.py").write_text("c = 3\n")
    assert compare(TREE, folder) == [Drift("sub/c.py", "orphan")]


def test_writing_repairs_every_kind(folder: Path) -> None:
    (folder / "a.py").write_text("touched")
    (folder / "sub" / "b.py").unlink()
    (folder / "old").mkdir()
    (folder / "old" / "c.py").write_text("c = 3\n")
    changes = write_tree(TREE, folder)
    assert [change.kind for change in changes] == ["stale", "orphan", "missing"]
    assert compare(TREE, folder) == []
    assert not (folder / "old").exists()


def test_bytecode_is_no_drift(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert compare(TREE, folder) == []


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the generator reads and writes, as it is committed."""
    for folder in ("specs", "tests/conformance/evidence", "generated", "docs/reference"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_the_check_command_names_every_kind_and_nothing_that_is_current(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generated = checkout / "generated" / "storewright" / "generated"
    (generated / "fs" / "pairs.py").write_text("touched = True\n")
    (generated / "fs" / "storage.py").unlink()
    (generated / "fs" / "orphan.py").write_text("x = 1\n")
    assert main(["--root", str(checkout), "--check"]) == 1
    captured = capsys.readouterr()
    folder = "generated/storewright/generated/fs"
    expected = ["orphan.py: orphan", "pairs.py: stale", "storage.py: missing"]
    assert sorted(captured.out.splitlines()) == [f"{folder}/{line}" for line in expected]
    assert "run: make generate" in captured.err
