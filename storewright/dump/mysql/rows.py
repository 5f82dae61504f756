"""Rows of a table as text: what the server is asked, and what is made of its answer.

All exact, verified by restores and content sums: FLOAT in full precision, UUID and INET6 as their
bytes, BIT, JSON, GEOMETRY, any character set, NUL bytes, invalid dates.

CONCAT_WS joins nothing but numbers, since it skips NULL: with a small max_allowed_packet an
overlong value would vanish from its row without an error.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Final, NamedTuple, cast

from storewright.dump.cutting import Batch, Framing, Lines
from storewright.dump.dialect import Table
from storewright.dump.errors import SourceFailed
from storewright.dump.mysql.columns import Column
from storewright.dump.mysql.driver import Row, Rows
from storewright.dump.mysql.text import SQL_MODE, hex_literal, literal, quote_name, raw_literal
from storewright.dump.options import CsvOptions, Layout

__all__ = ["AnswerText", "RowText", "framing", "row_text"]

_HEADER: Final = (
    b"/*!40101 SET NAMES binary*/;\n"
    b"/*!40103 SET TIME_ZONE='+00:00'*/;\n"
    b"/*!40014 SET FOREIGN_KEY_CHECKS=0,UNIQUE_CHECKS=0*/;\n"
    b"/*M!100201 SET CHECK_CONSTRAINT_CHECKS=0*/;\n"
    b"/*!40101 SET SQL_MODE='%s'*/;\n" % SQL_MODE.encode()
)
_COUNTED: Final = _HEADER.index(b"\n") + 1  # dumpling writes, and counts, the first line only
_NO_ESCAPES: Final = (b"'NO_AUTO", b"'NO_BACKSLASH_ESCAPES,NO_AUTO")
_ROWS: Final = 128
_LONG_ROWS: Final = 32
_HUGE_ROWS: Final = 1
"""Rows fetched at once, which are in memory as a whole: one where a row may have megabytes."""
_LINE_ENDS: Final = ((b"\n", b"\\n"), (b"\r", b"\\r"))
_BY_THE_SERVER: Final = 16 * 1024
"""Bytes of long values up to which the server formats the row that has them."""
_NUMBER_BYTES: Final = 16
"""What a number or time may be longer than the server reckons with: a DOUBLE is, by two bytes."""
_ANY_LENGTH: Final = 1 << 24
"""Bytes of a row from which on the server keeps what is of any length."""

Writer = Callable[[bytes], bytes]
"""Makes the text of a value that came as it is."""


class RowText:
    """How rows of one table become text.

    ``expressions`` are asked for in one SELECT. The first is the whole row as the server formats
    it. With long columns it is NULL for a row that has too much in them, and only then the others
    are not NULL: runs of short columns, which the server formats, too, and the long values as they
    are, which are formatted here.

    Where no value has a line end, what stands between rows comes with each of them, and a block of
    rows becomes one text at once: nothing is done row by row. There a NUL stands for the line end,
    because QUOTE leaves those of the values as they are.
    """

    def __init__(
        self,
        parts: Sequence["_Part"],
        columns: Sequence[Column],
        form: "_Sql | _Csv",
        between: bytes,
    ) -> None:
        self.block = _block(columns)
        self._form = form
        long = [column for column in columns if column.kind == "long"]
        self._end = between if form.one_line and between.count(b"\n") == 1 else b""
        self._raw_end = self._end.replace(b"\n", b"\0")
        self._parts = _merged([*parts, _Part((_Constant(self._raw_end.decode()),))])
        pieces = [piece for part in self._parts for piece in part.pieces]
        whole = _concat(pieces)
        self.expressions = [whole]
        joined, too_long = _concat([*pieces, _reckoned(columns, form.growth)]), "0"
        if long:
            sizes = "+".join(f"IFNULL(LENGTH({column.quoted}),0)" for column in long)
            small = f"{sizes}<={_BY_THE_SERVER}"
            too_long = f"COUNT(IF({small},NULL,1))"
            self.expressions = [f"IF({small},{whole},NULL)"]
            self.expressions += [f"IF({small},NULL,{part.alone})" for part in self._parts]
            self.expressions += [f"IF({small},NULL,'')"]
            joined = f"IF({small},{joined},NULL)"
        self.page = ""
        """SQL for the number of some rows, how many are too long for one text, and that text."""
        if self._end:
            self.page = f"COUNT(*),{too_long},GROUP_CONCAT({joined} SEPARATOR '')"

    def texts(self, rows: Rows) -> Iterator[bytes]:
        """The text of some rows in one piece or more, not `finished`.

        Where rows have their ends with them, one of them may be in several pieces.
        """
        whole = [row[0] for row in rows]
        try:
            text = b"".join(cast("list[bytes]", whole))
        except TypeError:
            for row in rows:
                if row[0] is None:
                    yield from self._in_parts(row[1:])
                else:
                    yield row[0]
        else:
            if self._end:
                yield text
            else:
                yield from cast("list[bytes]", whole)

    def finished(self, texts: Sequence[bytes], rows: int) -> Batch:
        """Some of these texts, of so many rows, as they are written."""
        if not self._end:
            return [*map(self._form.finished, texts)]
        if any(len(text) > _BY_THE_SERVER for text in texts):  # whose copies would need memory
            return Lines(b"".join(map(self._final, texts)), rows)
        return Lines(self._final(b"".join(texts)), rows)

    def ends(self, page: bytes) -> int:
        """How many rows a page has to their end."""
        return page.count(self._raw_end)

    def _final(self, text: bytes) -> bytes:
        return self._form.finished(text).replace(b"\0", b"\n")

    def _in_parts(self, row: Row) -> Iterator[bytes]:
        """The text of a row that came in parts, as the server would have made it."""
        if not row or row[-1] is None:
            raise SourceFailed(
                "a row is longer than the server's max_allowed_packet: raise it, in the server"
            )
        texts = map(self._text, self._parts, row)
        yield from texts if self._end else [b"".join(texts)]

    def _text(self, part: "_Part", value: bytes | None) -> bytes:
        if part.writer is None:
            return _whole(value)
        return self._form.null if value is None else part.writer(value)


class _Part(NamedTuple):
    """Some neighbours among the columns, or what stands between them."""

    pieces: Sequence[str]
    """SQL for its text, piece by piece."""
    long: str = ""
    """SQL for a long value as it is."""
    writer: Writer | None = None
    """Makes the text of a long value."""

    @property
    def alone(self) -> str:
        return self.long or _concat(self.pieces)


def _merged(parts: Sequence[_Part]) -> list[_Part]:
    """With what the server formats between two long columns in one part."""
    merged: list[_Part] = []
    for is_long, run in groupby(parts, lambda part: bool(part.long)):
        some = list(run)
        merged += some if is_long else [_Part([piece for part in some for piece in part.pieces])]
    return merged


class _Constant(str):
    """A text that is the same in each row; any other piece is SQL."""

    __slots__ = ()


def _concat(pieces: Iterable[str]) -> str:
    """SQL for pieces as one text; the server looks at neighbouring constants only once."""
    arguments: list[str] = []
    for kind, run in groupby(pieces, type):
        some = [*run]
        arguments += [literal("".join(some))] if kind is _Constant else some
    return f"CONCAT({','.join(arguments)})"


class AnswerText:
    """How the answer of a user's query becomes text: as the server sends it, in its order."""

    def __init__(self, columns: Sequence[Column], layout: Layout) -> None:
        form = _form(layout)
        self.block = _block(columns)
        self._separator = form.separator.encode()
        self._null = form.null
        numbers = ("number", "float")
        self._writers = [_as_it_is if c.kind in numbers else form.writer(c) for c in columns]

    def texts(self, rows: Rows) -> Iterator[bytes]:
        """The text of each row."""
        return (self._separator.join(self._values(row)) for row in rows)

    def finished(self, texts: list[bytes], rows: int) -> Batch:
        """They are, one for each row."""
        return texts

    def _values(self, row: Row) -> Iterator[bytes]:
        for writer, value in zip(self._writers, row, strict=True):
            yield self._null if value is None else writer(value)


