"""What the wire proof of every service asks, whatever its requests look like."""

import io
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias

import pytest
from typing_extensions import Buffer

from storewright.core.errors import OperationTimeout
from storewright.storage import Storager

__all__ = ["Kinds", "Row", "TimeoutSuite", "WireSuite"]

Kinds: TypeAlias = Mapping[str, str]
"""Operation -> the requests, by their names in the API, that must carry the option; * is all."""


@dataclass(frozen=True)
class Row:
    """One option: a value, and how it appears in the requests of each operation."""

    value: Any
    sent: Mapping[str, str]
    """Place, such as ``header:name`` or ``query:name`` (see the stub's ``sent_at``) -> text."""
    kinds: Kinds
    other: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Requests in which it appears differently."""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Operations for which another value is right."""
    beside: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Options without which this one may not be given."""


class OnTheWire:
    """A service whose requests a stub records. The suites need the fixtures `wire` and `wired`."""

    storage: ClassVar[type[Storager]]
    callers: ClassVar[type[Any]]
    """Made of the stub and a store: calls an operation in each way, and says what was sent."""
    silent: ClassVar[frozenset[str]] = frozenset({"create", "metadata"})
    """Operations that make no requests."""

    @classmethod
    def operations(cls) -> list[str]:
        """Every operation that makes requests."""
        return sorted(set(_options_of(cls.storage)) - cls.silent)

    def calling(self, wire: Any, wired: Any) -> Any:
        return type(self).callers(wire, wired)


def _options_of(storage: Any) -> Mapping[str, Any]:
    options: Mapping[str, Any] = storage._options
    return options


class WireSuite(OnTheWire):
    """Every option of every operation, as the bytes on the wire."""

    service: ClassVar[str]
    table: ClassVar[Mapping[str, Row]]
    """Option -> how it is sent, in the vendor's words, written by hand from its documents."""
    local: ClassVar[Mapping[str, str]]
    """Options that are not sent -> why."""
    unasked: ClassVar[Mapping[str, set[str]]]
    """What requests carry by themselves, beside their length, type and upload."""
    common: ClassVar[frozenset[str]] = frozenset(
        {"header:content-length", "header:content-type", "query:uploadId"}
    )
    """Places that any request may fill."""
    shared: ClassVar[frozenset[str]]
    """Texts that stand for more than one option."""
    sent_at: ClassVar[Callable[[Any, str], str | None]]

    @classmethod
    def declared(cls) -> list[tuple[str, str]]:
        """Those operations, with every option that the class says it takes."""
        storage: Any = cls.storage
        return [(op, pair) for op in cls.operations() for pair in storage.options_of(op)]

    @classmethod
    def sent(cls) -> list[tuple[str, str]]:
        return [(op, pair) for op, pair in cls.declared() if pair not in cls.local]

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "pair" in metafunc.fixturenames:
            metafunc.parametrize(("op", "pair"), cls.sent())
        elif "op" in metafunc.fixturenames:
            metafunc.parametrize("op", sorted({op for op, _ in cls.sent()}))

    def expected(self, op: str, pair: str, kind: str) -> Mapping[str, str]:
        """What a request must carry."""
        row = self.table[pair]
        return row.other.get(kind, row.sent)

    def found(self, request: Any, places: Mapping[str, str]) -> Mapping[str, str | None]:
        """What a request carries there."""
        return {place: type(self).sent_at(request, place) for place in places}

    def means(self, op: str) -> set[str]:
        """Places that an operation fills because that is what it does."""
        return set()

    def test_the_table_has_every_option_of_every_operation(self) -> None:
        listed = {(op, pair) for pair, row in self.table.items() for op in row.kinds}
        assert set(self.sent()) == listed
        assert {pair for _, pair in self.declared()} == set(self.table) | set(self.local)

    def test_no_value_could_be_mistaken_for_another(self) -> None:
        texts = [text for row in self.table.values() for text in row.sent.values()]
        assert {text for text in texts if texts.count(text) > 1} == self.shared

    def test_option_is_sent(
        self, wire: Any, wired: Any, op: str, pair: str, proves: Callable[..., None]
    ) -> None:
        row = self.table[pair]
        given = {pair: row.values.get(op, row.value), **row.beside}
        requests = self.calling(wire, wired)(op, given)
        made = {request.kind for request in requests}
        kinds = made if row.kinds[op] == "*" else set(row.kinds[op].split())
        assert kinds <= made, "a request that should carry the option was not made"
        for request in requests:
            if (kind := request.kind) in kinds:
                expected = self.expected(op, pair, kind)
                assert self.found(request, expected) == dict(expected)
        proves(self.service, op, pair)

    def test_nothing_is_sent_unasked(self, wire: Any, wired: Any, op: str) -> None:
        rows = self.table.values()
        told = {p for row in rows for sent in (row.sent, *row.other.values()) for p in sent}
        places = told - self.common - self.means(op)
        for request in self.calling(wire, wired)(op, {}):
            found = {p for p in places if type(self).sent_at(request, p) is not None}
            kind = request.kind
            assert found <= self.unasked.get(kind, set()), kind


