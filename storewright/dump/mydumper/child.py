"""The mydumper process: its group, its log lines, its end."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from time import monotonic, sleep
from typing import IO, Final, Self, cast

from storewright.dump.errors import SourceFailed
from storewright.dump.program import outcome

__all__ = ["Child"]

_log = logging.getLogger(__name__)

# Linux ends a process whose parent is gone, even one that was stopped. It is asked for between fork
# and exec, which a process with threads can only have done by another program. Where processors are
# scarce, mydumper comes after this process, which must see in time that the disk fills; its nice
# value says so among the processes of its session, that of its "autogroup" among the sessions.
_LAUNCH: Final = """
import ctypes, os, sys
os.nice(5)
try:
    with open("/proc/self/autogroup", "w") as group:
        group.write("5")
except OSError:
    pass
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""
_STOPPED: Final = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
_RELEASES: Final = re.compile(
    r"unlocking tables|Global locks released|no-locks mode", re.IGNORECASE
)
# 1.0.1 calls it a warning that a query failed, then leaves out its rows, or reads them by a new
# connection, outside of the snapshot; and ends with 0.
_SAYS_FAILED: Final = re.compile(
    r"CRITICAL|\*\* ERROR|Shutting down gracefully|Failed to execute query|Error dumping table"
)
_WARNS: Final = re.compile(r"WARNING|\bError\b", re.IGNORECASE)
_RELEASE_SECONDS: Final = 0.02
"""From the line that tells of the release to the release itself: one statement."""
_HALT_SECONDS, _HALT_POLL_SECONDS = 0.005, 0.00005
_LAST_LINES_SECONDS: Final = 10.0


class Child:
    """A running mydumper, the leader of a session of its own, that never outlives this process.

    With `streams`, standard output is left to the caller, as `stdout`. `locks`: whether it may hold
    a global lock on the server until it says otherwise. After `stall_timeout` seconds without a new
    byte, or `timeout` in all, `check` gives it up.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        streams: bool,
        locks: bool = True,
        stall_timeout: float = 600.0,
        timeout: float | None = None,
    ) -> None:
        program = shutil.which(command[0])
        if program is None:
            raise SourceFailed(f"{command[0]} is not installed: apt-get install mydumper")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if streams else subprocess.STDOUT,
            start_new_session=True,  # a terminal's Ctrl-C is ours; the group is all of its children
        )
        self.handle = os.pidfd_open(self._process.pid)
        """A descriptor that is readable once it has ended."""
        self.paused = False
        self._stall_timeout, self._timeout = stall_timeout, timeout
        self._started = self._moved = monotonic()
        self._released: float | None = None if locks else self._started
        self._on_release: Callable[[], None] = _nothing
        self._lines: deque[str] = deque(maxlen=20)
        self._failure = ""
        lines = self._process.stderr if streams else self._process.stdout
        self._reader = Thread(target=self._read, args=(lines,), name="mydumper-log", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process, and its group and session."""
        return self._process.pid

    @property
    def stdout(self) -> IO[bytes]:
        """Its standard output, where that is the dump itself."""
        return cast(IO[bytes], self._process.stdout)

    @property
    def ended(self) -> bool:
        """Whether it has ended, well or not; `finish` says which."""
        return self._process.poll() is not None

    @property
    def locked(self) -> bool:
        """Whether it may hold the server's global lock, so that stopping it would stop others."""
        return self._released is None or monotonic() < self._released + _RELEASE_SECONDS

    def when_released(self, call: Callable[[], None]) -> None:
        """Have something called as soon as `locked` is False: at once, or by another thread."""
        self._on_release = call
        if not self.locked:
            call()

    @property
    def halted(self) -> bool:
        """Whether all of its threads stand still, be it by `pause` or by somebody else."""
        try:
            return os.waitid(os.P_PID, self.pid, _STOPPED) is not None
        except ChildProcessError:  # it has ended
            return False

    def halts(self) -> bool:
        """`halted`, or just about to be: then that is waited for, as it takes microseconds."""
        end = monotonic() + _HALT_SECONDS
        while not self.halted:
            if monotonic() > end or self.ended:
                return False
            sleep(_HALT_POLL_SECONDS)
        return True

    def check(self) -> None:
        """Raise SourceFailed if it has ended badly, or is to be given up."""
        if self.ended:
            if self._process.returncode:
                self.finish()
            return
        now = monotonic()
        if self._timeout is not None and now > self._started + self._timeout:
            raise SourceFailed(f"mydumper took more than {self._timeout:g} s: given up")
        if not self.paused and now > self._moved + self._stall_timeout:
            raise SourceFailed(f"mydumper wrote nothing for {self._stall_timeout:g} s: given up")

    def finish(self) -> None:
        """Wait for the end. Raises SourceFailed unless it was a good one.

        The exit status alone does not say: some versions end with 0 after an error or SIGTERM.
        """
        status = self._process.wait()
        self._reader.join(_LAST_LINES_SECONDS)
        if status:
            raise SourceFailed(f"mydumper {outcome(status)}: {self._reason()}")
        if self._failure:
            raise SourceFailed(f"mydumper ended with status 0, but said: {self._failure}")

    def written(self) -> None:
        """Tell that it was seen to write: it does not hang."""
        self._moved = monotonic()

    def pause(self) -> None:
        """Stop all of its processes at once. SIGTSTP would do nothing: the group is orphaned."""
        self._signal(signal.SIGSTOP)
        self.paused = True

    def resume(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)
        self.paused = False
        self.written()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what is left of it. Never SIGTERM, after which it may claim to be complete."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join(_LAST_LINES_SECONDS)
        os.close(self.handle)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self, lines: IO[bytes]) -> None:
        for line in lines:
            if text := line.decode(errors="replace").strip():
                self._told(text)

    def _told(self, line: str) -> None:
        self._lines.append(line)
        if self._released is None and _RELEASES.search(line):
            self._released = monotonic()
            sleep(_RELEASE_SECONDS)
            self._on_release()
        if _SAYS_FAILED.search(line):
            self._failure = self._failure or line
        level = logging.WARNING if _WARNS.search(line) or self._failure else logging.DEBUG
        _log.log(level, "mydumper: %s", line)

    def _reason(self) -> str:
        return self._failure or (self._lines[-1] if self._lines else "it said nothing")


def _nothing() -> None:
    """What follows from a release that nobody waits for."""
