"""The snapshot is one moment, whatever others write meanwhile."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from storewright import storage
from storewright.dump import DumpOptions, dump, restore
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.driver import Connection, connect
from storewright.dump.options import Consistency
from storewright.testing.servers import MariaDB

from .faults import await_true
from .support import new_name, run_sql

pytestmark = pytest.mark.server
_ACCOUNTS: Final = 20_000
_BALANCE: Final = 1000


@pytest.fixture
def bank(mariadb: MariaDB) -> str:
    """A database in which all accounts of two tables together have a constant sum."""
    name = new_name()
    table = "(id int PRIMARY KEY, balance int NOT NULL)"
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name};"
        f"CREATE TABLE a {table}; CREATE TABLE b {table}; CREATE TABLE moves (id int PRIMARY KEY);"
        f"INSERT INTO a SELECT seq, {_BALANCE} FROM seq_1_to_{_ACCOUNTS};"
        "INSERT INTO b SELECT * FROM a",
    )
    return name


class Mover:
    """Moves money between the tables, one transaction after the other."""

    def __init__(self, connection: Connection, bank: str) -> None:
        self._connection, self._bank = connection, bank
        self.moves = 0
        self.ended = Event()

    def run(self) -> None:
        """Until it is told to end."""
        while not self.ended.is_set():
            self.moves += 1
            account = self.moves * 7919 % _ACCOUNTS + 1
            for statement in (
                "BEGIN",
                f"UPDATE {self._bank}.a SET balance=balance-1 WHERE id={account}",
                f"UPDATE {self._bank}.b SET balance=balance+1 WHERE id={_ACCOUNTS + 1 - account}",
                f"INSERT INTO {self._bank}.moves VALUES ({self.moves})",
                "COMMIT",
            ):
                self._connection.run(statement)


@contextmanager
def moving(server: MariaDB, bank: str) -> Generator[Mover]:
    """Money moves as long as the block runs."""
    connection = connect(Address.parse(server.address()))
    mover = Mover(connection, bank)
    thread = Thread(target=mover.run)
    thread.start()
    try:
        yield mover
    finally:
        mover.ended.set()
        thread.join()
        connection.close()


def _number(server: MariaDB, query: str) -> int:
    return int(run_sql(server, query).split()[0])


@pytest.mark.parametrize("consistency", ["flush", "lock"])
def test_money_that_moves_is_neither_lost_nor_made(
    mariadb: MariaDB,
    bank: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    consistency: Consistency,
) -> None:
    store = storage.open(f"fs://{tmp_path}")
    options = DumpOptions(threads=4, rows=2000, consistency=consistency)
    with moving(mariadb, bank) as mover:
        await_true("money moves", lambda: mover.moves > 10)
        with caplog.at_level("INFO"):
            dump(mariadb.address(bank), store, options)
        during = mover.moves
    copy = new_name()
    restore(store, mariadb.address(copy))
    total = f"(SELECT SUM(balance) FROM {copy}.a)+(SELECT SUM(balance) FROM {copy}.b)"
    assert _number(mariadb, f"SELECT {total}") == 2 * _ACCOUNTS * _BALANCE
    moved = _number(mariadb, f"SELECT {_ACCOUNTS * _BALANCE}-SUM(balance) FROM {copy}.a")
    assert _number(mariadb, f"SELECT COUNT(*) FROM {copy}.moves") == moved
    assert 10 <= moved <= during
    (seconds,) = re.findall(r"taken under a lock of (\d+\.\d+) s", caplog.text)
    assert float(seconds) < 30  # milliseconds, on a machine that does nothing else
