"""``open(path, mode)`` for the objects of a store: real ``io`` files, binary and text."""

import codecs
import io
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Protocol, Self, cast, overload

from typing_extensions import override

from storewright.core.compress import codec_for, decompressed
from storewright.core.parts import WriteResult
from storewright.core.reader import ReadableStore, Reader
from storewright.core.writer import Writer

__all__ = ["FileStore", "TextWriter", "open_file"]

ReadBinary = Literal["rb", "br"]
ReadText = Literal["r", "rt", "tr"]
WriteBinary = Literal["wb", "bw", "xb", "bx"]
WriteText = Literal["w", "wt", "tw", "x", "xt", "tx"]
_MODES: Final = frozenset({"rb", "r", "wb", "w", "xb", "x"})
_MARKS: Final = {"utf-16": codecs.BOM_UTF16, "utf-32": codecs.BOM_UTF32}
"""What io.TextIOWrapper begins a file with, but only one that can seek."""


class FileStore(ReadableStore, Protocol):
    """What :func:`open_file` needs of a store."""

    def open_writer(self, path: str) -> Writer:
        """A writer for the object, with the options of the service."""
        ...


class TextWriter(io.TextIOWrapper):
    """A text file over a :class:`Writer`, with the same guarantee.

    Inside its own ``with`` the object is published when the block ends well, and nothing is left
    of it when the block raises.
    """

    def __init__(
        self,
        writer: Writer,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *,
        line_buffering: bool = False,
    ) -> None:
        super().__init__(
            cast("Any", writer), encoding or "utf-8", errors, newline, line_buffering=line_buffering
        )
        self._writer = writer
        self._mark = _MARKS.get(codecs.lookup(self.encoding).name, b"")

    @override
    def write(self, text: str, /) -> int:
        """Write text, with a byte order mark before all of it where the encoding has one."""
        if self._mark:
            self._writer.write(self._mark)
            self._mark = b""
        return super().write(text)

    @property
    @override
    def mode(self) -> str:
        """``"w"``."""
        return "w"

    @property
    def result(self) -> WriteResult | None:
        """What was published; None before."""
        return self._writer.result

    def commit(self) -> WriteResult:
        """Publish the object; see :meth:`Writer.commit`."""
        if not self.closed:
            self.flush()
        return self._writer.commit()

    def abort(self) -> None:
        """Leave nothing behind; see :meth:`Writer.abort`."""
        self._writer.abort()

    @override
    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._writer.__exit__(kind, error, trace)
            return
        try:
            self.close()
        except BaseException as failure:
            self._writer.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._writer.__exit__(None, None, None)


@overload
def open_file(
    store: FileStore, path: str, mode: ReadBinary = "rb", *pairs: Any, **options: Any
) -> io.BufferedIOBase: ...
@overload
def open_file(
    store: FileStore, path: str, mode: ReadText, *pairs: Any, **options: Any
) -> io.TextIOWrapper: ...
@overload
def open_file(
    store: FileStore, path: str, mode: WriteBinary, *pairs: Any, **options: Any
) -> Writer: ...
@overload
def open_file(
    store: FileStore, path: str, mode: WriteText, *pairs: Any, **options: Any
) -> TextWriter: ...
@overload
def open_file(
    store: FileStore, path: str, mode: str, *pairs: Any, **options: Any
) -> io.BufferedIOBase | io.TextIOWrapper: ...


def open_file(
    store: FileStore,
    path: str,
    mode: str = "rb",
    *pairs: Any,
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    compression: str | None = None,
    **options: Any,
) -> io.BufferedIOBase | io.TextIOWrapper:
    """Open an object as a file, like the built-in ``open``.

    Modes are ``rb``, ``wb`` and ``xb`` (only if the object does not exist yet) for bytes, ``r``,
    ``w`` and ``x`` for text, in UTF-8 unless ``encoding`` says otherwise. ``compression`` is
    ``"gzip"``, ``"zstd"`` or ``"infer"`` (from the extension of the path).

    For reading, ``buffering`` is the size of a range when less is asked for (1 MiB; 0 means never
    more than that); with ``concurrency``, ranges of ``part_size`` bytes are read ahead. For
    writing, ``part_size``, ``concurrency``, ``max_memory``, ``size_hint`` and ``resume`` are those
    of ``open_writer``. Other options, and ``pairs``, belong to ``read`` or ``open_writer``.

    Raises ValueError for a mode or a combination that the built-in would refuse too, MissingExtra
    where zstd is not installed, and whatever the store raises.
    """
    kind = "".join(sorted(mode.replace("t", ""), key="rwxb".find))
    if kind not in _MODES or ("t" in mode and "b" in mode) or mode.count("t") > 1:
        raise ValueError(f"invalid mode {mode!r}: use one of rb, r, wb, w, xb, x")
    text = None if "b" in kind else _Text(encoding or "utf-8", errors, newline)
    if text is None and (encoding, errors, newline) != (None, None, None):
        raise ValueError(f"mode {mode!r} takes no encoding, errors or newline")
    if text is not None and buffering == 0:
        raise ValueError("text cannot be unbuffered")
    if "r" in kind:
        return _reading(store, path, pairs, options, compression, buffering, text)
    if buffering not in ({-1} if text is None else {-1, 1}):
        raise ValueError(f"mode {mode!r} takes no buffering of {buffering}: use part_size")
    if "x" in kind:
        options["if_not_exists"] = True
    if compression is not None:
        options["compression"] = compression
    open_writer: Callable[..., Writer] = store.open_writer
    writer = open_writer(path, *pairs, **options)
    return writer if text is None else TextWriter(writer, *text, line_buffering=buffering == 1)


class _Text(NamedTuple):
    encoding: str
    errors: str | None
    newline: str | None


def _reading(
    store: FileStore,
    path: str,
    pairs: tuple[Any, ...],
    options: dict[str, Any],
    compression: str | None,
    buffering: int,
    text: _Text | None,
) -> io.BufferedIOBase | io.TextIOWrapper:
    for name in {"offset", "size"} & {*options, *(getattr(pair, "name", "") for pair in pairs)}:
        raise ValueError(f"a file takes no {name}: seek in it, and read as much as you want")
    codec = codec_for(compression, path)
    file: io.BufferedIOBase = Reader(store, path, *pairs, buffering=buffering, **options)
    if codec is not None:
        file = decompressed(file, codec, path)
    return file if text is None else io.TextIOWrapper(cast("Any", file), *text)
