"""Compression of what is written and read: gzip from the standard library, zstd as an extra."""

import io
import zlib
from collections.abc import Callable
from typing import Final, Protocol, cast, final

from typing_extensions import Buffer, override

from storewright.core.errors import IntegrityFailed, MissingExtra, PairValueInvalid, SizeMismatch

__all__ = ["Compressor", "codec_for", "compressor", "decompressed"]

_SUFFIXES: Final = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_GZIP: Final = 16 + zlib.MAX_WBITS
_GZIP_LEVEL: Final = 6
_ZSTD_LEVEL: Final = 3
_PIECE_SIZE: Final = 128 * 1024


class Compressor(Protocol):
    """Compresses one stream, piece by piece."""

    def compress(self, data: bytes | memoryview, /) -> bytes:
        """What ``data`` adds to the compressed stream."""
        ...

    def flush(self) -> bytes:
        """The end of the compressed stream."""
        ...


def codec_for(compression: str | None, path: str) -> str | None:
    """``"gzip"``, ``"zstd"`` or None, for an option that may be ``"infer"``: from the extension.

    Raises PairValueInvalid for any other name.
    """
    if compression in {None, "none"}:
        return None
    if compression == "infer":
        suffix = path[path.rfind(".") :].lower() if "." in path else ""
        return _SUFFIXES.get(suffix)
    if compression in {"gzip", "zstd"}:
        return compression
    message = f"pair 'compression': expected gzip, zstd, none or infer, got {compression!r}"
    raise PairValueInvalid(message, pair="compression", path=path)


def compressor(codec: str) -> Compressor:
    """A compressor for one stream. The same data gives the same bytes: no time stamp is stored.

    Raises MissingExtra where zstd is not installed.
    """
    if codec == "gzip":
        return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)
    try:
        import zstandard
    except ImportError:
        raise MissingExtra("compression zstd", "zstd") from None
    settings = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
    return settings.compressobj()


class _Decompressor(Protocol):
    """Decompresses one gzip member or zstd frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: Buffer, /) -> bytes: ...


def _decompressors(codec: str) -> tuple[Callable[[], _Decompressor], type[Exception], int]:
    """How to make one, what it raises for damaged data, and how many bytes to give it at once.

    The latter bounds memory: a few bytes of zstd can stand for 128 KiB.
    """
    if codec == "gzip":
        return lambda: zlib.decompressobj(_GZIP), zlib.error, 16 * 1024
    try:
        import zstandard
    except ImportError:
        raise MissingExtra("compression zstd", "zstd") from None
    settings = zstandard.ZstdDecompressor()
    make = cast("Callable[[], _Decompressor]", settings.decompressobj)
    return make, zstandard.ZstdError, 2 * 1024


def decompressed(file: io.BufferedIOBase, codec: str, path: str = "") -> io.BufferedReader:
    """``file`` decompressed, closed together with the result.

    Reading raises SizeMismatch when the compressed data ends too early, and IntegrityFailed when it
    is damaged. Seeking backwards decompresses again from the beginning.
    """
    return io.BufferedReader(_Decompressed(file, codec, path), _PIECE_SIZE)


@final
class _Decompressed(io.RawIOBase):
    """All members or frames of a compressed file, as one stream."""

    def __init__(self, file: io.BufferedIOBase, codec: str, path: str) -> None:
        self._file, self._path = file, path
        self._make, self._damage, self._feed = _decompressors(codec)
        self._rewind()

    def _rewind(self) -> None:
        self._member: _Decompressor | None = None
        self._members = 0
        self._input, self._taken = memoryview(b""), 0
        self._output = memoryview(b"")
        self._position = 0

    @property
    def name(self) -> str:
        return self._path

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return self._file.seekable()

    @override
    def tell(self) -> int:
        return self._position

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        target = memoryview(buffer).cast("B")
        piece = self._next(len(target))
        target[: len(piece)] = piece
        return len(piece)

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END:
            self._skip_to(None)
        wanted = offset if whence == io.SEEK_SET else self._position + offset
        if wanted < 0:
            raise ValueError(f"negative position {wanted}")
        if wanted < self._position:
            self._file.seek(0)
            self._rewind()
        self._skip_to(wanted)
        return self._position

    @override
    def close(self) -> None:
        try:
            self._file.close()
        finally:
            super().close()

    def _skip_to(self, position: int | None) -> None:
        """Read on to a position, or to the end."""
        piece = memoryview(b"-")
        while piece:
            piece = self._next(_PIECE_SIZE if position is None else position - self._position)

    def _next(self, most: int) -> memoryview:
        """The next decompressed bytes; none at the end."""
        while most and not self._output and self._has_input():
            self._advance()
        piece, self._output = self._output[:most], self._output[most:]
        self._position += len(piece)
        return piece

    def _has_input(self) -> bool:
        """Whether compressed data is left; raises if it ends inside a member."""
        if self._taken == len(self._input):
            self._input, self._taken = memoryview(self._file.read1(_PIECE_SIZE)), 0
        if not self._input and self._member is not None:
            message = "the compressed data ends too early"
            raise SizeMismatch(message, op="read", path=self._path)
        return bool(self._input)

    def _advance(self) -> None:
        """Decompress a little more."""
        if self._member is None:
            if self._members and self._input[self._taken] == 0:  # padding, as tapes have it
                self._taken += 1
                return
            self._member = self._make()
            self._members += 1
        piece = self._input[self._taken : self._taken + self._feed]
        try:
            self._output = memoryview(self._member.decompress(piece))
        except self._damage as error:
            message = f"the compressed data is damaged: {error}"
            raise IntegrityFailed(message, op="read", path=self._path) from error
        self._taken += len(piece) - len(self._member.unused_data)
        if self._member.eof:
            self._member = None
