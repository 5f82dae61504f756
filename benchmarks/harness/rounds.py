"""Comparing contenders fairly on a noisy machine: interleaved rounds, and a bound on the ratio.

In each round every contender runs twice, in a new random order and then in its reverse, so that
whatever else the machine does meets all alike, and a drift cancels out. Only ratios within one
round are used. CPU is that of all threads of the process, in user and system mode.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, repeat
from statistics import NormalDist
from typing import Final

__all__ = ["Cost", "Ratio", "Runner", "Task", "ratio", "run_here", "run_rounds"]

Task = Callable[[], object]
"""One operation."""
_CONFIDENCE: Final = 0.95
_LEAST: Final = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds per operation."""

    cpu: float
    wall: float


Runner = Callable[[int], Cost]
"""Runs an operation so many times, and says what one cost."""


def run_here(task: Task) -> Runner:
    """Runs ``task`` in this process.

    It runs once more before, unmeasured, for while others had their turn the machine has forgotten
    it. Garbage is collected before, and as usual while it runs; but what was there before is not
    looked through then, for when that would happen is chance.
    """

    def run(count: int) -> Cost:
        task()
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in repeat(None, count):
            task()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Cost(cpu / count, wall / count)

    return run


def run_rounds(
    runners: Mapping[str, Runner], *, rounds: int, count: int, warm_up: int = 1, seed: int = 4
) -> dict[str, list[Cost]]:
    """What one operation cost each contender in each round, after ``warm_up`` unmeasured ones."""
    dice = random.Random(seed)
    costs: dict[str, list[Cost]] = {name: [] for name in runners}
    for number in range(warm_up + rounds):
        for name, cost in _round(runners, count, dice).items():
            if number >= warm_up:
                costs[name].append(cost)
    return costs


def _round(runners: Mapping[str, Runner], count: int, dice: random.Random) -> dict[str, Cost]:
    order = [*runners]
    dice.shuffle(order)
    first = {name: runners[name](count) for name in order}
    second = {name: runners[name](count) for name in reversed(order)}
    return {name: _mean(first[name], second[name]) for name in order}


def _mean(one: Cost, other: Cost) -> Cost:
    return Cost((one.cpu + other.cpu) / 2, (one.wall + other.wall) / 2)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of costs: the estimate over all rounds, and its upper 95 % bound."""

    middle: float
    upper: float


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """How ``ours`` relate to ``theirs``, round by round.

    The estimate is Hodges and Lehmann's over the logarithms (the median of the means of all pairs),
    the bound the one-sided one of Wilcoxon's signed ranks: nearly as sharp as a mean with Student's
    t where noise is normal, and not led astray by single rounds in which the machine did something
    else. Fewer than five rounds have no bound.
    """
    logs = [math.log(one / other) for one, other in zip(ours, theirs, strict=True)]
    means = sorted((a + b) / 2 for a, b in combinations_with_replacement(logs, 2))
    return Ratio(math.exp(statistics.median(means)), math.exp(_upper(means, len(logs))))


def _upper(means: Sequence[float], rounds: int) -> float:
    """Which of the sorted means of pairs the rounds would exceed only in one of twenty cases."""
    if rounds < _LEAST:
        return math.inf
    deviation = math.sqrt(rounds * (rounds + 1) * (2 * rounds + 1) / 24)
    rank = len(means) / 2 + NormalDist().inv_cdf(_CONFIDENCE) * deviation
    return means[min(math.ceil(rank), len(means) - 1)]
