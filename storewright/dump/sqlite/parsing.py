"""Cutting files of a dump back into statements, or into rows of values."""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple, TypeAlias

from storewright.dump.errors import DumpDamaged
from storewright.dump.options import CsvOptions

__all__ = ["CsvReader", "RawText", "Rows", "Value", "insert_statements"]

_READ_BYTES: Final = 1024 * 1024
_STATEMENT: Final = re.compile(rb"""(?:[^'";]++|'[^']*+'|"[^"]*+")*+;\n""")


class RawText(bytes):
    """Stored bytes of a text that is not valid in the database's encoding, or contains NUL."""

    __slots__ = ()


Value: TypeAlias = int | float | str | bytes | RawText | None


class Rows(NamedTuple):
    """Some rows of a table."""

    values: list[tuple[Value, ...]]
    raw: bool
    """Whether a RawText may be among the values; most rows need not be searched for one."""


def insert_statements(stream: BinaryIO) -> Iterator[str]:
    """The statements of a file of rows, one after the other."""
    return map(bytes.decode, _records(stream, _statement_end))


def _records(stream: BinaryIO, end: Callable[[bytes, int], int]) -> Iterator[bytes]:
    """Pieces of the stream cut where ``end(buffer, start)`` says; zero says: not in this buffer."""
    buffer = b""
    while data := stream.read(_READ_BYTES):
        buffer, start = buffer + data, 0
        while stop := end(buffer, start):
            yield buffer[start:stop]
            start = stop
        buffer = buffer[start:]
    if buffer:
        raise DumpDamaged("the file ends inside a statement or a row")


def _statement_end(buffer: bytes, start: int) -> int:
    match = _STATEMENT.match(buffer, start)
    return match.end() if match else 0


class CsvReader:
    """Reads rows of values from files with these options."""

    def __init__(self, options: CsvOptions) -> None:
        self._options = options
        self._delimiter = options.delimiter.encode()
        mark, separator = re.escape(options.delimiter), re.escape(options.separator)
        self._token = re.compile(
            f"({mark}[^{mark}]*+(?:{mark}{mark}[^{mark}]*+)*+{mark}|[^{mark}{separator}\n]*+)"
            f"[{separator}\n]"
        )

    def rows(self, stream: BinaryIO, columns: tuple[str, ...]) -> Iterator[Rows]:
        """The rows of a file in lists. Raises DumpDamaged if it is not of this form."""
        expect_header = self._options.header
        for record in _records(stream, self._last_row_end):
            values = self._values(record.decode())
            if len(values) % len(columns):
                raise DumpDamaged(f"a row does not have {len(columns)} values")
            rows = list(zip(*[iter(values)] * len(columns), strict=True))
            if expect_header:
                _check_header(rows.pop(0), columns)
                expect_header = False
            yield Rows(rows, b"T'" in record)

    def _last_row_end(self, buffer: bytes, start: int) -> int:
        """End of the last complete row: a line end with an even number of delimiters before it."""
        quotes, stop = buffer.count(self._delimiter, start), len(buffer)
        while line := buffer.rfind(b"\n", start, stop) + 1:
            quotes -= buffer.count(self._delimiter, line, stop)
            if quotes % 2 == 0:
                return line
            stop = line - 1
        return 0

    def _values(self, text: str) -> list[Value]:
        mark, null = self._options.delimiter, self._options.null
        double = mark * 2
        tokens: list[str] = self._token.findall(text)
        values: list[Value] = []
        for token in tokens:
            if token[:1] == mark:
                inner = token[1:-1]
                values.append(inner.replace(double, mark) if mark in inner else inner)
            else:
                values.append(None if token == null else _bare(token))
        return values


def _bare(token: str) -> Value:
    """The value of a token without quotes."""
    if token[-1:] == "'":
        return (RawText if token[0] == "T" else bytes).fromhex(token[2:-1])
    try:
        return int(token)
    except ValueError:
        return float(token)


def _check_header(names: tuple[Value, ...], columns: tuple[str, ...]) -> None:
    if names != columns:
        raise DumpDamaged(f"the header names {names}, the table has {columns}")
