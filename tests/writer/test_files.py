"""`open(path, mode)`: files that the standard library and the caller take for files."""

import csv
import gzip
import io
import json
import os
import random
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.errors import ConditionFailed, ObjectExists, PairUnsupported, SizeMismatch
from storewright.core.files import TextWriter, open_file
from storewright.core.pairs import Pair
from storewright.core.parts import PartLimits
from storewright.core.reader import Reader
from storewright.core.writer import Writer
from tests.processes import PATIENCE, await_true
from tests.writer.support import Service

MIB = 1 << 20
DATA = random.Random(1).randbytes(3 * MIB + 123)


@dataclass
class Found:
    content_length: int | None
    etag: str | None


class Store:
    """What `open_file` needs of a store; remembers each request."""

    def __init__(self, **objects: bytes) -> None:
        self.service = Service(objects=dict(objects))
        self.requests: list[tuple[Any, ...]] = []
        self.options: list[dict[str, Any]] = []
        self.pairs: list[tuple[Any, ...]] = []
        self.tells_length = True
        self.cut = 0
        self.chunk = 100_000
        self.pinned: Collection[str] = ("if_match", "timeout")
        self.refuses_pin = False
        self.before_read: Callable[[], object] = lambda: None

    def options_of(self, op: str) -> Collection[str]:
        return self.pinned if op == "read" else ("timeout",)

    def stat(self, path: str, *pairs: Any, **options: Any) -> Found:
        self.pairs.append(pairs)
        self.requests.append(("stat",))
        self.options.append(options)
        data = self.service.objects[path]
        return Found(len(data) if self.tells_length else None, self.etag(data))

    @staticmethod
    def etag(data: bytes) -> str:
        return str(hash(data))

    def read(
        self,
        path: str,
        writer: Any,
        *pairs: Any,
        size: int | None = None,
        offset: int | None = None,
        if_match: str | None = None,
        **options: Any,
    ) -> int:
        self.pairs.append(pairs)
        self.requests.append(("read", offset, size))
        self.options.append(options)
        data = self.service.objects[path]
        if if_match is not None:
            if self.refuses_pin:
                raise PairUnsupported("pair 'if_match' is not supported", pair="if_match")
            if if_match != self.etag(data):
                raise ConditionFailed("the object has another ETag")
        self.before_read()
        data = data[offset or 0 :]
        data = data[: len(data) if size is None else size]
        data = data[: len(data) - self.cut]
        for at in range(0, len(data), self.chunk):
            writer.write(data[at : at + self.chunk])
        return len(data)

    def open_writer(self, path: str, **options: Any) -> Writer:
        self.options.append(dict(options))
        if options.pop("if_not_exists", False) and path in self.service.objects:
            raise ObjectExists("it exists", path=path)
        options = {"part_size": 1000, "limits": PartLimits()} | options
        make: Callable[..., Writer] = self.service.writer
        return make(path, **options)

    @property
    def ranges(self) -> list[tuple[Any, ...]]:
        return [request[1:] for request in self.requests if request[0] == "read"]


# --- reading: requests ----------------------------------------------------------------------------


def test_opening_asks_for_nothing() -> None:
    store = Store(a=DATA)
    with open_file(store, "a"):
        pass
    assert store.requests == []


def test_reading_everything_is_one_request_and_nothing_else() -> None:
    store = Store(a=DATA)
    with open_file(store, "a") as file:
        assert file.read() == DATA
        assert file.read() == b""
    assert store.requests == [("read", None, None)]


def test_each_miss_is_exactly_one_range_of_the_buffer() -> None:
    store = Store(a=DATA)
    with open_file(store, "a") as file:
        for at in range(0, 960, 48):
            file.seek(at)
            assert file.read(16) == DATA[at : at + 16]
    assert store.requests == [("stat",), ("read", 0, MIB)]


