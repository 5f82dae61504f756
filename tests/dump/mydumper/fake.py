"""A stand-in for mydumper 0.10.0 that goes wrong when told to; see also test_mariadb.py.

It asks no server. It writes files in steps, ignores SIGTSTP as a process in a container does, and
ends with 0 and `metadata` after SIGTERM, as versions 1.x do. ``install`` makes it a program.

It fills no disk before it was stopped once: how much the real one writes until the brake is set, is
the scheduler's decision, which no test may depend on.
"""

import json
import os
import random
import signal
import stat
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, NoReturn, TypeAlias

Fault: TypeAlias = Literal[
    "",
    "status 1",  # and metadata, as after a lost connection or with a full disk
    "status 0, but an error",
    "no metadata",
    "crash",
    "hang",
    "terminated",  # by somebody else
]

_PATIENCE = 60.0
_continued: list[int] = []


@dataclass(frozen=True)
class Plan:
    """What the stand-in does."""

    files: int = 12
    size: int = 500_000
    steps: int = 10
    seconds: float = 0.0
    """Between two steps."""
    renamed: list[int] = field(default_factory=list[int])
    """Files that are renamed right after they were closed."""
    deleted: list[int] = field(default_factory=list[int])
    """Files that are deleted right after they were closed."""
    fault: Fault = ""
    """What goes wrong, in the middle of the dump."""
    unlocks: bool = True
    """Whether it tells that the global lock is released."""
    stopped_at: int = 0
    """How many files it writes before it waits until it was stopped and continued."""
    told: str = ""
    """A file to write to what it was given."""


def content(number: int, size: int) -> bytes:
    """What file `number` is to hold."""
    return random.Random(number).randbytes(size)


def expected(plan: Plan) -> list[bytes]:
    """The files of rows, in any order."""
    return sorted(
        content(number, plan.size) for number in range(plan.files) if number not in plan.deleted
    )


def install(folder: Path, plan: Plan) -> str:
    """Make a program of it in `folder`; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "mydumper"
    (folder / "plan.json").write_text(json.dumps(asdict(plan)))
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {__file__} {folder}/plan.json "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _metadata(folder: Path) -> None:
    (folder / "metadata").write_text(
        "Started dump at: 2026-01-01 00:00:00\nSHOW MASTER STATUS:\n\tLog: binlog.000001\n"
        "\tPos: 42\n\tGTID:0-1-7\n\nFinished dump at: 2026-01-01 00:00:09\n"
    )
    (folder / "metadata.partial").unlink(missing_ok=True)


def _fail(folder: Path, fault: str) -> None:
    if fault == "status 1":
        _say("** (mydumper:1): CRITICAL **: Could not write out data for db.t: No space left")
        _metadata(folder)
        sys.exit(1)
    if fault == "status 0, but an error":
        _say("** (mydumper:1): CRITICAL **: Could not read data from db.t: Lost connection")
    if fault == "no metadata":
        sys.exit(0)
    if fault == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "hang":
        time.sleep(3600)
    if fault == "terminated":
        os.kill(os.getpid(), signal.SIGTERM)


def _await_stop(folder: Path) -> None:
    """Write next to nothing until somebody has stopped it and let it go on."""
    end, scratch = time.monotonic() + _PATIENCE, folder / "metadata.partial.1"
    while not _continued and time.monotonic() < end:
        scratch.write_bytes(b"\n")  # a file begun, and a statement written
        scratch.unlink()
        time.sleep(0.001)


def _dump(folder: Path, plan: Plan) -> None:
    (folder / "metadata.partial").write_text("Started dump at: 2026-01-01 00:00:00\n")
    if plan.unlocks:
        _say("** Message: Non-InnoDB dump complete, unlocking tables")
    (folder / "db-schema-create.sql").write_text("CREATE DATABASE `db`;\n")
    (folder / "db.t-schema.sql").write_text("CREATE TABLE `t` (a int);\n")
    for number in range(plan.files):
        if number == plan.stopped_at and plan.unlocks:
            _await_stop(folder)
        if number == plan.files // 2:
            _fail(folder, plan.fault)
        path = folder / f"db.t{number}.00001.sql"
        data = content(number, plan.size)
        step = max(1, plan.size // plan.steps)
        with path.open("wb", buffering=0) as file:
            for start in range(0, plan.size, step):
                file.write(data[start : start + step])
                time.sleep(plan.seconds)
        with suppress(FileNotFoundError):  # stored already; the real one does not look either
            if number in plan.renamed:
                path.rename(folder / f"db.t{number}.sql")
            if number in plan.deleted:
                path.unlink()
    _metadata(folder)


def main(plan_file: str, *arguments: str) -> NoReturn:
    """Be mydumper."""
    plan = Plan(**json.loads(Path(plan_file).read_text()))
    if arguments == ("--version",):
        print("mydumper 0.10.0, built against nothing")
        sys.exit()
    if arguments == ("--help",):
        print("  -o, --outputdir\n  -F, --chunk-filesize\n  -t, --threads\n  -v, --verbose")
        sys.exit()
    split = [argument.partition("=") for argument in arguments]
    options = {name: value for name, _, value in split}
    folder = Path(options["--outputdir"])
    if plan.told:
        given = {"pid": os.getpid(), "options": options, "folder": str(folder)}
        credentials = Path(options["--defaults-file"])
        given["credentials"] = credentials.read_text()
        given["mode"] = stat.S_IMODE(credentials.stat().st_mode)
        given["cmdline"] = Path("/proc/self/cmdline").read_bytes().decode()
        Path(f"{plan.told}.new").write_text(json.dumps(given))
        Path(f"{plan.told}.new").rename(plan.told)

    def terminated(*_: object) -> None:
        _say("** Message: Shutting down gracefully")
        _metadata(folder)
        sys.exit(0)

    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    signal.signal(signal.SIGCONT, lambda number, _: _continued.append(number))
    signal.signal(signal.SIGTERM, terminated)
    _dump(folder, plan)
    sys.exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
