"""Running tasks in threads: bounded, first error wins, and nothing goes on after it."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import Empty, Full, Queue
from threading import Event
from typing import Final, Generic, TypeAlias, TypeVar

from storewright.dump.errors import Stopped

__all__ = ["Channel", "Stop", "Task", "run"]

Task: TypeAlias = Callable[[], None]

_T = TypeVar("_T")
_POLL_SECONDS: Final = 0.1


class Stop:
    """A flag that calls the work off; threads look at it now and then."""

    def __init__(self) -> None:
        self._event = Event()
        self._callbacks: list[Callable[[], None]] = []

    def check(self) -> None:
        """Raise Stopped if the work was called off."""
        if self._event.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait so long. Raises Stopped as soon as the work is called off."""
        self._event.wait(seconds)
        self.check()

    def on_set(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called, by the thread that calls the work off."""
        self._callbacks.append(callback)

    def set(self) -> None:
        """Call the work off."""
        self._event.set()
        for callback in self._callbacks:
            callback()


class Channel(Generic[_T]):
    """A queue whose waiting ends when the work is called off; ``size`` 0 means unbounded."""

    def __init__(self, stop: Stop, size: int = 0) -> None:
        self._stop = stop
        self._queue: Queue[_T] = Queue(size)

    def put(self, item: _T) -> None:
        """Wait for room. Raises Stopped."""
        while True:
            self._stop.check()
            try:
                return self._queue.put(item, timeout=_POLL_SECONDS)
            except Full:
                continue

    def get(self) -> _T:
        """Wait for an item. Raises Stopped."""
        while True:
            self._stop.check()
            try:
                return self._queue.get(timeout=_POLL_SECONDS)
            except Empty:
                continue


def run(tasks: Iterable[Task], threads: int, stop: Stop) -> None:
    """Run the tasks, up to ``threads`` at a time, and return when all have ended.

    The calling thread only waits, so that signals reach it at once. After an error, here or in a
    task, the work is called off and the error raised when every thread has ended.
    """
    executor = ThreadPoolExecutor(threads, thread_name_prefix="storewright-dump")
    pending: set[Future[None]] = set()
    try:
        for task in tasks:
            pending.add(executor.submit(task))
            if len(pending) >= 2 * threads:
                pending = _reap(pending)
        while pending:
            pending = _reap(pending)
    except BaseException:
        stop.set()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _reap(pending: set[Future[None]]) -> set[Future[None]]:
    """Wait for a task to end, raise its error if it has one, return the others."""
    done, left = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return left
