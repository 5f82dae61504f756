"""One connection to a server, by whichever driver is installed: mysqlclient, or PyMySQL.

Values arrive as the server's bytes, converted by nobody. mysqlclient, which is C, takes a third of
the time; PyMySQL installs everywhere.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any, Final, Literal, TypeAlias

from typing_extensions import override

from storewright.dump.mysql.address import Address
from storewright.dump.mysql.text import SQL_MODE
from storewright.storage import MissingExtra

__all__ = [
    "Connection",
    "Row",
    "Rows",
    "ServerError",
    "connect",
    "driver_name",
    "end_connections",
]

_log = logging.getLogger(__name__)

Row: TypeAlias = tuple[bytes | None, ...]
Rows: TypeAlias = tuple[Row, ...]

_CONNECT_SECONDS: Final = 10
_SETTINGS: Final = {
    "autocommit": "1",  # or what is written is lost with the connection
    "sql_mode": f"'{SQL_MODE}'",
    "sql_quote_show_create": "1",
    "sql_select_limit": str(2**64 - 1),  # or an answer ends there, as if that were all
    "time_zone": "'+00:00'",
}
"""What a server may have otherwise for everybody, and we rely on."""
_LOST: Final = frozenset({1053, 1077, 1927, 2006, 2013, 2055})


class ServerError(Exception):
    """What a server or its driver reported; `number` is MySQL's."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(number, text)
        self.number, self.text = number, text

    def __str__(self) -> str:
        return f"{self.text} ({self.number})"

    @property
    def lost(self) -> bool:
        """Whether the connection is gone, and not only the statement."""
        return self.number in _LOST


class Connection(ABC):
    """A connection, for one thread at a time. Every method raises ServerError."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.number = 0
        """The server's number of this connection, by which another one can end it."""
        self.current = ""
        """The database in use, as far as its user has noted it."""
        self.lost = False
        """Whether it is gone, as far as its user has noted it."""
        self.warnings = 0
        """How many the server had about the statement whose rows were read last."""
        self._asked = ""

    @abstractmethod
    def stream(self, statement: bytes, block: int) -> Generator[Rows]:
        """The rows of an answer in blocks of at most `block`, while the server still sends.

        Close the generator before the next statement.
        """

    def ask(self, statement: str) -> None:
        """Send a statement whose answer `answer` returns, which is the next thing to be called.

        The server works on it meanwhile, where the driver can be had to not wait for it.
        """
        self._asked = statement

    def answer(self) -> list[Row]:
        """All rows of the answer to what was asked."""
        return self.rows(self._asked)

    @abstractmethod
    def describe(self, statement: bytes) -> list[tuple[str, int]]:
        """Names and types, by MySQL's numbers, of the columns of an answer."""

    @abstractmethod
    def execute(self, statement: bytes) -> int:
        """Run a statement; returns how many rows it changed."""

    @abstractmethod
    def close(self) -> None:
        """End the connection; nothing happens if it is gone already."""

    def rows(self, statement: str) -> list[Row]:
        """All rows of an answer that is small."""
        return [row for block in self.stream(statement.encode(), 1000) for row in block]

    def texts(self, statement: str) -> list[tuple[str, ...]]:
        """All rows of an answer of names and the like; NULL is empty."""
        return [tuple((value or b"").decode() for value in row) for row in self.rows(statement)]

    def text(self, statement: str) -> str:
        """The first value of the first row; empty without one."""
        return next((row[0] for row in self.texts(statement)), "")

    def run(self, statement: str) -> int:
        """Run a statement given as text."""
        return self.execute(statement.encode())


def connect(address: Address, settings: Mapping[str, str] | None = None) -> Connection:
    """Connect, and set session variables, beside those that we rely on: names to SQL expressions.

    Raises ServerError, and MissingExtra if there is no driver.
    """
    connection = _open(address)
    try:
        variables = {**_SETTINGS, **(settings or {})}
        connection.run("SET " + ",".join(f"SESSION {name}={v}" for name, v in variables.items()))
    except BaseException:
        connection.close()
        raise
    return connection


def end_connections(
    address: Address,
    connections: Iterable[Connection],
    what: Literal["CONNECTION", "QUERY"] = "CONNECTION",
) -> None:
    """Have the server end what the connections are doing, from outside; for any thread.

    After ``QUERY`` they live on, in their transactions. It is logged if that cannot be had.
    """
    try:
        with closing(connect(address)) as killer:
            for connection in connections:
                with suppress(ServerError):  # one may have ended
                    killer.run(f"KILL {what} {connection.number}")
    except ServerError as error:
        _log.info("what is running could not be stopped: %s", error)


def driver_name() -> str:
    """The driver that `connect` uses, with its version. Raises MissingExtra."""
    try:
        import MySQLdb
    except ImportError:
        pymysql = _pymysql()
        return f"PyMySQL {pymysql.__version__}"
    return f"mysqlclient {'.'.join(map(str, MySQLdb.version_info[:3]))}"


def _open(address: Address) -> Connection:
    try:
        from MySQLdb import _mysql
    except ImportError:
        return _PyConnection(address, _pymysql())
    return _CConnection(address, _mysql)


