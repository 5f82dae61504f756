"""Reading a SQLite database's schema, and writing it down as files of SQL."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from storewright.dump.dialect import Definition, DefinitionKind, Table
from storewright.dump.errors import SourceFailed
from storewright.dump.sqlite.literals import literal, quote_name
from storewright.dump.sqlite.statements import ended

__all__ = ["Entry", "definitions", "own_columns", "pragma", "read_entries", "read_table"]

_Text: TypeAlias = tuple[DefinitionKind, str, str]
"""Kind, name and text of a definition."""
_KEPT_PRAGMAS = ("page_size", "auto_vacuum", "user_version", "application_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of sqlite_master that was made by a statement."""

    type: str
    """``table``, ``index``, ``view`` or ``trigger``."""
    name: str
    table: str
    """The table it belongs to; its own name for tables and views."""
    stored: bool
    """Whether it has pages of its own: neither a view, nor a trigger, nor a virtual table."""
    sql: str

    @property
    def virtual(self) -> bool:
        """Whether it is a virtual table; its content is in ordinary tables beside it."""
        return self.type == "table" and not self.stored


def read_entries(connection: sqlite3.Connection) -> list[Entry]:
    """Everything that a user created, in the order of creation. Names must be valid UTF-8."""
    rows = connection.execute(
        "SELECT type, name, tbl_name, coalesce(rootpage, 0) > 0, sql FROM sqlite_master"
        " WHERE sql IS NOT NULL ORDER BY rowid"
    )
    entries = [_entry(*row) for row in rows]
    return [entry for entry in entries if not entry.name.lower().startswith("sqlite_")]


def _entry(type_: object, name: object, table: object, stored: int, sql: object) -> Entry:
    return Entry(_text(type_), _text(name), _text(table), bool(stored), _text(sql))


def _text(value: object) -> str:
    """Text of a connection whose text_factory is bytes."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise SourceFailed(f"the schema contains {value!r}, which is not UTF-8") from None
    return str(value)


def pragma(connection: sqlite3.Connection, name: str) -> str:
    """The value of a pragma, as text."""
    row: tuple[object] = connection.execute(f"PRAGMA {name}").fetchone()
    return _text(row[0])


def read_table(connection: sqlite3.Connection, database: str, name: str) -> Table:
    """What the dump must know about a stored table."""
    hidden = _columns(connection, name)
    columns = own_columns(connection, name)
    key = _key(connection, name, {column.lower() for column in hidden})
    rows = _estimate(connection, name, key)
    return Table(database, name, columns, len(columns) < len(hidden), key, rows)


def own_columns(connection: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """The columns of a table that are not computed from others."""
    return tuple(column for column, hidden in _columns(connection, name).items() if not hidden)


def _columns(connection: sqlite3.Connection, name: str) -> dict[str, int]:
    """All columns; what is not 0 is hidden or generated."""
    rows = connection.execute(f"PRAGMA table_xinfo({quote_name(name)})")
    return {_text(row[1]): int(row[6]) for row in rows}


def _key(connection: sqlite3.Connection, name: str, columns: set[str]) -> str | None:
    """The name under which the rowid can be asked for; a WITHOUT ROWID table has none."""
    for alias in ("rowid", "_rowid_", "oid"):
        if alias not in columns:
            try:
                connection.execute(f"SELECT {alias} FROM {quote_name(name)} LIMIT 0")
            except sqlite3.OperationalError:
                return None
            return alias
    return None


def _estimate(connection: sqlite3.Connection, name: str, key: str | None) -> int:
    """Rows, from the range of the keys: counting would read the whole table."""
    if key is None:
        query = f"SELECT count(*) FROM {quote_name(name)}"
    else:  # two queries, for only they are answered from the ends of the tree
        ends = (f"(SELECT {end}({key}) FROM {quote_name(name)})" for end in ("max", "min"))
        query = f"SELECT coalesce({'-'.join(ends)}+1, 0)"
    row: tuple[int | float] = connection.execute(query).fetchone()
    return int(row[0])


def definitions(connection: sqlite3.Connection, database: str) -> Iterator[Definition]:
    """The schema as files, the database's own first."""
    for kind, name, text in _texts(connection, read_entries(connection)):
        yield Definition(kind, database, name, text)


def _texts(connection: sqlite3.Connection, entries: Sequence[Entry]) -> Iterator[_Text]:
    yield "schema-create", "", _create(connection)
    for entry in entries:
        if entry.type == "table":
            yield "schema", entry.name, _table(entry, entries)
    for entry in entries:
        if entry.type == "view":
            yield "schema-view", entry.name, ended(entry.sql)
    yield from _triggers(entries)
    yield from _extras(connection)


def _create(connection: sqlite3.Connection) -> str:
    settings = [f"PRAGMA encoding={literal(pragma(connection, 'encoding'))};\n"]
    settings += [f"PRAGMA {name}={pragma(connection, name)};\n" for name in _KEPT_PRAGMAS]
    return "".join(settings)


def _table(entry: Entry, entries: Sequence[Entry]) -> str:
    if entry.virtual:
        return _virtual(entry)
    indexes = (e.sql for e in entries if e.type == "index" and e.table == entry.name)
    return "".join(map(ended, (entry.sql, *indexes)))


def _virtual(entry: Entry) -> str:
    """Enter a virtual table into the schema without running its module.

    CREATE VIRTUAL TABLE would make the tables that hold its content, which the dump has already.
    This is exact for every module, also for one that is not loaded here.
    """
    values = ",".join(map(literal, ("table", entry.name, entry.name)))
    return (
        "PRAGMA writable_schema=ON;\n"
        "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)"
        f" VALUES({values},0,{literal(entry.sql)});\n"
        "PRAGMA writable_schema=OFF;\n"
    )


def _triggers(entries: Sequence[Entry]) -> Iterator[_Text]:
    owners = dict.fromkeys(entry.table for entry in entries if entry.type == "trigger")
    for owner in owners:
        mine = (e.sql for e in entries if e.type == "trigger" and e.table == owner)
        yield "schema-triggers", owner, "".join(map(ended, mine))


def _extras(connection: sqlite3.Connection) -> Iterator[_Text]:
    """Where AUTOINCREMENT goes on, the statistics of ANALYZE, and write-ahead logging."""
    internal = {_text(name) for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "sqlite_sequence" in internal:
        yield "schema-sequence", "", _rows(connection, "sqlite_sequence")
    post = ""
    if "sqlite_stat1" in internal:
        post += "ANALYZE sqlite_master;\n" + _rows(connection, "sqlite_stat1")
    if pragma(connection, "journal_mode").lower() == "wal":
        post += "PRAGMA journal_mode=WAL;\n"
    if post:
        yield "schema-post", "", post


def _rows(connection: sqlite3.Connection, name: str) -> str:
    """Statements that give one of SQLite's own tables exactly the rows it has here."""
    columns = [quote_name(column) for column in own_columns(connection, name)]
    values = "||','||".join(f"quote({column})" for column in columns)
    inserts = (
        f"INSERT INTO {name}({','.join(columns)}) VALUES({_text(row)});\n"
        for (row,) in connection.execute(f"SELECT {values} FROM {name} ORDER BY rowid")
    )
    return f"DELETE FROM {name};\n" + "".join(inserts)
