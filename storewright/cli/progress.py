"""How far a transfer is: a bar on a terminal, silence elsewhere."""

import sys
from threading import Lock
from typing import Any, Protocol, Self

from storewright.cli.session import Settings

__all__ = ["Meter", "meter"]


class Meter(Protocol):
    """Counts bytes, from any thread, inside its ``with``."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...
    def expect(self, size: int | None) -> None:
        """So many more bytes are to come; None if that is not known."""
        ...

    def advance(self, size: int) -> None:
        """So many more bytes have been moved."""
        ...

    def done(self) -> None:
        """One more object is complete."""
        ...


def meter(settings: Settings, label: str) -> Meter:
    """A bar if a person is looking, and something silent if not."""
    wanted = settings.progress and not settings.verbose and sys.stderr.isatty()
    return _Bar(label) if wanted else _Silent()


class _Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Do nothing."""

    def expect(self, size: int | None) -> None:
        """Do nothing."""

    def advance(self, size: int) -> None:
        """Do nothing."""

    def done(self) -> None:
        """Do nothing."""


class _Bar:
    """Bytes, speed and the time left, on standard error; it goes when all is done."""

    def __init__(self, label: str) -> None:
        self._label, self._objects, self._lock = label, 0, Lock()
        self._total: int | None = None
        self._bar = _rich_bar()
        self._task = self._bar.add_task(label, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._bar.stop()

    def expect(self, size: int | None) -> None:
        """Make the bar longer."""
        with self._lock:
            self._total = (self._total or 0) + (size or 0)
            self._bar.update(self._task, total=self._total)

    def advance(self, size: int) -> None:
        """Move the bar."""
        self._bar.advance(self._task, size)

    def done(self) -> None:
        """Count the object."""
        with self._lock:
            self._objects += 1
        if self._objects > 1:
            self._bar.update(self._task, description=f"{self._label}: {self._objects} objects")


def _rich_bar() -> Any:
    """Rich is imported by those who see it."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,  # what is printed there is data
        transient=True,
    )
