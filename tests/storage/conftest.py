"""Fixtures of the factory's tests: an environment without options, and other people's services."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.roots import PYTHONPATH

Install: TypeAlias = Callable[..., None]
Run: TypeAlias = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def no_options_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("STOREWRIGHT_", "AWS_")):
            monkeypatch.delenv(name)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution with a module and entry points onto the path, as pip would."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def put(name: str, code: str, points: Mapping[str, Mapping[str, str]]) -> None:
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        groups = (
            "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())])
            for group, entries in points.items()
        )
        (info / "entry_points.txt").write_text("\n\n".join(groups) + "\n")

    yield put
    for module in set(sys.modules) - before:
        if getattr(sys.modules[module], "__file__", "") == str(tmp_path / f"{module}.py"):
            del sys.modules[module]


@pytest.fixture
def run() -> Run:
    """Runs a program in an interpreter of its own."""

    def start(program: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            env={**os.environ, "PYTHONPATH": PYTHONPATH},
            capture_output=True,
            text=True,
            check=False,
        )

    return start
