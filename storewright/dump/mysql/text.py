"""Names and strings in the SQL of MySQL."""

from typing import Final

__all__ = ["SQL_MODE", "hex_literal", "literal", "quote_name", "raw_literal"]

SQL_MODE: Final = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
"""The mode that all our SQL is for: a 0 in a key, and a date that is none, stay what they are; a
backslash escapes, and only a backtick is around a name."""

_ESCAPES: Final = (
    (b"\\", b"\\\\"),  # first: the others bring backslashes of their own
    (b"'", b"\\'"),
    (b"\0", b"\\0"),
    (b"\n", b"\\n"),  # myloader takes a semicolon and a line end for the end of a statement
    (b"\r", b"\\r"),  # the command line client makes one line end of \r\n
    (b"\x1a", b"\\Z"),
)


def quote_name(name: str) -> str:
    """``name`` as an identifier."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """``text`` as a string constant, on one line."""
    return raw_literal(text.encode()).decode()


def raw_literal(data: bytes) -> bytes:
    """``data`` as a string constant of bytes, on one line."""
    for plain, escaped in _ESCAPES:
        if plain in data:
            data = data.replace(plain, escaped)
    return b"".join((b"'", data, b"'"))  # in memory of just this size


def hex_literal(data: bytes) -> str:
    """``data`` as a string constant of hexadecimal digits."""
    return f"x'{data.hex()}'"
