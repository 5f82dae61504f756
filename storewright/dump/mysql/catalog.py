"""What a server has: databases, tables and their columns, from its own catalog."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, cast

from storewright.dump.dialect import Table
from storewright.dump.mysql.columns import Column
from storewright.dump.mysql.driver import Connection
from storewright.dump.mysql.text import literal, quote_name

__all__ = ["Entry", "Shape", "answer_shape", "read_databases", "read_entries", "read_shape"]

_OWN: Final = frozenset({"mysql", "sys", "information_schema", "performance_schema"})
_ROW_BYTES: Final = 200
"""Bytes that take as long to read as there is to do for every row."""
_TRANSACTIONAL: Final = frozenset({"innodb", "rocksdb", "tokudb", "tidb"})

EntryType = Literal["BASE TABLE", "SYSTEM VERSIONED", "VIEW", "SEQUENCE"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A table, view or sequence."""

    database: str
    name: str
    type: EntryType
    engine: str
    rows: int
    """About how many rows there are."""
    size: int
    """About how many bytes they are."""

    @property
    def work(self) -> int:
        """About how long its rows take to read, compared with other tables."""
        return self.size + self.rows * _ROW_BYTES

    @property
    def has_rows(self) -> bool:
        """Whether it is a table with rows of its own."""
        return self.type in ("BASE TABLE", "SYSTEM VERSIONED")

    @property
    def transactional(self) -> bool:
        """Whether a snapshot keeps it as it was."""
        return not self.has_rows or self.engine.lower() in _TRANSACTIONAL


@dataclass(frozen=True, slots=True)
class Shape:
    """A table and how its rows are read."""

    table: Table
    columns: tuple[Column, ...]
    """Those with values of their own."""
    place: str
    """What stands after FROM; empty for the answer of a query."""
    order: tuple[str, ...] = ()
    """The columns of the key by which the rows are ordered; empty without one."""
    index: str = ""
    """The name of that key."""
    transactional: bool = True
    """Whether a snapshot keeps it as it was."""
    work: int = 0
    """About how long its rows take to read, compared with other tables."""

    @property
    def number(self) -> Column | None:
        """The column by which the rows are numbered: a key of its own, of whole numbers."""
        found = (c for c in self.columns if (c.name,) == self.order and c.is_integer)
        return next(found, None)


def read_databases(connection: Connection) -> list[str]:
    """Every database but the server's own, by name."""
    rows = connection.texts("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY 1")
    return [name for (name,) in rows if name.lower() not in _OWN]


def read_entries(connection: Connection, database: str) -> list[Entry]:
    """The tables, views and sequences of a database, by name."""
    rows = connection.texts(
        "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH"
        f" FROM information_schema.TABLES WHERE TABLE_SCHEMA={literal(database)} ORDER BY 1"
    )
    return [
        Entry(database, name, cast(EntryType, kind), engine, int(count or 0), int(size or 0))
        for name, kind, engine, count, size in rows
    ]


def read_shape(connection: Connection, entry: Entry) -> Shape:
    """How the rows of a table are to be read."""
    place = f"TABLE_SCHEMA={literal(entry.database)} AND TABLE_NAME={literal(entry.name)}"
    rows = connection.texts(
        "SELECT COLUMN_NAME, DATA_TYPE, EXTRA, IS_NULLABLE, CHARACTER_OCTET_LENGTH"
        f" FROM information_schema.COLUMNS WHERE {place} ORDER BY ORDINAL_POSITION"
    )
    own = [row for row in rows if not _is_generated(row[2])]
    nullable = {name for name, _, _, answer, _ in rows if answer == "YES"}
    columns = tuple(
        Column(name, kind.lower(), name in nullable, int(size) if size else None)
        for name, kind, _, _, size in own
    )
    index, order = next(_keys(connection, place, nullable), ("", ()))
    invisible = any("INVISIBLE" in extra.upper() for _, _, extra, *_ in own)
    table = Table(
        entry.database,
        entry.name,
        tuple(column.name for column in columns),
        len(own) < len(rows) or invisible,
        next((c.name for c in columns if c.can_cut and order[:1] == (c.name,)), None),
        entry.rows,
    )
    place = f"{quote_name(entry.database)}.{quote_name(entry.name)}"
    return Shape(table, columns, place, order, index, entry.transactional, entry.work)


def answer_shape(connection: Connection, query: str) -> Shape:
    """The answer of a query as a table named `result`."""
    found = connection.describe(f"SELECT * FROM ({query}) AS result LIMIT 0".encode())
    columns = tuple(Column.of_answer(name, number) for name, number in found)
    names = tuple(column.name for column in columns)
    return Shape(Table("", "result", names, generated=False, key=None, rows=0), columns, "")


def _is_generated(extra: str) -> bool:
    words = extra.upper()
    return "GENERATED" in words.replace("DEFAULT_GENERATED", "") or "PERSISTENT" in words


def _keys(
    connection: Connection, place: str, nullable: set[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and columns of the primary key, then those of every unique key without NULL."""
    rows = connection.texts(
        "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS"
        f" WHERE {place} AND NON_UNIQUE=0 ORDER BY INDEX_NAME<>'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
    )
    keys: dict[str, list[str]] = {}
    for index, column in rows:
        keys.setdefault(index, []).append(column)
    for name, columns in keys.items():
        if not nullable.intersection(columns):
            yield name, tuple(columns)
