"""Under CI a skipped test is a failed one: a missing server must not look like a green run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPS = """
import pytest

def test_skips(): pytest.skip("no server")
def test_excused(): pytest.skip("not in any registry: the vendor's cloud")
@pytest.mark.skip(reason="not today")
def test_marked(): ...
@pytest.fixture
def server(): pytest.skip("no server")
def test_fixture(server): ...
@pytest.mark.xfail(strict=True)
def test_known_bug(): assert False
"""


def run(folder: Path, content: str, **environment: str) -> str:
    shutil.copy(CONFTEST, folder)
    (folder / "test_it.py").write_text(content)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--rootdir={folder}",
            ".",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CI": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_ci_fails_on_every_skip_but_the_excused(tmp_path: Path) -> None:
    summary = run(tmp_path, SKIPS, CI="true").splitlines()[-1]
    assert "1 failed, 1 skipped, 1 xfailed, 2 errors" in summary


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    assert "4 skipped, 1 xfailed" in run(tmp_path, SKIPS).splitlines()[-1]


@pytest.mark.parametrize(
    "statement",
    [
        "pytest.importorskip('no_such_module')",
        "pytest.skip('not here', allow_module_level=True)",
    ],
)
def test_ci_fails_on_a_skipped_file(tmp_path: Path, statement: str) -> None:
    content = f"import pytest\n{statement}\ndef test_one(): ...\n"
    assert "1 error" in run(tmp_path, content, CI="true").splitlines()[-1]
