"""Stream mode with 200 MB: disk, memory and an outage of the storage, with a replay of 1.0.1."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

import pytest

from storewright import storage
from storewright.dump import verify
from storewright.dump.mydumper import Figures, Settings, mydumper
from storewright.services.memory import MemoryStorage
from tests.dump.support import environment

from .replay import Config, program
from .stream_support import contents, large_files
from .support import Sampler

MEBIBYTE = 1024 * 1024
THREADS, CHUNK = 3, 4 * MEBIBYTE
BOUND = THREADS * (CHUNK * 1.25 + 2e6)
"""What the threads write, as B2 has it."""


@pytest.mark.slow
def test_200_mb_pass_through_40_mb_of_disk(tmp_path: Path) -> None:
    files = large_files(tmp_path / "files", 50, CHUNK)
    script = program(tmp_path, Config(str(files)))
    settings = Settings(
        program=str(script),
        output=tmp_path / "out",
        threads=THREADS,
        chunk_size=CHUNK // MEBIBYTE,
        disk_limit=40_000_000,
    )
    there = tmp_path / "there"
    with Sampler(tmp_path / "out") as sampler:
        manifest = mydumper(settings, f"fs://{there}")
        peak, looks = sampler.end()
    print(
        f"stream: {manifest.size / 1e6:.0f} MB by {THREADS} threads, at most {peak / 1e6:.1f} MB"
        f" on disk in {looks} looks; bound {BOUND / 1e6:.1f} MB"
    )
    assert manifest.size > 200e6
    assert peak <= BOUND <= settings.disk_limit
    assert verify(f"fs://{there}").good
    assert all((there / name).read_bytes() == data for name, data in contents(files).items())


_MEASURE: Final = """
import json, pathlib, re, sys
from storewright import storage
from storewright.dump.mydumper import Settings, mydumper
def peak():  # ru_maxrss would begin with the peak of the parent
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
given = json.loads(sys.argv[1])
store = storage.open(f"fs://{given.pop('there')}")
before = peak()
mydumper(Settings(output=pathlib.Path(given.pop("output")), **given), store)
print((peak() - before) * 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("count", "size"), [(50, CHUNK), (2, 100 * MEBIBYTE)])
def test_memory_is_bounded(tmp_path: Path, count: int, size: int) -> None:
    """By what the uploads hold, not by the dump, and not by a table in a single file."""
    files, uploads = large_files(tmp_path / "files", count, size), 2
    given = {"program": str(program(tmp_path, Config(str(files)))), "uploads": uploads}
    given |= {"output": str(tmp_path / "out"), "there": str(tmp_path / "there")}
    given |= {"threads": 2, "chunk_size": 4, "disk_limit": 400_000_000}
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, json.dumps(given)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    grown = int(done.stdout)
    print(f"{count} files of {size // MEBIBYTE} MiB: {grown / MEBIBYTE:.0f} MiB of memory")
    held, part = 16 * MEBIBYTE, 8 * MEBIBYTE
    assert grown < uploads * (held + 5 * part) + 20 * MEBIBYTE
    assert sum(path.stat().st_size for path in (tmp_path / "there").iterdir()) > 190e6


def test_an_outage_is_waited_for_without_more_disk(tmp_path: Path) -> None:
    """The storage is away for three seconds; what mydumper has written meanwhile stays bounded."""
    files = large_files(tmp_path / "files", 40)
    script = program(tmp_path, Config(str(files)))
    back = threading.Event()
    refused: list[str] = []

    def refuse(call: storage.Call) -> None:
        if call.op == "open_writer" and call.path.startswith("shop.t.") and not back.is_set():
            if not refused:
                threading.Timer(3, back.set).start()
            refused.append(call.path)
            raise storage.ConnectionFailed("the line is down")

    store = storage.open("memory://", type=MemoryStorage, interceptor=refuse)
    settings = Settings(
        program=str(script), output=tmp_path / "out", threads=THREADS, disk_limit=16 * MEBIBYTE
    )
    figures, begin = Figures(), time.monotonic()
    with Sampler(tmp_path / "out") as sampler:
        mydumper(settings, store, figures=figures)
        peak, looks = sampler.end()
    bound = THREADS * (1.25 * MEBIBYTE + 2e6)
    print(f"an outage: {figures.retries} retries, at most {peak / 1e6:.1f} MB in {looks} looks")
    assert back.is_set()
    assert time.monotonic() > begin + 3
    assert figures.retries == len(refused) >= 1
    assert peak <= bound
    assert verify(store).good
    stored = {name: store.read_bytes(name) for name in contents(files)}
    assert stored == contents(files)
