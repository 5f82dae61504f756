"""Streams whose length nobody knows, far larger than memory."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.core.streams import Source
from storewright.core.writer import Writer, write_through

MIB, GIB = 1 << 20, 1 << 30
S3 = PartLimits(5 * MIB, 5 * GIB, 10_000, 5 << 40, put_maximum=5 * GIB)
EQUAL = PartLimits(5 * MIB, 5 * GIB, 10_000, 5 << 40, equal_parts=True)


class CountingSink:
    """Counts what it is given, and reads a byte of it as a network would."""

    def __init__(self, limits: PartLimits) -> None:
        self.limits, self.concurrent = limits, True
        self.sizes: dict[int, int] = {}
        self.wrong = 0
        self._lock = threading.Lock()

    def put(self, data: memoryview) -> WriteResult:
        return WriteResult(size=len(data))

    def start(self) -> str:
        return "upload"

    def write_part(self, index: int, data: memoryview) -> Part:
        with self._lock:
            assert index not in self.sizes
            self.sizes[index] = len(data)
            self.wrong += data[0] != data[-1]
        return Part(index, len(data))

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        return WriteResult(size=sum(part.size for part in parts))

    def abort(self) -> None:
        self.sizes.clear()

    def resume(self, upload_id: str) -> Sequence[Part]:
        return []

    def check(self, total: int) -> None:
        """Assert that all of the stream came, within the limits."""
        assert sorted(self.sizes) == list(range(len(self.sizes)))
        assert sum(self.sizes.values()) == total
        assert len(self.sizes) <= 10_000
        full = [self.sizes[index] for index in range(len(self.sizes) - 1)]
        assert all(5 * MIB <= size <= 5 * GIB for size in full)
        assert full == sorted(full)
        if self.limits.equal_parts:
            assert len(set(full)) == 1


def stream(total: int, piece: int) -> Iterator[memoryview]:
    """``total`` bytes in pieces of the caller's memory, which is the same all the time."""
    memory = memoryview(bytearray(piece))
    for start in range(0, total, piece):
        yield memory[: min(piece, total - start)]


def test_200_gib_of_unknown_length() -> None:
    """In large pieces, which need no copy."""
    sink = CountingSink(S3)
    with Writer(sink, path="dump.sql", concurrency=1) as writer:
        for piece in stream(200 * GIB + 12_345, 1 * GIB):
            writer.write(piece)
    sink.check(200 * GIB + 12_345)


class Zeros:
    """A file of zeros that cannot seek."""

    def __init__(self, total: int) -> None:
        self._left = total

    def read(self, size: int, /) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


def through(total: int) -> tuple[int, CountingSink]:
    """Peak extra memory of a file of unknown length that goes through ``write``."""
    sink = CountingSink(S3)
    before = resident()
    assert write_through(sink, Source(Zeros(total)), path="dump.sql", concurrency=4) == total
    sink.check(total)
    return resident() - before, sink


def test_200_gib_of_unknown_length_through_write() -> None:
    extra, part = in_a_process_of_its_own("through(200 * GIB + 12_345)")
    assert extra <= 5 * part + 32 * MIB


def test_200_gib_in_equal_parts() -> None:
    sink = CountingSink(EQUAL)
    with Writer(sink, path="dump.sql", size_hint=200 * GIB, concurrency=1) as writer:
        for piece in stream(200 * GIB, 1 * GIB):
            writer.write(piece)
    sink.check(200 * GIB)


def test_200_gib_that_cannot_fit_into_equal_parts_is_refused_at_the_start() -> None:
    with pytest.raises(RestrictionDissatisfied):
        Writer(CountingSink(EQUAL), path="a", part_size=8 * MIB, size_hint=200 * GIB)


def resident() -> int:
    """Peak resident memory of this process so far, in bytes; ru_maxrss begins with the parent's."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def measure(total: int, piece: int, concurrency: int, **options: Any) -> tuple[int, CountingSink]:
    """Peak extra memory of a stream that is copied piece by piece."""
    sink = CountingSink(S3)
    before = resident()
    with Writer(sink, path="dump.sql", concurrency=concurrency, **options) as writer:
        for data in stream(total, piece):
            writer.write(data)
    sink.check(total)
    return resident() - before, sink


def in_a_process_of_its_own(call: str) -> tuple[int, int]:
    """Peak extra memory, and the size of the largest part, which was the current one at the end.

    The peak is the process's, so that each measurement needs a new one.
    """
    root = Path(__file__).parents[2]
    show = f"extra, sink = {call}\nprint(extra, max(sink.sizes.values()))"
    code = f"from tests.writer.test_endless import *\n{show}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    extra, part = done.stdout.split()
    return int(extra), int(part)


@pytest.mark.parametrize(
    ("concurrency", "options", "bound"),
    [
        (1, "", 2 * 8 * MIB),
        (4, "", 5 * 8 * MIB),
        (4, "part_size=32 * MIB", 5 * 32 * MIB),
        (4, "max_memory=50 * MIB", 50 * MIB),
    ],
)
def test_memory_is_parts_under_way_and_one(concurrency: int, options: str, bound: int) -> None:
    extra, part = in_a_process_of_its_own(f"measure(1 * GIB, 100_000, {concurrency}, {options})")
    assert extra <= min(bound, (concurrency + 1) * part) + 32 * MIB


@pytest.mark.slow
def test_memory_of_200_gib_that_are_copied() -> None:
    extra, part = in_a_process_of_its_own("measure(200 * GIB, MIB, 4)")
    assert extra <= 5 * part + 32 * MIB


def test_no_temporary_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    measure(100 * MIB, MIB, 4)
    assert list(tmp_path.iterdir()) == []
