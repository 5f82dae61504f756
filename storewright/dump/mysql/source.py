"""A MySQL or MariaDB server in one snapshot, read by several threads."""

import logging
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from queue import SimpleQueue
from typing import Final, Self

from storewright.dump.cutting import Batch, Framing
from storewright.dump.dialect import Chunk, Definition, Source, Table
from storewright.dump.errors import OptionInvalid, SourceFailed, SourceLost
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.catalog import (
    Entry,
    Shape,
    answer_shape,
    read_databases,
    read_entries,
    read_shape,
)
from storewright.dump.mysql.columns import Column
from storewright.dump.mysql.driver import (
    Connection,
    Rows,
    ServerError,
    connect,
    driver_name,
    end_connections,
)
from storewright.dump.mysql.holding import Holding
from storewright.dump.mysql.pages import Range, pages
from storewright.dump.mysql.rows import AnswerText, RowText, framing, row_text
from storewright.dump.mysql.schema import (
    NotVisible,
    database_definition,
    entry_definition,
    routine_definitions,
    trigger_definitions,
    view_definition,
)
from storewright.dump.mysql.snapshot import take_snapshot
from storewright.dump.mysql.sums import content_sum
from storewright.dump.mysql.text import literal, quote_name
from storewright.dump.options import CsvOptions, DumpOptions, Layout
from storewright.dump.selection import Selection

__all__ = ["MysqlSource"]

_log = logging.getLogger(__name__)
_BATCH_BYTES: Final = 64 * 1024
_UNKNOWN_VARIABLE: Final = 1193
_IN_NUMBERS: Final = frozenset("0123456789-.e")
_NUMBER: Final = re.compile(r"-?[0-9.]+(e-?[0-9]+)?")
_TRIED: Final = re.compile(r"10\.11\.\d+-MariaDB")
"""Servers that keep the rows of a page whole, as the tests say. With any other, the ends of rows
are counted, which takes a while where they are short."""


