"""What becomes of open writers when the process ends, is asked to end, or forks."""

import atexit
import logging
import os
import weakref
from contextlib import ExitStack
from typing import Final, Protocol

from storewright.core.errors import WriterAborted
from storewright.core.signals import process
from storewright.core.upload import aborting, finish_aborts

__all__ = ["Ending", "check_not_ending", "closed", "opened"]

_PATIENCE: Final = 20.0
"""Seconds that parts under way have to end, once a signal has asked the process to end."""
_NOBODY: Final = 99
"""Further up than any caller of ours: a warning at the interpreter's exit is nobody's line."""
_log = logging.getLogger("storewright")


class Ending(Protocol):
    """A writer, as far as its end is concerned."""

    def abandon(self, why: str, *, stacklevel: int) -> None:
        """Abort, and warn of it."""
        ...

    def interrupt(self, why: str) -> bool:
        """Abort without waiting for it, from any thread; whether somebody should be told."""
        ...

    def disown(self) -> None:
        """Refuse everything, in a forked child."""
        ...


# By id. Not a WeakSet: a destructor that runs while one is iterated would change it.
_open: Final[dict[int, "weakref.ref[Ending]"]] = {}


def check_not_ending(service: str, path: str) -> None:
    """Raise WriterAborted if a signal has asked the process to end."""
    if why := process.why:
        raise WriterAborted(why, op="open_writer", service=service, path=path)


def opened(writer: Ending) -> None:
    """``writer`` has to be seen to."""
    _open[id(writer)] = weakref.ref(writer)
    process.arm()


def closed(writer: Ending) -> None:
    """The outcome of ``writer`` is decided."""
    _open.pop(id(writer), None)
    if not _OPEN:
        process.disarm()


def _still_open() -> list[Ending]:
    return [writer for known in _open.copy().values() if (writer := known()) is not None]


class _Open:
    """All writers of this process that are open, or still being aborted."""

    def __bool__(self) -> bool:
        return bool(_open) or aborting()

    def end(self, why: str) -> None:
        """Abort them, from any thread, and say so; returns when that is done."""
        while writers := _still_open():
            for writer in writers:
                if writer.interrupt(why):
                    _log.warning("%r: aborted, nothing is published: %s", writer, why)
        finish_aborts(_PATIENCE)


_OPEN: Final = _Open()
process.open = _OPEN


@atexit.register
def _at_exit() -> None:
    with ExitStack() as stack:  # each is called, even where a warning is an error
        stack.callback(process.at_exit)
        stack.callback(finish_aborts)
        for writer in _still_open():
            why = "was still open when the interpreter ended"
            stack.callback(writer.abandon, why, stacklevel=_NOBODY)


def _in_child() -> None:
    for writer in _still_open():
        writer.disown()
    _open.clear()
    process.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
