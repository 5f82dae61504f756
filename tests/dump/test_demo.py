"""The demonstration finds every difference, or its success would say nothing."""

import importlib.util
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = Path(__file__).parents[2] / "examples" / "demo.py"
    spec = importlib.util.spec_from_file_location("demo", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "demo", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROWS", dict.fromkeys(module.ROWS, 50))
    return module


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("SELECT 1", True),
        ("UPDATE orders SET total = total + 1e-9 WHERE id = 7", False),
        ("UPDATE documents SET scan = CAST(scan AS TEXT) WHERE id = 3", False),
        ("DELETE FROM settings WHERE key = 'key 0'", False),
        ("UPDATE sqlite_sequence SET seq = seq + 1", False),
        ("CREATE INDEX extra ON orders(total)", False),
    ],
)
def test_any_difference_is_found(
    demo: ModuleType, tmp_path: Path, change: str, *, same: bool
) -> None:
    source, copy = tmp_path / "app.db", tmp_path / "copy.db"
    demo.build(source)
    shutil.copy(source, copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(change)
        connection.commit()
    assert demo.compare(source, [demo.Copy("copy", copy, None, {})]) == same