def test_each_miss_is_exactly_the_size_wanted_if_that_is_more() -> None:
    store = Store(a=DATA)
    with open_file(store, "a", buffering=100) as file:
        assert file.read(250) == DATA[:250]
        assert file.read(10) == DATA[250:260]
        assert file.read(200) == DATA[260:460]
        assert file.seek(-5, os.SEEK_END) == len(DATA) - 5
        assert file.read(100) == DATA[-5:]
    assert store.ranges == [(0, 250), (250, 100), (350, 110), (len(DATA) - 5, 5)]


def test_unbuffered_reads_exactly_what_is_wanted() -> None:
    store = Store(a=DATA)
    with open_file(store, "a", buffering=0) as file:
        assert file.read(3) == DATA[:3]
        assert file.readline(4) == DATA[3:7]
    assert all(size in {1, 3} for _, size in store.ranges)


def test_readinto_goes_straight_into_the_callers_memory() -> None:
    store = Store(a=DATA)
    target = bytearray(2 * MIB)
    with open_file(store, "a") as file:
        assert file.readinto(target) == 2 * MIB
        assert target == DATA[: 2 * MIB]
        assert file.readinto(target) == len(DATA) - 2 * MIB
        assert file.readinto(target) == 0
        assert cast("Reader", file)._buffer == b""
    assert store.ranges == [(0, 2 * MIB), (2 * MIB, MIB + 123)]


def test_nothing_is_asked_for_beyond_the_end() -> None:
    store = Store(a=b"12345", empty=b"")
    with open_file(store, "a") as file:
        assert file.read(10) == b"12345"
        assert file.read(10) == b""
        file.seek(100)
        assert file.read(1) == b""
        assert file.tell() == 100
    with open_file(store, "empty") as file:
        assert file.read(5) == b""
        assert file.peek() == b"" if isinstance(file, Reader) else True
    assert store.ranges == [(0, 5)]


def test_options_go_along_with_every_request_that_takes_them() -> None:
    store = Store(a=DATA)
    with open_file(store, "a", "rb", timeout=5, other=1) as file:
        file.read(1)
    assert store.options == [{"timeout": 5}, {"timeout": 5, "other": 1}]


def test_pairs_go_along_with_every_request_that_takes_them() -> None:
    store, pair = Store(a=DATA), SimpleNamespace(name="server_side_encryption")
    with open_file(store, "a", "rb", pair) as file:
        assert file.read(10) == DATA[:10]
    assert store.pairs == [(), (pair,)]


def test_a_service_that_does_not_tell_the_length() -> None:
    store = Store(a=DATA)
    store.tells_length = False
    with open_file(store, "a") as file:
        assert file.read(10) == DATA[:10]
        assert file.read() == DATA[10:]
        with pytest.raises(io.UnsupportedOperation, match="does not tell the length"):
            file.seek(0, os.SEEK_END)


# --- reading: never a mixture, never short --------------------------------------------------------


def test_an_object_that_is_replaced_while_it_is_read_is_an_error() -> None:
    store = Store(a=DATA)
    with open_file(store, "a", buffering=100) as file:
        file.read(50)
        store.service.objects["a"] = bytes(len(DATA))
        with pytest.raises(ConditionFailed, match="replaced while it was being read"):
            file.read(100)


def test_a_service_that_cannot_promise_that_is_read_without() -> None:
    store = Store(a=DATA)
    store.refuses_pin = True
    with open_file(store, "a", buffering=100) as file:
        assert file.read(1000) == DATA[:1000]
    store.pinned = ()
    with open_file(store, "a", buffering=100) as file:
        assert file.read(1000) == DATA[:1000]
    assert len(store.ranges) == 3


@pytest.mark.parametrize("concurrency", [None, 2])
def test_less_than_announced_is_an_error(concurrency: int | None) -> None:
    store = Store(a=DATA)
    store.cut = 1
    with open_file(store, "a", concurrency=concurrency) as file:
        with pytest.raises(SizeMismatch, match=r"read: a: the service sent \d+ of \d+ bytes"):
            file.read(10)


def test_less_than_announced_into_memory_is_an_error() -> None:
    store = Store(a=DATA)
    store.cut = 1
    with open_file(store, "a") as file, pytest.raises(SizeMismatch):
        file.readinto(bytearray(2 * MIB))


# --- reading: as a file ---------------------------------------------------------------------------


