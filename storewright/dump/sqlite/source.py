"""A SQLite database in one snapshot, read by several threads."""

import logging
import os
import platform
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from queue import SimpleQueue
from threading import Lock
from time import monotonic, sleep
from typing import Final, Self

from storewright.dump.cutting import Framing
from storewright.dump.dialect import Chunk, Definition, DefinitionKind, Source, Table
from storewright.dump.errors import OptionInvalid, SourceFailed
from storewright.dump.options import DumpOptions, Layout
from storewright.dump.sqlite.address import database_path
from storewright.dump.sqlite.csv_options import check_csv
from storewright.dump.sqlite.literals import RowText, framing, quote_name
from storewright.dump.sqlite.schema import definitions, pragma, read_entries, read_table
from storewright.dump.sqlite.sums import content_sum

__all__ = ["SqliteSource"]

_log = logging.getLogger(__name__)
_BATCH_BYTES: Final = 1024 * 1024


class SqliteSource(Source):
    """The database at ``address``; see :class:`storewright.dump.dialect.Source`."""

    def __init__(self, address: str, options: DumpOptions) -> None:
        self._path = database_path(address)
        if not self._path.is_file():
            raise SourceFailed(f"no database at {self._path}")
        self._options = options
        _check(options)
        self._connections: list[sqlite3.Connection] = []
        self._free: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._formatting = Lock()
        self._open = ExitStack()
        self.threads = options.threads
        self._database = self._path.stem
        with self._errors(), closing(self._connect()) as connection:
            self._encoding = pragma(connection, "encoding")
            # the first look at the file: whatever is not a database is found out here
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._row_text = RowText(options.layout, self._encoding)
        self.details: Mapping[str, str] = {
            "sqlite": sqlite3.sqlite_version,
            "machine": platform.machine(),
            "encoding": self._encoding,
        }

    def __enter__(self) -> Self:
        with self._errors(), ExitStack() as stack:
            self._begin(stack)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def definitions(self) -> Sequence[Definition]:
        """The schema, `schema-create` first."""
        with self._borrowed() as connection:
            found = definitions(connection, self._database)
            return [d for d in found if self._wanted(d.name) and self._viewed(d.kind)]

    def tables(self) -> Sequence[Table]:
        """Every table with pages of its own, those behind virtual tables included."""
        with self._borrowed() as connection:
            stored = [e for e in read_entries(connection) if e.stored and self._wanted(e.name)]
            return [
                read_table(connection, self._database, e.name) for e in stored if e.type == "table"
            ]

    def chunks(self, table: Table, rows: int | None) -> Iterator[Chunk]:
        """Cut at every ``rows``-th key: the keys in between are passed over, not read."""
        if rows is None or table.key is None:
            yield Chunk(table, 0)
            return
        lower, index = None, 0
        while True:
            upper = self._next_key(table, lower, rows)
            yield Chunk(table, index, lower, upper)
            if upper is None:
                return
            lower, index = upper, index + 1

    def framing(self, table: Table, layout: Layout) -> Framing:
        """What stands around the rows of ``table``."""
        return framing(table, layout)

    def batches(self, chunk: Chunk, layout: Layout) -> Generator[list[bytes]]:
        """Rows as text; two threads format in turns.

        SQLite allocates under one mutex: two threads that format at the same time take 1.45 times
        as long as one after the other. What threads can share is compression and uploads.
        """
        name = quote_name(chunk.table.name)
        query = f"SELECT {self._row_text.expression(chunk.table)} FROM {name} {_range(chunk)}"
        bounds = [bound for bound in (chunk.lower, chunk.upper) if bound is not None]
        with self._borrowed(chunk.table.name) as connection:
            cursor = connection.execute(query, bounds)
            while True:
                with self._formatting:
                    batch = _batch(cursor)
                if not batch:
                    return
                yield self._row_text.repair(batch)

    def content_sum(self, table: Table) -> Callable[[], str]:
        """What computes a content sum."""

        def compute() -> str:
            with self._borrowed(table.name) as connection:
                return content_sum(connection, table.name)

        return compute

    def _wanted(self, name: str) -> bool:
        selection = self._options.selection
        return not (selection and name) or selection.has_table(self._database, name)

    def _viewed(self, kind: DefinitionKind) -> bool:
        return self._options.views or kind != "schema-view"

    def interrupt(self) -> None:
        """Make running queries of all threads fail soon."""
        for connection in self._connections:
            connection.interrupt()

    def _begin(self, stack: ExitStack) -> None:
        """Begin the same snapshot on every connection.

        SQLite cannot hand a snapshot from one connection to another. But no snapshot changes while
        nobody writes: so the first connection takes the writer's lock (BEGIN IMMEDIATE, which does
        not disturb readers), the others begin and read, which fixes what they see, and then the
        lock is given back. It is held for milliseconds. From then on writers go on if the database
        has a write-ahead log; otherwise their commits wait, as for any reader of SQLite.
        """
        if not os.access(self._path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            self._read_alone()
        locker = stack.enter_context(closing(self._connect()))
        self._execute_patiently(locker, "BEGIN IMMEDIATE")
        self._connections = [
            stack.enter_context(closing(self._connect())) for _ in range(self.threads)
        ]
        for connection in self._connections:
            connection.execute("PRAGMA query_only=ON")
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            self._row_text.register(connection)
            self._free.put(connection)
        locker.close()

    def _read_alone(self) -> None:
        """Nobody can lock what he may not write, but one connection is one snapshot by itself."""
        if self.threads > 1:
            _log.warning("%s may not be written, so one thread reads it", self._path)
        self.threads = 1

    def _execute_patiently(self, connection: sqlite3.Connection, statement: str) -> None:
        """Wait for a lock, looking for it every millisecond.

        SQLite itself looks ten times a second, and hardly ever finds the moment between two
        transactions of a client that writes all the time.
        """
        connection.execute("PRAGMA busy_timeout=0").fetchall()
        end = monotonic() + self._options.lock_timeout
        while True:
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or monotonic() > end:
                    raise
            else:
                return
            sleep(0.001)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",  # never create; read-only if it must be
            uri=True,
            timeout=self._options.lock_timeout,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=0,
        )
        connection.text_factory = bytes
        return connection

    def _next_key(self, table: Table, lower: int | None, rows: int) -> int | None:
        start = "" if lower is None else f"WHERE {table.key}>={lower}"
        query = (
            f"SELECT {table.key} FROM {quote_name(table.name)} {start}"
            f" ORDER BY {table.key} LIMIT 1 OFFSET {rows}"
        )
        with self._borrowed(table.name) as connection:
            row: tuple[int] | None = connection.execute(query).fetchone()
        return row[0] if row else None

    @contextmanager
    def _borrowed(self, table: str = "") -> Generator[sqlite3.Connection]:
        connection = self._free.get()
        try:
            with self._errors(table):
                yield connection
        finally:
            self._free.put(connection)

    @contextmanager
    def _errors(self, table: str = "") -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            where = f"table {table} of {self._path}" if table else str(self._path)
            raise SourceFailed(f"cannot read {where}: {_reason(error)}") from error


