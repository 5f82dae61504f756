"""Timing small things side by side: interleaved rounds, minima and medians, one table."""

import json
import statistics
import sys
import time
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Measured", "interleaved", "report"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Nanoseconds per call over all rounds."""

    best: float
    median: float


def interleaved(
    subjects: Mapping[str, Callable[[], object]], *, rounds: int = 15, number: int = 20_000
) -> dict[str, Measured]:
    """Time each subject once a round, all in turn, so that noise meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            seconds = timeit.timeit(subject, number=number, timer=time.process_time)
            times[name].append(seconds / number * 1e9)
    return {name: Measured(min(t), statistics.median(t)) for name, t in times.items()}


def report(title: str, rows: list[dict[str, object]]) -> None:
    """Print rows as a table, or as JSON with --json."""
    if "--json" in sys.argv:
        print(json.dumps({"title": title, "rows": rows}))
        return
    print(f"\n{title}")
    columns = list(rows[0])
    table = [columns, *([_shown(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        first, *rest = (
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  " + "  ".join([first, *rest]))


def _shown(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
