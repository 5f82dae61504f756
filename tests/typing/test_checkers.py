"""What must type-check does, and what must not does not, in mypy and in pyright."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.roots import REPOSITORY, ROOTS

CASES = sorted((Path(__file__).parent / "cases").glob("*.py"))
Places = set[tuple[str, int]]


def _expected() -> Places:
    return {
        (path.name, number)
        for path in CASES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "# E: " in line
    }


def _mypy(tmp_path: Path) -> Places:
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), *map(str, CASES)]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    found = re.findall(r"cases/(\w+\.py):(\d+): error:", result.stdout)
    assert found, result.stdout + result.stderr
    return {(name, int(line)) for name, line in found}


def _pyright(tmp_path: Path) -> Places:
    config = {
        "include": ["cases"],
        "extraPaths": [*map(str, ROOTS)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    shutil.copytree(Path(__file__).parent / "cases", tmp_path / "cases")
    project = tmp_path / "pyrightconfig.json"
    project.write_text(json.dumps(config))
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(project)]
    command += ["--pythonpath", sys.executable]
    result = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    diagnostics = json.loads(result.stdout)["generalDiagnostics"]
    return {
        (Path(item["file"]).name, item["range"]["start"]["line"] + 1)
        for item in diagnostics
        if item["severity"] == "error"
    }


@pytest.mark.parametrize("checker", [_mypy, _pyright], ids=["mypy", "pyright"])
def test_exactly_the_marked_lines_are_errors(
    checker: Callable[[Path], Places], tmp_path: Path
) -> None:
    found = checker(tmp_path)
    assert found == _expected()
