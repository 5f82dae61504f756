import io
import os
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.errors import (
    OperationTimeout,
    PairTypeInvalid,
    PairValueInvalid,
    SizeMismatch,
)
from storewright.core.streams import Deadline, Source, Target

MIB = 1024 * 1024


class Chunks:
    """A readable object that answers with the given chunks, each cut to what was asked."""

    def __init__(self, chunks: Sequence[bytes]) -> None:
        self.chunks = [chunk for chunk in chunks if chunk]
        self.asked: list[int] = []
        self.closed = False

    def read(self, size: int, /) -> bytes:
        self.asked.append(size)
        if not self.chunks:
            return b""
        first = self.chunks.pop(0)
        if len(first) > size:
            self.chunks.insert(0, first[size:])
        return first[:size]

    def close(self) -> None:
        self.closed = True


class Endless:
    """A readable object without an end, which counts what was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        self.taken += size
        return bytes(size)


# As callers without a type checker call them.
any_source = cast("Callable[..., Source]", Source)
any_target = cast("Callable[..., Target]", Target)

CHUNKS = st.lists(st.binary(max_size=40), max_size=8)


@given(
    chunks=CHUNKS,
    limit=st.none() | st.integers(0, 400),
    reads=st.lists(st.integers(-1, 50) | st.just("into") | st.just("all"), max_size=12),
    in_memory=st.booleans(),
)
def test_any_sequence_of_reads_is_like_that_of_a_file(
    chunks: list[bytes], limit: int | None, reads: list[int | str], in_memory: bool
) -> None:
    content = b"".join(chunks)
    if limit is not None:
        limit = min(limit, len(content))
    model = io.BytesIO(content[:limit])
    heard: list[bytes] = []
    data = content if in_memory else Chunks(chunks)
    source = Source(data, limit, callback=heard.append)
    for read in [*reads, -1]:
        if read == "into":
            buffer, expected = bytearray(30), bytearray(30)
            assert source.readinto(buffer) == model.readinto(expected)
            assert buffer == expected
        elif isinstance(read, int):
            assert source.read(read) == model.read(read)
        else:
            assert bytes(source.read_all()) == model.read()
        assert source.consumed == model.tell()
    assert b"".join(heard) == content[:limit]
    assert all(type(chunk) is bytes and chunk for chunk in heard)


@given(chunks=CHUNKS, size=st.integers(1, 50))
def test_chunks_all_have_the_size_asked_for_but_the_last(chunks: list[bytes], size: int) -> None:
    *most, last = list(Source(Chunks(chunks)).chunks(size)) or [b""]
    assert all(len(chunk) == size for chunk in most)
    assert len(last) <= size
    assert b"".join([*most, last]) == b"".join(chunks)


# --- the matrix of empty and short writes ---------------------------------------------------------


@pytest.mark.parametrize("size", [None, 0])
def test_no_data_is_an_empty_object(size: int | None) -> None:
    source = Source(None, size)
    assert source.size == 0
    assert source.view is not None
    assert source.view.nbytes == 0
    assert source.read() == b""


def test_no_data_but_a_size_is_refused_at_once() -> None:
    with pytest.raises(SizeMismatch) as caught:
        Source(None, 5, op="write", service="s3", path="a")
    assert str(caught.value) == "write: s3: a: data ended after 0 of 5 bytes"


def test_with_size_zero_the_reader_is_not_touched() -> None:
    reader = Chunks([b"abc"])
    source = Source(reader, 0)
    assert source.size == 0
    assert (source.read(), source.read(5), list(source), source.read_all()) == (b"", b"", [], b"")
    assert reader.asked == []


@pytest.mark.parametrize("in_memory", [True, False])
def test_longer_data_gives_exactly_the_size_and_the_rest_is_left(in_memory: bool) -> None:
    reader = io.BytesIO(b"abcdef")
    source = Source(b"abcdef" if in_memory else reader, 4)
    assert source.size == 4
    assert source.read() == b"abcd"
    assert source.read() == b""
    if not in_memory:
        assert reader.read() == b"ef"


def test_shorter_bytes_are_refused_at_once() -> None:
    with pytest.raises(SizeMismatch, match="data ended after 3 of 4 bytes"):
        Source(b"abc", 4)


def test_a_shorter_file_is_refused_at_its_end_every_time() -> None:
    source = Source(Chunks([b"ab", b"c"]), 4)
    assert source.read(2) == b"ab"
    for _ in range(2):
        with pytest.raises(SizeMismatch, match="data ended after 3 of 4 bytes"):
            source.read()
    with pytest.raises(EOFError):
        source.readinto(bytearray(1))


def test_a_file_that_shrinks_after_it_was_measured_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abcdef")
    with path.open("rb", buffering=0) as file:
        source = Source(file)
        os.truncate(path, 3)
        with pytest.raises(SizeMismatch, match="data ended after 3 of 6 bytes"):
            source.read_all()


# --- what is taken --------------------------------------------------------------------------------


def test_bytes_like_data_has_a_view_that_is_no_copy() -> None:
    data = bytearray(b"abcdef")
    source = Source(data, 4)
    assert source.view is not None
    assert source.view.obj is data
    assert source.view.readonly
    assert source.read(1) == b"a"
    assert source.read_all() == b"bcd"
    assert source.consumed == 4
    assert Source(io.BytesIO(b"a")).view is None


def test_files_that_can_seek_have_a_size() -> None:
    file = io.BytesIO(b"abcdef")
    file.seek(2)
    source = Source(file)
    assert source.size == 4
    assert source.read() == b"cdef"
    assert Source(Chunks([b"a"])).size is None
    assert Source(Chunks([b"a"]), 1).size == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("text", "data: expected bytes or a binary file, got str (encode the text first)"),
        (
            io.StringIO("text"),
            "data: expected bytes or a binary file, got StringIO (open the file in binary mode)",
        ),
        (Path("a"), "got PosixPath (open the file and give that)"),
        (5, "data: expected bytes or a binary file, got int"),
        ([b"a"], "data: expected bytes or a binary file, got list"),
    ],
)
def test_anything_else_is_refused_in_one_line(data: object, message: str) -> None:
    with pytest.raises(PairTypeInvalid) as caught:
        any_source(data, op="write", service="fs", path="a")
    assert str(caught.value).startswith("write: fs: a: data: ")
    assert message in str(caught.value)
    assert caught.value.pair == "data"


class Answers:
    """A file whose read() and write() answer what they were told to."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    def read(self, size: int, /) -> object:
        return self.answers.pop(0) if self.answers else b""

    def write(self, data: bytes, /) -> object:
        return self.answers.pop(0)


