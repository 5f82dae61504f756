"""Databases for tests and benchmarks: of any size, filled by the server itself.

Rows are made by MariaDB's sequences, so that hundreds of megabytes take seconds; the same scale
gives the same rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Table", "shop_sql", "tables_sql"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and what its rows are made of."""

    name: str
    columns: str
    values: str
    """One for each column, as expressions of `seq`."""
    rows: int
    """How many at scale 1."""


_TABLES: Final = (
    Table(
        "orders",
        "id bigint PRIMARY KEY, customer int NOT NULL, price decimal(12,2), tax float,"
        " weight double, at datetime(3), state enum('new','paid','sent'), note varchar(120)",
        "seq, seq MOD 9973, seq*1.37, seq/7, SQRT(seq),"
        " FROM_UNIXTIME(1700000000+seq*3.001), 1+seq MOD 3,"
        " IF(seq MOD 5, CONCAT('order ', seq, ' for \\'shelf\\' ', MD5(seq)), NULL)",
        400_000,
    ),
    Table(
        "events",
        "id int PRIMARY KEY, u uuid, source inet6, flags bit(20), detail json,"
        " at timestamp(6) NULL, tags set('a','b','c','d'), day date, spent time(3)",
        "seq, INSERT(INSERT(MD5(seq),13,1,'4'),17,1,'a'),"
        " INET6_ATON(CONCAT('2001:db8::', HEX(seq MOD 65536))), seq MOD 1048576,"
        " CONCAT('{\"seq\": ', seq, ', \"text\": \"', MD5(seq), '\\\\n\"}'),"
        " FROM_UNIXTIME(1600000000+seq*1.000007), seq MOD 16,"
        " '2020-01-01'+INTERVAL seq MOD 3000 DAY, SEC_TO_TIME(seq MOD 80000)",
        250_000,
    ),
    Table(
        "documents",
        "id int PRIMARY KEY, title varchar(200) CHARACTER SET latin1, body mediumtext, data blob",
        "seq, CONCAT('caf', _latin1 x'e9', ' ', seq),"
        " REPEAT(CONCAT('line ', seq, ' says \\'so\\';\\n\\t☃ \\\\ '), 40+seq MOD 60),"
        " REPEAT(UNHEX(CONCAT('000a0d1a275c', MD5(seq))), 50+seq MOD 50)",
        25_000,
    ),
    Table(
        "pairs",
        "name varbinary(40) PRIMARY KEY, value varbinary(60)",
        "CONCAT('name-', seq), UNHEX(CONCAT(MD5(seq), SHA1(seq)))",
        250_000,
    ),
    Table(
        "customers",
        "id int PRIMARY KEY, name varchar(60), mail varchar(80), address text,"
        " upper_name varchar(60) AS (UPPER(name)) VIRTUAL, point point",
        "seq, CONCAT('Ålice ', seq), CONCAT('a', seq, '@example.org'),"
        " CONCAT('Street ', seq, '\\n', MD5(seq)), POINT(seq, -seq)",
        60_000,
    ),
)


def shop_sql(scale: float = 1) -> str:
    """Statements that fill the database in use; scale 1 makes a dump of more than 200 MB."""
    return tables_sql(_TABLES, scale)


def tables_sql(tables: Iterable[Table], scale: float) -> str:
    """Statements that make the tables, each with its rows times ``scale``."""
    return "".join(_statements(tables, scale))


def _statements(tables: Iterable[Table], scale: float) -> Iterator[str]:
    yield "SET time_zone='+00:00';\n"
    for table in tables:
        yield f"CREATE TABLE {table.name} ({table.columns});\n"
        rows = max(1, round(table.rows * scale))
        names = ",".join(_names(table.columns))
        source = f"SELECT {table.values} FROM seq_1_to_{rows}"  # noqa: S608 - from above
        yield f"INSERT INTO {table.name} ({names}) {source};\n"


def _names(columns: str) -> Iterator[str]:
    """The columns that are given values, out of their definitions."""
    for definition in columns.split(", "):
        name, _, rest = definition.partition(" ")
        if " AS " not in rest:
            yield name
