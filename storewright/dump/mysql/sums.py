"""Content sums: whether two tables hold exactly the same rows, in whatever order.

CHECKSUM TABLE is no such thing: with a virtual column its answer changes while no row does.
"""

from typing import Final

from storewright.dump.mysql.columns import Column
from storewright.dump.mysql.driver import Connection, ServerError
from storewright.dump.mysql.text import literal, quote_name

__all__ = ["content_sum", "table_names"]

_TOO_LONG: Final = 1301


def table_names(connection: Connection, database: str) -> list[str]:
    """Every table that has rows of its own, by name."""
    rows = connection.texts(
        "SELECT TABLE_NAME FROM information_schema.TABLES"
        f" WHERE TABLE_SCHEMA={literal(database)}"
        " AND TABLE_TYPE IN ('BASE TABLE','SYSTEM VERSIONED') ORDER BY 1"
    )
    return [name for (name,) in rows]


def content_sum(connection: Connection, database: str, table: str) -> str:
    """Number of rows, and the sum over all rows of a 128-bit hash of the bytes of their values.

    Equal for the same rows in any order, different if any value differs in a bit, or is NULL in
    one of them. Generated columns count too. The server computes it; raises ServerError.
    """
    place = f"TABLE_SCHEMA={literal(database)} AND TABLE_NAME={literal(table)}"
    rows = connection.texts(
        "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS"
        f" WHERE {place} ORDER BY ORDINAL_POSITION"
    )
    if not rows:
        raise LookupError(f"no table {table!r} in {database!r}")
    hashes = ",".join(_hash(Column(name, kind.lower())) for name, kind in rows)
    digest = f"MD5(CONCAT({hashes})) AS digest"
    halves = (f"SUM(CAST(CONV({part}(digest,16),16,10) AS UNSIGNED))" for part in ("LEFT", "RIGHT"))
    (found,) = connection.texts(
        f"SELECT COUNT(*), SUM(LENGTH(digest)), {', '.join(halves)}"
        f" FROM (SELECT {digest} FROM {quote_name(database)}.{quote_name(table)}) AS digests"
    )
    count, length, upper, lower = (int(value or 0) for value in found)
    if length < 32 * count:  # COUNT(digest) takes it for what is never NULL
        raise ServerError(_TOO_LONG, "max_allowed_packet is too small for the hashes of a row")
    return f"{count}:{upper % 2**64:016x}{lower % 2**64:016x}"


def _hash(column: Column) -> str:
    value = f"{column.quoted}+0e0" if column.type == "float" else column.bytes
    return f"IFNULL(MD5({value}),'-')"
