"""When mydumper is stopped, and when it goes on: so that the disk never holds more than allowed."""

import logging
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol

from storewright.dump.errors import OptionInvalid, SourceFailed
from storewright.dump.mydumper.brake import Until
from storewright.dump.mydumper.figures import Figures
from storewright.dump.progress import size_text

__all__ = ["Braked", "Pacer", "Pausable", "fitting_threads", "needed_disk"]

_log = logging.getLogger(__name__)

_STATEMENT: Final = 1_000_000
"""Bytes of one statement of mydumper's, by which a file exceeds its size."""
_USABLE: Final = 0.75
"""The part of the limit that open files may take: the rest is for stopping in time."""
_MOST_THREADS: Final = 4
_SHORTEST, _LONGEST, _PAUSED = 0.001, 0.05, 0.005
"""Seconds between two looks."""
_LEAST_RATE: Final = 100e6
"""Bytes a second that are reckoned with even if less was seen: a dump is not even."""
_LEAST_GAP: Final = 0.01
"""Seconds by which a look is reckoned to come late: others want the processors, too."""
_WINDOW: Final = 0.03
"""Seconds over which the rate is measured; the highest rate is remembered for a second or so."""


class Pausable(Protocol):
    """What can be stopped and continued."""

    paused: bool

    @property
    def locked(self) -> bool:
        """Whether it must not be stopped now."""
        ...

    def pause(self) -> None:
        """Stop it."""
        ...

    def resume(self) -> None:
        """Let it go on."""
        ...

    def written(self) -> None:
        """Note that it has written something."""
        ...


class Braked(Protocol):
    """What stops it as it writes, however late the next look comes."""

    works: bool

    def set(self, until: Until) -> None:
        """Let it go so far."""
        ...


def needed_disk(threads: int, chunk_size: int) -> int:
    """Bytes of disk without which so many threads could be stopped for ever.

    Only finished files can be uploaded and deleted, so there must be room for an unfinished one of
    each thread, which exceeds `chunk_size` bytes by a statement, and for one more statement each.
    """
    return int(_file_slice(threads, chunk_size) / _USABLE)


def _file_slice(threads: int, chunk_size: int) -> int:
    """Bytes that are written at most until a file is begun, even if each thread just began one."""
    return threads * (chunk_size + 2 * _STATEMENT)


def _write_slice(threads: int) -> int:
    """Bytes that are written at most until a write ends: one of each thread, and those before."""
    return 2 * threads * _STATEMENT


def fitting_threads(limit: int, chunk_size: int, wanted: int | None, least: int = 1) -> int:
    """How many threads may write files of `chunk_size` within `limit` bytes of disk.

    Raises OptionInvalid if those that are `wanted` may not, or not even `least`.
    """
    threads = wanted or max(
        (n for n in range(least, _MOST_THREADS + 1) if needed_disk(n, chunk_size) <= limit),
        default=least,
    )
    needed = needed_disk(threads, chunk_size)
    if needed > limit:
        raise OptionInvalid(
            f"{size_text(limit)} of disk are too little for {threads} threads with files of"
            f" {size_text(chunk_size)}: allow {size_text(needed)}, or make files smaller"
        )
    return threads