def row_text(columns: Sequence[Column], layout: Layout, between: bytes) -> RowText:
    """The way rows with these columns are written in this layout, with ``between`` after each."""
    form = _form(layout)
    separator = _Part((_Constant(form.separator),))
    parts: list[_Part] = []
    for is_long, run in groupby(columns, lambda column: column.kind == "long"):
        for column in run if is_long else ():
            parts += [separator] if parts else []
            parts.append(_Part(form.pieces(column), column.bytes, form.writer(column)))
        if not is_long:
            parts += [separator] if parts else []
            parts.append(_Part(_joined(form, run)))
    return RowText(parts, columns, form, between)


def _reckoned(columns: Sequence[Column], growth: int) -> str:
    """SQL for nothing, for which the server reckons with what rows may be longer than it thinks.

    GROUP_CONCAT silently cuts each text at the length that the server reckons with, and it reckons
    with a byte for each character. It is slower where that is more than 512 bytes.
    """
    size = sum(_room(column, growth) for column in columns)
    return f"IF(0,SPACE({min(size, _ANY_LENGTH)}),'')"


def _room(column: Column, growth: int) -> int:
    if column.is_plain:
        return _NUMBER_BYTES
    return _ANY_LENGTH if column.size is None else growth * column.size


def _joined(form: "_Sql | _Csv", columns: Iterable[Column]) -> list[str]:
    """Pieces of short neighbours; between numbers, the server looks at the separator only once."""
    separator = _Constant(form.separator)
    joined: list[str] = []
    for are_numbers, run in groupby(columns, lambda column: column.kind in ("number", "float")):
        some = [form.pieces(column) for column in run]
        if are_numbers and len(some) > 1:
            numbers = ",".join(chain.from_iterable(some))
            some = [(f"CONCAT_WS({literal(separator)},{numbers})",)]
        for pieces in some:
            joined += [separator] if joined else []
            joined += pieces
    return joined


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
    growth = 2
    """How many times as long as its value a text may be, without its marks."""

    def __init__(self, *, escape: bool) -> None:
        self.one_line = escape
        self._quoted = raw_literal if escape else _doubled

    def pieces(self, column: Column) -> Sequence[str]:
        if column.kind in ("number", "float", "bit"):
            return (_bare("NULL", column),)
        if self.one_line and not column.is_plain:
            return (f"QUOTE({column.bytes})",)  # NULL without quotes, if it is NULL
        text = column.quoted
        if not column.is_plain:
            text = f"REPLACE({column.bytes},'\\'','\\'\\'')"
        return _between("'", text, "NULL", column)

    def writer(self, column: Column) -> Writer:
        return self._quoted

    def finished(self, text: bytes) -> bytes:
        """Rows as the server made them, without the line ends that QUOTE leaves as they are."""
        if not self.one_line:
            return text
        for plain, escaped in _LINE_ENDS:
            if plain in text:
                text = text.replace(plain, escaped)
        return text