class MysqlSource(Source):
    """The databases at ``address``; see :class:`storewright.dump.dialect.Source`."""

    def __init__(self, address: str, options: DumpOptions) -> None:
        self._address = Address.parse(address)
        self._options = options
        _check(options)
        self._sql = None if options.sql is None else options.sql.strip().rstrip(";")
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._connections: list[Connection] = []
        self._another: Callable[[], Connection] | None = None
        self._holding = Holding(None, [])
        self._open = ExitStack()
        self.threads = options.threads
        with self._errors(), closing(connect(self._address)) as connection:
            version = connection.text("SELECT @@version")
            self._cuts_no_rows = _TRIED.match(version) is not None
            self._selection = options.selection or Selection()
            self._databases = self._chosen(connection)
            self._entries = self._read_entries(connection)
            shapes = self._read_shapes(connection)
        self._shapes = {(shape.table.database, shape.table.name): shape for shape in shapes}
        self.details: Mapping[str, str] = {"server": version, "driver": driver_name()}

    def __enter__(self) -> Self:
        with self._errors(), ExitStack() as stack:
            self._begin(stack)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def definitions(self) -> Sequence[Definition]:
        """The schema, each database first."""
        with self._borrowed() as connection:
            return list(self._definitions(connection))

    def tables(self) -> Sequence[Table]:
        """Every table with rows of its own: those without transactions first, which are locked.

        Then those that take longest, so that no thread is left alone with one in the end.
        """
        ordered = sorted(
            self._shapes.values(), key=lambda shape: (shape.transactional, -shape.work)
        )
        return [shape.table for shape in ordered]

    def chunks(self, table: Table, rows: int | None) -> Iterator[Chunk]:
        """Cut at every ``rows``-th key: the keys in between are passed over, not read."""
        lower: str | None = None
        index = 0
        while rows is not None and table.key is not None:
            upper = self._next_key(table, table.key, lower, rows)
            if upper is None:
                break
            self._holding.began(table)
            yield Chunk(table, index, lower, upper)
            lower, index = upper, index + 1
        yield Chunk(table, index, lower)  # which ends what the table itself began

    def framing(self, table: Table, layout: Layout) -> Framing:
        """What stands around the rows of ``table``."""
        return framing(table, layout)

    def batches(self, chunk: Chunk, layout: Layout) -> Generator[Batch]:
        """Rows as text; the server formats all but the long values."""
        with self._borrowed(chunk.table.name) as connection:
            if self._sql is not None:
                shape = self._shapes[chunk.table.database, chunk.table.name]
                yield from self._stream(connection, self._sql, AnswerText(shape.columns, layout))
            else:
                yield from self._rows(connection, chunk, layout)

    def finished(self, chunk: Chunk) -> None:
        """Give up the lock with the last chunk for which it was held."""
        with self._errors():
            self._holding.ended(chunk.table)

    def _rows(self, connection: Connection, chunk: Chunk, layout: Layout) -> Generator[Batch]:
        shape = self._shapes[chunk.table.database, chunk.table.name]
        text = row_text(shape.columns, layout, framing(chunk.table, layout).between)
        query = f"SELECT {','.join(text.expressions)} FROM {shape.place}"
        conditions = _conditions(chunk, self._options.where)
        number = shape.number if text.page and self._options.where is None else None
        keys = None if number is None else _keys(connection, shape, number, conditions)
        if number is None or keys is None:
            yield from self._stream(connection, f"{query}{conditions}{_order(shape)}", text)
            return
        name, index = number.quoted, quote_name(shape.index)
        page = f"SELECT {text.page} FROM {shape.place} FORCE INDEX ({index}) WHERE "
        found = pages(
            connection,
            lambda part: page + part.condition(name),
            text.finished,
            None if self._cuts_no_rows else text.ends,
            keys,
        )
        for batch in found:
            if isinstance(batch, Range):
                condition = f" WHERE {batch.condition(name)}"
                yield from self._stream(connection, f"{query}{condition}{_order(shape)}", text)
            else:
                yield batch

    def _stream(
        self, connection: Connection, query: str, text: RowText | AnswerText
    ) -> Generator[Batch]:
        """The rows of an answer, in batches; none is kept that need not be: it may be long."""
        batch: list[bytes] = []
        rows = size = 0
        with self._streaming(connection, query, text.block) as blocks:
            for block in blocks:
                rows += len(block)
                size += _take(batch, text.texts(block))
                if size >= _BATCH_BYTES:
                    del block
                    yield _finished(text, batch, rows)
                    rows = size = 0
        if batch:
            yield _finished(text, batch, rows)

    def content_sum(self, table: Table) -> Callable[[], str]:
        """What computes a content sum; a lock that the table needs is kept until then."""
        self._holding.began(table)

        def compute() -> str:
            with self._borrowed(table.name) as connection:
                found = content_sum(connection, table.database, table.name)
            with self._errors():
                self._holding.ended(table)
            return found

        return compute

    def interrupt(self) -> None:
        """Make running queries of all threads fail soon."""
        end_connections(self._address, self._connections)

    @contextmanager
    def _streaming(
        self, connection: Connection, query: str, block: int
    ) -> Generator[Iterator[Rows]]:
        """The rows of an answer; stopped on the server if they are not all wanted.

        Otherwise those of a huge table would be fetched to the last, for nobody. The connection
        keeps its snapshot.
        """
        with closing(connection.stream(query.encode(), block)) as blocks:
            try:
                yield blocks
            except ServerError:
                raise
            except BaseException:
                end_connections(self._address, [connection], "QUERY")
                blocks.close()
                with suppress(ServerError):  # in case that the query had just ended by itself
                    connection.run("DO 0")
                raise

    def _read_shapes(self, connection: Connection) -> list[Shape]:
        if self._sql is not None:
            return [answer_shape(connection, self._sql)]
        return [read_shape(connection, entry) for entry in self._entries if entry.has_rows]

    def _chosen(self, connection: Connection) -> Sequence[str]:
        there = read_databases(connection)
        wanted = self._address.databases
        missing = [name for name in wanted if name not in there]
        if missing:
            raise SourceFailed(f"no database {', '.join(missing)} at {self._address.place}")
        if self._sql is not None:
            if len(wanted) == 1:
                connection.run(f"USE {quote_name(wanted[0])}")
            return []
        return [name for name in wanted or there if self._selection.has_schema(name)]

    def _read_entries(self, connection: Connection) -> list[Entry]:
        entries = (entry for name in self._databases for entry in read_entries(connection, name))
        views = self._options.views
        return [
            entry
            for entry in entries
            if self._selection.has_table(entry.database, entry.name)
            and (views or entry.type != "VIEW")
        ]

    def _begin(self, stack: ExitStack) -> None:
        shapes = self._shapes.values()
        snapshot = take_snapshot(
            stack,
            self._address,
            self.threads,
            self._options.consistency,
            self._options.lock_timeout,
            [shape.place for shape in shapes],
            hold=self._options.data and not all(shape.transactional for shape in shapes),
        )
        held = [shape.table for shape in shapes if not shape.transactional]
        self._holding = Holding(snapshot.locker, held if self._options.data else [])
        self._connections = list(snapshot.connections)
        self._another = snapshot.another
        self.position = snapshot.position
        for connection in self._connections:
            self._prepare(connection)
            self._free.put(connection)

    def _prepare(self, connection: Connection) -> None:
        """What the user has set for every connection; a variable that is unknown is skipped."""
        if len(self._address.databases) == 1:
            connection.run(f"USE {quote_name(self._address.databases[0])}")
        for name, value in self._options.variables.items():
            try:
                connection.run(f"SET SESSION {quote_name(name)}={_variable(value)}")
            except ServerError as error:
                if error.number != _UNKNOWN_VARIABLE:
                    raise
                _log.warning("the session variable %s is not set: %s", name, error)

    def _definitions(self, connection: Connection) -> Iterator[Definition]:
        for database in self._databases:
            entries = [entry for entry in self._entries if entry.database == database]
            if not entries and not self._options.empty_databases:
                continue
            yield database_definition(connection, database)
            connection.run(f"USE {quote_name(database)}")
            for entry in sorted(entries, key=lambda entry: entry.type != "SEQUENCE"):
                yield entry_definition(connection, entry)
            for entry in entries:
                if entry.type == "VIEW":
                    yield view_definition(connection, entry)
            yield from self._triggers(connection, database)
            yield from routine_definitions(connection, database)

    def _triggers(self, connection: Connection, database: str) -> Iterator[Definition]:
        for definition in trigger_definitions(connection, database):
            if self._selection.has_table(database, definition.name):
                yield definition

    def _next_key(self, table: Table, key: str, lower: str | None, rows: int) -> str | None:
        for _ in self._connections:
            with suppress(SourceLost):  # the next one, or this one opened again, will do
                return self._find_key(table, key, lower, rows)
        return self._find_key(table, key, lower, rows)

    def _find_key(self, table: Table, key: str, lower: str | None, rows: int) -> str | None:
        """The key ``rows`` rows further on, as SQL; never the same again, or it would not end."""
        name = quote_name(key)
        start = "" if lower is None else f" WHERE {name}>={lower}"
        place = self._shapes[table.database, table.name].place
        further = f"SELECT {name} FROM {place}{start} ORDER BY {name} LIMIT 1 OFFSET {rows}"
        with self._borrowed(table.name) as connection:
            found = _quoted(connection, further)
            if found is not None and found == lower:  # so many rows have this key
                found = _quoted(connection, f"SELECT MIN({name}) FROM {place} WHERE {name}>{lower}")
        return found

    @contextmanager
    def _borrowed(self, table: str = "") -> Generator[Connection]:
        connection = self._free.get()
        try:
            with self._errors(table):
                if connection.lost and self._another is not None:
                    connection = self._replaced(connection, self._another)
                with _noting_loss(connection):
                    yield connection
        finally:
            self._free.put(connection)

    def _replaced(self, lost: Connection, another: Callable[[], Connection]) -> Connection:
        """A new connection in place of a lost one; raises SourceLost if there is none yet."""
        try:
            connection = another()
        except ServerError as error:
            raise SourceLost(f"cannot connect to {self._address.place} again: {error}") from error
        self._connections[self._connections.index(lost)] = connection
        self._prepare(connection)
        return connection

    @contextmanager
    def _errors(self, table: str = "") -> Generator[None]:
        where = f"table {table} of {self._address.place}" if table else self._address.place
        try:
            yield
        except ServerError as error:
            again = error.lost and self._another is not None
            kind = SourceLost if again else SourceFailed
            raise kind(f"cannot read {where}: {error}") from error
        except NotVisible as error:
            raise SourceFailed(f"{where}: the user may not see the text of a definition") from error


