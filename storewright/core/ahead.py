"""Reading ahead: the next ranges of an object are fetched while the present one is used."""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, final

__all__ = ["ReadAhead"]

Fetch = Callable[[int, int], bytes]
"""Returns ``size`` bytes from ``offset`` on."""


@final
class ReadAhead:
    """Fetches blocks of an object in the background for as long as it is read in sequence.

    Memory is ``block_size`` times (``ahead`` + 1). A jump costs one range, and forgets the others.
    """

    def __init__(self, fetch: Fetch, block_size: int, ahead: int) -> None:
        self._fetch: Final = fetch
        self._block_size, self._ahead = block_size, ahead
        self._queue: deque[tuple[int, int, Future[bytes]]] = deque()
        self._next = 0
        self._pool: ThreadPoolExecutor | None = None
        self._pid = 0

    def take(self, offset: int, end: int) -> bytes:
        """The block that begins at ``offset``, of an object that is ``end`` bytes long."""
        if self._pid != os.getpid():
            self._renew()
        if offset != self._next:
            self._forget()
            data = self._fetch(offset, min(self._block_size, end - offset))
        else:
            self._top_up(offset, end)
            data = self._queue.popleft()[2].result()
            self._top_up(offset + len(data), end)
        self._next = offset + len(data)
        return data

    def close(self) -> None:
        """Forget what was fetched; a request under way ends in the background."""
        self._forget()
        if self._pool is not None and self._pid == os.getpid():
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    def _renew(self) -> None:
        """Begin anew in this process: a forked child has no threads."""
        self._queue.clear()
        self._pool = ThreadPoolExecutor(self._ahead, "storewright-read")
        self._pid = os.getpid()

    def _top_up(self, offset: int, end: int) -> None:
        """Have ``ahead`` blocks on their way, from ``offset`` on."""
        assert self._pool is not None  # noqa: S101 - take() has made it
        while len(self._queue) < self._ahead:
            start = sum(self._queue[-1][:2]) if self._queue else offset
            size = min(self._block_size, end - start)
            if size <= 0:
                return
            self._queue.append((start, size, self._pool.submit(self._fetch, start, size)))

    def _forget(self) -> None:
        while self._queue:
            self._queue.pop()[2].cancel()
