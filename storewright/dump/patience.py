"""Trying again what failed for a reason that may pass: an outage, a lost connection."""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from storewright import storage
from storewright.dump.errors import SourceLost
from storewright.dump.tasks import Stop

__all__ = ["Patience"]

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 16.0


class Patience:
    """Repeats calls, with pauses that double and are together at most ``seconds`` long.

    A storage has its own, shorter, patience with a single request; this one begins where that has
    ended. A pause ends at once when the work is called off.
    """

    def __init__(self, seconds: float, stop: Stop) -> None:
        self._seconds, self._stop = seconds, stop

    def call(self, what: str, function: Callable[[], _T]) -> _T:
        """Call until it succeeds; raises the last failure, or one that will not pass."""
        left, pause = self._seconds, _FIRST_PAUSE
        while True:
            try:
                return function()
            except (storage.StorageError, SourceLost) as error:
                if not _may_pass(error) or pause > left:
                    raise
                _log.warning("%s failed: %s; trying again in %.0f s", what, error, pause)
            self._stop.wait(pause)
            left, pause = left - pause, min(2 * pause, _LONGEST_PAUSE)


def _may_pass(error: storage.StorageError | SourceLost) -> bool:
    return isinstance(error, SourceLost) or error.retryable
