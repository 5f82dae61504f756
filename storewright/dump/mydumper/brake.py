"""Has Linux itself stop mydumper as it writes, so that it does not matter how late we look.

Where processors are scarce, who watches a disk may sleep for a tenth of a second, in which 15 MB
are written. A directory can be asked to send a signal to somebody when a file in it is changed:
sent to the one who changes it, SIGSTOP takes effect before its next system call.
"""

import fcntl
import logging
import os
import signal
import struct
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from threading import Lock
from typing import Final

__all__ = ["Brake", "Until"]

_log = logging.getLogger(__name__)

_F_SETOWN_EX: Final = 15
_THREAD, _GROUP = 0, 2


class Until(IntEnum):
    """How far mydumper may go until it is stopped for another look."""

    PAUSED = 0
    """As far as it likes: only we stop it."""
    NEXT_FILE = 1
    """Until one of its threads begins a file."""
    NEXT_WRITE = 2
    """Until one of its threads has written a statement."""


_EVENTS: Final = {Until.NEXT_FILE: fcntl.DN_CREATE, Until.NEXT_WRITE: fcntl.DN_MODIFY}


class Brake:
    """Stops the process that leads a group, and all of the group, when it writes to a folder.

    It stays stopped until somebody sends SIGCONT. What is under way in its other threads is still
    written. Where the kernel has no such signals, `works` becomes False, and nothing else happens.
    Any thread may set it.
    """

    def __init__(self, folder: Path, leader: int) -> None:
        self._folder, self._leader = folder, leader
        self._lock = Lock()
        self._wires: dict[Until, dict[tuple[int, int], int]] = {event: {} for event in _EVENTS}
        self.works = True

    def set(self, until: Until) -> None:
        """Let it go so far from now on, but continue nothing that is stopped.

        Threads that have begun since the last time are found, too.
        """
        with self._lock:
            for event, wires in self._wires.items():
                if event <= until:
                    self._arm(event, wires)
                else:
                    _disarm(wires)

    def close(self) -> None:
        """Never stop it again."""
        self.set(Until.PAUSED)

    def _arm(self, event: Until, wires: dict[tuple[int, int], int]) -> None:
        for owner in self._owners():
            if self.works and owner not in wires:
                self._add(_EVENTS[event], owner, wires)

    def _owners(self) -> Iterator[tuple[int, int]]:
        """Each thread by itself: a signal to the process waits for its first thread to wake up.

        Until then, which is when it gets a processor, the others would write on.
        """
        yield _GROUP, self._leader
        try:
            for task in Path(f"/proc/{self._leader}/task").iterdir():
                yield _THREAD, int(task.name)
        except FileNotFoundError:
            return

    def _add(self, event: int, owner: tuple[int, int], wires: dict[tuple[int, int], int]) -> None:
        wire = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.fcntl(wire, fcntl.F_SETSIG, signal.SIGSTOP)
            fcntl.fcntl(wire, _F_SETOWN_EX, struct.pack("ii", *owner))
            fcntl.fcntl(wire, fcntl.F_NOTIFY, event | fcntl.DN_MULTISHOT)
        except ProcessLookupError:  # the thread has ended
            os.close(wire)
        except OSError as error:
            os.close(wire)
            self.works = False
            _log.info("this kernel does not stop mydumper as it writes: %s", error.strerror)
        else:
            wires[owner] = wire


def _disarm(wires: dict[tuple[int, int], int]) -> None:
    for wire in wires.values():
        os.close(wire)
    wires.clear()
