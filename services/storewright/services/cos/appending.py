"""Appending: each append says where the object must end before it."""

from __future__ import annotations

import threading
from typing import final
from weakref import WeakValueDictionary

__all__ = ["Turns"]


class _Turn:
    """A lock that is forgotten when nobody holds it or waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self._lock.release()


@final
class Turns:
    """Lets the threads of a process append to one object after the other, in whatever order.

    Appends at the same time would both name the same end, and COS would refuse one of them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()

    def of(self, key: str) -> _Turn:
        """The turn of one object, for a ``with`` around the append."""
        with self._lock:
            turn = self._turns.get(key)
            if turn is None:
                turn = self._turns[key] = _Turn()
            return turn
