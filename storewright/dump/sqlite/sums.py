"""Content sums: whether two tables hold exactly the same rows, in whatever order."""

import marshal
import sqlite3
from functools import partial
from hashlib import blake2b
from typing import Final

from storewright.dump.sqlite.literals import quote_name
from storewright.dump.sqlite.schema import pragma, read_entries

_exact_text: Final = partial(str, encoding="utf-8", errors="surrogateescape")
"""Text of any bytes, different for different bytes."""

__all__ = ["content_sum", "schema", "table_names"]


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Every table that has rows of its own, in the order of creation.

    A virtual table is not among them, but the tables that hold its content are; so is
    ``sqlite_sequence``, if the database has one.
    """
    names = [e.name for e in read_entries(connection) if e.type == "table" and e.stored]
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name='sqlite_sequence'")
    return [*names, "sqlite_sequence"] if found.fetchone() else names


def content_sum(connection: sqlite3.Connection, table: str) -> str:
    """Number of rows, and the sum over all rows of a 128-bit hash of their values and types.

    Equal for the same rows in any order; different if any value differs in type or in a single
    bit: 1, 1.0, '1' and X'31' are four values, so are 0.0 and -0.0. Generated columns count too.
    """
    factory = connection.text_factory
    connection.text_factory = _exact_text
    try:
        info = connection.execute(f"PRAGMA table_xinfo({quote_name(table)})").fetchall()
        if not info:
            raise LookupError(f"no table {table!r}")
        names = [quote_name(str(row[1])) for row in info]
        return _sum(connection, table, names)
    finally:
        connection.text_factory = factory


def _sum(connection: sqlite3.Connection, table: str, names: list[str]) -> str:
    if pragma(connection, "encoding") != "UTF-8":
        # as blobs texts show their stored bytes; hex() makes other texts of them
        names = [f"iif(typeof({n})='text',hex(CAST({n} AS BLOB)),{n})" for n in names]
    cursor = connection.cursor()
    cursor.row_factory = None
    total = rows = 0
    for row in cursor.execute(f"SELECT {','.join(names)} FROM {quote_name(table)}"):
        # format 2 is the last that depends on nothing but the values
        total += int.from_bytes(blake2b(marshal.dumps(row, 2), digest_size=16).digest(), "little")
        rows += 1
    return f"{rows}:{total % 2**128:032x}"


def schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """The schema as comparable rows: every statement, and the settings kept in the file."""
    entries: list[tuple[str, ...]] = [
        (e.type, e.name, e.table, e.sql) for e in read_entries(connection)
    ]
    settings = ("encoding", "page_size", "auto_vacuum", "user_version", "application_id")
    kept = [("pragma", name, "", pragma(connection, name)) for name in settings]
    return sorted(entries) + kept