def test_every_kind_of_bytes_that_a_file_gives_is_taken() -> None:
    file = Answers(bytearray(b"ab"), memoryview(b"cd"), b"e")
    assert any_source(file).read() == b"abcde"


@pytest.mark.parametrize(
    ("answer", "given"), [(None, "NoneType"), ("text", "str"), (5, "int"), ([b"a"], "list")]
)
def test_a_file_that_gives_no_bytes_is_refused(answer: object, given: str) -> None:
    with pytest.raises(PairTypeInvalid) as caught:
        any_source(Answers(answer), path="a").read(5)
    assert f"expected bytes (from a blocking, binary file), got {given}" in str(caught.value)


def test_a_file_that_has_ended_is_not_asked_again() -> None:
    file = Answers(b"a", b"", b"more, typed after the end")
    source = any_source(file)
    assert source.read() == b"a"
    assert (source.read(), source.read(1), source.readinto(bytearray(1))) == (b"", b"", 0)
    assert len(file.answers) == 1


def test_a_file_that_gives_more_than_was_asked_is_refused() -> None:
    with pytest.raises(PairValueInvalid, match=r"read\(2\) of the data returned 3 bytes"):
        any_source(Answers(b"abc")).read(2)


def test_a_non_blocking_pipe_with_nothing_in_it_is_no_end() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with os.fdopen(reader, "rb", buffering=0) as file, os.fdopen(writer, "wb"):
        source = Source(file)
        with pytest.raises(PairTypeInvalid, match="got NoneType"):
            source.read(1)


def test_the_callers_file_is_not_closed() -> None:
    reader, file = Chunks([b"ab"]), io.BytesIO(b"ab")
    for source in (Source(reader), Source(file)):
        source.read()
        del source
    assert not reader.closed
    assert not file.closed


class Failing:
    """A file that fails in the middle."""

    def __init__(self) -> None:
        self.error = KeyError("the user's own")
        self.reads = 0

    def read(self, size: int, /) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise self.error
        return b"ab"

    def write(self, data: bytes, /) -> int:
        raise self.error


def test_the_files_own_error_passes_through_unchanged() -> None:
    file = Failing()
    with pytest.raises(KeyError) as caught:
        Source(file).read(5)
    assert caught.value is file.error


# --- callback, deadline, memory -------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"abc" * 1000, io.BytesIO(b"abc" * 1000)])
def test_the_callback_hears_every_byte_once(data: bytes | io.BytesIO) -> None:
    heard: list[bytes] = []
    source = Source(data, callback=heard.append)
    source.read(10)
    assert heard == [(b"abc" * 4)[:10]]
    source.readinto(bytearray(20))
    source.read_all()
    source.read_all()
    assert b"".join(heard) == b"abc" * 1000


def test_the_callbacks_own_error_passes_through_unchanged() -> None:
    error = ZeroDivisionError("the user's own")

    def callback(chunk: bytes) -> None:
        raise error

    for data in (b"abc", io.BytesIO(b"abc")):
        with pytest.raises(ZeroDivisionError) as caught:
            Source(data, callback=callback).read_all()
        assert caught.value is error