def _check(options: DumpOptions) -> None:
    """Refuse what only a server of databases has."""
    given = {
        "where": options.where is not None,
        "sql": options.sql is not None,
        "params": bool(options.variables),
        "escape-backslash": not options.layout.escape_backslash,
        "consistency": options.consistency != "auto",
        "metadata-format": options.metadata_format != "dumpling",
    }
    for name, found in given.items():
        if found:
            raise OptionInvalid(f"{name} is for servers of databases; SQLite has no such choice")
    if options.layout.filetype == "csv":
        check_csv(options.layout.csv)


def _range(chunk: Chunk) -> str:
    key = chunk.table.key
    bounds = [(chunk.lower, ">="), (chunk.upper, "<")]
    conditions = [f"{key}{sign}?" for bound, sign in bounds if bound is not None]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{where} ORDER BY {key}" if key else where


def _batch(cursor: sqlite3.Cursor) -> list[bytes]:
    """The next rows, up to the one with which there are enough bytes."""
    rows: list[bytes] = []
    size = 0
    for (row,) in cursor:
        rows.append(row)
        size += len(row)
        if size >= _BATCH_BYTES:
            break
    return rows


def _reason(error: sqlite3.Error) -> str:
    if "too big" in str(error):
        return "a row is longer than the 1 GB that SQLite allows for its text"
    if "locked" in str(error):
        return "another process is writing to it; try again later, or wait longer"
    return str(error)