class Pacer:
    """Stops a mydumper before the limit is reached, and continues it when there is room again.

    `look` is called with what is on disk; it returns how many seconds later it wants to be called
    again, which is sooner the nearer the limit is and the faster the disk is being filled. A look
    that comes late costs time, but no disk: the brake is set so that what is written until it
    takes hold, and no more, fits in.
    """

    def __init__(
        self,
        child: Pausable,
        brake: Braked,
        limit: int,
        figures: Figures,
        *,
        threads: int,
        chunk_size: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._child, self._brake, self._limit = child, brake, limit
        self._figures, self._clock = figures, clock
        self._file_slice = _file_slice(threads, chunk_size)
        self._write_slice = _write_slice(threads)
        self._until = Until.PAUSED
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._gap = _SHORTEST
        self.rate = 0.0
        """Bytes a second: the most that it has lately written."""
        self._looked = clock()
        self._paused_at = 0.0

    @property
    def brakes(self) -> bool:
        """Whether it is stopped as soon as it begins a file."""
        return self._brake.works and self._until is not Until.PAUSED

    def look(self, used: int, freed: int, waiting: int, *, halted: bool = False) -> float:
        """Decide. `used` bytes are on disk, `freed` were; `waiting` files can yet be deleted.

        `halted`: whether all of it stood still already when `used` was counted. Raises SourceFailed
        if the limit is reached and stopping would not help, or harm others.
        """
        self._measure(used + freed)
        self._figures.used(used)
        if self._child.paused:
            if not waiting or used <= self._low():
                self._brake_for(used)
                self._resume()
            return _PAUSED
        if used >= self._stop_at():
            if waiting and not self._child.locked:
                self._pause()
                return _PAUSED
            if used >= self._limit:
                raise SourceFailed(self._why_not())
        self._brake_for(used)
        if halted:
            self._child.resume()
        return self._next_look(used)

    def end(self) -> None:
        """It has ended, or is about to be killed: count the pause that it may be in."""
        if self._child.paused:
            self._figures.paused_seconds += self._clock() - self._paused_at

    def _measure(self, written: int) -> None:
        """Learn how fast the disk is filled, and how late looks come; only while it is."""
        now = self._clock()
        gap, self._looked = now - self._looked, now
        last = self._seen[-1][1]
        if written > last:
            self._child.written()
            if self._until is Until.NEXT_WRITE:  # rows may be larger than a statement should be
                self._write_slice = max(self._write_slice, written - last)
        if self._child.paused:
            return
        # Both decay, so that one moment is not held against the whole dump.
        self._gap = max(gap, self._gap * 0.995)
        self._seen.append((now, max(written, last)))
        while len(self._seen) > 2 and self._seen[1][0] < now - _WINDOW:
            self._seen.popleft()
        (first, before), (now, total) = self._seen[0], self._seen[-1]
        if now - first >= _WINDOW:
            self.rate = max((total - before) / (now - first), self.rate * 0.995)

    def _brake_for(self, used: int) -> None:
        """Have it stopped before more is written than there is room for."""
        if self._child.locked:
            return  # nobody has set it, and whoever waits for the lock would be stopped, too
        if self._limit - used < self._file_slice or self._until is Until.PAUSED:
            # At first `used` is of a time when the brake was not set.
            self._until = Until.NEXT_WRITE
        else:
            self._until = Until.NEXT_FILE
        self._brake.set(self._until)

    def _next_look(self, used: int) -> float:
        if self._child.locked:
            return _PAUSED  # the brake is wanted as soon as it may be set
        room = self._stop_at() - used
        if self._until is Until.NEXT_WRITE or room <= 0:
            return _SHORTEST
        return min(_LONGEST, max(_SHORTEST, room / (2 * max(self.rate, _LEAST_RATE))))

    def _stop_at(self) -> int:
        """Where to stop: what is written until that takes hold must still fit in."""
        reserve = max(self._limit / 4, self._write_slice)
        if not self._brake.works:  # it goes on until the look after the next
            reserve = max(reserve, 2 * self.rate * max(self._gap, _LEAST_GAP))
        return int(self._limit - min(reserve, self._limit / 2))

    def _low(self) -> int:
        """Where to go on: a quarter below, so that it is not stopped again at once."""
        return int(self._stop_at() - self._limit / 4)

    def _pause(self) -> None:
        self._child.pause()
        self._paused_at = self._clock()
        self._figures.pauses += 1
        _log.debug("mydumper stands still: %s are on disk", size_text(self._figures.disk_used))

    def _resume(self) -> None:
        self._child.resume()
        now = self._clock()
        self._figures.paused_seconds += now - self._paused_at
        written = self._seen[-1][1]
        self._seen.clear()
        self._seen.append((now, written))
        self._looked = now

    def _why_not(self) -> str:
        limit = f"the disk limit of {size_text(self._limit)} is reached"
        if self._child.locked:
            return f"{limit} while mydumper holds the server's global lock: allow more disk"
        return f"{limit} by files that mydumper still writes: allow more disk, or fewer threads"
