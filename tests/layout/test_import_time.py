"""Importing the public API is cheap: a program that never touches a vendor pays for none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUDGET = 0.040  # seconds of CPU, beyond what the interpreter needs to start
MEASURE = "import time; t = time.process_time(); import {0}; print(time.process_time() - t)"


def import_seconds(module: str, roots: list[Path]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(module)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.alone
def test_storage_imports_within_its_budget(roots: list[Path]) -> None:
    import_seconds("storewright.storage", roots)  # compiles what is not compiled yet
    assert min(import_seconds("storewright.storage", roots) for _ in range(10)) < BUDGET
