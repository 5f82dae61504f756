"""Cutting a stream of formatted rows into files, and files into statements, at row ends."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import NamedTuple

__all__ = ["Cutter", "Framing", "Piece"]


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

    data: bytes
    rows: int


class Cutter:
    """Cuts rows into files of about ``file_size`` bytes, each made of whole statements.

    ``batches`` are lists of rows; a batch is the most that is held in memory.
    """

    def __init__(
        self, batches: Iterator[list[bytes]], framing: Framing, file_size: int | None
    ) -> None:
        self._batches = batches
        self._framing = framing
        self._file_size = inf if file_size is None else file_size
        self._rows: list[bytes] = []
        self._ends: list[int] = []
        self._position = 0

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
            ended = size >= self._file_size or not self._more()

    def _statement(self, room: float) -> Iterator[Piece]:
        framing = self._framing
        limit = min(room, framing.statement_size or inf)
        lead, size, more = framing.opening, 0, True
        while more:
            rows = self._take(limit - size - len(lead) + len(framing.between))
            data = lead + framing.between.join(rows)
            size += len(data)
            more = size < limit and self._more()
            yield Piece(data if more else data + framing.closing, len(rows))
            lead = framing.between

    def _take(self, size: float) -> list[bytes]:
        """Rows up to the one that reaches ``size``, at least one, as far as the batch has them."""
        start = self._position
        before = self._ends[start - 1] if start else 0
        self._position = min(bisect_left(self._ends, before + size, start) + 1, len(self._rows))
        return self._rows[start : self._position]

    def _more(self) -> bool:
        """Whether there is another row; fetches the next batch if this one is used up."""
        while self._position == len(self._rows):
            batch = next(self._batches, None)
            if batch is None:
                return False
            lengths = map(len(self._framing.between).__add__, map(len, batch))
            self._rows, self._ends, self._position = batch, list(accumulate(lengths)), 0
        return True