def _pymysql() -> Any:
    try:
        import pymysql
    except ImportError:
        raise MissingExtra("mysql", "mysql") from None
    return pymysql


class _CConnection(Connection):
    """By mysqlclient's lower layer, which leaves values as they are if it gets no converters."""

    def __init__(self, address: Address, module: Any) -> None:
        super().__init__(address)
        self._error: Any = module.MySQLError
        with self._errors():
            self._raw = module.connect(conv={}, **_arguments(address), **_c_tls(address))
            self._raw.set_character_set("binary")
            self.number = self._raw.thread_id()

    @override
    def stream(self, statement: bytes, block: int) -> Generator[Rows]:
        with self._errors():
            self._raw.query(statement)
            result = self._raw.use_result()
            if result is None:  # a statement without an answer
                return
            try:
                yield from iter(partial(result.fetch_row, block, 0), ())  # which keeps no row
                self.warnings = self._raw.warning_count()
            finally:
                with suppress(self._error):  # of a statement that was stopped
                    result.discard()

    @override
    def ask(self, statement: str) -> None:
        with self._errors():
            self._raw.send_query(statement.encode())

    @override
    def answer(self) -> list[Row]:
        with self._errors():
            self._raw.read_query_result()
            rows: list[Row] = list(self._raw.use_result().fetch_row(0, 0))
            self.warnings = self._raw.warning_count()
            return rows

    @override
    def describe(self, statement: bytes) -> list[tuple[str, int]]:
        with self._errors():
            self._raw.set_character_set("utf8mb4")  # it decodes the names by its own idea of it
            self._raw.query(statement)
            names = [(name, number) for name, number, *_ in self._raw.store_result().describe()]
            self._raw.set_character_set("binary")
            return names

    @override
    def execute(self, statement: bytes) -> int:
        with self._errors():
            self._raw.query(statement)
            result = self._raw.store_result()
            changed: int = self._raw.affected_rows()
            del result
            return changed

    @override
    def close(self) -> None:
        try:
            self._raw.close()
        except self._error:
            return

    @contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except self._error as error:
            raise _server_error(error) from error


class _PyConnection(Connection):
    """By PyMySQL."""

    def __init__(self, address: Address, module: Any) -> None:
        super().__init__(address)
        self._error: Any = module.err.MySQLError
        arguments = {**_arguments(address), **_python_tls(address)}
        with self._errors():
            self._raw = module.connect(
                charset="utf8mb4", use_unicode=False, conv={}, autocommit=None, **arguments
            )
            self._raw.query("SET NAMES binary")
            self.number = self._raw.thread_id()
        self._unbuffered: Any = module.cursors.SSCursor

    @override
    def stream(self, statement: bytes, block: int) -> Generator[Rows]:
        with self._errors():
            cursor = self._raw.cursor(self._unbuffered)
            try:
                cursor.execute(statement)
                while rows := cursor.fetchmany(block):
                    yield tuple(rows)
                self.warnings = cursor.warning_count
            finally:
                self._close(cursor)

    def _close(self, cursor: Any) -> None:
        """Read what is left of an answer, which PyMySQL would try without a connection, too."""
        result: Any = getattr(cursor, "_result", None)
        if not self._raw.open and result is not None:
            result.unbuffered_active = False
        with suppress(self._error):  # of a statement that was stopped
            cursor.close()

    @override
    def describe(self, statement: bytes) -> list[tuple[str, int]]:
        with self._errors(), self._raw.cursor() as cursor:
            cursor.execute(statement)
            return [(name, number) for name, number, *_ in cursor.description]

    @override
    def execute(self, statement: bytes) -> int:
        with self._errors(), self._raw.cursor() as cursor:
            changed: int = cursor.execute(statement)
            return changed

    @override
    def close(self) -> None:
        try:
            self._raw.close()
        except self._error:
            return

    @contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except self._error as error:
            raise _server_error(error) from error


def _arguments(address: Address) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "user": address.user,
        "password": address.password,
        "connect_timeout": _CONNECT_SECONDS,
        "read_timeout": address.read_timeout,
        "local_infile": True,
    }
    if address.socket:
        arguments["unix_socket"] = address.socket
    else:
        arguments |= {"host": address.host, "port": address.port}
    return arguments


def _tls_files(address: Address) -> dict[str, str]:
    files = {"ca": address.ca, "cert": address.cert, "key": address.key}
    return {name: file for name, file in files.items() if file}


def _c_tls(address: Address) -> dict[str, Any]:
    files = _tls_files(address)
    return {"ssl": files, "ssl_mode": "REQUIRED"} if files else {}


def _python_tls(address: Address) -> dict[str, Any]:
    """PyMySQL forgets the files of its argument `ssl` when it is to verify a certificate."""
    files = {f"ssl_{name}": file for name, file in _tls_files(address).items()}
    return {**files, "ssl_verify_cert": bool(address.ca)} if files else {}


def _server_error(error: Any) -> ServerError:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    text = error.args[1] if len(error.args) > 1 else str(error)
    return ServerError(number, text.decode(errors="replace") if isinstance(text, bytes) else text)
