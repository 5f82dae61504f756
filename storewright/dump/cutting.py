"""Cutting a stream of formatted rows into files, and files into statements, at row ends."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import NamedTuple, TypeAlias

__all__ = ["Batch", "Cutter", "Framing", "Lines", "Piece"]


@dataclass(frozen=True, slots=True)
class Framing:
    """What stands around the rows of a file."""

    header: bytes
    """Start of every file."""
    opening: bytes
    """Start of every statement."""
    between: bytes
    """Between two rows of one statement."""
    closing: bytes
    """End of every statement."""
    statement_size: int | None
    """Bytes after which a statement ends; None: the rows of a file are one statement."""
    counted_header: int | None = None
    """Bytes of the header that count towards the size of a file; None: all."""


class Piece(NamedTuple):
    """Some bytes of a file, and how many rows they complete."""

    data: bytes | memoryview
    rows: int


class Lines(NamedTuple):
    """Rows in one text, which nobody has to look at one by one.

    What stands between rows, which ends with each, has the only line end: no value has one.
    """

    text: bytes
    rows: int


Batch: TypeAlias = list[bytes] | Lines


class Cutter:
    """Cuts rows into files of about ``file_size`` bytes, each made of whole statements.

    ``batches`` are lists of rows, or their text; a batch is the most that is held in memory.
    """

    def __init__(self, batches: Iterator[Batch], framing: Framing, file_size: int | None) -> None:
        self._batches = batches
        self._framing = framing
        self._file_size = inf if file_size is None else file_size
        self._batch: _Rows | _Text = _Rows([], b"")

    def files(self) -> Iterator[Iterator[Piece]]:
        """Yield the pieces of one file after the other; use up one before asking for the next."""
        while self._more():
            yield self._file()

    def _file(self) -> Iterator[Piece]:
        header = self._framing.header
        if header:
            yield Piece(header, 0)
        counted = self._framing.counted_header
        size = len(header) if counted is None else counted
        ended = False
        while not ended:
            for piece in self._statement(self._file_size - size):
                size += len(piece.data)
                yield piece
                del piece
            ended = size >= self._file_size or not self._more()

    def _statement(self, room: float) -> Iterator[Piece]:
        framing = self._framing
        limit = min(room, framing.statement_size or inf)
        lead, size, more = framing.opening, 0, True
        while more:
            yield Piece(lead, 0)
            data = self._batch.take(limit - size - len(lead) + len(framing.between))
            size += len(lead) + len(data)
            piece = Piece(data, self._batch.count(exactly=size + len(framing.closing) >= room))
            del data
            yield piece
            del piece  # a row may be long: it must not stay until the next one is there
            more = size < limit and self._more()
            lead = framing.between
        yield Piece(framing.closing, 0)

    def _more(self) -> bool:
        """Whether there is another row; fetches the next batch if this one is used up."""
        while self._batch.used_up:
            self._batch = _Rows([], b"")
            batch = next(self._batches, None)
            if batch is None:
                return False
            between = self._framing.between
            self._batch = (
                _Text(batch, between) if isinstance(batch, Lines) else _Rows(batch, between)
            )
        return True


class _Rows:
    """A batch whose rows are known one by one."""

    def __init__(self, rows: list[bytes], between: bytes) -> None:
        self._rows, self._between = rows, between
        self._ends = list(accumulate(map(len(between).__add__, map(len, rows))))
        self._position = self._counted = 0

    @property
    def used_up(self) -> bool:
        return self._position == len(self._rows)

    def take(self, size: float) -> bytes:
        """Rows up to the one that reaches ``size``, at least one, as far as the batch has them."""
        start = self._position
        before = self._ends[start - 1] if start else 0
        end = min(bisect_left(self._ends, before + size, start) + 1, len(self._rows))
        self._position = end
        return self._between.join(self._rows[start:end])

    def count(self, *, exactly: bool) -> int:
        """How many rows were taken since it was last asked."""
        rows, self._counted = self._position - self._counted, self._position
        return rows


class _Text:
    """A batch whose rows end where a line does."""

    def __init__(self, lines: Lines, between: bytes) -> None:
        self._text, self._rows = lines
        self._view = memoryview(self._text)
        self._between = len(between)
        self._after = len(between) - between.index(b"\n")
        self._start = 0

    @property
    def used_up(self) -> bool:
        return self._start == len(self._text)

    def take(self, size: float) -> memoryview:
        """As `_Rows.take`; a row is found by its line end."""
        text, start, end = self._text, self._start, len(self._text)
        if size < end - start:
            end = text.index(b"\n", start + max(0, int(size) - self._after)) + self._after
        self._start = end
        return self._view[start : end - self._between]

    def count(self, *, exactly: bool) -> int:
        """As `_Rows.count`; unless it is to be exact, some are counted with later ones."""
        if self.used_up:
            left = 0
        elif exactly:
            left = self._text.count(b"\n", self._start)
        else:
            return 0  # to look for line ends takes a while
        rows, self._rows = self._rows - left, left
        return rows
