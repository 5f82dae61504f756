"""Signals that ask the process to end, and what they do to open writers.

By default SIGTERM ends a process between two instructions, and the uploads of its writers stay
behind. So the first writer that is opened in the main thread puts a handler in the place of that
default (never in the place of anything else), and the last one takes it away. The handler changes
when the process ends, not whether, nor what its parent is told: it raises :class:`Signalled` in
the main thread, has every open writer aborted, and then the process dies by SIGTERM.
:func:`leave_sigterm_alone` turns it off; decision record 0009 says why it is on.

Nothing here knows what a writer is: ``storewright.core.ending`` says what is open and ends it.
"""

import _thread
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, Protocol

__all__ = ["Signalled", "abort_on_signal", "leave_sigterm_alone"]

_GRACE: Final = 5.0
"""Seconds that the program has for its own clean-up, once nothing of ours is open any more."""


class Signalled(SystemExit):
    """The process was asked to end by the signal ``number``.

    Uncaught it ends the process with 128 + ``number``, as shells expect.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number

    @property
    def name(self) -> str:
        """The signal's name, such as ``"SIGTERM"``."""
        return signal.Signals(self.number).name


class Open(Protocol):
    """All that is open and must not stay behind."""

    def __bool__(self) -> bool:
        """Whether anything is open, or still being aborted."""
        ...

    def end(self, why: str) -> None:
        """Abort everything, from any thread, and say so; returns when all is over."""
        ...


class _Request:
    """A signal that asked the process to end, and the thread that sees to it."""

    def __init__(self, number: int, everything: Open, afterwards: Callable[[], object]) -> None:
        self.number, self._open, self._afterwards = number, everything, afterwards
        self.overdue = False
        self._over = threading.Event()
        # The handler may have come in the middle of `Thread.start`, which takes a lock.
        with suppress(RuntimeError):  # no thread can be started: the main thread unwinds all alone
            _thread.start_new_thread(self._see_to_it, ())

    @property
    def why(self) -> str:
        return f"the process was asked to end by {signal.Signals(self.number).name}"

    def _see_to_it(self) -> None:
        try:
            self._open.end(self.why)
        finally:
            self._over.set()
            self._afterwards()

    def wait(self) -> None:
        """Wait until nothing is open any more."""
        self._over.wait(_GRACE)


class _Process:
    """What signals do to this process. Its methods are for the main thread, but for ``why``."""

    def __init__(self) -> None:
        self.open: Open | None = None
        self.enabled = True
        self.request: _Request | None = None

    @property
    def why(self) -> str:
        """Why nothing may be opened any more; empty if it may."""
        return "" if self.request is None else self.request.why

    def arm(self) -> None:
        """Something was opened: take SIGTERM, if nobody else has."""
        if self.enabled and _in_main_thread() and signal.getsignal(_TERM) == signal.SIG_DFL:
            with suppress(ValueError):  # a subinterpreter may not
                signal.signal(_TERM, self._terminate)

    def disarm(self) -> None:
        """Nothing is open: give SIGTERM back, if it is still ours."""
        if self.request is None and _in_main_thread() and self._armed:
            signal.signal(_TERM, signal.SIG_DFL)

    @property
    def _armed(self) -> bool:
        return signal.getsignal(_TERM) == self._terminate

    def _terminate(self, number: int, _frame: FrameType | None) -> None:
        request = self.request
        if request is None and self.open:
            self.request = _Request(number, self.open, self._insist)
            raise Signalled(number)
        if request is None or request.overdue:
            self._die(number)

    def _insist(self) -> None:
        """End the process although the program caught the exception, or waits for its threads."""
        request = self.request
        threading.Event().wait(_GRACE)
        if request is not None and request is self.request:
            request.overdue = True
            signal.pthread_kill(_main_ident(), request.number)

    @staticmethod
    def _die(number: int) -> None:
        """End as if nobody had handled the signal, which process 1 of a container survives."""
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def at_exit(self) -> None:
        """The interpreter ends, and everything is aborted: die by the signal that asked for it."""
        if (request := self.request) is not None and self._armed:
            request.wait()
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):
                    stream.flush()
            self._die(request.number)

    def after_fork(self) -> None:
        """A forked child has nothing open."""
        self.request = None
        self.disarm()

    def unwind(self, number: int, _frame: FrameType | None) -> None:
        """The handler of :func:`abort_on_signal`. Whoever presses Ctrl-C again means it."""
        if self.request is not None and number != signal.SIGINT:
            return
        if self.open:
            self.request = _Request(number, self.open, lambda: None)
        raise Signalled(number)


_TERM: Final = signal.SIGTERM
process: Final = _Process()


def _in_main_thread() -> bool:
    return threading.get_ident() == _main_ident()


def _main_ident() -> int:
    return threading.main_thread().ident or 0


def leave_sigterm_alone() -> None:
    """Never handle SIGTERM in this process: an open writer then leaves its upload behind.

    For programs that want the system's default. One that handles SIGTERM itself, or ignores it,
    need not call this: handlers of others are never replaced. From the main thread.
    """
    process.enabled = False
    process.disarm()


@contextmanager
def abort_on_signal(*signals: int) -> Generator[None]:
    """Let ``signals`` (SIGTERM, if none are given) end the block by :class:`Signalled`.

    It is raised in the main thread, so every ``with`` there aborts its writer. The writers of
    other threads are aborted too, and until the block has ended none can be opened. A signal that
    comes again before that is ignored, but for SIGINT; one that the process ignores stays ignored.
    Only the main thread can use it (ValueError elsewhere), and a request under way is waited for.

    A single writer in the main thread needs none of this against SIGTERM. It is for writers in
    other threads, for other signals, and for a program that wants to go on afterwards.
    """
    asked = signals or (_TERM,)
    numbers = [number for number in asked if signal.getsignal(number) is not signal.SIG_IGN]
    former = {number: signal.signal(number, process.unwind) for number in numbers}
    request = process.request
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        process.request = request
