"""The stream of mydumper 1.x: every file as it was, however it arrives, and nothing else."""

import gzip
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.dump import SourceFailed
from storewright.dump.mydumper.protocol import read_stream

RECORDED = gzip.decompress((Path(__file__).parent / "recorded" / "stream.gz").read_bytes())
"""A real stream of mydumper 1.0.1-3, of a database whose rows look like the stream's own lines."""

_REFUSED = re.compile(r"[\x00-\x1f\x7f/\\]")
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(
    lambda name: not _REFUSED.search(name) and name not in {".", "..", "metadata", "manifest.json"}
)
lines = st.sampled_from([b"\n-- x 5\n", b"-- metadata 0\n", b"\n-- ", b"\n", b"\x00\xff", b"row"])
contents = st.lists(lines | st.binary(max_size=50), max_size=6).map(b"".join)
dumps = st.lists(st.tuples(names, contents), max_size=8, unique_by=lambda file: file[0])
END = [("metadata", b"# Finished dump at: now\n")]


class Chunks(io.RawIOBase):
    """Bytes that arrive in pieces of the given sizes, again and again, as a pipe brings them."""

    def __init__(self, data: bytes, sizes: Sequence[int] = (65536,)) -> None:
        super().__init__()
        self._data, self._sizes = io.BytesIO(data), list(sizes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._sizes.append(self._sizes.pop(0))
        data = self._data.read(min(len(buffer), self._sizes[-1]))
        buffer[: len(data)] = data
        return len(data)


def framed(files: Sequence[tuple[str, bytes]]) -> bytes:
    return b"".join(b"\n-- %s %d\n%s" % (n.encode(), len(data), data) for n, data in files)


def parsed(data: bytes, sizes: Sequence[int] = (65536,)) -> list[tuple[str, bytes]]:
    stream = read_stream(io.BufferedReader(Chunks(data, sizes), 4096))
    return [(file.name, b"".join(file.pieces())) for file in stream]


@given(dumps, st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_files_are_what_was_sent_however_it_arrives(
    files: list[tuple[str, bytes]], sizes: list[int]
) -> None:
    assert parsed(framed(files + END), sizes) == files + END


@given(dumps, st.data())
def test_a_stream_that_is_cut_off_is_one_clear_line(
    files: list[tuple[str, bytes]], data: st.DataObject
) -> None:
    whole = framed(files + END)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(SourceFailed, match=r"^mydumper's stream ended [^\n]+$"):
        parsed(whole[:cut])


@given(st.binary(max_size=200) | lines.flatmap(lambda line: st.binary().map(line.__add__)))
def test_what_is_no_stream_is_one_clear_line(data: bytes) -> None:
    with pytest.raises(SourceFailed, match=r"^mydumper's stream [^\n]+$"):
        parsed(data)


@given(dumps, st.binary(max_size=30), st.data())
def test_a_damaged_stream_gives_nothing_that_was_not_announced(
    files: list[tuple[str, bytes]], noise: bytes, data: st.DataObject
) -> None:
    """Whatever is put in between: each file has its size, a name fit for a folder, or it fails."""
    whole = framed(files + END)
    at = data.draw(st.integers(0, len(whole)))
    try:
        found = parsed(whole[:at] + noise + whole[at:])
    except SourceFailed:
        return
    assert found[-1][0] == "metadata"
    for name, content in found:
        assert Path("/a", name).parent == Path("/a")
        assert b"\n-- %s %d\n" % (name.encode(), len(content)) in whole[:at] + noise + whole[at:]


@pytest.mark.parametrize("size", [1, 7, 4095, 4096, 1 << 20])
def test_the_recorded_stream(size: int) -> None:
    """Of a real mydumper: put together again, its files are the stream to the last byte."""
    files = parsed(RECORDED, (size,))
    assert framed(files) == RECORDED
    assert len(files) == RECORDED.count(b"\n-- ") == 25
    assert [name for name, _ in files if name.startswith("metadata")] == [
        "metadata.header", *(f"metadata.partial.{n}" for n in range(3)), "metadata"
    ]  # fmt: skip
    assert ("shop.odd name-schema.sql", 376) in [(name, len(data)) for name, data in files]


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/passwd",
        "a/b",
        "..",
        ".",
        "a\\b",
        "a\x00b",
        "a\rb",
        "a\tb",
        "manifest.json",
        "n" * 256,
        "ü" * 128,
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(SourceFailed, match=r"has a name that no file|has no file after"):
        parsed(framed([(name, b"x"), *END]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ended after nothing, without the file metadata"),
        (framed([("a.sql", b"1")]), "ended after a.sql, without the file metadata"),
        (framed([("a", b"1"), ("a", b"2"), *END]), "holds a twice"),
        (framed(END) + b"x", "goes on with b'x' after metadata"),
        (framed([*END, ("a", b"1")]), "goes on after metadata"),
        (b"\n-- metadata.header\n# Started", "of a version before 0.14"),
        (b"\n-- a -5\n", "has no file after its beginning"),
        (b"\n-- a 5x\n", "has no file after its beginning"),
        (b"\n-- a " + b"9" * 20 + b"\n", "has no file after its beginning"),
        (b"\n-- a\xff 1\n1", "not UTF-8"),
        (b"** Message: hello\n", "goes on with b'\\*' after its beginning"),
        (b"\n" + b"x" * 10_000_000, "has no file after its beginning"),
        (b"\n-- a 100\nhalf", "ended 96 bytes before the end of a"),
    ],
)
def test_each_fault_says_what_it_is(data: bytes, message: str) -> None:
    with pytest.raises(SourceFailed, match=message) as failed:
        parsed(data)
    assert len(str(failed.value)) < 250


def test_a_file_that_nobody_reads_is_read_over() -> None:
    stream = read_stream(io.BytesIO(framed([("a", b"1" * 100), ("b", b"2"), *END])))
    assert [file.name for file in stream] == ["a", "b", "metadata"]


def test_a_file_of_any_size_is_read_in_small_pieces() -> None:
    """Nor is more read ahead than is asked for: the writer at the other end waits."""
    source = io.BytesIO(framed([("a", bytes(10_000_000)), *END]))
    pieces = next(read_stream(source)).pieces()
    assert len(next(pieces)) <= 256 * 1024
    assert source.tell() <= 257 * 1024
