"""Children of a test, and signals to processes in a moment that the load does not choose."""

import os
import signal
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

__all__ = ["PATIENCE", "await_true", "in_child", "signal_blocked", "signal_busy_or_blocked"]

PATIENCE: Final = 120.0
"""Seconds that anything may take on a machine that does much else."""

_TICKS = os.sysconf("SC_CLK_TCK")
_AT_WORK = (0.2 * _TICKS, 20)
"""Processor time, or calls that blocked, after which it is at work and not on its way to sleep."""


def await_true(what: str, condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)


def signal_blocked(process: "subprocess.Popen[Any]", number: int) -> None:
    """Send ``number`` once the main thread sits in a system call, which nobody ends."""
    end, before = time.monotonic() + PATIENCE, _seen(process)
    while process.poll() is None:
        assert time.monotonic() < end, "the process does not wait for anything"
        time.sleep(0.05)
        now = _seen(process)
        if now[0] == "S" and now == before:
            break
        before = now
    process.send_signal(number)


def signal_busy_or_blocked(process: "subprocess.Popen[str]", number: int) -> None:
    """Send ``number`` once the main thread sits in a system call, or has done much since.

    A signal that arrives in the microseconds before a call that blocks is not handled before that
    ends (decision record 0009). After it has said that it is ready, a program may be there: the
    more probably, the more others want the processor.
    """
    first = before = _seen(process)
    while process.poll() is None:
        time.sleep(0.05)
        state, used, switches = now = _seen(process)
        if state == "S" and now == before:
            break
        if used - first[1] > _AT_WORK[0] or switches - first[2] > _AT_WORK[1]:
            break
        before = now
    process.send_signal(number)


def in_child(work: Callable[[], bool]) -> bool:
    """Whether ``work`` holds in a forked child, which never runs anything else of the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other tests may have left threads
        child = os.fork()
    if not child:
        good = False
        try:
            good = work()
        finally:
            os._exit(0 if good else 1)
    return _status(child) == 0


def _status(child: int) -> int:
    """The exit code of a child, which is killed if it hangs."""
    end = time.monotonic() + PATIENCE
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            ended = os.waitpid(child, 0)
            break
        time.sleep(0.005)
    return os.waitstatus_to_exitcode(ended[1])


def _seen(process: "subprocess.Popen[Any]") -> tuple[str, int, int]:
    """State, clock ticks used, and how often the main thread has blocked; from Linux' /proc."""
    folder = Path(f"/proc/{process.pid}/task/{process.pid}")
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        status = (folder / "status").read_text()
    except OSError:  # it has ended, which the caller notices
        return "", 0, 0
    switches = status.partition("\nvoluntary_ctxt_switches:")[2].split()[0]
    return fields[0], int(fields[11]) + int(fields[12]), int(switches)
