"""Lazy listings that can be stopped, stored as a token, and resumed.

An adapter gives a function that fetches one page for a vendor's token; everything else (laziness,
empty pages, limits, tokens that users may store, vendors that send the same page for ever) is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, NoReturn, Self, TypeVar

from storewright.core.checks import as_size, as_string
from storewright.core.errors import PairValueInvalid, Unexpected
from storewright.core.record import Record

__all__ = ["Page", "PageIterator"]

T = TypeVar("T")

_VERSION: Final = 1


class Page(Record, Generic[T]):
    """Some items of a listing, and where it goes on."""

    items: Sequence[T]
    token: str | None = None
    """None on the last page. From an adapter: the vendor's own token of the next page. From
    :meth:`PageIterator.by_page`: the continuation token that resumes after this page."""


class PageIterator(Iterator[T]):
    """Iterates over the items of a listing, fetching a page only when one of its items is wanted.

    ``fetch`` is given the vendor's token of a page (None for the first) and makes one request.
    ``key`` gives the identity of an item, unique within a page. ``limit`` is the most items to
    deliver. ``token`` is the :attr:`continuation_token` of an earlier iterator over the same
    listing; one that is malformed raises PairValueInvalid at once. ``op``, ``service`` and ``path``
    are for the errors.

    An error of ``fetch`` passes through and leaves the iterator where it was: the next call tries
    again. A service that sends the same page again and again raises Unexpected. An iterator
    belongs to one thread at a time.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Page[T]],
        *,
        key: Callable[[T], str],
        limit: int | None = None,
        token: str | None = None,
        op: str = "",
        service: str = "",
        path: str = "",
    ) -> None:
        self._fetch, self._key = fetch, key
        self._left: int | None = None if limit is None else as_size("limit", limit)
        self._where = (op, service, path)
        self._loops = _LoopDetector()
        # The page to fetch next, and what was delivered of it before.
        self._next, self._delivered = (None, None) if token is None else _decode(token)
        # The page being delivered: items[index:stop] are to go; limit may stop before its end.
        self._current: str | None = None
        self._items: Sequence[T] = ()
        self._index = self._stop = 0
        self._more = True  # there is a page to fetch

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self._index == self._stop:
            self._turn()
        item = self._items[self._index]
        self._index += 1
        return item

    def by_page(self) -> Iterator[Page[T]]:
        """The rest of the items, a page at a time as the service sends them; none is empty.

        The ``token`` of each page resumes after it, and is None on the last.
        """
        while True:
            try:
                if self._index == self._stop:
                    self._turn()
            except StopIteration:
                return
            items = self._items[self._index : self._stop]
            self._index = self._stop
            yield Page(items, self.continuation_token)

    @property
    def continuation_token(self) -> str | None:
        """Text that resumes right after the last item delivered; None when nothing is left.

        It may be stored, and be used as ``continuation_token`` of a new listing of the same kind.
        No item is lost: if the last item delivered has gone when the listing is resumed, its page
        is delivered from the start.
        """
        if self._index < len(self._items):
            last = self._key(self._items[self._index - 1]) if self._index else None
            return _encode(self._current, last)
        return _encode(self._next, self._delivered) if self._more else None

    def _turn(self) -> None:
        """Go to the next page that has items; StopIteration at the end and at the limit."""
        while self._index == self._stop:
            if self._left == 0 or not self._more:
                raise StopIteration
            self._advance()

    def _advance(self) -> None:
        """Fetch the next page. Nothing changes if that fails."""
        token = self._next
        if self._loops.repeats(token):
            self._fail_loop()
        page = self._fetch(token)
        self._loops.follow(token)
        self._current, self._items = token, page.items
        self._index = self._stop = self._start(page.items)
        self._next, self._delivered, self._more = page.token, None, page.token is not None
        self._admit(len(page.items) - self._index)

    def _start(self, items: Sequence[T]) -> int:
        """Index of the first item that an earlier iterator has not delivered."""
        if self._delivered is None:
            return 0
        keys = map(self._key, items)
        return next((n for n, key in enumerate(keys, 1) if key == self._delivered), 0)

    def _admit(self, count: int) -> None:
        """Let the next ``count`` items be delivered, or as many as the limit allows."""
        if self._left is not None:
            count = min(count, self._left)
            self._left -= count
        self._stop += count

    def _fail_loop(self) -> NoReturn:
        op, service, path = self._where
        message = "the service sends the same page of the listing again and again"
        raise Unexpected(message, op=op, service=service, path=path)


class _LoopDetector:
    """Notices that a chain of tokens runs in a circle, however long, remembering two of them.

    Brent's method: one token is kept as a mark, and moved after 1, 2, 4, 8, ... steps; in a circle
    the chain comes back to a mark sooner or later. The token before is kept too, for the commonest
    circle, that of one.
    """

    __slots__ = ("_before", "_mark", "_span", "_steps")

    def __init__(self) -> None:
        self._before: object = self
        self._mark: object = self
        self._span, self._steps = 1, 0

    def repeats(self, token: str | None) -> bool:
        """Whether a page of this token has been fetched before."""
        return token in {self._before, self._mark}

    def follow(self, token: str | None) -> None:
        """The page of ``token`` has been fetched."""
        self._before = token
        self._steps += 1
        if self._steps >= self._span:
            self._mark, self._span, self._steps = token, self._span * 2, 0


def _encode(token: str | None, last: str | None) -> str:
    import base64  # few store a token
    import json

    text = json.dumps([_VERSION, token, last], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _decode(text: str) -> tuple[str | None, str | None]:
    import base64
    import json

    as_string("continuation_token", text)
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        value: object = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, RecursionError):  # covers base64, JSON and Unicode
        raise _malformed() from None
    match value:
        case [1, str() | None as token, str() | None as last]:
            return token, last
        case _:
            raise _malformed()


def _malformed() -> PairValueInvalid:
    message = "expected the continuation_token of an earlier listing"
    return PairValueInvalid(f"pair 'continuation_token': {message}", pair="continuation_token")
