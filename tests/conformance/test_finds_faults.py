"""The suite fails where it must: each of many broken services is caught by the tests named."""

import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from storewright.services.memory import MemoryStorage
from tests.conformance.broken import BROKEN
from tests.roots import PYTHONPATH

MODULE = """
import functools, uuid
import pytest
from storewright.testing import ConformanceSuite
from tests.conformance.broken import BROKEN


def suite(broken):
    class Suite(ConformanceSuite):
        storage = broken

        @pytest.fixture
        def place(self):
            return uuid.uuid4().hex

        @pytest.fixture
        def open_store(self, place):
            return functools.partial(broken, name=place)

        @pytest.fixture
        def secrets(self, place):
            return {"name": place}

    return Suite


for broken in BROKEN:
    globals()[f"Test{broken.__name__}"] = suite(broken)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """Outcome of each test of each broken service."""
    folder = tmp_path_factory.mktemp("broken")
    module, report = folder / "test_broken.py", folder / "report.xml"
    module.write_text(MODULE, encoding="utf-8")
    chosen = [f"{module}::Test{cls.__name__}::{test}" for cls in BROKEN for test in BROKEN[cls]]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore", "-c", "/dev/null"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", *chosen],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        timeout=300,
        check=False,
    )
    cases = ET.parse(report).iter("testcase")
    return {
        (case.attrib["classname"].rpartition(".Test")[2], case.attrib["name"]): case[0].tag
        for case in cases
        if len(case)
    }


@pytest.mark.parametrize("broken", BROKEN, ids=lambda cls: cls.__name__)
def test_fault_is_found(outcomes: dict[tuple[str, str], str], broken: type[MemoryStorage]) -> None:
    found = {test: outcomes.get((broken.__name__, test), "passed") for test in BROKEN[broken]}
    assert found == dict.fromkeys(BROKEN[broken], "failure")
