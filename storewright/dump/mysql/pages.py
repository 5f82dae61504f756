"""Reading rows by pages that the server joins: one value instead of thousands of rows.

What a row costs a client, however little is done with it, is most of what a dump of short rows
costs. So where a table is numbered by a key, the server is asked for the joined text of a range of
keys. It leaves out what is too long: a page with a warning, one as long as a page may be, one with
rows that are cut, or one that leaves out rows with long values is not whole, and its range is read
row by row.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from typing import Final, NamedTuple

from storewright.dump.cutting import Batch, Lines
from storewright.dump.mysql.driver import Connection, ServerError

__all__ = ["PAGE_LIMIT", "Range", "pages"]

PAGE_LIMIT: Final = 4 * 1024 * 1024
"""Bytes after which the server cuts a page off: its variable group_concat_max_len."""
_PAGE_BYTES: Final = 1536 * 1024
"""What a page should have: with two thirds of it, a dump takes 4 % longer. It stays well below the
limit, because the next rows may be longer."""
_LEAST_BYTES: Final = 64 * 1024
"""The same where the server cuts such pages off, because its max_allowed_packet is small."""
_FIRST_KEYS: Final = 256
_MISSES: Final = 4
"""Pages in a row that were not whole, after which the rest is read row by row."""
_WIDE_BYTES: Final = 1024
"""Bytes of a row from which on it is worth its own: the server sends while we work."""


class Range(NamedTuple):
    """Keys from ``lower`` up to, but not, ``upper``."""

    lower: int
    upper: int

    def condition(self, key: str) -> str:
        """SQL for the rows with these keys."""
        return f"{key}>={self.lower} AND {key}<{self.upper}"


def pages(
    connection: Connection,
    query: Callable[[Range], str],
    finished: Callable[[Sequence[bytes], int], Batch],
    ends: Callable[[bytes], int] | None,
    keys: Range,
) -> Generator[Batch | Range]:
    """Yield the page of each range of keys, or a range whose rows are to be read otherwise.

    ``query`` asks for the number of rows of a range, how many of them are too long for a page, and
    their text, of which ``finished`` makes a batch; ``ends`` counts those that are there to their
    end, None for a server that cuts none. The first range is small, whatever the server takes the
    number of rows for: it may know nothing of a new table, and would join all of it.
    """
    with closing(_Asking(connection, query, ends, keys)) as asking:
        while (part := asking.begin()) is not None:
            page = asking.page()
            if page is None:
                yield part
                continue
            asking.begin()  # the server goes on while this page is written
            if page.rows:
                yield finished([page.text], page.rows)
    if asking.left.lower < keys.upper:
        yield asking.left


class _Asking:
    """Asks for one page after the other, at most one at a time."""

    def __init__(
        self,
        connection: Connection,
        query: Callable[[Range], str],
        ends: Callable[[bytes], int] | None,
        keys: Range,
    ) -> None:
        self.left = keys
        """The keys that nobody has asked for."""
        self._connection, self._query, self._ends = connection, query, ends
        self._step, self._wanted, self._misses = _FIRST_KEYS, _PAGE_BYTES, 0
        self._part: Range | None = None

    def begin(self) -> Range | None:
        """Ask for the next page, unless that was done; which it is, None if there is none."""
        lower, upper = self.left
        if self._part is None and lower < upper and self._misses < _MISSES:
            self._part = Range(lower, min(lower + self._step, upper))
            self.left = Range(self._part.upper, upper)
            self._connection.ask(self._query(self._part))
        return self._part

    def page(self) -> Lines | None:
        """The page that was asked for; None if it is not whole."""
        self._part = None
        ((rows, long, text),) = self._connection.answer()
        page = Lines(text or b"", int(rows or 0))
        if long != b"0" or self._is_cut(page):
            self._misses += 1
            self._step = max(1, self._step // 4)
            self._wanted = max(_LEAST_BYTES, self._wanted // 2)
            return None
        size = max(1, len(page.text))
        is_wide = size > _WIDE_BYTES * max(1, page.rows)
        self._misses = _MISSES if is_wide else 0
        self._step = max(1, min(8 * self._step, self._step * self._wanted // size))
        return page

    def _is_cut(self, page: Lines) -> bool:
        """Whether the server cut off the page, or some of its rows."""
        if self._connection.warnings or len(page.text) >= PAGE_LIMIT:
            return True
        return self._ends is not None and self._ends(page.text) != page.rows

    def close(self) -> None:
        """Take the answer that is still to come, so that the connection is free again."""
        if self._part is not None:
            with suppress(ServerError):
                self.page()
