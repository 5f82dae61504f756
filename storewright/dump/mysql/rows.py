"""Rows of a table as text: what the server is asked, and what is made of its answer.

All exact, verified by restores and content sums: FLOAT in full precision, UUID and INET6 as their
bytes, BIT, JSON, GEOMETRY, any character set, NUL bytes, invalid dates.

CONCAT_WS is avoided, since it skips NULL: with a small max_allowed_packet an overlong value would
vanish from its row without an error.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from storewright.dump.cutting import Framing
from storewright.dump.dialect import Table
from storewright.dump.errors import SourceFailed
from storewright.dump.mysql.columns import Column
from storewright.dump.mysql.driver import Row, Rows
from storewright.dump.mysql.text import literal, quote_name, raw_literal
from storewright.dump.options import CsvOptions, Layout

__all__ = ["AnswerText", "RowText", "framing", "row_text"]

_HEADER: Final = (
    b"/*!40101 SET NAMES binary*/;\n"
    b"/*!40103 SET TIME_ZONE='+00:00'*/;\n"
    b"/*!40014 SET FOREIGN_KEY_CHECKS=0,UNIQUE_CHECKS=0*/;\n"
    b"/*M!100201 SET CHECK_CONSTRAINT_CHECKS=0*/;\n"
    b"/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO'*/;\n"
)
_COUNTED: Final = _HEADER.index(b"\n") + 1  # dumpling writes, and counts, the first line only
_NO_ESCAPES: Final = (b"'NO_AUTO", b"'NO_BACKSLASH_ESCAPES,NO_AUTO")
_ROWS: Final = 500
_LONG_ROWS: Final = 32
_HUGE_ROWS: Final = 4
"""Rows of one block, which is in memory as a whole: few where a row may have megabytes."""

Writer = Callable[[bytes], bytes]
"""Makes the text of a value that came as it is."""


class RowText:
    """How rows of one table become text.

    ``expressions`` are asked for in one SELECT. They are runs of short columns, which the server
    formats and joins, and long columns, which `formatted` writes here.
    """

    def __init__(
        self,
        expressions: Sequence[str],
        writers: Sequence[Writer | None],
        null: bytes,
        block: int,
        *,
        one_line: bool,
    ) -> None:
        self.expressions = expressions
        self._one_line = _one_line if one_line else _as_they_are
        self._line = _escape_lines if one_line else _as_it_is
        self.block = block
        self._writers = writers
        self._null = null

    def formatted(self, rows: Rows) -> list[bytes]:
        """The text of each row."""
        if len(self._writers) == 1 and self._writers[0] is None:
            return self._one_line([_whole(row[0]) for row in rows])
        return [self._joined(row) for row in rows]

    def _joined(self, row: Row) -> bytes:
        return b"".join(
            [
                (
                    self._line(_whole(value))
                    if writer is None
                    else self._null if value is None else writer(value)
                )
                for writer, value in zip(self._writers, row, strict=True)
            ]
        )


class AnswerText:
    """How the answer of a user's query becomes text: as the server sends it, in its order."""

    def __init__(self, columns: Sequence[Column], layout: Layout) -> None:
        form = _form(layout)
        self.block = _block(columns)
        self._separator = form.separator.encode()
        self._null = form.null
        numbers = ("number", "float")
        self._writers = [_as_it_is if c.kind in numbers else form.writer(c) for c in columns]

    def formatted(self, rows: Rows) -> list[bytes]:
        """The text of each row."""
        return [self._separator.join(self._values(row)) for row in rows]

    def _values(self, row: Row) -> Iterator[bytes]:
        for writer, value in zip(self._writers, row, strict=True):
            yield self._null if value is None else writer(value)


def row_text(columns: Sequence[Column], layout: Layout) -> RowText:
    """The way rows with these columns are written in this layout."""
    form = _form(layout)
    expressions: list[str] = []
    writers: list[Writer | None] = []
    separator = ""
    for is_long, run in groupby(columns, lambda column: column.kind == "long"):
        for column in run if is_long else ():
            if separator:
                expressions.append(literal(separator))
                writers.append(None)
            expressions.append(column.bytes)
            writers.append(form.writer(column))
            separator = form.separator
        if not is_long:
            parts = [f"{literal(separator)}"] if separator else []
            for number, column in enumerate(run):
                parts += [literal(form.separator)] if number else []
                parts.append(form.expression(column))
            expressions.append(f"CONCAT({','.join(parts)})")
            writers.append(None)
            separator = form.separator
    if not columns:
        expressions, writers = ["''"], [None]
    return RowText(expressions, writers, form.null, _block(columns), one_line=form.one_line)


def _form(layout: Layout) -> "_Sql | _Csv":
    if layout.filetype == "csv":
        return _Csv(layout.csv, escape=layout.escape_backslash)
    return _Sql(escape=layout.escape_backslash)


