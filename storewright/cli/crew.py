"""Doing many things at once, a few at a time, and stopping all of them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Semaphore
from typing import TypeVar

from storewright.cli.failures import ONE_ITEM, Reported, report
from storewright.cli.transfer import CalledOff

__all__ = ["each_of"]

T = TypeVar("T")


def each_of(items: Iterable[T], action: Callable[[T], object], *, jobs: int, stop: Event) -> None:
    """Do ``action`` for every item in ``jobs`` threads, taking items only when a thread is free.

    A failure of one item is reported at once and the others go on; Reported is raised at the end.
    Any other failure, an interruption among them, sets ``stop``, waits for what is under way, and
    passes through.
    """
    outcome = _Outcome(stop)
    free = Semaphore(jobs)

    def run(item: T) -> None:
        try:
            if not stop.is_set():
                outcome.of(action, item)
        finally:
            free.release()

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for item in items:
                free.acquire()
                if stop.is_set():
                    free.release()
                    break
                pool.submit(run, item)
            for _ in range(jobs):  # until all have ended, but not deaf to signals
                free.acquire()
        except BaseException:
            stop.set()
            raise
    outcome.tell()


class _Outcome:
    """Collects what happened in the threads."""

    def __init__(self, stop: Event) -> None:
        self._stop, self._lock = stop, Lock()
        self._code = 0
        self._fatal: BaseException | None = None

    def of(self, action: Callable[[T], object], item: T) -> None:
        try:
            action(item)
        except ONE_ITEM as error:
            with self._lock:
                self._code = report(error)
        except CalledOff:
            pass
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            with self._lock:
                self._fatal = self._fatal or error
            self._stop.set()

    def tell(self) -> None:
        """Raise what is to be raised."""
        if self._fatal is not None:
            raise self._fatal
        if self._code:
            raise Reported(self._code)
