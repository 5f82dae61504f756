import base64
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.errors import (
    ConnectionFailed,
    PairTypeInvalid,
    PairValueInvalid,
    Unexpected,
)
from storewright.core.iterators import Page, PageIterator

StringIterator: TypeAlias = PageIterator[str]


def identity(item: str) -> str:
    return item


class Service:
    """A listing cut into pages, each fetched by the token that the page before it gave."""

    def __init__(self, pages: Sequence[Sequence[str]]) -> None:
        self.pages: dict[str | None, list[str]] = {
            f"t{n}" if n else None: list(page) for n, page in enumerate(pages)
        }
        self.fetched: list[str | None] = []

    @property
    def items(self) -> list[str]:
        return [item for page in self.pages.values() for item in page]

    def fetch(self, token: str | None) -> Page[str]:
        self.fetched.append(token)
        tokens = list(self.pages)
        following = tokens[tokens.index(token) + 1 :]
        return Page(list(self.pages[token]), following[0] if following else None)

    def listing(self, limit: int | None = None, token: str | None = None) -> StringIterator:
        return PageIterator(self.fetch, key=identity, limit=limit, token=token)


@st.composite
def services(draw: st.DrawFn) -> Service:
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=6))
    names = iter(f"k{n}" for n in range(sum(sizes)))
    return Service([[next(names) for _ in range(size)] for size in sizes])


def taken(listing: StringIterator, count: int) -> list[str]:
    return list(islice(listing, count))


# --- model ----------------------------------------------------------------------------------------


@given(services(), st.none() | st.integers(0, 30))
def test_it_delivers_all_items_in_order_up_to_the_limit(
    service: Service, limit: int | None
) -> None:
    assert list(service.listing(limit)) == service.items[:limit]
    assert len(service.fetched) == len(set(service.fetched))


@given(services(), st.integers(0, 30))
def test_it_can_be_resumed_after_any_item(service: Service, count: int) -> None:
    listing = service.listing()
    first = taken(listing, count)
    token = listing.continuation_token
    rest = [] if token is None else list(service.listing(token=token))
    assert first + rest == service.items


@given(services(), st.lists(st.integers(0, 5), max_size=20), st.booleans())
def test_it_can_be_stopped_and_resumed_again_and_again(
    service: Service, steps: list[int], by_limit: bool
) -> None:
    delivered: list[str] = []
    token: str | None = None
    for step in steps:
        listing = service.listing(step if by_limit else None, token)
        delivered += list(listing) if by_limit else taken(listing, step)
        token = listing.continuation_token
        if token is None:
            assert delivered == service.items
            return
    assert delivered + list(service.listing(token=token)) == service.items


@given(services(), st.integers(0, 8), st.none() | st.integers(0, 30))
def test_pages_hold_the_same_items_and_each_can_be_resumed(
    service: Service, before: int, limit: int | None
) -> None:
    listing = service.listing(limit)
    delivered = taken(listing, before)
    for page in listing.by_page():
        assert page.items
        delivered += page.items
        rest = [] if page.token is None else list(service.listing(token=page.token))
        assert delivered + rest == service.items
    assert delivered == service.items[:limit]


@given(services(), st.integers(0, 30), st.data())
def test_nothing_is_lost_when_the_listing_changes_meanwhile(
    service: Service, count: int, data: st.DataObject
) -> None:
    listing = service.listing()
    first = taken(listing, count)
    token = listing.continuation_token
    gone = set(data.draw(st.lists(st.sampled_from(service.items or ["none"]))))
    for page in service.pages.values():
        page[:] = [item for item in page if item not in gone]
    rest = [] if token is None else list(service.listing(token=token))
    assert set(service.items) <= set(first) | set(rest)
    last = first[-1] if first else None
    if last not in gone:
        assert not set(first) & set(rest)  # and nothing is repeated without need


@given(services(), st.sets(st.integers(0, 12)))
def test_errors_are_raised_and_the_next_call_tries_again(
    service: Service, failing: set[int]
) -> None:
    calls = 0

    def fetch(token: str | None) -> Page[str]:
        nonlocal calls
        calls += 1
        if calls in failing:
            raise ConnectionFailed(f"call {calls}")
        return service.fetch(token)

    listing = PageIterator(fetch, key=identity)
    delivered: list[str] = []
    failures = 0
    while True:
        try:
            delivered.append(next(listing))
        except ConnectionFailed:
            failures += 1
        except StopIteration:
            break
    assert delivered == service.items
    assert failures == len([call for call in failing if 0 < call <= calls])


# --- laziness -------------------------------------------------------------------------------------


def test_a_page_is_fetched_when_its_first_item_is_wanted() -> None:
    service = Service([["a", "b"], ["c"]])
    listing = service.listing()
    assert service.fetched == []
    assert next(listing) == "a"
    assert next(listing) == "b"
    assert service.fetched == [None]
    assert next(listing) == "c"
    assert service.fetched == [None, "t1"]
    assert list(listing) == []
    assert list(listing) == []
    assert service.fetched == [None, "t1"]


