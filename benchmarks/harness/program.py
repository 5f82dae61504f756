"""The command line, the tables and the exit status that the comparisons share."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from timing import report

from harness.comparison import Comparison, Row, Verdict
from harness.rounds import Ratio

__all__ = ["Options", "environment", "finish", "parse", "show", "warn"]


class Options(argparse.Namespace):
    """What the user said."""

    rounds: int
    only: list[str]
    scheme: list[str]
    tiny: bool
    json: bool
    no_peers: bool
    control: bool


def parse(description: str) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=15, help="measured rounds (at least 9)")
    parser.add_argument("--only", action="append", default=[], help="cases whose title has this")
    parser.add_argument("--scheme", action="append", default=[], choices=["http", "https"])
    parser.add_argument("--tiny", action="store_true", help="little data: to try the harness")
    parser.add_argument("--json", action="store_true", help="one JSON document for each table")
    parser.add_argument("--no-peers", action="store_true", help="only what the gates need")
    parser.add_argument("--control", action="store_true", help="the SDK in Storewright's place")
    options = parser.parse_args(namespace=Options())
    options.scheme = options.scheme or ["http", "https"]
    return options


def environment(packages: Sequence[str], settings: str) -> None:
    """Print what was measured on what."""
    if "--json" in sys.argv:
        return
    found = ", ".join(f"{name} {_version(name)}" for name in packages)
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {cores} cores, load {load:.1f}; {found}")
    print(f"settings: {settings}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def warn(message: str) -> None:
    """Say who does not take part: apart from the tables, which a program may read."""
    print(message, file=sys.stderr)


def show(title: str, done: Comparison) -> None:
    """Print the rows and the gates of a comparison."""
    if "--json" in sys.argv:
        rows = [asdict(row) for row in done.rows]
        gates = [asdict(verdict) for verdict in done.verdicts]
        print(json.dumps({"title": title, "rows": rows, "gates": gates}))
        return
    report(f"{title}: ms per operation, and times the cheapest way of the SDK", _rows(done.rows))
    if done.verdicts:
        report(f"{title}: gates on the upper 95 % bound", [_gate(v) for v in done.verdicts])


def _rows(rows: Sequence[Row]) -> list[dict[str, object]]:
    return [
        {
            "case": row.case,
            "contender": row.name,
            "CPU": f"{row.cpu * 1e3:.3f}",
            "wall": f"{row.wall * 1e3:.3f}",
            "x CPU": _shown(row.cpu_ratio),
            "x wall": _shown(row.wall_ratio),
            "peak MiB": "" if row.peak is None else f"{row.peak / 2**20:.0f}",
        }
        for row in rows
    ]


def _gate(verdict: Verdict) -> dict[str, object]:
    return {
        "case": verdict.case,
        "row": verdict.row,
        "cost": verdict.cost,
        "against": verdict.against,
        "x": _shown(verdict.ratio),
        "limit": f"{verdict.limit:.2f}",
        "": "?" if math.isinf(verdict.ratio.upper) else "holds" if verdict.holds else "FAILS",
    }


def _shown(found: Ratio) -> str:
    return f"{found.middle:.3f}" + ("" if math.isinf(found.upper) else f" (< {found.upper:.3f})")


def finish(done: Sequence[Comparison]) -> None:
    """End the program: with status 1 if a gate does not hold."""
    verdicts = [verdict for comparison in done for verdict in comparison.verdicts]
    failed = [verdict for verdict in verdicts if not verdict.holds]
    if "--json" not in sys.argv:
        undecided = sum(math.isinf(verdict.ratio.upper) for verdict in verdicts)
        held = len(verdicts) - len(failed) - undecided
        print(f"\n{held} of {len(verdicts)} gates hold, {len(failed)} fail, {undecided} undecided")
    sys.exit(1 if failed else 0)
