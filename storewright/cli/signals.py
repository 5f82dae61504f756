"""Ctrl-C and SIGTERM as exceptions, so that whatever is being written is aborted."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

__all__ = ["Signalled", "signals_raise"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signalled(KeyboardInterrupt):
    """The process was asked to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What shells expect of a process that a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.number


@contextmanager
def signals_raise() -> Generator[None]:
    """Raise Signalled in the main thread for signals that ask to end; ignored ones stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = [n for n in _SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
    former = {number: signal.signal(number, _raise) for number in wanted}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    raise Signalled(number)
