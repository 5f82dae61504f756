"""The threads that send parts, and the account of every call of the sink that is under way.

The account is what makes an abort clean: it lets no new call begin and waits for the last one.
Nothing here refers to the writer, so that a dropped writer is collected at once, and the lock may
be taken again by a destructor that runs inside it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from copy import copy
from typing import Final, ParamSpec, TypeVar, final

from storewright.core.deadline import Deadline
from storewright.core.errors import StorageError

__all__ = ["Crew", "in_background"]

P = ParamSpec("P")
T = TypeVar("T")
Task = Callable[[], None]

# The interpreter takes its lock from a busy thread after 5 ms only: until then, nothing is sent.
_HAND_OVER: Final = 0.00005
# A process that was killed while a lock was held is not waited for at exit: threads are daemons.
_DAEMON: Final = True


def in_background(work: Task, name: str) -> None:
    """Run ``work`` in a thread of its own; at once where no thread can be started any more."""
    thread = threading.Thread(target=copy_context().run, args=(work,), name=name, daemon=_DAEMON)
    try:
        thread.start()
    except RuntimeError:  # the interpreter is shutting down
        work()


@final
class Crew:
    """Carries out tasks in a few threads, and knows what is under way in any thread.

    Threads are started when they are first needed. Once the crew is stopped, no call begins.
    """

    def __init__(self, deadline: Deadline, where: tuple[str, str, str]) -> None:
        self._deadline, self._where = deadline, where
        lock = threading.RLock()
        self._gate: Final = threading.Condition(lock)
        self._work_there: Final = threading.Condition(lock)
        """Threads without work wait apart, lest the end of each task wake them all."""
        self._queue: deque[Task] = deque()
        self._threads = self._idle = self._busy = 0
        self._callers: list[int] = []
        self._stopped = False
        self.timed: Final = deadline.remaining() is not None
        """Whether there is a deadline, so that :meth:`check` is worth a call."""
        self.trouble: BaseException | None = None
        """Why nothing more can be sent: the first failure, or what it was stopped with."""

    def check(self) -> None:
        """Raise what went wrong before, or OperationTimeout when the time is up."""
        if self.trouble is not None:
            raise self.trouble
        self._deadline.check(*self._where)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in this thread, on the account."""
        try:
            with self._gate:
                self.check()
                self._callers.append(threading.get_ident())
            return function(*args, **kwargs)
        finally:
            self.leave()

    def submit(self, task: Task, limit: int) -> None:
        """Have ``task`` done in another thread; waits while ``limit`` tasks are not done yet."""
        with self._gate:
            self._wait(lambda: self._busy < limit)
            if self._idle <= len(self._queue) and self._threads < limit:
                self._hire()
            self._busy += 1
            self._queue.append(task)
            self._work_there.notify()
        time.sleep(_HAND_OVER)

    def drain(self) -> None:
        """Wait until all tasks are done."""
        self.wait(lambda: not self._busy)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so; raises as :meth:`check` does if it cannot come to that."""
        with self._gate:
            self._wait(ready)

    def settle(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so, whatever went wrong: for memory that is borrowed."""
        with self._gate:
            while not ready():
                self._gate.wait()

    def fail(self, error: BaseException) -> None:
        """Keep the first failure for whoever calls next, and drop what has not begun."""
        with self._gate:
            self.trouble = self.trouble or error
            self._drop_queue()
            self._gate.notify_all()
            self._work_there.notify_all()

    def stop(self, reason: BaseException) -> bool:
        """Let nothing begin any more; False if that was so already."""
        with self._gate:
            if self._stopped:
                return False
            self._stopped = True
            self.fail(reason)
            return True

    def strip(self) -> None:
        """Let go of the frames that the failure went through: they hold the caller's data."""
        if isinstance(self.trouble, StorageError):
            bare = copy(self.trouble)
            bare.__cause__ = self.trouble.__cause__
            self.trouble = bare

    def quiesce(self) -> None:
        """Wait until no call is under way in any thread."""
        self.settle(lambda: not self._callers)

    def leave(self) -> None:
        """Take this thread off the account, however it was interrupted."""
        with self._gate:
            if self.calling:
                self._callers.remove(threading.get_ident())
            self._gate.notify_all()

    @property
    def stopped(self) -> bool:
        """Whether no call may begin any more."""
        return self._stopped

    @property
    def busy(self) -> bool:
        """Whether tasks are under way or queued."""
        return self._busy > 0

    @property
    def under_way(self) -> bool:
        """Whether a call is under way in any thread."""
        return bool(self._callers)

    @property
    def calling(self) -> bool:
        """Whether this very thread is inside a call: then waiting for it would never end."""
        return threading.get_ident() in self._callers

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not ready():
            self.check()
            self._gate.wait(self._deadline.remaining())
        self.check()

    def _hire(self) -> None:
        self._threads += 1
        name = f"storewright-part-{self._threads}"
        run, work = copy_context().run, self._work
        threading.Thread(target=run, args=(work,), name=name, daemon=_DAEMON).start()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except BaseException as error:  # noqa: BLE001 - it is raised in the writer's thread
                self.fail(error)
            task = None  # what it refers to must not live until the next one comes
            self._done()

    def _next(self) -> Task | None:
        """The next task, already on the account; None when there will be none."""
        with self._gate:
            self._idle += 1
            while not self._queue and not self._stopped:
                self._work_there.wait()
            self._idle -= 1
            if not self._queue:
                return None
            self._callers.append(threading.get_ident())
            return self._queue.popleft()

    def _done(self) -> None:
        with self._gate:
            self._busy -= 1
            self.leave()

    def _drop_queue(self) -> None:
        self._busy -= len(self._queue)
        self._queue.clear()
