"""Whoever waits is told how far it is."""

import logging
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import DumpOptions, LogProgress, dump
from tests.dump.conftest import Build
from tests.dump.support import address, environment

SCRIPT = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5000)
  INSERT INTO t SELECT i, 'row ' || i FROM n;
"""


def test_log_lines_tell_rows_bytes_and_the_time_left(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    progress = LogProgress(interval=0.1)
    progress.begin("dump", 4000)
    progress.advance(1000, 2048)
    _await(caplog, r"dump: 1,000 of about 4,000 rows, 2\.0 KiB in \d+\.\d s, about \d+ s left")
    _await(caplog, "2.0 KiB in .* s, nothing new since the last line")
    progress.advance(1000, 2048)
    progress.end()
    last = caplog.messages[-1]
    assert last.startswith("dump: 2,000 of about 4,000 rows, 4.0 KiB in")
    assert "left" not in last


def _await(caplog: pytest.LogCaptureFixture, pattern: str) -> None:
    for _ in range(6000):
        if any(re.match(f".*{pattern}$", message) for message in caplog.messages):
            return
        time.sleep(0.01)
    raise AssertionError(caplog.messages[-5:])


def test_every_row_and_byte_is_counted(build: Build, store: storage.Storager) -> None:
    class Counting:
        rows = size = 0
        calls: list[str]

        def begin(self, label: str, rows: int) -> None:
            self.calls = [f"{label} {rows}"]

        def advance(self, rows: int, size: int) -> None:
            self.rows += rows
            self.size += size

        def end(self) -> None:
            self.calls.append("end")

    progress = Counting()
    options = DumpOptions(rows=1000, threads=1)
    manifest = dump(address(build(SCRIPT)), store, options, progress=progress)
    assert progress.calls == ["dump 5000", "end"]
    data = sum(record.size for record in manifest.files)
    assert (progress.rows, progress.size) == (5000, data)


def test_a_terminal_gets_a_bar(build: Build, tmp_path: Path) -> None:
    assert b"5000/5000" in _shown("dump", address(build(SCRIPT)), f"fs://{tmp_path}/out")


def test_the_bar_of_what_has_no_rows_has_no_end(tmp_path: Path) -> None:
    shown = _shown("dump", "pipe", str(tmp_path / "out"), "--", "echo", "1")
    assert b"rows" in shown
    assert b"/100" not in shown


def _shown(*arguments: str) -> bytes:
    """What a command that ends well shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "storewright.dump", *arguments],
        env={**environment(), "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while piece := _read(ours):
        shown += piece
    os.close(ours)
    assert (process.communicate()[0][:4], process.returncode) in {("dump", 0), ("kept", 0)}
    return shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # how a terminal says that nobody writes to it any more
        return b""
