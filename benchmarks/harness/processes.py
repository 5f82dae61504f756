"""A contender in a process of its own, as in a program that uses nothing else.

There its threads, its event loop, its garbage and what it has made of the heap disturb nobody.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self, final

from harness.contender import Contender, Place
from harness.rounds import Cost, Runner, Task, run_here

__all__ = ["Apart", "Unable"]

_SPAWN = multiprocessing.get_context("spawn")


class Unable(Exception):
    """A contender cannot take part; the message says why."""


@final
class Apart:
    """A contender in another process, which waits while the others run. Use it in a `with` block.

    Raises Unable when its library is not installed.
    """

    def __init__(self, kind: type[Contender], place: Place) -> None:
        self.kind = kind
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(kind, place, theirs), daemon=True)
        self._process.start()
        theirs.close()
        try:
            self._rows: Mapping[str, Sequence[str]] = self._ask(None)
        except Unable:
            self._process.join()
            raise

    def runners(self, case: str) -> dict[str, Runner]:
        """Runs a case there: all its ways to do it, by the names of their rows."""
        return {row: self._runner(case, row) for row in self._rows.get(case, ())}

    def _runner(self, case: str, row: str) -> Runner:
        def run(count: int) -> Cost:
            cost: Cost = self._ask(("run", case, row, count))
            return cost

        return run

    def peak(self, case: str) -> float:
        """Bytes of memory that one run takes at most, beyond what the process has before it."""
        most: float = self._ask(("peak", case, self.kind.name, 1))
        return most

    def _ask(self, question: Any) -> Any:
        try:
            if question is not None:
                self._pipe.send(question)
            answer = self._pipe.recv()
        except EOFError:
            raise Unable("its process ended") from None
        if isinstance(answer, str):
            raise Unable(answer)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()


def _serve(kind: type[Contender], place: Place, pipe: Connection) -> None:
    try:
        contender = kind(place)
        cases = {case: contender.rows(case) for case in contender.tasks()}
    except Exception as error:  # noqa: BLE001 - it is told to whoever asked for the contender
        pipe.send(_reason(error))
        return
    pipe.send({case: [*rows] for case, rows in cases.items()})
    while True:
        try:
            act, case, row, count = pipe.recv()
        except EOFError:
            return
        task = cases[case][row]
        try:
            pipe.send(run_here(task)(count) if act == "run" else _peak(contender, task))
        except Exception as error:  # noqa: BLE001 - see above
            pipe.send(_reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"not installed: {error.name}"
    return f"{type(error).__name__}: {error}".splitlines()[0][:120]


def _peak(contender: Contender, task: Task) -> float:
    contender.tasks()["put small"]()  # what is imported, connected and kept for good
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _memory("VmRSS")
    task()
    return _memory("VmHWM") - before


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith(f"{name}:"))
