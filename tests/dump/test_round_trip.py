"""Whatever a database holds, it comes back to the bit, in every layout of the files."""

import sqlite3
import struct
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storewright import storage
from storewright.dump import CsvOptions, DumpOptions, Layout, dump, restore, verify
from tests.dump.support import address, content


class RawText(bytes):
    """Bytes that are stored as text, whatever they are."""


@dataclass(frozen=True)
class TableCase:
    name: str
    columns: list[tuple[str, str]]
    suffix: str
    rows: list[tuple[Any, ...]]


_ANY_BITS = st.binary(min_size=8, max_size=8).map(lambda b: struct.unpack("d", b)[0])
_TEXT = st.one_of(
    st.text(max_size=40),
    st.text("'\"\\,;\n\r\t\0NX0 ", max_size=12),
    st.sampled_from(["NULL", "\\N", "", "1", "1.0", "9e999", "X'00'", "T'00'", "\ufeff", "\uffff"]),
)
VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([-(2**63), 2**63 - 1, 0, -1]),
    st.floats(allow_nan=False),
    _ANY_BITS.filter(lambda value: value == value),  # noqa: PLR0124 - SQLite has no NaN
    _TEXT,
    st.binary(max_size=40),
    st.binary(max_size=20).map(RawText),
)
_NAMES = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(
        [
            "a.b/c",
            "rowid",
            "it's",
            'say "hi"',
            "x-schema",
            "%41",
            "select",
            "líne\n2",
            "--",
            "/*",
            ";\n",
        ]
    ),
).filter(lambda name: "\0" not in name and not name.lower().startswith("sqlite_"))
_TYPES = st.sampled_from(["", "INTEGER", "INT", "TEXT", "REAL", "BLOB", "NUMERIC", "VARCHAR(9)"])


def _folded(names: list[str]) -> bool:
    """Whether SQLite, which folds the case of ASCII letters, tells the names apart."""
    return len({n.translate({c: c + 32 for c in range(65, 91)}) for n in names}) == len(names)


@st.composite
def tables(draw: st.DrawFn, name: str) -> TableCase:
    columns = draw(
        st.lists(st.tuples(_NAMES, _TYPES), min_size=1, max_size=5).filter(
            lambda columns: _folded([name for name, _ in columns])
        )
    )
    keyless = draw(st.booleans())
    rows = draw(st.lists(st.tuples(*[VALUES] * len(columns)), max_size=12))
    return TableCase(name, columns, "WITHOUT ROWID" if keyless else "", rows)


DATABASES = (
    st.lists(_NAMES, max_size=3)
    .filter(_folded)
    .flatmap(lambda names: st.tuples(*[tables(name) for name in names]))
)
SIZES = st.none() | st.integers(1, 400)
OPTIONS = st.builds(
    DumpOptions,
    layout=st.builds(
        Layout,
        filetype=st.sampled_from(["sql", "csv"]),
        compress=st.sampled_from(["none", "gzip", "zstd"]),
        csv=st.builds(
            CsvOptions,
            separator=st.sampled_from([",", ";", "\t", "|"]),
            delimiter=st.sampled_from(['"', "`", "$"]),
            null=st.sampled_from([r"\N", "", "NULL"]),
            header=st.booleans(),
        ),
        complete_insert=st.booleans(),
        statement_size=st.integers(1, 1000),
    ),
    filesize=SIZES,
    rows=st.none() | st.integers(1, 5),
    threads=st.integers(1, 3),
)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _create(connection: sqlite3.Connection, table: TableCase) -> None:
    columns = [f"{_quoted(name)} {kind}" for name, kind in table.columns]
    keyed = [*columns, "storewright_key PRIMARY KEY"] if table.suffix else columns
    connection.execute(f"CREATE TABLE {_quoted(table.name)}({','.join(keyed)}) {table.suffix}")
    for number, row in enumerate(table.rows):
        marks = [f"CAST(X'{v.hex()}' AS TEXT)" if isinstance(v, RawText) else "?" for v in row]
        marks += [str(number)] if table.suffix else []
        insert = f"INSERT INTO {_quoted(table.name)} VALUES({','.join(marks)})"
        connection.execute(insert, [v for v in row if not isinstance(v, RawText)])


def _round_trip(encoding: str, database: tuple[TableCase, ...], options: DumpOptions) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "app.db"), Path(folder, "new.db")
        with closing(sqlite3.connect(source)) as connection:
            connection.execute(f"PRAGMA encoding='{encoding}'")
            for table in database:
                _create(connection, table)
            connection.commit()
        store = storage.open("memory://")
        manifest = dump(address(source), store, options)
        assert manifest.databases["app"] == {table.name: len(table.rows) for table in database}
        assert verify(store).good
        restore(store, address(target), threads=2)
        assert content(target) == content(source)


_SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_SETTINGS
@given(database=DATABASES, options=OPTIONS)
def test_any_database_comes_back(database: tuple[TableCase, ...], options: DumpOptions) -> None:
    _round_trip("UTF-8", database, options)


@settings(parent=_SETTINGS, max_examples=60)
@given(encoding=st.sampled_from(["UTF-16le", "UTF-16be"]), database=DATABASES, options=OPTIONS)
def test_any_utf_16_database_comes_back(
    encoding: str, database: tuple[TableCase, ...], options: DumpOptions
) -> None:
    _round_trip(encoding, database, options)
