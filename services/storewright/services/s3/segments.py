"""Segments over multipart uploads: what is written at an offset becomes a numbered part.

S3 takes parts in any order and puts them together by number, and the lengths of the parts before it
decide where one begins. So an offset must give a number: offset // 5 MiB + 1. That is enough if no
segment but the last is shorter than 5 MiB, which S3 demands anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final, final

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Part
from storewright.generated.objects import Limits

__all__ = ["Ledger", "index_at"]

_TOO_SMALL: Final = "every segment but the last must have at least {} bytes"


def _minimum(limits: Limits) -> int:
    return limits.multipart_size_minimum or 1


def index_at(offset: int, limits: Limits) -> int:
    """The index of the part that begins at ``offset``.

    Raises RestrictionDissatisfied for an offset that no segment of a legal object can have.
    """
    minimum = _minimum(limits)
    if offset < 0:
        raise RestrictionDissatisfied(f"offset {offset} is negative")
    if 0 < offset < minimum:
        raise RestrictionDissatisfied(f"offset {offset}: {_TOO_SMALL.format(minimum)}")
    index = offset // minimum
    if limits.multipart_number_maximum is not None and index >= limits.multipart_number_maximum:
        most = minimum * limits.multipart_number_maximum
        raise RestrictionDissatisfied(f"offset {offset} is not below {most}, where segments end")
    return index


@final
class Ledger:
    """Remembers where this process put the segments of its uploads, to notice what S3 would not.

    Two segments that begin less than 5 MiB apart may replace one another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offsets: dict[str, dict[int, int]] = {}
        self._tags: dict[str, dict[int, str]] = {}

    def note(self, id: str, index: int, offset: int) -> None:
        """Claim a part for an offset; raises RestrictionDissatisfied if another one has it."""
        with self._lock:
            known = self._offsets.setdefault(id, {}).setdefault(index, offset)
        if known != offset:
            message = f"the segments at {known} and {offset} are too close to one another"
            raise RestrictionDissatisfied(message)

    def stored(self, id: str, part: Part) -> None:
        """Remember which content of a part was stored last."""
        with self._lock:
            self._tags.setdefault(id, {})[part.index] = part.etag

    def latest(self, id: str, parts: Sequence[Part]) -> list[Part]:
        """The parts without those that were replaced, which some stores go on listing."""
        with self._lock:
            tags = dict(self._tags.get(id, {}))
        latest = [part for part in parts if tags.get(part.index) in (None, part.etag)]
        return list({(part.index, part.etag): part for part in latest}.values())

    def check(self, id: str, parts: Sequence[Part], limits: Limits) -> None:
        """Raise RestrictionDissatisfied unless each part begins where those before it end."""
        minimum, end = _minimum(limits), 0
        with self._lock:
            meant = dict(self._offsets.get(id, {}))
        for part in parts:
            begin = meant.get(part.index, end if part.index == end // minimum else None)
            if begin != end:
                message = f"there is a gap or an overlap at byte {end}"
                raise RestrictionDissatisfied(message, hint=_TOO_SMALL.format(minimum))
            end += part.size

    def forget(self, id: str) -> None:
        """The upload has ended."""
        with self._lock:
            self._offsets.pop(id, None)
            self._tags.pop(id, None)