@given(st.data())
def test_any_sequence_of_reads_is_that_of_a_file_in_memory(data: st.DataObject) -> None:
    content = data.draw(st.binary(max_size=400).map(lambda b: b.replace(b"\x01", b"\n")))
    store = Store(a=content)
    store.tells_length = data.draw(st.booleans())
    store.chunk = data.draw(st.integers(1, 100))
    options: dict[str, Any] = {
        "buffering": data.draw(st.integers(0, 50)),
        "concurrency": data.draw(st.sampled_from([None, 1, 3])),
        "part_size": data.draw(st.integers(1, 60)),
    }
    oracle, ours = io.BytesIO(content), Reader(store, "a", **options)
    size = st.integers(-1, 120)
    for _ in range(data.draw(st.integers(0, 12))):
        action = data.draw(st.sampled_from(["read", "readinto", "readline", "seek", "end", "rest"]))
        number = data.draw(size)
        if action == "seek":
            assert ours.seek(max(number, 0)) == oracle.seek(max(number, 0))
        elif action == "end" and store.tells_length:
            assert ours.seek(0, os.SEEK_END) == oracle.seek(0, os.SEEK_END)
        elif action == "readinto":
            mine, theirs = bytearray(max(number, 0)), bytearray(max(number, 0))
            if store.tells_length or oracle.tell() < len(content):
                assert ours.readinto(mine) == oracle.readinto(theirs)
                assert mine == theirs
        elif store.tells_length or oracle.tell() < len(content):
            name = "readline" if action == "readline" else "read"
            assert getattr(ours, name)(number) == getattr(oracle, name)(number)
        assert ours.tell() == oracle.tell()
    ours.close()


def test_lines_and_peek() -> None:
    store = Store(a=b"one\ntwo\n\nthree")
    with open_file(store, "a", buffering=3) as file:
        assert isinstance(file, Reader)
        assert file.peek()[:1] == b"o"
        assert list(file) == [b"one\n", b"two\n", b"\n", b"three"]
        file.seek(0)
        assert file.readlines() == [b"one\n", b"two\n", b"\n", b"three"]


def test_the_manners_of_a_file() -> None:
    store = Store(a=DATA)
    file = open_file(store, "a")
    assert isinstance(file, io.BufferedIOBase)
    assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
    assert repr(file) == "<Reader of 'a': open>"
    for unsupported in (file.fileno, file.detach, lambda: file.write(b"")):
        with pytest.raises(io.UnsupportedOperation):
            unsupported()
    with pytest.raises(ValueError, match="negative"):
        file.seek(-1)
    with pytest.raises(ValueError, match="whence"):
        file.seek(0, 7)
    file.close()
    file.close()
    for closed in (file.read, file.tell, file.readline, lambda: file.seek(0), file.readable):
        with pytest.raises(ValueError, match="closed"):
            closed()


def test_threads_share_a_reader_without_losing_a_byte() -> None:
    store = Store(a=bytes(range(250)) * 40)
    pieces: list[bytes] = []
    with open_file(store, "a", buffering=64) as file:

        def work() -> None:
            while piece := file.read(10):
                pieces.append(piece)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(pieces) == sorted(
        (bytes(range(250)) * 40)[at : at + 10] for at in range(0, 10_000, 10)
    )


# --- reading ahead --------------------------------------------------------------------------------


def test_read_ahead_is_in_parallel_and_complete() -> None:
    store, together = Store(a=DATA), threading.Event()

    def meet() -> None:
        if len(store.ranges) == 8:
            together.set()
        assert together.wait(PATIENCE)

    store.before_read = meet
    with open_file(store, "a", concurrency=8, part_size=100_000) as file:
        copied = io.BytesIO()
        shutil.copyfileobj(file, copied)
    assert copied.getvalue() == DATA
    assert sorted(store.ranges) == [
        (at, min(100_000, len(DATA) - at)) for at in range(0, len(DATA), 100_000)
    ]


def test_read_ahead_costs_one_range_for_a_jump() -> None:
    store = Store(a=DATA)
    with open_file(store, "a", concurrency=4, part_size=1000) as file:
        file.seek(500_000)
        assert file.read(10) == DATA[500_000:500_010]
    assert store.ranges == [(500_000, 1000)]


