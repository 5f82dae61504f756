"""Real numbers come back to the bit, though SQLite's own conversions do not round correctly."""

import json
import random
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright import storage
from storewright.dump import DumpOptions, Layout, dump, restore
from storewright.dump.sqlite.reals import RealReader, exact_expression, real_literal
from tests.dump.conftest import Build
from tests.dump.support import address, content


def _read(connection: sqlite3.Connection, expression: str) -> float:
    row: tuple[float] = connection.execute(f"SELECT {expression}").fetchone()
    return row[0]


def _misread(count: int) -> list[float]:
    """Numbers that this SQLite reads wrong from their shortest correct text."""
    generator = random.Random(2)
    with closing(sqlite3.connect(":memory:")) as connection:

        def candidates() -> Iterator[float]:
            while True:
                (value,) = struct.unpack("d", generator.randbytes(8))
                if abs(value) < float("inf") and _read(connection, repr(value)) != value:
                    yield value

        found = candidates()
        return [next(found) for _ in range(count)]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_expression_is_exact_however_numbers_are_read(value: float) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        assert struct.pack("d", _read(connection, exact_expression(value) + "+0")) == struct.pack(
            "d", value + 0
        )


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 0.1, -0.0, 5e-324, 1.5e300])
def test_literals_are_the_shortest_correct_text(value: float) -> None:
    assert float(real_literal(value)) == value


@pytest.mark.parametrize("filetype", ["sql", "csv"])
def test_numbers_that_sqlite_misreads_come_back(
    build: Build, store: storage.Storager, tmp_path: Path, filetype: str
) -> None:
    source = build("CREATE TABLE t(x REAL)")
    numbers = [*_misread(50), 0.1, 1e308, 5e-324, float("inf"), -float("inf")]
    with closing(sqlite3.connect(source)) as connection:
        connection.executemany("INSERT INTO t VALUES(?)", [(number,) for number in numbers])
        connection.commit()
    layout = Layout("csv") if filetype == "csv" else Layout()
    dump(address(source), store, DumpOptions(layout=layout))
    restore(store, address(tmp_path / "new.db"))
    assert content(tmp_path / "new.db") == content(source)


def test_a_dump_of_an_sqlite_that_reads_differently_comes_back(
    build: Build, store: storage.Storager, tmp_path: Path
) -> None:
    """There, the shortest text was read correctly, and so it is in the file."""
    numbers = _misread(20)
    source = build('CREATE TABLE "t 1.5"(x REAL, y TEXT); INSERT INTO "t 1.5" VALUES(0, \'1.5\')')
    dump(address(source), store)
    path = "app.t 1%2E5.000000000.sql"
    rows = ",\n".join(f"({number!r},'{number!r}')" for number in numbers)
    written = f'INSERT INTO "t 1.5" VALUES\n{rows};\n'.encode()
    store.write(path, written)
    manifest = json.loads(store.read_bytes("manifest.json"))
    manifest["details"]["sqlite"] = "3.99.0"
    (record,) = [record for record in manifest["files"] if record["kind"] == "data"]
    record |= {"rows": 20, "size": len(written), "sha256": sha256(written).hexdigest()}
    store.write("manifest.json", json.dumps(manifest).encode())
    restore(store, address(tmp_path / "new.db"))
    with closing(sqlite3.connect(tmp_path / "new.db")) as copy:
        found = copy.execute('SELECT x, y FROM "t 1.5"').fetchall()
    assert found == [(number, repr(number)) for number in numbers]


def test_only_numbers_are_corrected() -> None:
    reader = RealReader()
    (number,) = _misread(1)
    text = f"""INSERT INTO "t{number!r}" VALUES\n('{number!r}',X'1E5F',12,-0.5,NULL,{{}});\n"""
    assert reader.correct(text.format(repr(number))) == text.format(exact_expression(number))
    reader.close()
