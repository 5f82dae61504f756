import array
import bz2
import ctypes
import gzip
import io
import mmap
import os
import tempfile
import zipfile
from pathlib import Path

import pytest

from storewright.core.data import known_length, opened

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (None, 0),
        (b"", 0),
        (b"abc", 3),
        (bytearray(b"abc"), 3),
        (memoryview(b"abcd")[::2], 2),
        (array.array("I", [1, 2]), 8),
        (memoryview(bytes(12)).cast("I", (1, 3)), 12),
        ((ctypes.c_int * 3 * 0)(), 0),
        (io.BytesIO(b"abc"), 3),
        ("abc", None),
        (5, None),
        ([1, 2], None),
        (io.StringIO("abc"), None),
        (Path("a"), None),
    ],
)
def test_lengths_known_beforehand(data: object, length: int | None) -> None:
    assert known_length(data) == length


def test_files_are_measured_from_where_they_stand(path: Path) -> None:
    for buffering in (-1, 0):
        with path.open("rb", buffering=buffering) as file:
            assert known_length(file) == len(CONTENT)
            file.seek(100)
            assert known_length(file) == len(CONTENT) - 100
            assert file.tell() == 100
            assert file.read() == CONTENT[100:]
            file.seek(5, io.SEEK_END)
            assert known_length(file) is None
    with path.open("r+b") as file:
        assert known_length(file) == len(CONTENT)


def test_temporary_files_are_measured() -> None:
    with tempfile.SpooledTemporaryFile() as spooled, tempfile.TemporaryFile() as plain:
        for file in (spooled, plain):
            file.write(CONTENT)
            file.seek(1)
            assert known_length(file) == len(CONTENT) - 1


def test_a_memory_map_is_a_file(path: Path) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        mapped.seek(10)
        assert known_length(mapped) in {None, len(CONTENT) - 10}
        assert opened(mapped) is mapped
        assert mapped.tell() == 10


def test_nothing_is_decompressed_to_measure_it(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(CONTENT))
    (tmp_path / "a.bz2").write_bytes(bz2.compress(CONTENT))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", CONTENT)
    with (
        gzip.open(tmp_path / "a.gz") as one,
        bz2.open(tmp_path / "a.bz2") as two,
        zipfile.ZipFile(tmp_path / "a.zip") as archive,
        archive.open("a") as three,
    ):
        for file in (one, two, three):
            assert known_length(file) is None
            assert file.read() == CONTENT


def test_pipes_have_no_length() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as file, os.fdopen(writer, "wb"):
        assert known_length(file) is None


def test_a_file_that_claims_to_be_empty_is_not_believed() -> None:
    with Path("/proc/self/status").open("rb") as file:
        assert known_length(file) is None
        assert file.read(5) == b"Name:"
    assert known_length(io.BytesIO()) is None


class Half(io.RawIOBase):
    """A file that says it can seek, and cannot find its end."""

    def __init__(self) -> None:
        super().__init__()
        self.seeks: list[tuple[int, int]] = []

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.seeks.append((offset, whence))
        if whence == io.SEEK_END:
            raise ValueError("seek from the end is not supported")
        return 3

    def tell(self) -> int:
        return 3


def test_a_file_without_an_end_is_put_back_where_it_stood() -> None:
    file = Half()
    assert known_length(file) is None
    assert file.seeks[-1] == (3, io.SEEK_SET)


class Stuck(Half):
    """A file that cannot be put back once its end was found."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if whence == io.SEEK_END:
            return 10
        raise OSError("stuck at the end")


def test_losing_the_place_is_heard() -> None:
    with pytest.raises(OSError, match="stuck at the end"):
        known_length(Stuck())


def test_bytes_are_not_copied() -> None:
    data = bytearray(b"abc")
    view = opened(data)
    assert isinstance(view, memoryview)
    assert view.obj is data
    assert view.readonly
    data[0] = ord("x")
    assert bytes(view) == b"xbc"


def test_arrays_are_flattened() -> None:
    view = opened(array.array("H", [1, 2]))
    assert isinstance(view, memoryview)
    assert (view.format, view.ndim, view.nbytes) == ("B", 1, 4)
