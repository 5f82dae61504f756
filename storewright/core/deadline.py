"""How long an operation may take."""

from time import monotonic
from typing import Self, final

from storewright.core.errors import OperationTimeout

__all__ = ["Deadline"]


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
