"""A service in somebody else's repository is proven by our suite, from there."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from storewright.codegen.cli import main
from storewright.codegen.scaffold import scaffold
from tests.roots import PYTHONPATH


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a package ``box``: spec, generated code, adapter and test."""
    package = tmp_path / "src" / "box"
    package.mkdir(parents=True)
    for written in scaffold("box", tmp_path / "draft"):
        text = (tmp_path / "draft" / written).read_text(encoding="utf-8")
        text = text.replace("storewright.generated.box", "box.generated")
        text = text.replace("storewright.services.box", "box")
        (package / written.name).write_text(text, encoding="utf-8")
    assert main([str(package / "service.toml"), "--out", str(package / "generated")]) == 0
    return tmp_path


def test_a_third_party_runs_the_suite(repository: Path) -> None:
    report = repository / "report.xml"
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error", "-c", "/dev/null"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", "src/box/test_box.py"],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": f"{repository / 'src'}{os.pathsep}{PYTHONPATH}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    totals = next(ET.parse(report).iter("testsuite")).attrib
    assert int(totals["tests"]) > 400
    assert (totals["failures"], totals["errors"], totals["skipped"]) == ("0", "0", "0")
