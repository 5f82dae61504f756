"""The bound is one: it errs in one case of twenty, whatever the noise looks like."""

import math
import random
import threading
import time

from harness.rounds import Cost, Runner, ratio, run_here, run_rounds

ROUNDS = 15
TRIALS = 1000


def misses(noise: random.Random, wild: float) -> float:
    """How often the bound lies below the true ratio, with so many wild rounds."""
    missed = 0
    for _ in range(TRIALS):
        logs = [noise.gauss(0, 0.02) + wild * (noise.random() < 0.1) for _ in range(ROUNDS)]
        logs = [log * noise.choice((-1, 1)) for log in logs]
        missed += ratio([1.04 * math.exp(log) for log in logs], [1.0] * ROUNDS).upper < 1.04
    return missed / TRIALS


def test_the_bound_holds_as_often_as_it_says() -> None:
    assert 0.03 < misses(random.Random(1), 0.0) < 0.07
    assert 0.03 < misses(random.Random(2), 2.0) < 0.07


def test_single_wild_rounds_do_not_decide() -> None:
    calm = [1.0, 1.01, 0.99, 1.02, 0.98] * 3
    found = ratio([*calm[:-1], 9.0], [1.0] * len(calm))
    assert found.middle < 1.03
    assert found.upper < 1.1


def test_few_rounds_have_no_bound() -> None:
    assert ratio([1.0] * 4, [2.0] * 4).upper == math.inf
    assert ratio([1.0] * 5, [2.0] * 5).upper == 0.5


def test_every_contender_runs_twice_a_round_and_once_from_each_end() -> None:
    order: list[str] = []

    def runner(name: str) -> Runner:
        def run(count: int) -> Cost:
            order.append(name)
            return Cost(count, count)

        return run

    costs = run_rounds({name: runner(name) for name in "abc"}, rounds=2, count=7)
    assert costs == {name: [Cost(7, 7)] * 2 for name in "abc"}
    for start in (0, 6, 12):
        assert order[start : start + 3] == order[start + 3 : start + 6][::-1]


def test_cpu_of_other_threads_counts_and_sleep_does_not() -> None:
    def work() -> None:
        thread = threading.Thread(target=lambda: sum(range(2_000_000)))
        thread.start()
        thread.join()

    slept, worked = run_here(lambda: time.sleep(0.05))(2), run_here(work)(2)
    assert slept.wall >= 0.05 > slept.cpu
    assert worked.cpu > 0.005
