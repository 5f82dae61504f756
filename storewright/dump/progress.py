"""Telling how far it is: a bar on a terminal, log lines elsewhere, nothing to libraries."""

import logging
import sys
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final, Protocol

__all__ = ["LogProgress", "NoProgress", "Progress", "RichProgress", "default_progress", "size_text"]

_log = logging.getLogger(__name__)
_LOG_SECONDS: Final = 10.0
_STALLED: Final = ", nothing new since the last line"


class Progress(Protocol):
    """What dump, restore and verify call; ``advance`` from any thread."""

    def begin(self, label: str, rows: int) -> None:
        """Work begins on about so many rows."""
        ...

    def advance(self, rows: int, size: int) -> None:
        """So many more rows, and bytes of files, are done."""
        ...

    def end(self) -> None:
        """The work has ended, well or not."""
        ...


class NoProgress:
    """Tells nothing."""

    def begin(self, label: str, rows: int) -> None:
        """Ignore it."""

    def advance(self, rows: int, size: int) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""


class LogProgress:
    """One log line every ten seconds, above all when nothing goes on."""

    def __init__(self, interval: float = _LOG_SECONDS) -> None:
        self._interval = interval
        self._lock = Lock()
        self._label, self._total, self._rows, self._size = "", 0, 0, 0
        self._start = 0.0
        self._ended = Event()
        self._teller: Thread | None = None

    def begin(self, label: str, rows: int) -> None:
        """Start counting."""
        self._label, self._total, self._rows, self._size = label, rows, 0, 0
        self._start = monotonic()
        self._ended = Event()
        self._teller = Thread(target=self._tell, name="storewright-progress", daemon=True)
        self._teller.start()

    def advance(self, rows: int, size: int) -> None:
        """Count."""
        with self._lock:
            self._rows += rows
            self._size += size

    def end(self) -> None:
        """Log the totals."""
        self._ended.set()
        if self._teller is not None:
            self._teller.join()
        _log.info("%s", self._line(monotonic() - self._start))

    def _tell(self) -> None:
        told = 0
        while not self._ended.wait(self._interval):
            seconds = monotonic() - self._start
            stalls = self._size == told
            told = self._size
            _log.info("%s%s", self._line(seconds), _STALLED if stalls else self._left(seconds))

    def _line(self, seconds: float) -> str:
        rows = f"{self._rows:,} of about {self._total:,} rows, "
        counted = rows if self._rows or self._total else ""  # not of what others write
        return f"{self._label}: {counted}{size_text(self._size)} in {seconds:.1f} s"

    def _left(self, seconds: float) -> str:
        if not self._rows:
            return ""
        left = max(0, self._total - self._rows) * seconds / self._rows
        return f", about {left:.0f} s left"


class RichProgress:
    """A bar with rows, bytes, speed and the time left, on standard error."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import (
            Progress as Bar,
        )

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TextColumn("{task.fields[size]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", start=False, total=None, size="")
        self._lock = Lock()
        self._size = 0

    def begin(self, label: str, rows: int) -> None:
        """Show the bar."""
        self._size = 0
        self._bar.reset(self._task, description=label, total=rows or None, size="")
        self._bar.start()

    def advance(self, rows: int, size: int) -> None:
        """Move the bar."""
        with self._lock:
            self._size += size
            self._bar.update(self._task, advance=rows, size=size_text(self._size))

    def end(self) -> None:
        """Remove the bar."""
        self._bar.stop()


def default_progress() -> Progress:
    """A bar if standard error is a terminal, log lines otherwise."""
    return RichProgress() if sys.stderr.isatty() else LogProgress()


def size_text(size: float) -> str:
    """``size`` bytes for people, for example ``12.3 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