@pytest.mark.parametrize(("limit", "fetches"), [(0, 0), (1, 1), (2, 1), (3, 2)])
def test_the_limit_saves_requests(limit: int, fetches: int) -> None:
    service = Service([["a", "b"], ["c"]])
    listing = service.listing(limit)
    assert len(list(listing)) == limit
    assert len(service.fetched) == fetches
    assert (listing.continuation_token is None) is (limit == 3)


def test_an_empty_page_is_not_the_end() -> None:
    service = Service([[], [], ["a"], [], ["b"], []])
    assert list(service.listing()) == ["a", "b"]
    assert [page.items for page in service.listing().by_page()] == [["a"], ["b"]]


def test_asking_for_the_token_makes_no_request() -> None:
    service = Service([["a"], ["b"]])
    listing = service.listing()
    tokens = [listing.continuation_token]
    tokens += [listing.continuation_token for _ in listing]
    assert tokens[-1] is None
    assert None not in tokens[:-1]
    assert len(service.fetched) == 2


def test_a_resumed_listing_that_has_not_moved_has_the_same_token() -> None:
    service = Service([["a", "b", "c"], ["d"]])
    listing = service.listing()
    taken(listing, 2)
    token = listing.continuation_token
    again = service.listing(token=token)
    assert again.continuation_token == token
    assert list(again) == ["c", "d"]


def test_of_two_items_with_one_identity_none_is_lost() -> None:
    service = Service([["a", "x", "x", "b"]])
    listing = service.listing()
    assert taken(listing, 2) == ["a", "x"]
    assert list(service.listing(token=listing.continuation_token)) == ["x", "b"]


def test_the_error_of_a_key_function_is_raised() -> None:
    def key(item: str) -> str:
        raise KeyError(item)

    listing = PageIterator(Service([["a", "b"]]).fetch, key=key)
    next(listing)
    with pytest.raises(KeyError):
        _ = listing.continuation_token


# --- the service goes round in circles ------------------------------------------------------------


@pytest.mark.parametrize("lead", [0, 1, 5])
@pytest.mark.parametrize("circle", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("items", [[], ["a"]])
def test_a_circle_of_pages_is_an_error(lead: int, circle: int, items: list[str]) -> None:
    fetched: list[str | None] = []

    def fetch(token: str | None) -> Page[str]:
        fetched.append(token)
        number = 0 if token is None else int(token)
        following = number + 1 if number + 1 < lead + circle else lead
        return Page(items, str(following))

    listing = PageIterator(fetch, key=identity, op="list", service="s3", path="d")
    with pytest.raises(Unexpected) as caught:
        for _ in listing:
            pass
    assert str(caught.value).startswith("list: s3: d: the service sends the same page")
    assert len(fetched) <= 3 * (lead + circle) + 4
    with pytest.raises(Unexpected):
        next(listing)


def test_a_long_listing_is_no_circle() -> None:
    def fetch(token: str | None) -> Page[str]:
        number = 0 if token is None else int(token)
        return Page([str(number)], None if number == 5000 else str(number + 1))

    assert len(list(PageIterator(fetch, key=identity))) == 5001


def test_retrying_a_failed_page_is_no_circle() -> None:
    service = Service([["a"], ["b"], ["c"]])
    failures = iter([True, True, False] * 10)

    def fetch(token: str | None) -> Page[str]:
        if next(failures):
            raise ConnectionFailed("broken")
        return service.fetch(token)

    def retried(listing: StringIterator) -> Iterator[str]:
        while True:
            try:
                yield next(listing)
            except ConnectionFailed:
                continue
            except StopIteration:
                return

    assert list(retried(PageIterator(fetch, key=identity))) == ["a", "b", "c"]


# --- tokens and arguments -------------------------------------------------------------------------


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "t1",
        "ä",
        "====",
        encoded([1, "t1", None]) + "\n",
        encoded([2, "t1", None]),
        encoded([1, "t1"]),
        encoded([1, 5, None]),
        encoded({"token": "t1"}),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_malformed_token_is_refused_at_once(token: str) -> None:
    service = Service([["a"]])
    with pytest.raises(
        PairValueInvalid, match=r"^pair 'continuation_token': expected the"
    ) as caught:
        service.listing(token=token)
    assert caught.value.pair == "continuation_token"
    assert service.fetched == []


@given(st.text())
def test_no_token_gets_past_the_typed_error(token: str) -> None:
    with pytest.raises(PairValueInvalid):
        Service([["a"]]).listing(token=token)


@given(st.none() | st.text(st.characters()), st.text(st.characters()))
def test_tokens_are_short_ascii_words_whatever_is_in_them(vendor: str | None, name: str) -> None:
    def fetch(token: str | None) -> Page[str]:
        return Page([name, "other"], vendor)

    listing = PageIterator(fetch, key=identity)
    next(listing)
    token = listing.continuation_token
    assert token is not None
    assert token.isascii()
    assert token.replace("-", "").replace("_", "").isalnum()
    assert next(PageIterator(fetch, key=identity, token=token)) == "other"


def test_types_are_checked() -> None:
    untyped = cast("Callable[..., object]", PageIterator)
    service = Service([["a"]])
    with pytest.raises(PairTypeInvalid):
        untyped(service.fetch, key=identity, token=5)
    with pytest.raises(PairTypeInvalid):
        untyped(service.fetch, key=identity, limit="5")
    with pytest.raises(PairValueInvalid):
        service.listing(limit=-1)
