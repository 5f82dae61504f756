"""Segments, on the disk."""

import os
from collections.abc import Iterable
from typing import ClassVar

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.ranges import Ranges
from storewright.services.fs.errors import system
from storewright.services.fs.transfer import write_all_at
from storewright.services.fs.uploads import Upload, bring_to_disk

__all__ = ["Segments"]


class Segments(Upload):
    """Bytes written where they belong; what is written later wins.

    The journal says ``- start stop`` before bytes are written and ``+ start stop`` when a segment
    is complete: what a failed write may have touched is missing until it is written again.
    """

    kind: ClassVar[str] = "segments"

    def put(self, offset: int, pieces: Iterable[memoryview | bytes], *, sync: bool) -> int:
        """Write a segment; returns its size."""
        end = offset
        with self._open() as files:
            for piece in pieces:
                files.note(f"- {end} {end + len(piece)}")
                write_all_at(files.data, piece, end)
                end += len(piece)
            if sync:
                bring_to_disk(files.data)
            files.note(f"+ {offset} {end}")
        return end - offset

    def complete(self, *, exclusive: bool = False, sync: bool) -> None:
        """Publish the object."""
        ranges = self._ranges()
        if gap := ranges.gap():
            raise RestrictionDissatisfied(f"bytes {gap[0]} to {gap[1]} were not written")
        with self._open() as files:
            self._check_length(files, ranges.size)
            system(os.ftruncate, files.data, ranges.size)
            self._publish(files.data, "data", exclusive=exclusive, sync=sync)

    def _ranges(self) -> Ranges:
        ranges = Ranges()
        for sign, start, stop in self._journal():
            (ranges.add if sign == "+" else ranges.remove)(int(start), int(stop))
        return ranges
