"""A new SQLite database: filled as a temporary file beside its place, then moved there whole."""

import logging
import os
import platform
import secrets
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from storewright.dump.dialect import Definition, Load, Target
from storewright.dump.errors import DumpRefused, TargetFailed
from storewright.dump.options import Layout
from storewright.dump.sqlite.address import database_path
from storewright.dump.sqlite.literals import quote_name
from storewright.dump.sqlite.parsing import (
    CsvReader,
    RawText,
    Rows,
    Value,
    insert_statements,
)
from storewright.dump.sqlite.reals import RealReader
from storewright.dump.sqlite.schema import own_columns
from storewright.dump.sqlite.statements import statements

__all__ = ["SqliteTarget"]

_log = logging.getLogger(__name__)

# A file that is thrown away after a failure needs no journal. Constraints were checked when the
# rows were first written; what got around them there must get around them here.
_SETTINGS = (
    "PRAGMA journal_mode=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA cache_size=-65536",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA ignore_check_constraints=ON",
)


class _Step(NamedTuple):
    """A statement of the schema, and what it belongs to."""

    name: str
    sql: str


class SqliteTarget(Target):
    """The database to create at ``address``; see :class:`storewright.dump.dialect.Target`."""

    def __init__(
        self, address: str, *, layout: Layout, details: Mapping[str, str], overwrite: bool
    ) -> None:
        self._path = database_path(address)
        self._overwrite = overwrite
        self._csv = CsvReader(layout.csv) if layout.filetype == "csv" else None
        here = {"sqlite": sqlite3.sqlite_version, "machine": platform.machine()}
        self._reads_alike = all(details.get(name) == value for name, value in here.items())
        self._later: list[_Step] = []
        self._last: list[_Step] = []
        self._columns: dict[str, tuple[str, ...]] = {}
        self._check_free()
        self._temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.tmp")
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        with self._errors("create"):
            self._temporary.touch(mode=0o666)
            self._connection = sqlite3.connect(
                self._temporary,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=0,
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            self._connected.close()
            if kind is None:
                with self._errors("write"):
                    self._publish()
        finally:
            with suppress(FileNotFoundError):
                self._temporary.unlink()

    def prepare(self, definitions: Iterable[Definition]) -> None:
        """Set the database up and create its tables; the rest waits for the rows."""
        for definition in definitions:
            steps = [_Step(definition.name, sql) for sql in statements(definition.text)]
            match definition.kind:
                case "schema-create":
                    self._run(steps)
                    self._begin()
                case "schema":
                    self._later += self._create_table(steps)
                case "schema-post":
                    self._last += steps
                case _:
                    self._later += steps

    def parse(self, database: str, table: str, stream: BinaryIO) -> Iterator[Load]:
        """Statements, or lists of rows, to be loaded one after the other."""
        if self._csv:
            columns = self._columns[table]
            for rows in self._csv.rows(stream, columns):
                yield partial(self._insert, table, columns, rows)
            return
        found = insert_statements(stream)
        if self._reads_alike:
            yield from (partial(self._execute, table, statement) for statement in found)
            return
        with closing(RealReader()) as reader:
            for statement in found:
                yield partial(self._execute, table, reader.correct(statement))

    def finish(self) -> None:
        """Create indexes, views and triggers; what cannot be part of a transaction comes last."""
        self._run(self._later)
        with self._errors("write"):
            self._connected.execute("COMMIT")
        self._run(self._last)

    def interrupt(self) -> None:
        """Make a running statement fail soon."""
        if self._connection:
            self._connection.interrupt()

    @property
    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("enter the context first")
        return self._connection

    def _begin(self) -> None:
        with self._errors("write"):
            for setting in _SETTINGS:
                self._connected.execute(setting).fetchall()
            self._connected.execute("BEGIN")

    def _create_table(self, steps: list[_Step]) -> list[_Step]:
        """Create a table, and return what is for later: its indexes, or all if it is virtual."""
        create, *later = steps
        if create.sql.startswith("PRAGMA"):
            return steps
        self._run([create])
        with self._errors("write"):
            self._columns[create.name] = own_columns(self._connected, create.name)
        return later

    def _run(self, steps: Iterable[_Step]) -> None:
        for step in steps:
            self._execute(step.name, step.sql)

    def _execute(self, name: str, statement: str) -> int:
        with self._errors("write", name):
            cursor = self._connected.execute(statement)
            cursor.fetchall()  # a pragma acts when its answer is read
            return cursor.rowcount

    def _insert(self, table: str, columns: tuple[str, ...], rows: Rows) -> int:
        names = ",".join(map(quote_name, columns))
        insert = f"INSERT INTO {quote_name(table)}({names}) VALUES"
        for raw, run in groupby(rows.values, _has_raw) if rows.raw else [(False, rows.values)]:
            with self._errors("write", table):
                if raw:
                    self._insert_raw(insert, run)
                else:
                    marks = ",".join("?" * len(columns))
                    self._connected.executemany(f"{insert}({marks})", run)
        return len(rows.values)

    def _insert_raw(self, insert: str, rows: Iterable[tuple[Value, ...]]) -> None:
        """Insert rows with text that has to be cast from a blob.

        The blob stands in the statement: one that is bound would be taken for UTF-8 by the cast.
        """
        for row in rows:
            marks = (f"CAST(X'{v.hex()}' AS TEXT)" if isinstance(v, RawText) else "?" for v in row)
            bound = [value for value in row if not isinstance(value, RawText)]
            self._connected.execute(f"{insert}({','.join(marks)})", bound)

    def _publish(self) -> None:
        """Move the database to its place, where it survives a crash of the machine."""
        self._sync(self._temporary)
        if self._overwrite:
            self._check_siblings()
            self._temporary.replace(self._path)
        else:
            self._move_to_free_place()
        self._sync(self._path.parent)

    def _move_to_free_place(self) -> None:
        try:
            os.link(self._temporary, self._path)  # unlike a rename, this never replaces
        except FileExistsError:
            self._check_free()
        except OSError:  # a file system without hard links
            self._check_free()
            self._temporary.replace(self._path)

    @staticmethod
    def _sync(path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _check_free(self) -> None:
        if self._path.is_dir():
            raise DumpRefused(f"{self._path} is a directory")
        if not self._overwrite and os.path.lexists(self._path):
            raise DumpRefused(f"{self._path} exists; choose another file or --overwrite")
        self._check_siblings()

    def _check_siblings(self) -> None:
        """A journal left beside the new database would be applied to it and destroy it."""
        for suffix in ("-journal", "-wal"):
            sibling = self._path.with_name(self._path.name + suffix)
            if sibling.exists():
                raise DumpRefused(
                    f"{sibling} exists: the database is in use, or was not closed properly"
                )

    @contextmanager
    def _errors(self, what: str, name: str = "") -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            where = f"{name} of {self._path}" if name else str(self._path)
            raise TargetFailed(f"cannot {what} {where}: {error}") from error


def _has_raw(row: tuple[Value, ...]) -> bool:
    return any(isinstance(value, RawText) for value in row)
