"""The lock for tables without transactions: held until the last of them is read, and no longer."""

import logging
from threading import Lock
from time import monotonic

from storewright.dump.dialect import Table
from storewright.dump.mysql.driver import Connection

__all__ = ["Holding"]

_log = logging.getLogger(__name__)


class Holding:
    """Counts the chunks of such tables that are still to be read, and gives up the lock.

    Each table counts as one chunk from the beginning: its last, whether or not it is cut into more.
    """

    def __init__(self, locker: Connection | None, tables: list[Table]) -> None:
        self._locker = locker
        self._tables = {(table.database, table.name) for table in tables}
        self._open = len(self._tables)
        self._lock = Lock()
        self._start = monotonic()

    def began(self, table: Table) -> None:
        """A chunk that is not its last was cut off the table."""
        self._count(table, 1)

    def ended(self, table: Table) -> None:
        """A chunk of the table was read."""
        self._count(table, -1)

    def _count(self, table: Table, change: int) -> None:
        if (table.database, table.name) not in self._tables:
            return
        with self._lock:
            self._open += change
            if self._open == 0 and self._locker is not None:
                self._locker.run("UNLOCK TABLES")
                self._locker = None
                seconds = monotonic() - self._start
                _log.info("tables without transactions are read: the lock was %.1f s", seconds)