def _take(batch: list[bytes], texts: Iterable[bytes]) -> int:
    """Put texts into a batch; returns how long they are."""
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
    return size


def _finished(text: RowText | AnswerText, batch: list[bytes], rows: int) -> Batch:
    """What was gathered, in its last form; the batch is empty afterwards."""
    done = text.finished(batch, rows)
    if done is batch:
        done = [*batch]
    batch.clear()
    return done


def _keys(connection: Connection, shape: Shape, number: Column, conditions: str) -> Range | None:
    """From the least key of some rows to the greatest; None if there are none."""
    least = f"SELECT MIN({number.quoted}),MAX({number.quoted}) FROM {shape.place}{conditions}"
    ((lower, upper),) = connection.rows(least)
    return None if lower is None or upper is None else Range(int(lower), int(upper) + 1)


@contextmanager
def _noting_loss(connection: Connection) -> Generator[None]:
    try:
        yield
    except ServerError as error:
        connection.lost = connection.lost or error.lost
        raise


def _quoted(connection: Connection, query: str) -> str | None:
    """The one value that `query` finds, as a constant; None for NULL and for no row."""
    value = connection.text(f"SELECT QUOTE(CAST(({query}) AS BINARY))")
    return None if value == "NULL" else value


def _check(options: DumpOptions) -> None:
    if options.layout.filetype == "csv":
        _check_csv(options.layout.csv)
    if options.sql is None:
        return
    if options.where is not None or options.layout.filetype != "csv":
        raise OptionInvalid("sql goes with --filetype csv, and without --where")
    if options.consistency == "lock":
        raise OptionInvalid("sql names no tables that could be locked: use --consistency flush")


def _check_csv(csv: CsvOptions) -> None:
    """Numbers stand as they are: nothing that is in one may end it, or be NULL."""
    marks = {"separator": csv.separator, "delimiter": csv.delimiter, "line end": csv.terminator}
    wrong = [name for name, mark in marks.items() if mark and _IN_NUMBERS.issuperset(mark)]
    wrong += ["null value"] if _NUMBER.fullmatch(csv.null) else []
    if wrong:
        raise OptionInvalid(f"csv {wrong[0]} could be taken for a number, or for a part of one")


def _variable(value: str) -> str:
    return value if value.lstrip("-").isdecimal() else literal(value)


def _conditions(chunk: Chunk, where: str | None) -> str:
    name = quote_name(chunk.table.key or "")
    bounds = [(chunk.lower, ">="), (chunk.upper, "<")]
    conditions = [f"{name}{sign}{bound}" for bound, sign in bounds if bound is not None]
    conditions += [f"({where})"] if where else []
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _order(shape: Shape) -> str:
    return f" ORDER BY {','.join(map(quote_name, shape.order))}" if shape.order else ""
