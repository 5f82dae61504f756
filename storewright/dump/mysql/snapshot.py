"""Connections that all see a server as it was at one moment."""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from time import monotonic
from typing import Final, NamedTuple

from storewright.dump.errors import SourceFailed
from storewright.dump.metadata import Position
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.driver import Connection, ServerError, connect
from storewright.dump.mysql.pages import PAGE_LIMIT
from storewright.dump.options import Consistency

__all__ = ["Snapshot", "take_snapshot"]

_log = logging.getLogger(__name__)

_LOCK_TIMEOUT: Final = 1205
_DENIED: Final = frozenset({1044, 1045, 1142, 1227})
_SETTINGS: Final = {
    "net_write_timeout": "86400",  # a slow upload keeps the server waiting
    "net_read_timeout": "86400",
    "wait_timeout": "86400",
    "group_concat_max_len": str(PAGE_LIMIT),
}


class Snapshot(NamedTuple):
    """The connections, and the position that they see."""

    connections: Sequence[Connection]
    position: Position
    locker: Connection | None
    """Holds locks for tables without transactions; give it up when they are read."""
    another: Callable[[], Connection] | None = None
    """Opens one more that would do in place of a lost one; None if no other has this snapshot."""


Lock = Callable[[Connection], None]


def take_snapshot(
    stack: ExitStack,
    address: Address,
    threads: int,
    consistency: Consistency,
    lock_timeout: float,
    tables: Sequence[str],
    *,
    hold: bool,
) -> Snapshot:
    """Begin the same snapshot on `threads` connections, which `stack` closes.

    Nobody may commit while they begin, so one connection takes a lock first: a global one for
    ``flush``, on the quoted names `tables` for ``lock``; ``auto`` is the first of them that the
    user is allowed. It is given back at once, unless `hold`, which tables without transactions
    need. With ``none`` each connection has a moment of its own.

    Raises ServerError, and SourceFailed when no lock is to be had in `lock_timeout` seconds.
    """

    def open_one() -> Connection:
        settings = {**_SETTINGS, "lock_wait_timeout": str(max(1, round(lock_timeout)))}
        return stack.enter_context(closing(connect(address, settings)))

    if consistency == "none":
        connections = _begun(open_one, threads)
        return Snapshot(connections, _position(open_one()), None, lambda: _begun(open_one, 1).pop())
    locker = open_one()
    start = monotonic()
    _lock(locker, consistency, tables)
    position = _position(locker)
    connections = _begun(open_one, threads)
    if hold:
        _log.warning("tables without transactions are locked until they are read")
        return Snapshot(connections, position, locker)
    locker.run("UNLOCK TABLES")
    _log.info("the snapshot was taken under a lock of %.3f s", monotonic() - start)
    return Snapshot(connections, position, None)


def _begun(open_one: Callable[[], Connection], count: int) -> list[Connection]:
    connections: list[Connection] = []
    for _ in range(count):
        connection = open_one()
        connection.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.run("START TRANSACTION /*!40108 WITH CONSISTENT SNAPSHOT */")
        connections.append(connection)
    return connections


def _lock(locker: Connection, consistency: Consistency, tables: Sequence[str]) -> None:
    flush = ["FLUSH TABLES WITH READ LOCK"]
    each = [f"LOCK TABLES {', '.join(f'{name} READ' for name in tables)}"] if tables else []
    ways = {"flush": [flush], "lock": [each]}.get(consistency, [flush, each])
    for number, statements in enumerate(ways):
        try:
            for statement in statements:
                locker.run(statement)
        except ServerError as error:
            if error.number == _LOCK_TIMEOUT:
                raise SourceFailed(
                    "no lock for a consistent snapshot: a statement has been running on the"
                    " server for longer than --lock-timeout; try later, or --consistency none"
                ) from error
            if error.number not in _DENIED or number + 1 == len(ways):
                raise
            _log.info("no global lock is allowed (%s): the tables are locked one by one", error)
        else:
            return


def _position(connection: Connection) -> Position:
    """Where the binary log is now; who may not ask gets an empty answer, and a log line."""
    try:
        rows = connection.texts("SHOW MASTER STATUS")
        gtid = connection.text("SELECT @@GLOBAL.gtid_binlog_pos") if rows else ""
    except ServerError as error:
        _log.info("the position of the binary log is unknown: %s", error)
        return Position()
    return Position(rows[0][0], rows[0][1], gtid) if rows else Position()
