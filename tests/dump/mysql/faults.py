"""Dumps as processes on their way to a bucket, and what is left there when something goes wrong."""

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from storewright.dump import verify
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.driver import connect
from storewright.testing.servers import MariaDB, SeaweedFS
from tests.dump.support import environment
from tests.guarantees.support import Place, S3Place
from tests.processes import PATIENCE, await_true

from .support import new_name, run_sql

__all__ = [
    "MIB",
    "PART",
    "Ended",
    "Gate",
    "Running",
    "await_true",
    "check_failed",
    "check_nothing_is_left",
    "check_whole",
    "closed_gate",
    "data_of",
    "make_shop",
    "start_dump",
    "through",
]

MIB: Final = 1024 * 1024
PART: Final = 5 * MIB
"""The smallest part that S3 allows."""
ROWS: Final = 8_000
"""Rows of each table, of a thousand bytes: a part and some more."""
_GATE: Final = ROWS - 100
"""The row before which a dump waits at a gate: a part of its table is on its way."""


def make_shop(server: MariaDB) -> str:
    """A database with the tables `t` and `u`, 8 MB each."""
    name = new_name()
    table = "(id int PRIMARY KEY, v varchar(1000) CHARACTER SET latin1)"
    run_sql(
        server,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t {table};"
        f"INSERT INTO t SELECT seq, REPEAT(MD5(seq), 31) FROM seq_1_to_{ROWS};"
        f"CREATE TABLE u {table}; INSERT INTO u SELECT * FROM t;",
    )
    return name


def through(place: S3Place, server: SeaweedFS, endpoint: str, retries: int | None = 0) -> str:
    """The place by way of ``endpoint``; without more patience for a request than ``retries``."""
    there = place.connection.replace(server.endpoint, endpoint)
    assert endpoint in there
    return there if retries is None else f"{there}&max_retries={retries}"


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    status: int
    errors: str

    @property
    def lines(self) -> list[str]:
        """What it wrote to standard error."""
        return self.errors.splitlines()


class Running:
    """A process of `storewright`."""

    def __init__(self, arguments: list[str], variables: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "storewright.dump", *arguments],
            env={**environment(), **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self) -> Ended:
        """Wait for its end."""
        errors = self._process.communicate(timeout=PATIENCE)[1]
        return Ended(self._process.returncode, errors)


def start_dump(source: str, place: str, *options: str, **variables: str) -> Running:
    """Begin a dump in parts of five MiB."""
    return Running(["dump", source, place, f"--part-size={PART}", *options], variables)


def check_failed(done: Ended, message: str, status: int = 1) -> None:
    """It has ended with one clear line, and told no internals."""
    said = [line for line in done.lines if line.startswith("dump failed: ")]
    assert said == done.lines[-1:], done.errors
    assert message in said[0], done.errors
    assert "Traceback" not in done.errors
    assert done.status == status


def check_nothing_is_left(place: Place) -> None:
    """Neither an object nor an upload is there."""
    assert (place.objects(), place.leftovers()) == ({}, [])


def check_whole(place: Place, done: Ended, expected: dict[str, bytes] | None = None) -> None:
    """A complete dump is there and nothing else; its rows are those of another one."""
    assert done.status == 0, done.errors
    found = verify(place.store)
    assert (found.problems, found.foreign) == ([], [])
    assert place.leftovers() == []
    if expected is not None:
        assert data_of(place.objects()) == data_of(expected)


def data_of(objects: dict[str, bytes]) -> dict[str, bytes]:
    """The objects without those that tell the time."""
    return {k: v for k, v in objects.items() if k not in ("metadata", "manifest.json")}


class Gate:
    """A row beyond which nobody reads."""

    def __init__(self, server: MariaDB, name: str) -> None:
        self._server, self._name = server, name
        self._holder = connect(Address.parse(server.address()))
        assert self._holder.text(f"SELECT GET_LOCK('{name}', 0)") == "1"

    @property
    def condition(self) -> str:
        """What a query must ask for."""
        name = self._name
        return f"id<>{_GATE} OR GET_LOCK('{name}',600)+RELEASE_LOCK('{name}')>0"

    def waiting(self) -> set[str]:
        """The numbers of the connections that wait."""
        query = (
            "SELECT ID FROM information_schema.PROCESSLIST"
            f" WHERE STATE='User lock' AND INFO LIKE '%{self._name}%'"
        )
        return set(run_sql(self._server, query).decode().split())

    def is_before(self, table: str) -> bool:
        """Whether somebody waits for rows of a table."""
        query = (
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
            f" WHERE STATE='User lock' AND INFO LIKE '%`{self._name}`.`{table}` WHERE%'"
        )
        return run_sql(self._server, query).decode().split() == ["1"]

    def open(self) -> None:
        """Let them go on."""
        self._holder.close()


@contextmanager
def closed_gate(server: MariaDB, shop: str) -> Generator[Gate]:
    """A gate in a database, closed until it is opened."""
    gate = Gate(server, shop.rpartition("/")[2])
    try:
        yield gate
    finally:
        gate.open()
