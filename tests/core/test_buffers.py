"""The memory of parts: what goes in comes out, however large, and again after reuse."""

import gc
import os
from pathlib import Path

import pytest

from storewright.core.buffers import Buffer

MIB = 1024 * 1024


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


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
