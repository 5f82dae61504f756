"""The database breaks off, or changes, while it is read."""

import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from storewright.dump import DumpOptions, Layout
from storewright.dump.cutting import Batch
from storewright.dump.dialect import Chunk
from storewright.dump.mysql.source import MysqlSource
from storewright.testing.servers import MariaDB
from tests.guarantees.support import S3Place

from .faults import (
    await_true,
    check_failed,
    check_nothing_is_left,
    check_whole,
    closed_gate,
    make_shop,
    start_dump,
)
from .support import run_sql

pytestmark = pytest.mark.server


@pytest.fixture(params=["mysqlclient", pytest.param("PyMySQL", marks=pytest.mark.slow)])
def variables(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An environment in which that driver is found."""
    if request.param == "mysqlclient":
        return {}
    (tmp_path / "MySQLdb.py").write_text("raise ImportError\n")
    return {"PYTHONPATH": ":".join([str(tmp_path), *filter(None, sys.path)])}


@pytest.mark.parametrize("consistency", ["none", "flush"])
def test_a_connection_that_is_killed(
    mariadb: MariaDB,
    place: S3Place,
    shop: str,
    undisturbed: dict[str, bytes],
    variables: dict[str, str],
    consistency: str,
) -> None:
    """Another connection reads the chunk again, unless it would not see the same snapshot."""
    with closed_gate(mariadb, shop) as gate:
        options = [f"--consistency={consistency}", f"--where={gate.condition}"]
        with start_dump(shop, place.connection, *options, **variables) as process:
            await_true("both tables are on their way", lambda: len(place.leftovers()) == 2)
            await_true("both wait", lambda: len(gate.waiting()) == 2)
            killed = sorted(gate.waiting())
            if consistency == "flush":
                del killed[1:]  # with the first, the dump itself ends the others
            for number in killed:
                run_sql(mariadb, f"KILL CONNECTION {number}")
            if consistency == "flush":
                check_failed(process.end(), "cannot read table ")
                check_nothing_is_left(place)
                return
            await_true("others wait", lambda: len(gate.waiting().difference(killed)) == 2)
            gate.open()
            done = process.end()
    check_whole(place, done, undisturbed)
    assert sum("trying again in 1 s" in line for line in done.lines) == 2


@pytest.mark.parametrize(
    "consistency", ["flush", *(pytest.param(c, marks=pytest.mark.slow) for c in ("lock", "none"))]
)
def test_a_table_that_is_dropped(mariadb: MariaDB, place: S3Place, consistency: str) -> None:
    name = make_shop(mariadb)
    source = mariadb.address(name)
    with closed_gate(mariadb, name) as gate:
        options = [f"--consistency={consistency}", f"--where={gate.condition}", "--threads=1"]
        with start_dump(source, place.connection, *options) as process:
            await_true("it reads the first table", gate.waiting)
            other = "t" if gate.is_before("u") else "u"  # which is larger is the server's guess
            run_sql(mariadb, f"DROP TABLE {name}.{other}")
            gate.open()
            check_failed(process.end(), f"cannot read table {other} of ")
    check_nothing_is_left(place)


@pytest.mark.parametrize("driver", ["mysqlclient", "PyMySQL"])
def test_rows_that_nobody_wants_any_more(
    mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch, driver: str
) -> None:
    """They are not fetched to the last, and the connection goes on in its snapshot."""
    if driver == "PyMySQL":
        monkeypatch.setitem(sys.modules, "MySQLdb", None)
    name = make_shop(mariadb)
    slow = DumpOptions(threads=1, where="id<=1500 OR SLEEP(0.02)=0")  # two minutes for them all
    with MysqlSource(mariadb.address(name), slow) as source:
        assert source.details["driver"].startswith(driver)
        chunk = Chunk(source.tables()[0], 0)
        first = _first_batch(source, chunk)
        run_sql(mariadb, f"UPDATE {name}.t SET v='changed'")
        assert _first_batch(source, chunk) == first
        assert len(source.definitions()) == 3


def _first_batch(source: MysqlSource, chunk: Chunk) -> Batch:
    start = time.monotonic()
    with closing(source.batches(chunk, Layout())) as batches:
        batch = next(batches)
    assert time.monotonic() - start < 60
    return batch
