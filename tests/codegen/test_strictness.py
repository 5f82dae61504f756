"""The loader is as strict as a compiler: each mistake is named with file, table, key and cure."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from storewright.codegen.cli import main
from storewright.codegen.load import load_specs
from storewright.codegen.problems import SpecError

Edit = Callable[[str, str, str], None]

BETA = "services/beta/service.toml"
MISTAKES: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8")
)


def _spoil(edit: Edit, name: str) -> str:
    """Make the mistake; returns what the loader must say of it."""
    mistake = MISTAKES[name]
    edit(mistake["file"], mistake["old"], mistake["new"])
    return mistake["says"]


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_clear_line(name: str, specs: Path, edit: Edit) -> None:
    expected = _spoil(edit, name)
    with pytest.raises(SpecError) as caught:
        load_specs(specs)
    lines = [str(problem) for problem in caught.value.problems]
    assert any(line.startswith(expected) for line in lines), "\n".join(lines)
    assert all("\n" not in line for line in lines)


def test_an_unbound_pair_fails(specs: Path, edit: Edit) -> None:
    edit(BETA, 'handled = ["location"', 'handled = ["limit"')
    edit(BETA, '"limit", "continuation_token"]', '"continuation_token"]')
    with pytest.raises(SpecError) as caught:
        load_specs(specs)
    expected = "pair 'location' is neither bound to a call nor listed under handled"
    assert expected in str(caught.value)


def test_all_mistakes_are_shown_in_one_run(specs: Path, edit: Edit) -> None:
    names = ("misspelt key", "unknown interface", "unknown vendor call", "dead pair")
    expected = [_spoil(edit, name) for name in names]
    with pytest.raises(SpecError) as caught:
        load_specs(specs)
    shown = str(caught.value)
    assert [text for text in expected if text not in shown] == []


def test_nothing_is_written_while_a_mistake_remains(
    specs: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    root = specs.parent
    (root / "generated").mkdir()
    (root / "generated" / "old.py").write_text("old = True\n")
    before = _snapshot(root)
    expected = _spoil(edit, "misspelt pair")
    assert main(["--root", str(root)]) == 2
    shown = capsys.readouterr().err
    assert expected in shown
    assert "nothing was written" in shown
    assert "Traceback" not in shown
    after = _snapshot(root)
    assert {k: v for k, v in after.items() if "service.toml" not in k} == {
        k: v for k, v in before.items() if "service.toml" not in k
    }


def _snapshot(root: Path) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
