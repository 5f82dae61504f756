"""A program whose output is read, and which does not run on when its reader has gone."""

import os
import signal
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import IO, Final, Self, cast

from storewright.dump.errors import SourceFailed

__all__ = ["Program", "outcome"]

_PATIENCE_SECONDS: Final = 5


class Program:
    """A program that `start` starts; after the ``with`` block it does not run any more.

    With `own_group` it is the first of a process group, all of which is stopped with it; without
    it may ask questions on the terminal. A signal that raises, at whatever moment, is no way out.
    """

    def __init__(self, command: Sequence[str], *, own_group: bool = True) -> None:
        self._command = command
        self._own_group = own_group
        self._lock = Lock()
        self._is_over = False
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> IO[bytes]:
        """Start it; returns its standard output. Raises SourceFailed if that is not possible."""
        # In a thread, for signals raise in the main one: in the middle of Popen, when the program
        # runs already and nobody knows it yet. They may raise before the thread is known, too.
        with ThreadPoolExecutor(1) as starter:
            starter.submit(self._start).result()
        return cast(IO[bytes], self._started[0].stdout)

    def wait(self) -> int:
        """Wait for its end; returns its status, which is below zero after a signal."""
        return self._started[0].wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:  # whoever is just starting it has then done so, or does not any more
            self._is_over = True
        for process in self._started:
            cast(IO[bytes], process.stdout).close()
            if process.poll() is None:
                self._stop(process)

    def _start(self) -> None:
        with self._lock:
            if not self._is_over:
                self._started.append(self._popen())

    def _popen(self) -> "subprocess.Popen[bytes]":
        group = 0 if self._own_group else None
        try:
            return subprocess.Popen(self._command, stdout=subprocess.PIPE, process_group=group)
        except OSError as error:
            raise SourceFailed(f"cannot run {self._command[0]}: {error.strerror}") from error

    def _stop(self, process: "subprocess.Popen[bytes]") -> None:
        self._signal(process, signal.SIGTERM)
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(process, signal.SIGKILL)
            process.wait()

    def _signal(self, process: "subprocess.Popen[bytes]", number: int) -> None:
        with suppress(ProcessLookupError):
            if self._own_group:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)


def outcome(status: int) -> str:
    """How a program ended, in words."""
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
