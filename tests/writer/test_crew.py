"""The account of calls: once stopped nothing begins, and what has begun is waited for."""

import contextvars
import threading

import pytest

from storewright.core.crew import Crew, in_background
from storewright.core.deadline import Deadline
from storewright.core.errors import OperationTimeout
from tests.processes import PATIENCE
from tests.writer.conftest import Clock


class Stop(Exception):
    """Why a crew is stopped."""


def crew(seconds: float | None = None) -> Crew:
    return Crew(Deadline(seconds), ("write", "memory", "a"))


def test_what_has_not_begun_when_it_stops_never_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    def hire_nobody(self: Crew) -> None:
        """Stands for threads that are slow to start."""

    monkeypatch.setattr(Crew, "_hire", hire_nobody)
    one, done = crew(), list[int]()
    one.submit(lambda: done.append(1), limit=2)
    assert one.busy
    assert one.stop(Stop())
    assert not one.busy
    one._work()
    assert done == []


def test_only_the_first_stop_counts() -> None:
    one = crew()
    assert one.stop(Stop("first"))
    assert not one.stop(Stop("second"))
    with pytest.raises(Stop, match="first"):
        one.check()
    with pytest.raises(Stop, match="first"):
        one.call(int)
    with pytest.raises(Stop, match="first"):
        one.submit(lambda: None, limit=1)


def test_quiesce_waits_for_calls_in_any_thread() -> None:
    one, ended = crew(), list[str]()
    begun, gate = threading.Barrier(3), threading.Event()

    def work() -> None:
        begun.wait(PATIENCE)
        gate.wait(PATIENCE)
        ended.append("task")

    one.submit(work, limit=1)
    caller = threading.Thread(target=lambda: one.call(work))
    caller.start()
    begun.wait(PATIENCE)
    one.stop(Stop())
    threading.Timer(0.05, gate.set).start()
    one.quiesce()
    assert len(ended) == 2
    caller.join()


def test_a_deadline_ends_every_wait(clock: Clock) -> None:
    one, gate = crew(0.05), threading.Event()

    def work() -> None:
        gate.wait(PATIENCE)

    one.submit(work, limit=1)
    threading.Timer(0.1, clock.advance).start()
    with pytest.raises(OperationTimeout, match="write: memory: a"):
        one.submit(lambda: None, limit=1)
    with pytest.raises(OperationTimeout):
        one.drain()
    gate.set()
    one.stop(Stop())
    one.quiesce()


def test_tasks_see_the_context_of_the_writer() -> None:
    """Tracing belongs to whoever opened the writer."""
    variable, seen = contextvars.ContextVar[str]("variable"), list[str]()
    variable.set("mine")
    one = crew()
    one.submit(lambda: seen.append(variable.get()), limit=1)
    one.drain()
    one.stop(Stop())
    assert seen == ["mine"]


def test_in_background_works_where_no_thread_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    names: list[str] = []
    in_background(lambda: names.append(threading.current_thread().name), "other")
    assert names == [threading.current_thread().name]
