"""Interpreter exit, SIGTERM and ``kill -9`` while every kind of writer is open at once.

The programs do nothing about signals: what holds, holds for any program.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guarantees.shapes import SHAPES
from tests.guarantees.support import (
    PATIENCE,
    GcsPlace,
    MemoryPlace,
    Place,
    S3Place,
    environment,
    line_of,
    start,
)
from tests.processes import signal_busy_or_blocked

# `hold` keeps a block open without an end of its own, as a suspended generator does.
OPEN_ALL = """
import contextlib, os, signal, sys, time
from storewright import storage
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
with contextlib.ExitStack() as stack:
    open_all(stack)
    time.sleep(600)
"""

# Parts are under way at every moment, in this thread and in others.
GO_ON = """
with contextlib.ExitStack() as stack:
    writers = [
        stack.enter_context(shape(store(f"{name}{n}"), part_size=part_size, concurrency=n))
        for name, shape in SHAPES.items()
        for n in (1, 2)
    ]
    for opened in writers:
        opened.put(data)
    print("open", flush=True)
    while True:
        for opened in writers:
            opened.put(data)
"""

# What is in memory is seen by the process alone, after its blocks and before its end.
LOOK = """
try:
    with contextlib.ExitStack() as stack:
        open_all(stack)
        time.sleep(600)
finally:
    for name in SHAPES:
        found = [*store(name).list("", list_mode=storage.ListMode.PREFIX)]
        parts = [*store(name).list("", list_mode=storage.ListMode.PART)]
        print(name, len(found), len(parts), flush=True)
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
        _, errors = process.communicate(timeout=PATIENCE)
    assert errors.count("was still open when the interpreter ended") == len(SHAPES)
    assert (shared_place.objects(), shared_place.remains()) == ({}, [])


def ended_by(place: Place, number: int, body: str = WAIT, least: int = len(SHAPES)) -> int:
    with start(OPEN_ALL + body, place.connection, str(place.part_size)) as process:
        assert line_of(process) == "open"
        assert len(place.leftovers()) >= least
        signal_busy_or_blocked(process, number)
        process.communicate(timeout=PATIENCE)
    return process.returncode


def test_ctrl_c(shared_place: Place) -> None:
    assert ended_by(shared_place, signal.SIGINT) == -signal.SIGINT
    assert (shared_place.objects(), shared_place.remains()) == ({}, [])


@pytest.mark.parametrize("body", [WAIT, GO_ON], ids=["waiting", "writing"])
def test_sigterm(shared_place: Place, body: str) -> None:
    assert ended_by(shared_place, signal.SIGTERM, body) == -signal.SIGTERM
    assert (shared_place.objects(), shared_place.remains()) == ({}, [])


def test_sigterm_in_memory(memory_place: MemoryPlace) -> None:
    place = memory_place
    with start(OPEN_ALL + LOOK, place.connection, str(place.part_size)) as process:
        assert line_of(process) == "open"
        signal_busy_or_blocked(process, signal.SIGTERM)
        out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGTERM, errors
    assert out.splitlines() == [f"{name} 0 0" for name in SHAPES]


@pytest.mark.parametrize("name", SHAPES)
def test_sigterm_alone(shared_place: Place, name: str) -> None:
    """Each with nobody beside it whose handler it could profit from."""
    body = f"SHAPES = {{{name!r}: SHAPES[{name!r}]}}\n" + WAIT
    assert ended_by(shared_place, signal.SIGTERM, body, least=1) == -signal.SIGTERM
    assert (shared_place.objects(), shared_place.remains()) == ({}, [])


# Above a limit that is lowered for it, a copy is an upload of parts, but no writer.
COPY = """
import dataclasses, os, sys, time
from storewright import storage

end = time.monotonic() + 60

def slow(request, **kwargs):
    os.write(1, b"copying\\n")  # whole, from each thread
    while not os.path.exists(sys.argv[2]) and time.monotonic() < end:
        time.sleep(0.01)

store = storage.open(sys.argv[1])
store._limits = dataclasses.replace(store._limits, copy_size_maximum=5 * 1024 * 1024)
store.client.meta.events.register("before-send.s3.UploadPartCopy", slow)
with storage.abort_on_signal():
    store.copy("source", "target")
"""


@pytest.mark.server
def test_sigterm_while_a_large_object_is_copied(s3_place: S3Place, tmp_path: Path) -> None:
    """Documented: it is abort_on_signal() that makes the copy abort its upload."""
    s3_place.store.write("source", bytes(s3_place.part_size * 2 + 1))
    go_on = tmp_path / "go on"
    with start(COPY, s3_place.connection, go_on) as process:
        assert line_of(process) == "copying"
        assert len(s3_place.leftovers()) == 1
        signal_busy_or_blocked(process, signal.SIGTERM)
        go_on.touch()
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM, errors
    assert ([*s3_place.objects()], s3_place.leftovers()) == (["source"], [])


def test_killed_and_tidied_up(listing_place: Place) -> None:
    """A process that cannot unwind publishes nothing, and `mpu abort` removes what it left."""
    assert ended_by(listing_place, signal.SIGKILL) == -signal.SIGKILL
    assert listing_place.objects() == {}
    assert len(listing_place.leftovers()) >= len(SHAPES)
    subprocess.run(
        [
            *(sys.executable, "-m", "storewright.cli"),
            *("mpu", "abort", "--older-than", "0", listing_place.connection),
        ],
        env=environment(),
        check=True,
    )
    assert (listing_place.objects(), listing_place.remains()) == ({}, [])


@pytest.mark.slow
@pytest.mark.server
def test_killed_where_nobody_can_list_uploads(gcs_place: GcsPlace) -> None:
    """Google ends the sessions after a week, and never publishes what they have."""
    assert ended_by(gcs_place, signal.SIGKILL) == -signal.SIGKILL
    assert gcs_place.objects() == {}
    assert len(gcs_place.leftovers()) >= len(SHAPES)
