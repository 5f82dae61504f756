"""Compression of the files of a dump, as streams with bounded memory in both directions."""

import gzip
import io
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO, Final, Protocol, cast

from storewright import storage
from storewright.dump.errors import DumpDamaged
from storewright.dump.options import Compression

__all__ = ["Compressor", "compressor", "decompressed"]

_READ_BYTES: Final = 256 * 1024
_GZIP_LEVEL: Final = 3  # level 6, zlib's default, would take longer than everything else together
_ZSTD_LEVEL: Final = 3


class Compressor(Protocol):
    """Compresses piece by piece."""

    def compress(self, data: bytes | memoryview, /) -> bytes | memoryview:
        """Compress some more; the result may be empty."""
        ...

    def flush(self) -> bytes:
        """Return the end of the compressed data."""
        ...


class _Plain:
    """No compression."""

    def compress(self, data: bytes | memoryview, /) -> bytes | memoryview:
        return data

    def flush(self) -> bytes:
        return b""


def compressor(kind: Compression) -> Compressor:
    """A new compressor. Raises MissingExtra if zstd is wanted and not installed."""
    if kind == "gzip":
        return zlib.compressobj(_GZIP_LEVEL, wbits=31)
    if kind == "zstd":
        return _zstd_compressor()
    return _Plain()


@contextmanager
def decompressed(raw: io.RawIOBase, kind: Compression) -> Generator[BinaryIO]:
    """``raw`` as the bytes before compression. Raises DumpDamaged if it is not of this kind."""
    buffered = io.BufferedReader(raw, _READ_BYTES)
    if kind == "zstd":
        with _zstd_decompressed(buffered) as stream:
            yield stream
        return
    try:
        yield buffered if kind == "none" else cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DumpDamaged(f"not a whole {kind} file: {error}") from error


def _zstd_compressor() -> Compressor:
    try:
        import zstandard
    except ImportError:
        raise storage.MissingExtra("zstd", "zstd") from None
    return zstandard.ZstdCompressor(_ZSTD_LEVEL, write_checksum=True).compressobj()


@contextmanager
def _zstd_decompressed(buffered: BinaryIO) -> Generator[BinaryIO]:
    try:
        import zstandard
    except ImportError:
        raise storage.MissingExtra("zstd", "zstd") from None
    try:
        yield zstandard.ZstdDecompressor().stream_reader(buffered, closefd=False)
    except zstandard.ZstdError as error:
        raise DumpDamaged(f"not a whole zstd file: {error}") from error
