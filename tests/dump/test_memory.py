"""Memory does not grow with the database."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.dump.conftest import Build
from tests.dump.support import address, environment

MIB = 1024 * 1024
WIDE = "SELECT i, randomblob(1000000) FROM n WHERE i <= 80"
NARROW = "SELECT i, randomblob(80) FROM n"
SCRIPT = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 600000)
  INSERT INTO t {rows};
"""
MEASURE = """
import pathlib, re, sys
from storewright.dump import {name}
def peak():  # ru_maxrss would begin with the peak of the parent
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
before = peak()
{name}(sys.argv[1], sys.argv[2])
print((peak() - before) * 1024)
"""


def _growth(name: str, *arguments: str) -> int:
    command = [sys.executable, "-c", MEASURE.format(name=name), *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("rows", [WIDE, NARROW], ids=["wide", "narrow"])
def test_memory_is_bounded(build: Build, tmp_path: Path, rows: str) -> None:
    source = build(SCRIPT.format(rows=rows))
    place = f"fs://{tmp_path}/out"
    assert _growth("dump", address(source), place) < 60 * MIB
    written = sum(path.stat().st_size for path in (tmp_path / "out").iterdir())
    assert written > 90 * MIB
    # 64 MiB of it are SQLite's cache for writing
    assert _growth("restore", place, address(tmp_path / "new.db")) < 164 * MIB
