"""The README's first program is what a newcomer runs, so it is run here as printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


def programs(repository: Path) -> list[str]:
    readme = (repository / "README.md").read_text()
    return re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)


def test_first_program_runs_as_printed(
    repository: Path, roots: list[Path], modules: dict[str, Path]
) -> None:
    if "storewright.services.memory" not in modules:
        pytest.skip("the memory adapter is not written yet")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", programs(repository)[0]],
        env={"PYTHONPATH": ":".join(map(str, roots))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "b'all is well'\nreports/2026.txt 11\n"


def test_every_program_is_python(repository: Path) -> None:
    for program in programs(repository):
        compile(program, "README.md", "exec")