class _Sql:
    """As values of an INSERT statement.

    Without `escape`, quotes are doubled and backslashes are ordinary: files for servers with the
    SQL mode NO_BACKSLASH_ESCAPES.
    """

    separator = ","
    null = b"NULL"

    def __init__(self, *, escape: bool) -> None:
        self.one_line = escape
        self._quoted = raw_literal if escape else _doubled

    def expression(self, column: Column) -> str:
        if column.kind in ("number", "float", "bit"):
            return f"IFNULL({column.number},'NULL')"
        if self.one_line:
            return f"QUOTE({column.bytes})"  # NULL without quotes, if it is NULL
        return f"IFNULL(CONCAT('\\'',REPLACE({column.bytes},'\\'','\\'\\''),'\\''),'NULL')"

    def writer(self, column: Column) -> Writer:
        return self._quoted


class _Csv:
    """As values of a CSV file, as LOAD DATA reads it.

    Text and binary values stand between delimiters, numbers do not. With `escape`, a backslash
    goes before what would end a value, and no value has a line end; without, a delimiter inside a
    value is doubled, and everything else is as it is.
    """

    def __init__(self, options: CsvOptions, *, escape: bool) -> None:
        self._options = options
        self.one_line = escape
        self.separator = options.separator
        self.null = options.null.encode()
        self._mark = options.delimiter.encode()
        escapes = _csv_escapes(options) if escape else _csv_doubles(options)
        self._escapes = [(plain.encode(), by.encode()) for plain, by in escapes]

    def expression(self, column: Column) -> str:
        null = literal(self._options.null)
        if column.kind in ("number", "float"):
            return f"IFNULL({column.number},{null})"
        value = column.bytes
        for plain, escaped in self._escapes:
            value = f"REPLACE({value},{_hex(plain)},{_hex(escaped)})"
        mark = literal(self._options.delimiter)
        return f"IFNULL(CONCAT({mark},{value},{mark}),{null})"

    def writer(self, column: Column) -> Writer:
        return self.quoted

    def quoted(self, data: bytes) -> bytes:
        """A value between delimiters."""
        for plain, escaped in self._escapes:
            if plain in data:
                data = data.replace(plain, escaped)
        return self._mark + data + self._mark


def _csv_escapes(options: CsvOptions) -> Iterator[tuple[str, str]]:
    """What must be changed inside a value so that LOAD DATA finds its end."""
    yield "\\", "\\\\"
    yield "\0", "\\0"
    yield "\n", "\\n"
    yield "\r", "\\r"
    # without delimiters, a value ends at the first character of the separator
    mark = options.delimiter or options.separator[0]
    yield mark, f"\\{mark}"


def _csv_doubles(options: CsvOptions) -> Iterator[tuple[str, str]]:
    if options.delimiter:
        yield options.delimiter, options.delimiter * 2


def _hex(data: bytes) -> str:
    return f"x'{data.hex()}'"


def _block(columns: Sequence[Column]) -> int:
    if any(column.is_huge for column in columns):
        return _HUGE_ROWS
    return _LONG_ROWS if any(column.kind == "long" for column in columns) else _ROWS


def _whole(value: bytes | None) -> bytes:
    if value is None:
        raise SourceFailed(
            "a row is longer than the server's max_allowed_packet: raise it, in the server"
        )
    return value


def _doubled(data: bytes) -> bytes:
    return b"'" + data.replace(b"'", b"''") + b"'"


def _as_they_are(rows: list[bytes]) -> list[bytes]:
    return rows


def _as_it_is(text: bytes) -> bytes:
    return text


def _one_line(rows: list[bytes]) -> list[bytes]:
    """QUOTE leaves line ends as they are; no value has a NUL byte once it is quoted."""
    text = b"\0".join(rows)
    if b"\n" in text or b"\r" in text:
        return _escape_lines(text).split(b"\0")
    return rows


def _escape_lines(text: bytes) -> bytes:
    if b"\n" in text or b"\r" in text:
        return text.replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return text


def framing(table: Table, layout: Layout) -> Framing:
    """What stands around the rows of a table in a file of this layout."""
    if layout.filetype == "csv":
        end = layout.csv.terminator.encode()
        return Framing(_csv_header(table.columns, layout), b"", end, end, None)
    names = ",".join(map(quote_name, table.columns))
    columns = f"({names})" if layout.complete_insert or table.generated else ""
    opening = f"INSERT INTO {quote_name(table.name)}{columns} VALUES\n("
    header = _HEADER if layout.escape_backslash else _HEADER.replace(*_NO_ESCAPES)
    return Framing(header, opening.encode(), b"),\n(", b");\n", layout.statement_size, _COUNTED)


def _csv_header(columns: Sequence[str], layout: Layout) -> bytes:
    if not layout.csv.header:
        return b""
    form = _Csv(layout.csv, escape=layout.escape_backslash)
    names = (form.quoted(name.encode()) for name in columns)
    return layout.csv.separator.encode().join(names) + layout.csv.terminator.encode()
