"""Trying again what failed for a reason that may pass: an outage, a lost connection."""

import logging
import random
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias, TypeVar

from storewright import storage
from storewright.dump.errors import SourceLost
from storewright.dump.tasks import Stop

__all__ = ["Patience", "Pauses", "may_pass", "so_long", "so_often"]

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 16.0
_FIRST_OF_SEVERAL, _LONGEST_OF_SEVERAL = 0.5, 30.0
"""The same for callers that wait side by side."""

Pauses: TypeAlias = Callable[[], Iterator[float]]
"""Seconds to wait before each further attempt, for one call; no more of them, no more attempts."""


def so_long(seconds: float) -> Pauses:
    """Pauses that double and are together at most ``seconds`` long."""

    def pauses() -> Iterator[float]:
        left, pause = seconds, _FIRST_PAUSE
        while pause <= left:
            yield pause
            left, pause = left - pause, min(2 * pause, _LONGEST_PAUSE)

    return pauses


def so_often(times: int) -> Pauses:
    """As many pauses, which double too, but are never the same for two callers at once."""

    def pauses() -> Iterator[float]:
        for attempt in range(times):
            longest = min(_LONGEST_OF_SEVERAL, _FIRST_OF_SEVERAL * 2.0**attempt)
            yield longest * random.uniform(0.5, 1)  # noqa: S311

    return pauses


def may_pass(error: storage.StorageError | SourceLost) -> bool:
    """Whether another attempt may go better."""
    return isinstance(error, SourceLost) or error.retryable


class Patience:
    """Repeats calls that fail.

    A storage has its own, shorter, patience with a single request; this one begins where that has
    ended. A pause ends at once when the work is called off.
    """

    def __init__(
        self,
        pauses: Pauses,
        stop: Stop,
        *,
        passes: Callable[[storage.StorageError | SourceLost], bool] = may_pass,
        again: Callable[[], object] | None = None,
    ) -> None:
        """`passes`: which failures may; `again` is called before each further attempt."""
        self._pauses, self._stop, self._passes, self._again = pauses, stop, passes, again

    def call(self, what: str, function: Callable[[], _T]) -> _T:
        """Call until it succeeds; raises the last failure, or one that will not pass."""
        pauses = self._pauses()
        while True:
            try:
                return function()
            except (storage.StorageError, SourceLost) as error:
                pause = next(pauses, None) if self._passes(error) else None
                if pause is None:
                    raise
                _log.warning("%s failed: %s; trying again in %.2g s", what, error, pause)
            if self._again:
                self._again()
            self._stop.wait(pause)