class TimeoutSuite(OnTheWire):
    """No request begins after the time, and no answer is waited for.

    It needs the fixtures `wired_service`, which makes buckets on the stub, and `retrying`, a store
    that tries twenty times more and has a connection.
    """

    head: ClassVar[str] = "HeadObject"
    """The request that `stat` makes."""
    get: ClassVar[str] = "GetObject"
    """The request that `read` makes."""
    answer: ClassVar[Callable[..., Any]]
    """Makes an answer of the stub."""

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        signing = {op for op in cls.operations() if op == "reach" or "sign" in op}
        if "signing_op" in metafunc.fixturenames:
            metafunc.parametrize("signing_op", sorted(signing))
        elif "op" in metafunc.fixturenames:
            metafunc.parametrize("op", sorted(set(cls.operations()) - signing))

    def test_no_request_begins_after_the_time(self, wire: Any, wired: Any, op: str) -> None:
        with pytest.raises(OperationTimeout) as caught:
            self.calling(wire, wired).once(op, timeout=0)
        assert caught.value.retryable
        assert wire.take() == []

    def test_signing_asks_nobody(self, wire: Any, wired: Any, signing_op: str) -> None:
        self.calling(wire, wired).once(signing_op, timeout=0)
        assert len(wire.take()) == 1, "only the one that was signed, and that the test has sent"

    @pytest.mark.parametrize("call", ["create", "delete", "get", "list"])
    def test_nor_at_the_service_level(self, wire: Any, wired_service: Any, call: str) -> None:
        arguments = [] if call == "list" else ["bucket"]
        with pytest.raises(OperationTimeout):
            list(getattr(wired_service, call)(*arguments, timeout=0))
        assert wire.take() == []

    def test_retries_end_with_the_time(self, wire: Any, retrying: Any) -> None:
        wire.answers[self.head] = type(self).answer(status=503)
        seconds, sent = 0.1, 0
        while not sent:  # time was up before the first request
            seconds *= 5
            begun = time.monotonic()
            with pytest.raises(OperationTimeout):
                retrying.stat("a", timeout=timedelta(seconds=seconds))
            assert time.monotonic() - begun < seconds + 10
            sent = len(wire.take())
        assert sent < 20

    def test_an_answer_is_not_waited_for(self, wire: Any, retrying: Any) -> None:
        over = threading.Event()

        def late(_: object) -> Any:
            over.wait(120)
            return type(self).answer()

        wire.other = late
        begun = time.monotonic()
        try:
            with pytest.raises(OperationTimeout):
                retrying.stat("a", timeout=0.3)
            assert time.monotonic() - begun < 60
        finally:
            over.set()

    def test_the_rest_of_a_body_is_not_waited_for(self, wire: Any, wired: Any) -> None:
        wire.answers[self.get] = replace(wire.answers[self.get], body=b"x" * 3_000_000)

        class Slow(io.BytesIO):
            def write(self, data: Buffer, /) -> int:
                time.sleep(0.3)
                return len(memoryview(data))

        with pytest.raises(OperationTimeout) as caught:
            wired.read("a", Slow(), timeout=0.2)
        assert (caught.value.op, caught.value.path) == ("read", "a")

    def test_time_enough_changes_nothing(self, wire: Any, wired: Any) -> None:
        def use(**options: float) -> list[object]:
            listed = [item.path for item in wired.list(**options)]
            sent = wired.write("a", b"1", **options)
            return [wired.read_bytes("a", **options), sent, listed, wired.stat("a", **options).path]

        assert use(timeout=60) == use()
        kinds = [request.kind for request in wire.take()]
        assert kinds[: len(kinds) // 2] * 2 == kinds
