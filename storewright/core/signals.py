"""Turning a signal that would kill the process into an exception that unwinds it."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

__all__ = ["abort_on_signal"]


@contextmanager
def abort_on_signal(*signals: int) -> Generator[None]:
    """Let ``signals`` (SIGTERM, if none are given) end the block by SystemExit.

    By default SIGTERM kills a process at once, and the uploads of its open writers stay behind.
    Inside this block it raises SystemExit(128 + signal) in the main thread, so every ``with``
    aborts its writer. The same signal again is ignored until the block has ended. Only the main
    thread can use it (ValueError elsewhere), and a request under way is waited for.
    """
    numbers = signals or (signal.SIGTERM,)

    def unwind(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    former = {number: signal.signal(number, unwind) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
