"""One comparison: contenders run the cases in the same rounds, and ours must keep to the gates."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Final

from harness.contender import Contender, Place
from harness.processes import Apart, Unable
from harness.rounds import Cost, Ratio, Runner, ratio, run_rounds

__all__ = ["Case", "Comparison", "Gate", "Row", "Verdict"]


@dataclass(frozen=True, slots=True)
class Gate:
    """What one of our costs may be at most, as a multiple of what another row costs."""

    limit: float
    costs: tuple[str, ...] = ("cpu", "wall")
    against: str = ""
    """The name of a row; empty means the cheapest row of the rivals."""


@dataclass(frozen=True, slots=True)
class Case:
    """A task that all contenders have, and how often it is done in half a round."""

    task: str
    title: str
    count: int
    gates: tuple[Gate, ...] = (Gate(1.05),)
    memory: bool = False
    """Whether to measure what it takes at most, in a fresh process for each contender."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a contender's operation cost: medians in seconds, and ratios to the cheapest rival."""

    case: str
    name: str
    cpu: float
    wall: float
    cpu_ratio: Ratio
    wall_ratio: Ratio
    peak: float | None = None
    """Bytes of memory beyond what its process had, where that was measured."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a row of ours keeps to a gate. Too few rounds say nothing."""

    case: str
    row: str
    cost: str
    against: str
    ratio: Ratio
    limit: float
    holds: bool


@dataclass(slots=True)
class Comparison:
    """Who takes part. ``ours`` are judged by ``rivals``; ``others`` and ``peers`` stand beside.

    Each has a process of its own. ``say`` is told which peers cannot take part, and why.
    """

    ours: Sequence[type[Contender]]
    rivals: Sequence[type[Contender]]
    others: Sequence[type[Contender]] = ()
    peers: Sequence[type[Contender]] = ()
    say: Callable[[str], object] = print
    rows: list[Row] = field(default_factory=list[Row])
    verdicts: list[Verdict] = field(default_factory=list[Verdict])

    def run(self, place: Place, cases: Sequence[Case], rounds: int) -> None:
        """Run the cases, and keep rows and verdicts. Raises Unable if one but a peer cannot."""
        with ExitStack() as stack:
            needed = (*self.ours, *self.rivals, *self.others)
            started = [stack.enter_context(Apart(kind, place)) for kind in needed]
            peers = [*self._start_peers(place, stack)]
            for case in cases:
                self._run(case, place, started, peers, rounds)

    def _start_peers(self, place: Place, stack: ExitStack) -> Iterator[Apart]:
        for kind in self.peers:
            try:
                yield stack.enter_context(Apart(kind, place))
            except Unable as reason:
                self.say(f"{kind.name}: {reason}")

    def _run(
        self,
        case: Case,
        place: Place,
        needed: Sequence[Apart],
        peers: Sequence[Apart],
        rounds: int,
    ) -> None:
        sides = {contender.kind: contender.runners(case.task) for contender in needed}
        runners = _together([*sides.values(), self._willing(case, peers)])
        rivals = [name for kind in self.rivals for name in sides[kind]]
        ours = [name for kind in self.ours for name in sides[kind]]
        peaks = self._peaks(case, place) if case.memory else {}
        self.compare(case, runners, ours, rivals, rounds, peaks)

    def compare(
        self,
        case: Case,
        runners: Mapping[str, Runner],
        ours: Sequence[str],
        rivals: Sequence[str],
        rounds: int,
        peaks: Mapping[str, float],
    ) -> None:
        """Run a case in all ways, by the names of their rows, and keep rows and verdicts."""
        costs = run_rounds(runners, rounds=rounds, count=case.count)
        base = _cheapest(costs, rivals)
        self.rows += [_row(case, name, costs, base, peaks.get(name)) for name in costs]
        for name in ours:
            self.verdicts += _judge(case, name, costs, base)

    def _peaks(self, case: Case, place: Place) -> dict[str, float]:
        """The memory that the contenders take, by name."""
        peaks: dict[str, float] = {}
        for kind in (*self.ours, *self.rivals, *self.others, *self.peers):
            with suppress(Unable), Apart(kind, place) as contender:
                peaks[kind.name] = contender.peak(case.task)
        return peaks

    def _willing(self, case: Case, peers: Sequence[Apart]) -> dict[str, Runner]:
        """The runners of those peers that can do a case at all."""
        runners: dict[str, Runner] = {}
        for peer in peers:
            try:
                for run in peer.runners(case.task).values():
                    run(1)
            except Unable as reason:
                self.say(f"{peer.kind.name}: {case.title}: {reason}")
            else:
                runners |= peer.runners(case.task)
        return runners


def _together(sides: Sequence[Mapping[str, Runner]]) -> dict[str, Runner]:
    """All the rows; no two may have the same name, for one would be taken for the other."""
    names = [name for side in sides for name in side]
    if len(set(names)) < len(names):
        raise ValueError(f"rows of the same name: {sorted(names)}")
    return {name: run for side in sides for name, run in side.items()}


_COSTS: Final[Mapping[str, Callable[[Cost], float]]] = {
    "cpu": lambda cost: cost.cpu,
    "wall": lambda cost: cost.wall,
}


def _cheapest(costs: Mapping[str, list[Cost]], names: Sequence[str]) -> dict[str, str]:
    """Which of the rows has the least median, for each cost."""
    return {
        cost: min(names, key=lambda name: statistics.median(map(_COSTS[cost], costs[name])))
        for cost in _COSTS
    }


def _ratio(costs: Mapping[str, list[Cost]], cost: str, name: str, other: str) -> Ratio:
    of = _COSTS[cost]
    return ratio([*map(of, costs[name])], [*map(of, costs[other])])


def _row(
    case: Case,
    name: str,
    costs: Mapping[str, list[Cost]],
    base: Mapping[str, str],
    peak: float | None,
) -> Row:
    cpu, wall = (statistics.median(map(of, costs[name])) for of in _COSTS.values())
    ratios = {cost: _ratio(costs, cost, name, base[cost]) for cost in _COSTS}
    return Row(case.title, name, cpu, wall, ratios["cpu"], ratios["wall"], peak)


def _judge(
    case: Case, name: str, costs: Mapping[str, list[Cost]], base: Mapping[str, str]
) -> Iterator[Verdict]:
    for gate in case.gates:
        for cost in gate.costs:
            other = gate.against or base[cost]
            found = _ratio(costs, cost, name, other)
            holds = math.isinf(found.upper) or found.upper <= gate.limit
            yield Verdict(case.title, name, cost, other, found, gate.limit, holds)