def test_read_ahead_that_fails_is_an_error_where_it_is_read() -> None:
    store = Store(a=DATA)
    with open_file(store, "a", concurrency=2, part_size=1000, buffering=10) as file:
        assert file.read(500) == DATA[:500]
        store.service.objects["a"] = b"new"
        with pytest.raises(ConditionFailed):
            file.read(100_000)


def test_read_ahead_threads_end() -> None:
    store = Store(a=DATA)
    file = open_file(store, "a", concurrency=3, part_size=1000)
    file.read(10)
    del file
    await_true("no thread is left", lambda: not _threads_that_read())


def _threads_that_read() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("storewright-read")]


# --- modes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode", ["", "b", "t", "a", "ab", "r+", "rw", "rbt", "rr", "rtt", "U", "wx"]
)
def test_other_modes_are_refused(mode: str) -> None:
    store = Store()
    with pytest.raises(ValueError, match="invalid mode"):
        open_file(store, "a", mode)
    assert store.options == []


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("rb", {"encoding": "utf-8"}),
        ("wb", {"newline": ""}),
        ("xb", {"errors": "ignore"}),
        ("r", {"buffering": 0}),
        ("w", {"buffering": 4096}),
        ("wb", {"buffering": 0}),
    ],
)
def test_options_that_a_mode_does_not_have_are_refused(mode: str, options: dict[str, Any]) -> None:
    store = Store()
    with pytest.raises(ValueError, match=r"mode|unbuffered"):
        open_file(store, "a", mode, **options)
    assert store.options == []


@pytest.mark.parametrize("name", ["offset", "size"])
def test_a_file_to_be_read_is_the_whole_object(name: str) -> None:
    store = Store(a=b"0123")
    with pytest.raises(ValueError, match=name):
        open_file(store, "a", "rb", **{name: 2})
    with pytest.raises(ValueError, match=name):
        open_file(store, "a", "r", Pair(name, 2))
    assert store.requests == []


@pytest.mark.parametrize("mode", ["wb", "bw", "xb", "bx"])
def test_binary_writing(mode: str) -> None:
    store = Store()
    with open_file(store, "a", mode, concurrency=2) as file:
        assert isinstance(file, Writer)
        file.write(DATA[:5000])
    assert store.service.objects == {"a": DATA[:5000]}
    assert store.options[0].get("concurrency") == 2


@pytest.mark.parametrize("mode", ["w", "wt", "tw", "x", "xt"])
def test_text_writing(mode: str) -> None:
    store = Store()
    with open_file(store, "a", mode, encoding="latin-1") as file:
        assert isinstance(file, TextWriter)
        assert isinstance(file, io.TextIOWrapper)
        assert (file.name, file.encoding, file.mode) == ("a", "latin-1", "w")
        file.write("höhe\n")
        print("länge", file=file)
    assert store.service.objects == {"a": "höhe\nlänge\n".encode("latin-1")}


@pytest.mark.parametrize("encoding", ["utf-16", "UTF32", "utf-16-le", "utf-8-sig", "utf-8"])
def test_text_begins_as_a_local_file_does(encoding: str, tmp_path: Path) -> None:
    store, local = Store(), tmp_path / "a"
    for text in ("", "grün\n😀"):
        with (
            open_file(store, "a", "w", encoding=encoding) as file,
            local.open("w", encoding=encoding) as there,
        ):
            for target in (file, there):
                target.write("")
                target.writelines([text, text])
        assert store.service.objects["a"] == local.read_bytes()
        with open_file(store, "a", "r", encoding=encoding) as file:
            assert file.read() == text * 2


def test_exclusive_modes_ask_the_service() -> None:
    store = Store(a=b"old")
    for mode in ("x", "xb"):
        with pytest.raises(FileExistsError):
            open_file(store, "a", mode)
    assert all(options == {"if_not_exists": True} for options in store.options)
    assert store.service.objects == {"a": b"old"}


