"""The body of a request: pieces in memory, which can be sent again if the request fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, final

__all__ = ["Body", "joined"]

_SMALL: Final = 64 * 1024
"""Below this, one copy costs less than one more write to the network."""

Piece = bytes | memoryview


@final
class Body:
    """Pieces that are sent one after the other, without being copied."""

    __slots__ = ("_pieces",)

    def __init__(self, *pieces: Piece) -> None:
        self._pieces = pieces

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    def __iter__(self) -> Iterator[Piece]:
        return iter(self._pieces)


def joined(*pieces: Piece) -> Any:
    """A body made of ``pieces``, for the session to send."""
    pieces = tuple(piece for piece in pieces if len(piece))
    if len(pieces) == 1:
        return pieces[0]
    return b"".join(pieces) if sum(map(len, pieces)) <= _SMALL else Body(*pieces)
