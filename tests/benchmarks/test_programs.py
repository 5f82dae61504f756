"""The benchmarks run, on data too small to measure anything, and print what they promise."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
ROOTS: Final = [ROOT, ROOT / "codegen", ROOT / "generated", ROOT / "services"]
CASES: Final = {
    "put 4 KiB",
    "get 4 KiB",
    "stat",
    "list 1,000",
    "put 64 MiB",
    "get 64 MiB",
    "get 64 MiB into a file",
    "stream 256 MiB, 8 MiB parts",
}


@pytest.fixture(scope="module")
def tables() -> list[Any]:
    """What a single tiny round of benchmarks/s3.py prints for programs, over https."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    program = [sys.executable, "benchmarks/s3.py", "--tiny", "--rounds=1", "--json"]
    program += ["--no-peers", "--scheme", "https"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, ROOTS))}
    done = subprocess.run(
        program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_case_is_measured(tables: list[Any]) -> None:
    (table,) = tables
    rows = {(row["case"], row["name"]): row for row in table["rows"]}
    for case in CASES:
        for name in ("storewright", "boto3", "boto3, default"):
            assert 0 < rows[case, name]["cpu"] < 60
            assert 0 < rows[case, name]["wall"] < 600


def test_every_row_of_ours_has_its_gates(tables: list[Any]) -> None:
    for table in tables:
        gates = {(gate["case"], gate["cost"]) for gate in table["gates"]}
        assert gates == {(case, cost) for case in CASES for cost in ("cpu", "wall")}


def test_streaming_is_held_against_boto3_as_it_comes(tables: list[Any]) -> None:
    (https,) = tables
    limits = {gate["limit"] for gate in https["gates"] if gate["against"] == "boto3, default"}
    assert limits == {0.5}


def test_memory_of_streaming_is_measured(tables: list[Any]) -> None:
    for table in tables:
        (row,) = (
            row
            for row in table["rows"]
            if row["name"] == "storewright" and row["case"].startswith("stream")
        )
        assert 0 < row["peak"] < 200 * 1024 * 1024
