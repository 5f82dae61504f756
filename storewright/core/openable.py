"""What gives every store ``open(path, mode)``; the machinery is imported by the first call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, overload

if TYPE_CHECKING:
    import io

    from storewright.core.files import (
        FileStore,
        ReadBinary,
        ReadText,
        TextWriter,
        WriteBinary,
        WriteText,
    )
    from storewright.core.pairs import Pair
    from storewright.core.writer import Writer

__all__ = ["Openable"]


class Openable:
    """A store whose objects can be opened as files."""

    @overload
    def open(
        self, path: str, mode: ReadBinary = "rb", *pairs: Pair, **options: Any
    ) -> io.BufferedIOBase: ...
    @overload
    def open(self, path: str, mode: ReadText, *pairs: Pair, **options: Any) -> io.TextIOWrapper: ...
    @overload
    def open(self, path: str, mode: WriteBinary, *pairs: Pair, **options: Any) -> Writer: ...
    @overload
    def open(self, path: str, mode: WriteText, *pairs: Pair, **options: Any) -> TextWriter: ...
    @overload
    def open(
        self, path: str, mode: str, *pairs: Pair, **options: Any
    ) -> io.BufferedIOBase | io.TextIOWrapper: ...
    def open(
        self, path: str, mode: str = "rb", *pairs: Pair, **options: Any
    ) -> io.BufferedIOBase | io.TextIOWrapper:
        """Open an object as a file, like the built-in ``open``.

        Modes are ``rb``, ``wb``, ``xb`` for bytes and ``r``, ``w``, ``x`` for text; ``encoding``,
        ``errors``, ``newline``, ``buffering`` and ``compression`` (gzip, zstd, infer) as one
        expects; every other option is one of ``read`` or ``open_writer``. What is written is
        published when the ``with`` block ends well, and not at all when it raises.

        Raises ValueError for a mode that the built-in would refuse too, ObjectNotExist when the
        object is not there to be read, and what ``read`` and ``open_writer`` raise.
        """
        from storewright.core.files import open_file

        return open_file(cast("FileStore", self), path, mode, *pairs, **options)
