"""Interpreter exit, SIGTERM and ``kill -9`` while every kind of writer is open at once."""

import signal
import subprocess
import sys

import pytest

from tests.guarantees.shapes import SHAPES
from tests.guarantees.support import Place, environment, line_of, start

# `hold` keeps a block open without an end of its own, as a suspended generator does.
OPEN_ALL = """
import contextlib, os, signal, sys, time
from storewright import storage
from storewright.core.signals import abort_on_signal
from tests.guarantees.shapes import SHAPES, noise

address, part_size = sys.argv[1], int(sys.argv[2])
data = noise(part_size * 5 // 4)

def store(name):
    base, mark, options = address.partition("?")
    return storage.open(f"{base.rstrip('/')}/{name}{mark}{options}")

def open_all(stack):
    for name, shape in SHAPES.items():
        stack.enter_context(shape(store(name), part_size=part_size, concurrency=1)).put(data)
    print("open", flush=True)
"""

WAIT = """
with {guard}contextlib.ExitStack() as stack:
    open_all(stack)
    time.sleep(60)
"""

LEAVE = """
stack = contextlib.ExitStack()
open_all(stack)
{ending}
"""


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "raise RuntimeError"])
def test_the_interpreter_ends(shared_place: Place, ending: str) -> None:
    program = OPEN_ALL + LEAVE.format(ending=ending)
    with start(program, shared_place.connection, str(shared_place.part_size)) as process:
        assert line_of(process) == "open"
        _, errors = process.communicate(timeout=60)
    assert errors.count("was still open when the interpreter ended") == len(SHAPES)
    assert (shared_place.objects(), shared_place.leftovers()) == ({}, [])


def ended_by(place: Place, guard: str, number: int) -> int:
    program = OPEN_ALL + WAIT.format(guard=guard)
    with start(program, place.connection, str(place.part_size)) as process:
        assert line_of(process) == "open"
        assert len(place.leftovers()) >= len(SHAPES)
        process.send_signal(number)
        process.communicate(timeout=60)
    return process.returncode


def test_ctrl_c(shared_place: Place) -> None:
    assert ended_by(shared_place, "", signal.SIGINT) == -signal.SIGINT
    assert (shared_place.objects(), shared_place.leftovers()) == ({}, [])


def test_sigterm(shared_place: Place) -> None:
    assert ended_by(shared_place, "abort_on_signal(), ", signal.SIGTERM) == 143
    assert (shared_place.objects(), shared_place.leftovers()) == ({}, [])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "sigterm"])
def test_killed_and_tidied_up(shared_place: Place, number: int) -> None:
    """A process that cannot unwind publishes nothing, and `mpu abort` removes what it left."""
    assert ended_by(shared_place, "", number) == -number
    assert shared_place.objects() == {}
    assert len(shared_place.leftovers()) >= len(SHAPES)
    subprocess.run(
        [
            *(sys.executable, "-m", "storewright.cli"),
            *("mpu", "abort", "--older-than", "0", shared_place.connection),
        ],
        env=environment(),
        check=True,
    )
    assert (shared_place.objects(), shared_place.leftovers()) == ({}, [])