@pytest.mark.parametrize("data", [b"abc", io.BytesIO(b"abc")])
def test_after_the_deadline_nothing_is_read(data: bytes | io.BytesIO) -> None:
    source = Source(data, op="write", service="s3", path="a", deadline=Deadline.after(0))
    with pytest.raises(OperationTimeout, match=r"^write: s3: a: not finished within 0 s$"):
        source.read(1)
    assert source.consumed == 0
    assert Source(data, deadline=Deadline.after(60)).read() == b"abc"


def test_reading_is_lazy_and_asks_for_no_more_than_wanted() -> None:
    reader = Endless()
    source = Source(reader)
    assert source.read(10) == bytes(10)
    assert reader.taken == 10
    assert len(next(iter(source))) == reader.taken - 10


def test_memory_is_bounded_by_what_is_asked_for() -> None:
    source = Source(Endless(), 64 * MIB)
    buffer = bytearray(4 * MIB)
    tracemalloc.start()
    try:
        while source.readinto(buffer):
            pass
        for _ in Source(Endless(), 64 * MIB):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert source.consumed == 64 * MIB
    assert peak < 4 * MIB


def test_a_file_that_answers_short_is_asked_for_little() -> None:
    reader = Chunks([bytes(10)] * 5)
    assert len(Source(reader).read(64 * MIB)) == 50
    assert all(size <= MIB for size in reader.asked[1:])


# --- Target ---------------------------------------------------------------------------------------


class Short(io.RawIOBase):
    """A raw file that takes only some of each chunk."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.content = bytearray()
        self.offered: list[int] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        assert isinstance(data, bytes)
        self.offered.append(len(data))
        self.content += data[: self.most]
        return len(data[: self.most])


@given(chunks=CHUNKS, most=st.integers(1, 50))
def test_everything_is_written_however_short_the_writes(chunks: list[bytes], most: int) -> None:
    file = Short(most)
    heard: list[bytes] = []
    target = Target(file, heard.append)
    for chunk in chunks:
        assert target.write(memoryview(chunk)) == len(chunk)
    assert file.content == b"".join(chunks)
    assert target.written == len(file.content)
    assert heard == [chunk for chunk in chunks if chunk]
    assert not file.closed


def test_what_a_short_write_left_is_not_copied_whole_each_time() -> None:
    file = Short(64 * 1024)
    Target(file).write(bytes(16 * MIB))
    assert len(file.content) == 16 * MIB
    assert max(file.offered[1:]) <= MIB


def test_real_files_are_written(tmp_path: Path) -> None:
    with tempfile.TemporaryFile() as file:
        target = Target(file)
        target.write(b"ab")
        target.write(bytearray(b"cd"))
        file.seek(0)
        assert file.read() == b"abcd"


def test_a_write_without_an_answer_wrote_everything() -> None:
    target = any_target(Answers(None, None))
    assert target.write(b"ab") + target.write(b"c") == 3
    assert target.written == 3


class NonBlocking(io.RawIOBase):
    def write(self, data: object, /) -> None:
        return None


@pytest.mark.parametrize("file", [NonBlocking(), Answers(0), Answers(4), Answers(-1), Answers("3")])
def test_a_file_that_writes_nothing_or_nonsense_is_refused(file: object) -> None:
    with pytest.raises(PairValueInvalid, match=r"^read: s3: a: write\(\) of the writer returned"):
        any_target(file, op="read", service="s3", path="a").write(b"abc")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (io.StringIO(), "expected a binary file, got StringIO (open the file in binary mode)"),
        (Path("a"), "expected a binary file, got PosixPath (open the file and give that)"),
        (bytearray(), "expected a binary file, got bytearray"),
        (None, "expected a binary file, got NoneType"),
    ],
)
def test_only_binary_files_are_written(file: object, message: str) -> None:
    with pytest.raises(PairTypeInvalid) as caught:
        any_target(file, op="read")
    assert str(caught.value) == f"read: writer: {message}"


def test_errors_of_the_writer_and_its_callback_pass_through_unchanged() -> None:
    file, error = Failing(), ZeroDivisionError()
    with pytest.raises(KeyError) as caught:
        Target(file).write(b"ab")
    assert caught.value is file.error

    def callback(chunk: bytes) -> None:
        raise error

    with pytest.raises(ZeroDivisionError) as raised:
        Target(io.BytesIO(), callback).write(b"ab")
    assert raised.value is error


def test_after_the_deadline_nothing_is_written() -> None:
    file = io.BytesIO()
    target = Target(file, deadline=Deadline.after(0), op="read", service="s3", path="a")
    with pytest.raises(OperationTimeout, match=r"^read: s3: a: "):
        target.write(b"ab")
    assert file.getvalue() == b""
    assert target.written == 0


def test_nothing_is_written_for_an_empty_chunk() -> None:
    assert any_target(Answers()).write(b"") == 0
