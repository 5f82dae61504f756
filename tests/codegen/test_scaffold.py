"""make new-service: what it refuses, and that it is what CONTRIBUTING says."""

from pathlib import Path

import pytest

from storewright.codegen.cli import main
from storewright.codegen.load import load_specs
from storewright.codegen.scaffold import ScaffoldError, scaffold


def test_a_new_service_generates_at_once(specs: Path) -> None:
    root = specs.parent
    written = scaffold("blue_box", root)
    assert {path.name for path in written} >= {"service.toml", "storage.py", "test_blue_box.py"}
    assert all((root / path).is_file() for path in written)
    names = [service.name for service in load_specs(specs).services]
    assert "blue_box" in names


@pytest.mark.parametrize("name", ["Demo", "2x", "a-b", "class", "", "a__b", "../x"])
def test_names_that_no_package_can_have_are_refused(specs: Path, name: str) -> None:
    before = sorted(specs.parent.rglob("*"))
    with pytest.raises(ScaffoldError, match="snake_case"):
        scaffold(name, specs.parent)
    assert sorted(specs.parent.rglob("*")) == before


def test_a_taken_name_is_refused_in_one_line(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(specs.parent), "--new-service", "fs"]) == 2
    error = capsys.readouterr().err
    assert "exists already" in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_what_is_written_is_sorted_whatever_the_name(specs: Path, name: str) -> None:
    scaffold(name, specs.parent)
    adapter = specs.parent / "services" / "storewright" / "services" / name / "storage.py"
    lines = adapter.read_text(encoding="utf-8").splitlines()
    imports = [line.split()[1] for line in lines if line.startswith("from storewright.")]
    assert imports == sorted(imports)
