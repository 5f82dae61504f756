"""What the wrapper costs: wall time of `storewright mydumper` beside mydumper alone.

Both dump the same 200 MB of MariaDB: alone to the local disk, wrapped to storages that are faster
than it. One is a folder in memory, where every file is read again to verify it; the other is memory
itself. The database is elsewhere, at the end of a line of one gigabit: the aim is for that. A
database on this machine is measured, too: on two processors, which it and mydumper then keep busy
by themselves, all that hashing and sending take is added.

Each round runs all of them, in any order and back, and what is compared is the ratio of a round.
`overhead` is a part of `benchmarks/dump.py`; `python -m harness.dump_mydumper` is nothing else.
"""

import math
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

from timing import report

from harness.comparison import Comparison, Verdict
from harness.dump_line import line_to
from harness.program import Options, environment, finish, parse
from harness.rounds import Cost, Runner, ratio, run_rounds
from storewright.dump.mydumper import Figures, Settings, mydumper
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.testing.servers import MariaDB, find_program

__all__ = ["overhead"]

AIM: Final = 1.15
ROWS: Final = 1_600_000
THREADS: Final = 2
CHUNK: Final = 16
LIMIT: Final = 100 * MEBIBYTE
_ALONE: Final = "mydumper alone"


@dataclass(frozen=True, slots=True)
class Bench:
    """What is dumped, and where to."""

    server: MariaDB
    port: int
    """Where the server is reached."""
    program: str
    disk: Path
    memory: Path

    def build(self, count: int) -> None:
        """The database `shop` of so many rows, by the server's own client."""
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
            f" FROM seq_1_to_{count // 2};"
            for table in ("a", "b")
        )
        self.server.run_sql(sql)

    def runners(self) -> dict[str, Runner]:
        """Mydumper alone, and to each storage."""
        places = {"to a folder in memory": f"fs://{self.memory}/there", "to memory": "memory://"}
        wrapped = {name: _runner(partial(self._wrapped, at)) for name, at in places.items()}
        return {_ALONE: _runner(self._alone), **wrapped}

    def _alone(self) -> None:
        command = [self.program, f"--host={self.server.host}", f"--port={self.port}"]
        command += [f"--user={self.server.user}", f"--password={self.server.password}"]
        command += [f"--outputdir={self.disk / 'alone'}", "--database=shop"]
        command += [f"--threads={THREADS}", f"--chunk-filesize={CHUNK}"]
        subprocess.run(command, check=True)

    def _wrapped(self, place: str) -> None:
        settings = Settings(
            host=self.server.host,
            port=self.port,
            password=self.server.password,
            program=self.program,
            output=self.disk / "wrapped",
            chunk_size=CHUNK,
            disk_limit=LIMIT,
            threads=THREADS,
            overwrite=True,
            arguments=("--database=shop",),
        )
        figures = Figures()
        mydumper(settings, place, figures=figures)
        if figures.pauses:
            print(f"(slower than mydumper, which was paused {figures.pauses} times)")

    def clear(self) -> None:
        """Leave nothing of what was written."""
        for folder in (self.disk / "alone", self.memory / "there"):
            shutil.rmtree(folder, ignore_errors=True)


def overhead(options: Options) -> Comparison:
    """Print what it costs, and keep to the aim where the database is elsewhere."""
    done = Comparison([], [])
    with _bench() as bench:
        bench.build(ROWS // 100 if options.tiny else ROWS)
        environment((), f"{THREADS} threads, files of {CHUNK} MiB, {LIMIT // MEBIBYTE} MiB of disk")
        with line_to(bench.server.host, bench.server.port) as port:
            far = replace(bench, port=port)
            done.verdicts += _measured(far, "mydumper with a database at a gigabit", options.rounds)
        _measured(bench, "mydumper with a database on this machine (no gate)", options.rounds)
    return done


@contextmanager
def _bench() -> Generator[Bench]:
    program = find_program("mydumper", "apt-get install mydumper")
    with (
        MariaDB() as server,
        tempfile.TemporaryDirectory() as disk,
        tempfile.TemporaryDirectory(dir="/dev/shm") as memory,
    ):
        yield Bench(server, server.port, program, Path(disk), Path(memory))


def _runner(dump: Callable[[], None]) -> Runner:
    """The wall time of it; what the processes that it starts take of a processor is not asked."""

    def run(count: int) -> Cost:
        start = perf_counter()
        for _ in range(count):
            dump()
        return Cost(0.0, (perf_counter() - start) / count)

    return run


def _measured(bench: Bench, title: str, rounds: int) -> list[Verdict]:
    runners = {name: _clearing(runner, bench) for name, runner in bench.runners().items()}
    costs = run_rounds(runners, rounds=rounds, count=1)
    walls = {name: [cost.wall for cost in found] for name, found in costs.items()}
    verdicts = [_verdict(name, walls) for name in walls if name != _ALONE]
    shown = {verdict.row: f"{verdict.ratio.middle:.3f}" for verdict in verdicts}
    bounds = {verdict.row: f"{verdict.ratio.upper:.3f}" for verdict in verdicts}
    rows: list[dict[str, object]] = [
        {
            "": name,
            "wall s": statistics.median(seconds),
            "x alone": shown.get(name, ""),
            "95 %: at most": bounds.get(name, ""),
            "aim": AIM,
        }
        for name, seconds in walls.items()
    ]
    report(f"{title}, {rounds} rounds", rows)
    return verdicts


def _verdict(name: str, walls: dict[str, list[float]]) -> Verdict:
    found = ratio(walls[name], walls[_ALONE])
    holds = math.isinf(found.upper) or found.upper <= AIM
    return Verdict("mydumper", name, "wall", _ALONE, found, AIM, holds)


def _clearing(runner: Runner, bench: Bench) -> Runner:
    def run(count: int) -> Cost:
        cost = runner(count)
        bench.clear()
        return cost

    return run


if __name__ == "__main__":
    finish([overhead(parse("What storewright mydumper costs beside mydumper."))])
