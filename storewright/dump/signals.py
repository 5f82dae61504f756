"""SIGTERM ends a command like Ctrl-C: cleanly."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

__all__ = ["Interrupted", "interruptible"]


class Interrupted(KeyboardInterrupt):
    """The process was asked to end; ``exit_code`` is what a shell expects then."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@contextmanager
def interruptible() -> Generator[None]:
    """Raise Interrupted in the main thread when SIGTERM or SIGINT arrives."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, _interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted(number)
