"""The body of a request: bytes in memory, which can be sent again if the request fails.

A body that is read from the user's file while it is sent could break off, and not every store then
refuses what has come until there; and an SDK would seek in that file. It has ``read`` and a length,
and is no iterator: neither urllib3 nor requests copies it, or sends it in chunks of a length that
nobody announced.
"""

from __future__ import annotations

from typing import Final, final

__all__ = ["MemoryBody"]

_PIECE: Final = 1024 * 1024


@final
class MemoryBody:
    """Bytes in memory, handed out without a copy and in pieces larger than urllib3 asks for."""

    __slots__ = ("_position", "_view")

    def __init__(self, data: bytes | memoryview) -> None:
        self._view = memoryview(data)
        self._position = 0

    def __len__(self) -> int:
        return self._view.nbytes

    def read(self, size: int | None = -1, /) -> memoryview:
        """The next piece: at least ``size`` bytes if there are as many."""
        start = self._position
        wanted = len(self) if size is None or size < 0 else max(size, _PIECE)
        self._position = min(start + wanted, len(self))
        return self._view[start : self._position]

    def tell(self) -> int:
        """Bytes handed out."""
        return self._position

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to ``offset`` from the start (0), from here (1) or from the end (2)."""
        self._position = max(0, offset + (0, self._position, len(self))[whence])
        return self._position
