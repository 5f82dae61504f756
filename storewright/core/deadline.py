"""How long an operation may take."""

import threading
from time import monotonic
from typing import Final, Self, final

from storewright.core.errors import OperationTimeout

__all__ = ["Deadline", "current", "within"]


@final
class Deadline:
    """A moment on the monotonic clock by which an operation must be finished, or none at all."""

    __slots__ = ("_end", "_seconds")

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else monotonic() + seconds

    @classmethod
    def after(cls, seconds: float | None) -> Self:
        """The moment ``seconds`` from now; None means that there is no limit."""
        return cls(seconds)

    def remaining(self) -> float | None:
        """Seconds left, never negative; None means that there is no limit."""
        return None if self._end is None else max(0.0, self._end - monotonic())

    def check(self, op: str = "", service: str = "", path: str = "") -> None:
        """Raise OperationTimeout once the moment has passed."""
        if self._end is not None and monotonic() >= self._end:
            raise OperationTimeout(
                f"not finished within {self._seconds:g} s", op=op, service=service, path=path
            )


class _Current(threading.local):
    deadline: Deadline | None = None


current: Final = _Current()
"""By when the call that this thread is in must be finished, if it must."""


class within:  # noqa: N801 - reads as a statement
    """Let no request of this thread begin when a time is over: seconds, or a deadline."""

    __slots__ = ("_before", "_deadline")

    def __init__(self, limit: float | Deadline | None) -> None:
        if limit is None or isinstance(limit, Deadline):
            self._deadline = limit
        else:
            self._deadline = Deadline(limit)

    def __enter__(self) -> None:
        self._before, current.deadline = current.deadline, self._deadline

    def __exit__(self, *exc_info: object) -> None:
        current.deadline = self._before
