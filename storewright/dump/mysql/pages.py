"""Reading rows by pages that the server joins: one value instead of thousands of rows.

What a row costs a client, however little is done with it, is most of what a dump of short rows
costs. So where a table is numbered by a key, the server is asked for the joined text of a range of
keys. It leaves out what is too long: a page with a warning, one as long as a page may be, or one
that leaves out rows with long values is not whole, and its range is read row by row.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Final, NamedTuple

from storewright.dump.cutting import Batch, Lines
from storewright.dump.mysql.driver import Connection

__all__ = ["PAGE_LIMIT", "Range", "pages"]

PAGE_LIMIT: Final = 4 * 1024 * 1024
"""Bytes after which the server cuts a page off: its variable group_concat_max_len."""
_PAGE_BYTES: Final = 1024 * 1024
"""What a page should have: with a quarter of it, a page costs the server a tenth more."""
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
    keys: Range,
) -> Generator[Batch | Range]:
    """Yield the page of each range of keys, or a range whose rows are to be read otherwise.

    ``query`` asks for the number of rows of a range, how many of them are too long for a page, and
    their text, of which ``finished`` makes a batch. The first range is small, whatever the server
    takes the number of rows for: it may know nothing of a new table, and would join all of it.
    """
    step, start, misses, size_wanted = _FIRST_KEYS, keys.lower, 0, _PAGE_BYTES
    while start < keys.upper and misses < _MISSES:
        part = Range(start, min(start + step, keys.upper))
        page = _page(connection, query(part))
        if page is None:
            misses += 1
            yield part
            step, size_wanted = max(1, step // 4), size_wanted // 2
        else:
            misses = 0
            if page.rows:
                yield finished([page.text], page.rows)
            size = max(1, len(page.text))
            step = max(1, min(8 * step, step * size_wanted // size))
            if size > _WIDE_BYTES * max(1, page.rows):
                misses = _MISSES
        start = part.upper
    if start < keys.upper:
        yield Range(start, keys.upper)


def _page(connection: Connection, query: str) -> Lines | None:
    """The page that a query asks for; None if it is not whole."""
    ((rows, long, text),) = connection.rows(query)
    size = 0 if text is None else len(text)
    if connection.warnings or size >= PAGE_LIMIT or long != b"0":
        return None
    return Lines(text or b"", int(rows or 0))
