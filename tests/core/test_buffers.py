"""The memory of parts: what goes in comes out, however large, and again after reuse."""

import gc
import os
from collections import deque
from mmap import mmap
from pathlib import Path

import pytest

from storewright.core import buffers
from storewright.core.buffers import Buffer

MIB = 1024 * 1024
PART = 8 * MIB


@pytest.mark.parametrize("size", [1, 4096, MIB, MIB + 1, 3 * MIB + 17, 1 << 62])
@pytest.mark.parametrize("piece", [4095, MIB - 1, MIB + 1])
def test_what_goes_in_comes_out_whole(size: int, piece: int) -> None:
    buffer = Buffer(size)
    for _ in range(3):
        content = os.urandom(min(size, 4 * MIB))
        for start in range(0, len(content), piece):
            buffer.append(memoryview(content)[start : start + piece])
        assert buffer.used == len(content)
        assert buffer.view() == content
        assert buffer.view().readonly
        buffer.reuse()
        assert (buffer.used, bytes(buffer.view())) == (0, b"")


def test_more_than_was_expected_is_kept() -> None:
    buffer = Buffer(0)
    buffer.append(b"a" * (2 * MIB))
    assert bytes(buffer.view()) == b"a" * (2 * MIB)


def test_what_is_sent_outlives_the_buffer() -> None:
    buffer = Buffer(2 * MIB)
    buffer.append(b"b" * (2 * MIB))
    view = buffer.view()
    del buffer
    gc.collect()
    assert bytes(view) == b"b" * (2 * MIB)


def test_memory_of_a_whole_part_counts_only_where_it_is_written() -> None:
    before = _resident()
    buffers = [Buffer(1 << 30) for _ in range(8)]
    for buffer in buffers:
        buffer.append(bytes(2 * MIB))
    assert _resident() - before < 256 * MIB


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much memory the system was asked for, each time; none is kept from earlier tests."""
    monkeypatch.setattr(buffers, "_kept", deque[mmap]())
    asked: list[int] = []
    original = buffers._mapped

    def count(size: int) -> mmap | None:
        asked.append(size)
        return original(size)

    monkeypatch.setattr(buffers, "_mapped", count)
    return asked


def test_memory_is_taken_by_the_next_object_unless_somebody_still_looks_at_it(
    mapped: list[int],
) -> None:
    first, second = _filled(b"1"), _filled(b"2")
    seen = second.view()
    first.release()
    second.release()
    third, fourth = _filled(b"3"), _filled(b"4")
    assert mapped == [PART] * 3  # one of them had to be new
    assert bytes(third.view()) == b"3" * PART
    assert bytes(fourth.view()) == b"4" * PART
    assert bytes(seen) == b"2" * PART


def test_what_is_kept_has_a_limit(mapped: list[int]) -> None:
    for buffer in [_filled(b"x") for _ in range(16)]:
        buffer.release()
    again = [_filled(b"y") for _ in range(16)]
    assert len(mapped) == 24  # 64 MiB of 128 were kept
    assert all(bytes(buffer.view()) == b"y" * PART for buffer in again)


def test_memory_of_another_size_is_given_up(mapped: list[int]) -> None:
    _filled(b"a").release()
    buffer = Buffer(2 * PART)
    buffer.append(b"b" * (2 * PART))
    assert bytes(buffer.view()) == b"b" * (2 * PART)
    _filled(b"c")
    assert mapped == [PART, 2 * PART, PART]


def test_what_a_child_writes_is_its_own() -> None:
    buffer = Buffer(4 * MIB)
    buffer.append(b"parent" * MIB)
    child = os.fork()
    if not child:
        buffer.reuse()
        buffer.append(b"child!" * (MIB // 2))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert bytes(buffer.view()[:6]) == b"parent"


def _filled(content: bytes) -> Buffer:
    buffer = Buffer(PART)
    buffer.append(content * PART)
    return buffer


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
