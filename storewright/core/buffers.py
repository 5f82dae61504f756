"""Memory for parts, used again and again."""

from typing import final

__all__ = ["Buffer"]


@final
class Buffer:
    """Memory for one part. It grows while it is filled for the first time, then is reused."""

    __slots__ = ("_memory", "_reused", "used")

    def __init__(self) -> None:
        self._memory = bytearray()
        self._reused: memoryview | None = None
        self.used = 0

    def append(self, data: bytes | memoryview) -> None:
        """Copy ``data`` behind what is there."""
        end = self.used + len(data)
        if self._reused is None:
            self._memory += data
        else:
            self._reused[self.used : end] = data
        self.used = end

    def view(self) -> memoryview:
        """What is there, without a copy."""
        return memoryview(self._memory)[: self.used].toreadonly()

    def holds(self, size: int) -> bool:
        """Whether it can be reused for a part of ``size`` bytes."""
        return len(self._memory) >= size

    def is_short_of(self, size: int) -> bool:
        """Whether its memory is used again, but too small for ``size`` bytes."""
        return self._reused is not None and len(self._memory) < size

    def reuse(self) -> None:
        """Empty it for the next part; its memory stays."""
        self._reused = memoryview(self._memory)
        self.used = 0