@pytest.mark.parametrize("mode", ["r", "rt", "tr"])
def test_text_reading(mode: str) -> None:
    store = Store(a="grün\r\nrot\n".encode(), b="ä".encode("latin-1"))
    with open_file(store, "a", mode) as file:
        assert isinstance(file, io.TextIOWrapper)
        assert list(file) == ["grün\n", "rot\n"]
    with open_file(store, "a", "r", newline="") as file:
        assert file.read() == "grün\r\nrot\n"
    with open_file(store, "b", "r", encoding="latin-1") as file:
        assert file.read() == "ä"
    with open_file(store, "b", "r", errors="replace") as file:
        assert file.read() == "\ufffd"


@pytest.mark.parametrize(("name", "compression"), [("a.gz", "infer"), ("a", "gzip"), ("a", "zstd")])
@pytest.mark.parametrize("text", [False, True])
def test_compression_round_trip(name: str, compression: str, text: bool) -> None:
    store = Store()
    lines = [f"line {number} äöü\n" for number in range(5000)]
    if text:
        with open_file(store, name, "w", compression=compression) as file:
            file.writelines(lines)
        with open_file(store, name, "r", compression=compression) as file:
            assert list(file) == lines
    else:
        with open_file(store, name, "wb", compression=compression) as file:
            file.write(DATA)
        with open_file(store, name, "rb", compression=compression) as source:
            assert source.read() == DATA
            source.seek(7)
            assert source.read(5) == DATA[7:12]
    stored = store.service.objects[name]
    plain = "".join(lines).encode() if text else DATA
    if compression == "zstd":
        assert zstandard.ZstdDecompressor().decompressobj().decompress(stored) == plain
    else:
        assert gzip.decompress(stored) == plain


def test_compressed_and_cut_off_is_an_error() -> None:
    store = Store(a=gzip.compress(DATA)[:-5])
    with open_file(store, "a", "rb", compression="gzip") as file, pytest.raises(EOFError):
        file.read()


# --- consumers ------------------------------------------------------------------------------------


def test_csv_and_json() -> None:
    store = Store()
    rows = [["a", "b"], ["1", 'x"y'], ["2", "z\nz"]]
    with open_file(store, "t", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    with open_file(store, "t", "r", newline="") as file:
        assert list(csv.reader(file)) == rows
    with open_file(store, "j", "w") as file:
        json.dump({"a": [1, 2]}, file)
    with open_file(store, "j") as file:
        assert json.load(file) == {"a": [1, 2]}


def test_zipfile_and_tarfile() -> None:
    store = Store()
    with open_file(store, "z", "wb") as file, zipfile.ZipFile(cast("Any", file), "w") as archive:
        archive.writestr("one", DATA)
        archive.writestr("two", b"2")
    with open_file(store, "z") as source, zipfile.ZipFile(cast("Any", source)) as archive:
        assert archive.read("two") == b"2"
        assert archive.read("one") == DATA
        assert archive.testzip() is None
    with open_file(store, "t", "wb") as file:
        with tarfile.open(fileobj=cast("Any", file), mode="w|gz") as tar:
            info = tarfile.TarInfo("one")
            info.size = len(DATA)
            tar.addfile(info, io.BytesIO(DATA))
    with open_file(store, "t") as source, tarfile.open(fileobj=cast("Any", source)) as tar:
        member = tar.extractfile("one")
        assert member is not None
        assert member.read() == DATA


def test_copyfileobj_and_standard_wrappers() -> None:
    store = Store(a=DATA)
    with open_file(store, "a") as source, open_file(store, "b", "wb") as target:
        shutil.copyfileobj(source, target)
    assert store.service.objects["b"] == DATA
    with io.BufferedReader(cast("Any", open_file(store, "a"))) as buffered:
        assert buffered.read() == DATA
    with gzip.GzipFile(fileobj=open_file(Store(a=gzip.compress(DATA)), "a")) as unpacked:
        assert unpacked.read() == DATA
    with io.TextIOWrapper(cast("Any", open_file(Store(a=b"a\nb"), "a"))) as text:
        assert text.readlines() == ["a\n", "b"]
