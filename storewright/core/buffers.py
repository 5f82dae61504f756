"""Memory for parts, used again and again."""

import sys
from collections import deque
from contextlib import suppress
from mmap import mmap
from typing import Final, final

__all__ = ["Buffer"]

_SMALL: Final = 1024 * 1024
"""Bytes up to which memory grows with what is written: most objects are small."""
_KEPT: Final = 64 * 1024 * 1024
"""Bytes that are kept for the next objects: the parts of one, as a rule."""

_kept: Final[deque[mmap]] = deque()


@final
class Buffer:
    """Memory for one part of ``size`` bytes. It is taken when it is needed, then used again."""

    __slots__ = ("_grown", "_whole", "size", "used")

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0
        self._grown = bytearray()
        self._whole: memoryview | None = None

    def append(self, data: bytes | memoryview) -> None:
        """Copy ``data`` behind what is there."""
        end = self.used + len(data)
        if self._whole is None and end > _SMALL:
            self._enlarge(end)
        if self._whole is None:
            self._grown += data
        else:
            self._whole[self.used : end] = data
        self.used = end

    def _enlarge(self, least: int) -> None:
        """Take memory for a whole part, where the system gives it."""
        size = max(self.size, least)
        memory = _kept_memory(size) or _mapped(size)
        if memory is not None:
            self._whole = memoryview(memory)
            self._whole[: self.used] = self._grown
            self._grown = bytearray()

    def view(self) -> memoryview:
        """What is there, without a copy."""
        held = memoryview(self._grown) if self._whole is None else self._whole
        return held[: self.used].toreadonly()

    def reuse(self) -> None:
        """Empty it for the next part; the memory of a whole part stays."""
        if self._whole is None and len(self._grown) >= self.size:
            self._whole = memoryview(self._grown)
        self._grown = bytearray()
        self.used = 0

    def release(self) -> None:
        """Empty it for ever; the next object may take its memory."""
        whole, self._whole = self._whole, None
        self._grown = bytearray()
        self.used = 0
        if whole is not None and isinstance(memory := whole.obj, mmap):
            whole.release()
            _keep(memory)


def _keep(memory: mmap) -> None:
    """Let the next object have memory, or the system when it is short of it.

    Whoever still looks at it keeps it, as `resize` tells.
    """
    if sys.platform == "linux" and sum(map(len, list(_kept))) + len(memory) <= _KEPT:
        from mmap import MADV_FREE

        with suppress(BufferError, OSError):
            memory.resize(len(memory))
            memory.madvise(MADV_FREE)
            _kept.append(memory)


def _kept_memory(size: int) -> mmap | None:
    """Memory of just this size, which costs nothing; what does not fit is given up."""
    with suppress(IndexError):
        while len(memory := _kept.pop()) != size:
            pass
        return memory
    return None


def _mapped(size: int) -> mmap | None:
    """So much memory in large pages, of which only those count that are written to.

    To come by pages of 4 KiB takes longer than to fill them.
    """
    if sys.platform == "linux":
        from mmap import MADV_HUGEPAGE, MAP_ANONYMOUS, MAP_PRIVATE

        with suppress(OSError, OverflowError):  # more than the system would ever have
            memory = mmap(-1, size, MAP_PRIVATE | MAP_ANONYMOUS)
            with suppress(OSError):  # a system without large pages
                memory.madvise(MADV_HUGEPAGE)
            return memory
    return None
