"""New databases on a MySQL or MariaDB server: there in the end, or dropped again."""

import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from queue import SimpleQueue
from time import sleep
from typing import BinaryIO, Final, Self

from storewright.dump.dialect import Definition, Load, Target
from storewright.dump.errors import DumpRefused, OptionInvalid, TargetFailed
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.driver import Connection, ServerError, connect, end_connections
from storewright.dump.mysql.statements import insert_statements, statements
from storewright.dump.mysql.text import literal, quote_name
from storewright.dump.options import Layout

__all__ = ["MysqlTarget"]

_log = logging.getLogger(__name__)

_DEADLOCK: Final = 1213
_TRIES: Final = 20
_AT_ONCE: Final = frozenset({"schema-create", "schema-sequence", "schema"})
_SETTINGS: Final = {
    "net_read_timeout": "86400",  # a slow download keeps the server waiting
    "wait_timeout": "86400",
    "foreign_key_checks": "0",
    "unique_checks": "0",
}
_UNCHECKED: Final = "/*M!100201 SET CHECK_CONSTRAINT_CHECKS=0*/"
"""As in each file of rows, whose statements may go to any connection; no other server has it."""


class MysqlTarget(Target):
    """The databases to create at ``address``; see :class:`storewright.dump.dialect.Target`.

    They have the names that they had, unless the address names one for a dump of one database.
    """

    def __init__(self, address: str, *, layout: Layout, overwrite: bool, threads: int) -> None:
        self._address = Address.parse(address)
        self._overwrite = overwrite
        self.writers = threads
        if layout.filetype != "sql":
            raise OptionInvalid("rows in CSV files are loaded by LOAD DATA, not by restore")
        if not layout.escape_backslash:
            raise OptionInvalid("files without escapes are for other tools, not for restore")
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._connections: list[Connection] = []
        self._open = ExitStack()
        self._names: dict[str, str] = {}
        self._later: list[Definition] = []
        self._made: list[str] = []

    def __enter__(self) -> Self:
        with self._errors("connect to"), ExitStack() as stack:
            for _ in range(self.writers):
                connection = stack.enter_context(closing(connect(self._address, _SETTINGS)))
                connection.run(_UNCHECKED)
                self._connections.append(connection)
                self._free.put(connection)
            self._open = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._open.close()
        if kind is not None:
            self._drop_made()

    def prepare(self, definitions: Iterable[Definition]) -> None:
        """Create databases, sequences and tables; the rest waits for the rows."""
        known = list(definitions)
        self._name(definition.database for definition in known)
        self._check_free()
        with self._borrowed() as connection:
            for definition in known:
                if definition.kind in _AT_ONCE:
                    self._define(connection, definition)
                else:
                    self._later.append(definition)

    def parse(self, database: str, table: str, stream: BinaryIO) -> Iterator[Load]:
        """Statements, to be run on any connection."""
        for statement in insert_statements(stream):
            yield partial(self._insert, database, table, statement)

    def finish(self) -> None:
        """Create views, triggers, routines and events."""
        with self._borrowed() as connection:
            for definition in self._later:
                self._define(connection, definition)

    def interrupt(self) -> None:
        """Make running statements fail soon."""
        end_connections(self._address, self._connections)

    def _name(self, databases: Iterable[str]) -> None:
        self._names = self._address.stand_ins(list(dict.fromkeys(databases)))

    def _check_free(self) -> None:
        """Refuse a database that has something in it, or drop it if it is to be replaced."""
        with self._borrowed() as connection:
            for name in self._names.values():
                found = connection.text(
                    "SELECT COUNT(*) FROM information_schema.TABLES"
                    f" WHERE TABLE_SCHEMA={literal(name)}"
                )
                if found != "0" and not self._overwrite:
                    raise DumpRefused(
                        f"the database {name} at {self._address.place} has tables;"
                        " choose another name or --overwrite"
                    )
                if self._overwrite:
                    connection.run(f"DROP DATABASE IF EXISTS {quote_name(name)}")

    def _define(self, connection: Connection, definition: Definition) -> None:
        name = self._names[definition.database]
        with self._errors("create", f"{definition.name or name}"):
            if definition.kind == "schema-create":
                self._create_database(connection, definition)
            connection.run(f"USE {quote_name(name)}")
            for statement in statements(definition.text):
                if definition.kind != "schema-create":
                    connection.execute(statement)

    def _create_database(self, connection: Connection, definition: Definition) -> None:
        """Run its definition, under the name that it is to have here."""
        name = self._names[definition.database]
        self._made.append(name)
        old, new = (quote_name(n).encode() for n in (definition.database, name))
        for statement in statements(definition.text):
            connection.execute(statement.replace(old, new, 1))

    def _insert(self, database: str, table: str, statement: bytes) -> int:
        with self._borrowed(table) as connection:
            if connection.current != database:
                connection.run(f"USE {quote_name(self._names[database])}")
                connection.current = database
            changed = _execute(connection, statement)
        return changed if statement.startswith(b"INSERT") else 0

    def _drop_made(self) -> None:
        """What is not complete must not be taken for a database."""
        try:
            with closing(connect(self._address)) as connection:
                for name in self._made:
                    connection.run(f"DROP DATABASE IF EXISTS {quote_name(name)}")
        except ServerError as error:
            names = ", ".join(self._made)
            _log.warning("incomplete and not dropped: database %s: %s", names, error)

    @contextmanager
    def _borrowed(self, table: str = "") -> Generator[Connection]:
        connection = self._free.get()
        try:
            with self._errors("write", table):
                yield connection
        finally:
            self._free.put(connection)

    @contextmanager
    def _errors(self, what: str, name: str = "") -> Generator[None]:
        try:
            yield
        except ServerError as error:
            where = f"{name} at {self._address.place}" if name else self._address.place
            raise TargetFailed(f"cannot {what} {where}: {error}") from error


def _execute(connection: Connection, statement: bytes) -> int:
    """Run a statement that is a transaction of its own, again if it was the victim of a deadlock.

    Threads that fill one empty table may lock each other out: MariaDB locks it whole at first.
    """
    for tries in range(1, _TRIES + 1):
        try:
            return connection.execute(statement)
        except ServerError as error:
            if error.number != _DEADLOCK or tries == _TRIES:
                raise
            sleep(0.01 * tries)
    raise AssertionError("the last try returns or raises")
