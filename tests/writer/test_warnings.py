"""A loss is seen each time, by the filters that Python has by itself, and whatever a user set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE

ROOT = Path(__file__).parents[2]
DROP = """
import gzip
import sys
from tests.writer.disk import disk_writer

def lose():
    writer = disk_writer(sys.argv[1])
    writer.write(b"x" * 5500)

def close():
    writer = disk_writer(sys.argv[1])
    try:
        try:
            raise KeyError
        finally:
            writer.close()
    except KeyError:
        pass

def compress():
    with gzip.GzipFile(fileobj=disk_writer(sys.argv[1]), mode="wb") as file:
        file.write(b"x" * 5500)

for _ in range(3):
    {call}()
"""
EXIT = """
import sys
from tests.writer.disk import disk_writer
writers = [disk_writer(sys.argv[1]) for _ in range(3)]
for writer in writers:
    writer.write(b"x" * 5500)
"""


def errors_of(folder: Path, program: str, *flags: str) -> str:
    """What a fresh interpreter says; PYTHONWARNINGS of this one do not reach it."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    done = subprocess.run(
        [sys.executable, *flags, "-c", program, str(folder)],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("call", ["lose", "close"])
def test_each_loss_is_told_although_path_and_line_are_the_same(tmp_path: Path, call: str) -> None:
    said = errors_of(tmp_path, DROP.format(call=call))
    assert said.count("RuntimeWarning: writer of 'a' was") == 3
    assert [*(tmp_path / "uploads").iterdir()] == []


def test_trap_4_a_gzip_file_whose_block_ended_well_is_told(tmp_path: Path) -> None:
    """It leaves its file open: the object is gone, and Python hides a ResourceWarning."""
    said = errors_of(tmp_path, DROP.format(call="compress"))
    assert said.count("RuntimeWarning: writer of 'a' was dropped") == 3
    assert [[*(tmp_path / name).iterdir()] for name in ("objects", "uploads")] == [[], []]


def test_each_writer_left_open_is_told(tmp_path: Path) -> None:
    line = "sys:1: RuntimeWarning: writer of 'a' was still open when the interpreter ended: "
    assert errors_of(tmp_path, EXIT) == f"{line}aborted, nothing is published\n" * 3


def test_the_warning_names_the_line_of_the_caller(tmp_path: Path) -> None:
    said = errors_of(tmp_path, DROP.format(call="close"))
    line = DROP.splitlines().index("            writer.close()") + 1
    assert said.count(f"<string>:{line}: RuntimeWarning") == 3


def test_who_ignores_it_is_obeyed(tmp_path: Path) -> None:
    assert errors_of(tmp_path, DROP.format(call="lose"), "-W", "ignore::RuntimeWarning") == ""
    assert [*(tmp_path / "uploads").iterdir()] == []


@pytest.mark.parametrize("program", [DROP.format(call="lose"), EXIT], ids=["dropped", "exit"])
def test_a_warning_that_is_an_error_does_not_stop_the_others(tmp_path: Path, program: str) -> None:
    errors_of(tmp_path, program, "-W", "error::RuntimeWarning")
    assert [*(tmp_path / "uploads").iterdir()] == []
