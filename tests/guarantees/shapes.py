"""The ways in which people write through a writer, each inside the writer's own ``with``."""

import csv
import gzip
import io
import random
import zipfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any, NamedTuple, Protocol, cast

import zstandard

from storewright import storage

__all__ = ["SHAPES", "Opened", "Shape", "decoded", "noise"]

PATH = "d/x"


class Abortable(Protocol):
    """A writer, binary or text."""

    def abort(self) -> None: ...


class Opened(NamedTuple):
    """What is open in the middle of the block."""

    writer: Abortable
    put: Callable[[bytes], object]


Shape = Callable[..., AbstractContextManager[Opened]]
"""Called with the store and options of ``open_writer``."""


def noise(size: int) -> bytes:
    """The same bytes for everybody, which cannot be compressed."""
    return random.Random(size).randbytes(size)


def _binary(file: Any) -> IO[bytes]:
    """A writer, for wrappers whose types want more than they use."""
    return cast("IO[bytes]", file)


def _characters(file: io.TextIOBase) -> Callable[[bytes], object]:
    """Writes bytes as the characters of those numbers."""

    def put(data: bytes) -> object:
        return file.write(data.decode("latin-1"))

    return put


@contextmanager
def writer(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with store.open_writer(PATH, **options) as file:
        yield Opened(file, file.write)


@contextmanager
def binary(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with store.open(PATH, "wb", **options) as file:
        yield Opened(file, file.write)


@contextmanager
def text(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with store.open(PATH, "w", encoding="latin-1", newline="", **options) as file:
        yield Opened(file, _characters(file))


@contextmanager
def gzipped(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with store.open_writer(PATH, compression="gzip", **options) as file:
        yield Opened(file, file.write)


@contextmanager
def zstd(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with store.open(PATH, "wb", compression="zstd", **options) as file:
        yield Opened(file, file.write)


@contextmanager
def zipped(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with (
        store.open(PATH, "wb", **options) as file,
        zipfile.ZipFile(_binary(file), "w") as archive,
        archive.open("member", "w") as member,
    ):
        yield Opened(file, member.write)


@contextmanager
def csv_rows(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with store.open(PATH, "w", newline="", **options) as file:
        rows = csv.writer(file)

        def put(data: bytes) -> object:
            return rows.writerow([data.hex()])

        yield Opened(file, put)


@contextmanager
def text_wrapper(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with (
        store.open_writer(PATH, **options) as file,
        io.TextIOWrapper(_binary(file), encoding="latin-1", newline="") as wrapper,
    ):
        yield Opened(file, _characters(wrapper))


@contextmanager
def buffered_writer(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with (
        store.open_writer(PATH, **options) as file,
        io.BufferedWriter(cast("io.RawIOBase", file)) as wrapper,
    ):
        yield Opened(file, wrapper.write)


@contextmanager
def gzip_file(store: storage.Storager, **options: Any) -> Generator[Opened]:
    with (
        store.open_writer(PATH, **options) as file,
        gzip.GzipFile(fileobj=_binary(file), mode="wb", compresslevel=1) as wrapper,
    ):
        yield Opened(file, wrapper.write)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        writer,
        binary,
        text,
        gzipped,
        zstd,
        zipped,
        csv_rows,
        text_wrapper,
        buffered_writer,
        gzip_file,
    )
}


def decoded(name: str, stored: bytes) -> bytes:
    """What was put into the shape of that name, from the object that it made."""
    if name in {"gzipped", "gzip_file"}:
        return gzip.decompress(stored)
    if name == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(stored)
    if name == "zipped":
        return zipfile.ZipFile(io.BytesIO(stored)).read("member")
    if name == "csv_rows":
        return bytes.fromhex("".join(stored.decode().split()))
    return stored
