"""What the kernel stops as it writes: only a slice is written, however late anybody looks."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from storewright import storage
from storewright.dump import verify
from storewright.dump.mydumper import Child, Figures, Settings, mydumper, watch
from storewright.dump.mydumper.brake import Brake, Until
from storewright.dump.mydumper.folder import disk_usage
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.services.memory import MemoryStorage
from tests.dump.mydumper.fake import Plan, install
from tests.dump.mydumper.support import hold_until_paused

_WRITER: Final = """
import os, signal, sys, threading
folder, threads, writes, size, files = sys.argv[1], *map(int, sys.argv[2:])
ready = threading.Barrier(threads + 1)
def write(thread):
    ready.wait()
    for number in range(files):
        file = os.open(f"{folder}/{thread}.{number}", os.O_CREAT | os.O_WRONLY)
        for _ in range(writes):
            os.write(file, bytes(size))
        os.close(file)
for thread in range(threads):
    threading.Thread(target=write, args=(thread,)).start()
os.kill(os.getpid(), signal.SIGSTOP)
ready.wait()
"""
THREADS, WRITES, SIZE, FILES = 3, 10, 100_000, 400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


@pytest.fixture
def writer(folder: Path) -> Iterator[Child]:
    """A program that fills the disk by several threads, as fast as it can, but stopped at first."""
    program = [sys.executable, "-S", "-c", _WRITER, str(folder)]
    arguments = [str(number) for number in (THREADS, WRITES, SIZE, FILES)]
    with Child([*program, *arguments], streams=False) as child:
        _until_halted(child)
        yield child


def _until_halted(child: Child) -> None:
    while not child.halted:
        assert not child.ended
        time.sleep(0.0001)


def _grown(folder: Path, child: Child) -> int:
    """Bytes written from here until it stood still again."""
    before = disk_usage(folder)
    child.resume()
    _until_halted(child)
    return disk_usage(folder) - before


@pytest.mark.parametrize("burners", [0, 3])
def test_until_the_next_write(folder: Path, writer: Child, burners: int) -> None:
    burning = [subprocess.Popen([sys.executable, "-Sc", "while 1: pass"]) for _ in range(burners)]
    try:
        with closing(Brake(folder, writer.pid)) as it:
            it.set(Until.NEXT_WRITE)
            grown = [_grown(folder, writer) for _ in range(30)]
        assert it.works
        assert 0 < max(grown) <= 2 * THREADS * (SIZE + 4096)
    finally:
        for each in burning:
            each.kill()
            each.wait()


def test_until_the_next_file(folder: Path, writer: Child) -> None:
    with closing(Brake(folder, writer.pid)) as it:
        it.set(Until.NEXT_WRITE)
        it.set(Until.NEXT_FILE)
        grown = [_grown(folder, writer) for _ in range(30)]
    assert max(grown) > 2 * THREADS * SIZE
    assert max(grown) <= THREADS * (WRITES * SIZE + SIZE + 4096)


def test_never_again(folder: Path, writer: Child) -> None:
    with closing(Brake(folder, writer.pid)) as it:
        it.set(Until.NEXT_WRITE)
        _grown(folder, writer)
    before = disk_usage(folder)
    writer.resume()
    while disk_usage(folder) < before + 20_000_000:
        assert not writer.halted
    writer.pause()


def test_what_has_ended_needs_no_brake(folder: Path, writer: Child) -> None:
    os.killpg(writer.pid, signal.SIGKILL)
    while not writer.ended:
        pass
    with closing(Brake(folder, writer.pid)) as it:
        it.set(Until.NEXT_WRITE)
    assert not writer.halted


@pytest.fixture
def store() -> MemoryStorage:
    return storage.open("memory://", type=MemoryStorage)


def _settings(tmp_path: Path, plan: Plan) -> Settings:
    program = install(tmp_path / "program", plan)
    return Settings(program=program, output=tmp_path / "out", disk_limit=10 * MEBIBYTE, threads=1)


def test_looks_may_come_late(
    tmp_path: Path, store: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each by a tenth of a second, in which ten times the limit could be written."""

    def late(folder: Path) -> int:
        used = disk_usage(folder)
        time.sleep(0.1)
        peaks.append(disk_usage(folder))
        return used

    peaks: list[int] = []
    monkeypatch.setattr(watch, "disk_usage", late)
    plan = Plan(files=30, size=MEBIBYTE)
    mydumper(_settings(tmp_path, plan), store, figures=Figures())
    assert verify(store).good
    assert max(peaks) <= 10 * MEBIBYTE


def test_where_the_kernel_has_no_brake_it_is_looked_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    figures = Figures()
    store = storage.open("memory://", interceptor=hold_until_paused(figures, pauses=1))
    # Where it waits, three quarters of the disk are full; what follows fits in, however fast it is.
    plan = Plan(files=12, size=MEBIBYTE, stopped_at=8)
    mydumper(_settings(tmp_path, plan), store, figures=figures)
    assert verify(store).good
    assert figures.pauses > 0