class _Csv:
    """As values of a CSV file, as LOAD DATA reads it.

    Text and binary values stand between delimiters, numbers do not. With `escape`, a backslash
    goes before what would end a value, and no value has a line end; without, a delimiter inside a
    value is doubled, and everything else is as it is.
    """

    def __init__(self, options: CsvOptions, *, escape: bool) -> None:
        self._options = options
        marks = (options.separator, options.delimiter, options.null, options.terminator)
        self.one_line = escape and "\0" not in "".join(marks)  # which stands for the line end
        self.separator = options.separator
        self.null = options.null.encode()
        self._mark = options.delimiter.encode()
        escapes = _csv_escapes(options) if escape else _csv_doubles(options)
        self._escapes = [(plain.encode(), by.encode()) for plain, by in escapes]
        self.growth = 2 ** len(self._escapes)  # each may double what those before it wrote

    def pieces(self, column: Column) -> Sequence[str]:
        null = self._options.null
        if column.kind in ("number", "float"):
            return (_bare(null, column),)
        value = column.bytes
        for plain, escaped in self._escapes:
            value = f"REPLACE({value},{hex_literal(plain)},{hex_literal(escaped)})"
        return _between(self._options.delimiter, value, null, column)

    def writer(self, column: Column) -> Writer:
        return self.quoted

    def finished(self, text: bytes) -> bytes:
        """Rows as the server made them, where no value has a line end that must not be there."""
        return text

    def quoted(self, data: bytes) -> bytes:
        """A value between delimiters."""
        for plain, escaped in self._escapes:
            if plain in data:
                data = data.replace(plain, escaped)
        return self._mark + data + self._mark


def _bare(null: str, column: Column) -> str:
    """SQL for a value that stands without marks."""
    return f"IFNULL({column.number},{literal(null)})" if column.nullable else column.number


def _between(mark: str, text: str, null: str, column: Column) -> Sequence[str]:
    """SQL for a value between marks.

    A text that is too long for max_allowed_packet is NULL, too, and must not be written as if its
    value were: where that can be, the column is asked.
    """
    pieces = (_Constant(mark), text, _Constant(mark))
    if not column.nullable:
        return pieces
    if column.is_plain:  # and short
        return (f"IFNULL({_concat(pieces)},{literal(null)})",)
    return (f"IF({column.quoted} IS NULL,{literal(null)},{_concat(pieces)})",)


def _csv_escapes(options: CsvOptions) -> Iterator[tuple[str, str]]:
    """What must be changed inside a value so that LOAD DATA finds its end."""
    yield "\\", "\\\\"
    yield "\0", "\\0"
    yield "\n", "\\n"
    yield "\r", "\\r"
    # without delimiters, a value ends at the first character of the separator, or of a line's end
    ends = (options.separator[0], options.terminator[0])
    marks = [options.delimiter] if options.delimiter else dict.fromkeys(ends)
    yield from ((mark, f"\\{mark}") for mark in marks if mark not in "\r\n")


def _csv_doubles(options: CsvOptions) -> Iterator[tuple[str, str]]:
    if options.delimiter:
        yield options.delimiter, options.delimiter * 2


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


def _as_it_is(text: bytes) -> bytes:
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
