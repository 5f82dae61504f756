"""The columns of a table, and how the server is asked for each value.

The server formats what is short: one string for a row is the fastest way (a row of many small
values costs the client ten times as much). What may be long is fetched as it is, because a
formatted copy could exceed max_allowed_packet and come as NULL.
"""

from dataclasses import dataclass
from typing import Final, Self

from storewright.dump.mysql.text import quote_name

__all__ = ["Column", "Kind"]

Kind = str
"""``number``, ``float``, ``bit``, ``text`` (short), ``binary`` (short), or ``long``."""

_NUMBERS: Final = frozenset(
    {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "year"}
)
_INTEGERS: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_TIMES: Final = frozenset({"date", "datetime", "timestamp"})
_LONG: Final = frozenset(
    {
        *("tinyblob", "blob", "mediumblob", "longblob"),
        *("tinytext", "text", "mediumtext", "longtext", "json"),
        *("geometry", "point", "linestring", "polygon", "multipoint"),
        *("multilinestring", "multipolygon", "geometrycollection"),
    }
)
_HUGE: Final = _LONG - {"tinyblob", "blob", "tinytext", "text"}
"""Types whose values may have megabytes."""
_BINARY: Final = frozenset({"binary", "varbinary", "uuid", "inet6", "inet4", "vector"})
_STRINGS: Final = frozenset(
    {"char", "varchar", "enum", "set", "tinytext", "text", "mediumtext", "longtext", "json"}
)
"""Types with a character set."""
_BYTES: Final = (_LONG | {"binary", "varbinary"}) - _STRINGS
"""Types whose values are bytes to the server, too."""


_TYPES: Final = {
    **dict.fromkeys((0, 1, 2, 3, 5, 8, 9, 13, 246), "decimal"),
    4: "float",
    16: "bit",
    **dict.fromkeys((249, 250, 251, 252, 255), "longblob"),
}
"""MySQL's numbers of the types of an answer's columns; the others are written as text."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column with values of its own."""

    name: str
    type: str
    """The name of its type, without length and attributes, in lower case."""
    nullable: bool = True
    """Whether there may be NULL."""
    size: int | None = None
    """Bytes that a value may have at most, where the type has a length."""

    @classmethod
    def of_answer(cls, name: str, number: int) -> Self:
        """A column of the answer of a query, whose type the driver knows by its number."""
        return cls(name, _TYPES.get(number, "varchar"))

    @property
    def kind(self) -> Kind:
        """How it is asked for and written."""
        if self.type in _NUMBERS:
            return "number"
        if self.type in ("float", "bit"):
            return self.type
        if self.type in _LONG:
            return "long"
        return "binary" if self.type in _BINARY else "text"

    @property
    def can_cut(self) -> bool:
        """Whether a constant compares with it as its key does: no collation is involved."""
        return self.kind == "number" or self.type in _TIMES

    @property
    def is_integer(self) -> bool:
        """Whether its values are whole numbers."""
        return self.type in _INTEGERS

    @property
    def is_plain(self) -> bool:
        """Whether no text of a value has anything that must be escaped."""
        return self.kind in ("number", "float", "bit") or self.type in _TIMES or self.type == "time"

    @property
    def is_huge(self) -> bool:
        """Whether one value may have megabytes."""
        return self.type in _HUGE

    @property
    def quoted(self) -> str:
        """Its name as an identifier."""
        return quote_name(self.name)

    @property
    def bytes(self) -> str:
        """SQL for the bytes that the server keeps: no conversion to another character set.

        A UUID or INET6 as text would be read back as NULL under SET NAMES binary, so it is cast.
        With a string that would be a copy, and the server is as slow to quote one of several bytes
        a character as it is quick to take it for bytes.
        """
        if self.type in _BYTES:
            return self.quoted
        if self.type in _STRINGS:
            return f"CONVERT({self.quoted} USING binary)"
        return f"CAST({self.quoted} AS BINARY)"

    @property
    def number(self) -> str:
        """SQL for a value that is written without quotes; FLOAT in full precision."""
        if self.type == "float":
            return f"{self.quoted}+0e0"
        return f"CONCAT('b''',BIN({self.quoted}),'''')" if self.type == "bit" else self.quoted
