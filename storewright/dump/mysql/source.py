"""A MySQL or MariaDB server in one snapshot, read by several threads."""

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from queue import SimpleQueue
from typing import Final, Self

from storewright.dump.cutting import Framing
from storewright.dump.dialect import Chunk, Definition, Source, Table
from storewright.dump.errors import SourceFailed
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.catalog import Entry, Shape, read_databases, read_entries, read_shape
from storewright.dump.mysql.driver import Connection, ServerError, connect, driver_name
from storewright.dump.mysql.rows import framing, row_text
from storewright.dump.mysql.schema import (
    NotVisible,
    database_definition,
    entry_definition,
    routine_definitions,
    trigger_definitions,
    view_definition,
)
from storewright.dump.mysql.snapshot import Position, take_snapshot
from storewright.dump.mysql.text import quote_name
from storewright.dump.options import DumpOptions, Layout
from storewright.dump.selection import Selection

__all__ = ["MysqlSource"]

_log = logging.getLogger(__name__)
_BATCH_BYTES: Final = 1024 * 1024


class MysqlSource(Source):
    """The databases at ``address``; see :class:`storewright.dump.dialect.Source`."""

    def __init__(self, address: str, options: DumpOptions) -> None:
        self._address = Address.parse(address)
        self._options = options
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._connections: Sequence[Connection] = ()
        self._locker: Connection | None = None
        self._open = ExitStack()
        self.threads = options.threads
        with self._errors(), closing(connect(self._address)) as connection:
            version = connection.text("SELECT @@version")
            self._selection = options.selection or Selection()
            self._databases = self._chosen(read_databases(connection))
            self._entries = self._read_entries(connection)
            shapes = [read_shape(connection, entry) for entry in self._entries if entry.has_rows]
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
        """Every table with rows of its own; those without transactions, which are locked, first."""
        ordered = sorted(self._entries, key=lambda entry: entry.transactional)
        return [self._shape(entry).table for entry in ordered if entry.has_rows]

    def chunks(self, table: Table, rows: int | None) -> Iterator[Chunk]:
        """Cut at every ``rows``-th key: the keys in between are passed over, not read."""
        lower: str | None = None
        index = 0
        while rows is not None and table.key is not None:
            upper = self._next_key(table, table.key, lower, rows)
            if upper is None:
                break
            yield Chunk(table, index, lower, upper)
            lower, index = upper, index + 1
        yield Chunk(table, index, lower)

    def framing(self, table: Table, layout: Layout) -> Framing:
        """What stands around the rows of ``table``."""
        return framing(table, layout)

    def batches(self, chunk: Chunk, layout: Layout) -> Generator[list[bytes]]:
        """Rows as text; the server formats all but the long values."""
        shape = self._shapes[chunk.table.database, chunk.table.name]
        text = row_text(shape.columns, layout)
        query = f"SELECT {','.join(text.expressions)} FROM {_place(chunk.table)}"
        query += _conditions(chunk, self._options.where) + _order(shape)
        with self._borrowed(chunk.table.name) as connection:
            batch: list[bytes] = []
            size = 0
            with closing(connection.stream(query.encode(), text.block)) as blocks:
                for rows in blocks:
                    lines = text.formatted(rows)
                    batch += lines
                    size += sum(map(len, lines))
                    if size >= _BATCH_BYTES:
                        yield batch
                        batch, size = [], 0
            if batch:
                yield batch

    def interrupt(self) -> None:
        """Make running queries of all threads fail soon."""
        try:
            with closing(connect(self._address)) as killer:
                for connection in self._connections:
                    killer.run(f"KILL CONNECTION {connection.thread_id()}")
        except ServerError as error:
            _log.info("running queries could not be stopped: %s", error)

    def _chosen(self, there: Sequence[str]) -> Sequence[str]:
        wanted = self._address.databases
        missing = [name for name in wanted if name not in there]
        if missing:
            raise SourceFailed(f"no database {', '.join(missing)} at {self._address.place}")
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
        tables = [self._shape(entry).table for entry in self._entries if entry.has_rows]
        snapshot = take_snapshot(
            stack,
            self._address,
            self.threads,
            self._options.consistency,
            self._options.lock_timeout,
            [_place(table) for table in tables],
            hold=not all(entry.transactional for entry in self._entries),
        )
        self._connections, self._locker = snapshot.connections, snapshot.locker
        self._position: Position = snapshot.position
        for connection in self._connections:
            self._free.put(connection)

    def _definitions(self, connection: Connection) -> Iterator[Definition]:
        for database in self._databases:
            yield database_definition(connection, database)
            connection.run(f"USE {quote_name(database)}")
            entries = [entry for entry in self._entries if entry.database == database]
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

    def _shape(self, entry: Entry) -> Shape:
        return self._shapes[entry.database, entry.name]

    def _next_key(self, table: Table, key: str, lower: str | None, rows: int) -> str | None:
        """The key ``rows`` rows further on, as SQL; never the same again, or it would not end."""
        name = quote_name(key)
        start = "" if lower is None else f" WHERE {name}>={lower}"
        place = _place(table)
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
                yield connection
        finally:
            self._free.put(connection)

    @contextmanager
    def _errors(self, table: str = "") -> Generator[None]:
        where = f"table {table} of {self._address.place}" if table else self._address.place
        try:
            yield
        except ServerError as error:
            raise SourceFailed(f"cannot read {where}: {error}") from error
        except NotVisible as error:
            raise SourceFailed(f"{where}: the user may not see the text of a definition") from error


def _quoted(connection: Connection, query: str) -> str | None:
    """The one value that `query` finds, as a constant; None for NULL and for no row."""
    value = connection.text(f"SELECT QUOTE(CAST(({query}) AS BINARY))")
    return None if value == "NULL" else value


def _place(table: Table) -> str:
    return f"{quote_name(table.database)}.{quote_name(table.name)}"


def _conditions(chunk: Chunk, where: str | None) -> str:
    name = quote_name(chunk.table.key or "")
    bounds = [(chunk.lower, ">="), (chunk.upper, "<")]
    conditions = [f"{name}{sign}{bound}" for bound, sign in bounds if bound is not None]
    conditions += [f"({where})"] if where else []
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _order(shape: Shape) -> str:
    return f" ORDER BY {','.join(map(quote_name, shape.order))}" if shape.order else ""
