"""Which bytes of an object that is written at offsets are there already."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import final

__all__ = ["Ranges"]


@final
class Ranges:
    """A set of bytes, kept as sorted ranges that neither touch nor overlap."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[tuple[int, int]] = []
        for start, stop in ranges:
            self.add(start, stop)

    def add(self, start: int, stop: int) -> None:
        """Add the bytes from ``start`` up to, not including, ``stop``."""
        if start >= stop:
            return
        ranges = self._ranges
        first = bisect_left(ranges, start, key=lambda found: found[1])
        last = bisect_left(ranges, stop + 1, first, key=lambda found: found[0])
        if first < last:
            start, stop = min(start, ranges[first][0]), max(stop, ranges[last - 1][1])
        ranges[first:last] = [(start, stop)]

    def remove(self, start: int, stop: int) -> None:
        """Remove the bytes from ``start`` up to, not including, ``stop``."""
        if start >= stop:
            return
        self.add(start, stop)  # now one range has them all
        where = bisect_left(self._ranges, start + 1, key=lambda found: found[1])
        first, last = self._ranges[where]
        rest = [(first, start), (stop, last)]
        self._ranges[where : where + 1] = [(a, b) for a, b in rest if a < b]

    @property
    def size(self) -> int:
        """Where the last range ends."""
        return self._ranges[-1][1] if self._ranges else 0

    def gap(self) -> tuple[int, int] | None:
        """The first bytes missing before the end, or None."""
        if not self._ranges or self._ranges[0] == (0, self.size):
            return None
        start, stop = self._ranges[0]
        return (0, start) if start else (stop, self._ranges[1][0])
