"""What the wrapper costs: wall time of `storewright mydumper` beside mydumper alone.

Both dump the same 200 MB of MariaDB: alone to the local disk, wrapped to storages that are faster
than it. One is a folder in memory, where every file is read again to verify it; the other is memory
itself. The database is elsewhere, at the end of a line of one gigabit: the aim is for that. A
database on this machine is measured, too: on two processors, which it and mydumper then keep busy
by themselves, all that hashing and sending take is added.

One round after another runs all of them, in any order, and what is compared is the ratio of each
round. `run` is for `benchmarks/dump.py`; by itself: `python -m harness.dump_mydumper` in
`benchmarks`.
"""

import argparse
import random
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from harness.dump_line import line_to
from storewright.dump.mydumper import Figures, Settings, mydumper
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.testing.servers import MariaDB, ServerNotInstalled, find_program

__all__ = ["AIM", "run"]

AIM: Final = 1.15
ROWS: Final = 1_600_000
THREADS: Final = 2
CHUNK: Final = 16
LIMIT: Final = 100 * MEBIBYTE
_RESAMPLED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Bench:
    """What is dumped, and where to."""

    server: MariaDB
    port: int
    """Where the server is reached."""
    program: str
    disk: Path
    memory: Path

    def build(self) -> None:
        """The database `shop`, by the server's own client."""
        client = [find_program("mariadb", "apt-get install mariadb-client"), "--no-defaults"]
        client += [f"--host={self.server.host}", f"--port={self.server.port}"]
        client += [f"--user={self.server.user}", f"--password={self.server.password}"]
        columns = (
            "id int PRIMARY KEY, customer int, state varchar(20), amount decimal(10,2),"
            " ordered datetime, note varchar(100)"
        )
        values = (
            "seq, seq*7%50000, ELT(1+seq%4,'new','paid','sent','returned'), seq%100000/7,"
            " '2024-01-01' + INTERVAL seq%31536000 SECOND, RPAD(MD5(seq),60,MD5(seq*7))"
        )
        sql = "CREATE DATABASE shop; USE shop;" + "".join(
            f"CREATE TABLE {table} ({columns}); INSERT INTO {table} SELECT {values}"
            f" FROM seq_1_to_{ROWS // 2};"
            for table in ("a", "b")
        )
        subprocess.run(client, input=sql.encode(), check=True)

    def alone(self) -> float:
        """Mydumper by itself, to the local disk."""
        folder = self.disk / "alone"
        command = [self.program, f"--host={self.server.host}", f"--port={self.port}"]
        command += [f"--user={self.server.user}", f"--password={self.server.password}"]
        command += [f"--outputdir={folder}", "--database=shop"]
        command += [f"--threads={THREADS}", f"--chunk-filesize={CHUNK}"]
        seconds = _timed(partial(subprocess.run, command, check=True))
        shutil.rmtree(folder)
        return seconds

    def wrapped(self, place: str) -> float:
        """The same, wrapped."""
        settings = Settings(
            host=self.server.host,
            port=self.port,
            password=self.server.password,
            program=self.program,
            output=self.disk / "wrapped",
            chunk_size=CHUNK,
            disk_limit=LIMIT,
            threads=THREADS,
            arguments=("--database=shop",),
        )
        figures = Figures()
        seconds = _timed(partial(mydumper, settings, place, figures=figures))
        if figures.pauses:
            print(f"  (slower than mydumper, which was paused {figures.pauses} times)")
        shutil.rmtree(self.memory / "there", ignore_errors=True)
        return seconds


def run(rounds: int = 9) -> bool:
    """Measure, and print; whether the aim is held, which it is where mydumper is not installed."""
    try:
        with _bench() as bench:
            bench.build()
            with line_to(bench.server.host, bench.server.port) as port:
                held = _measure(replace(bench, port=port), "a database at a gigabit", rounds)
            _measure(bench, "a database on this machine, without an aim", rounds)
            return held
    except ServerNotInstalled as error:
        print(f"skipped: {error}")
        return True


@contextmanager
def _bench() -> Generator[Bench]:
    program = find_program("mydumper", "apt-get install mydumper")
    with (
        MariaDB() as server,
        tempfile.TemporaryDirectory() as disk,
        tempfile.TemporaryDirectory(dir="/dev/shm") as memory,
    ):
        yield Bench(server, server.port, program, Path(disk), Path(memory))


def _measure(bench: Bench, title: str, rounds: int) -> bool:
    places = {"a folder in memory": f"fs://{bench.memory}/there", "memory": "memory://"}
    subjects: dict[str, Callable[[], float]] = {"alone": bench.alone}
    subjects |= {name: partial(bench.wrapped, place) for name, place in places.items()}
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(rounds + 1):
        for name in random.sample(list(subjects), len(subjects)):
            seconds = subjects[name]()
            if number:  # the first round fills the server's buffers
                times[name].append(seconds)
    print(f"{title}: mydumper alone {statistics.median(times['alone']):.2f} s, {rounds} rounds")
    held = [_compare(name, times["alone"], times[name]) for name in places]
    return all(held)


def _compare(name: str, alone: list[float], wrapped: list[float]) -> bool:
    ratios = [b / a for a, b in zip(alone, wrapped, strict=True)]
    ratio, bound = statistics.median(ratios), _upper_bound(ratios)
    print(
        f"  to {name}: {statistics.median(wrapped):.2f} s, ratio {ratio:.3f}"
        f" (95 %: at most {bound:.3f}), aim {AIM}: {'held' if bound <= AIM else 'missed'}"
    )
    return bound <= AIM


def _upper_bound(ratios: list[float]) -> float:
    """Of the median, with 95 % confidence, by drawing the rounds again and again."""
    draw = random.Random(7)
    medians = [statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(_RESAMPLED)]
    return sorted(medians)[int(0.95 * _RESAMPLED)]


def _timed(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def main() -> None:
    """The command: ends with 1 if the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    raise SystemExit(0 if run(parser.parse_args().rounds) else 1)


if __name__ == "__main__":
    main()
