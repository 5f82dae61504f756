"""What the wire proof asks of reading: connections that break, and ranges that are ignored."""

import io
from collections.abc import Callable
from typing import Any, ClassVar, Final

import pytest

from storewright.core.errors import ConnectionFailed, Unexpected

from .stub import Answer, Request, sent_at

__all__ = ["DownloadSuite"]

CONTENT: Final = bytes(range(256)) * 40


class DownloadSuite:
    """Reading an object through a stub. It needs the fixtures `wire` and `wired`."""

    get: ClassVar[str] = "GetObject"
    """The request that reads."""
    tag: ClassVar[tuple[str, str]] = ("ETag", '"e"')
    """What an answer says of the object's version."""
    condition: ClassVar[str] = "header:if-match"
    """Where a request names it."""
    range: ClassVar[str] = "range"
    """The header that asks for a range."""
    changed: ClassVar[Answer] = Answer(status=412)
    """What is said to who asks for another version than there is."""

    def answer(self, wire: Any, serve: Callable[[Request], Answer]) -> None:
        """Answer requests that read so."""

        def other(request: Request) -> Answer | None:
            return serve(request) if request.kind == self.get else None

        wire.other = other

    def rest(self, request: Request, cut: int | None = None, content: bytes = CONTENT) -> Answer:
        """As much of the content as was asked for."""
        wanted = request.headers.get(self.range)
        if wanted is None:
            return Answer(content, headers=dict([self.tag]), cut=cut)
        start = int(wanted.removeprefix("bytes=").partition("-")[0])
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        headers = dict([self.tag, ("Content-Range", span)])
        return Answer(content[start:], 206, headers, cut)

    @pytest.mark.parametrize("whole", [True, False])
    def test_body_that_breaks_off_is_fetched_on(self, wire: Any, wired: Any, whole: bool) -> None:
        self.answer(wire, lambda request: self.rest(request, cut=3000))
        if whole:  # in one piece, of which nothing came before the last request
            cuts = iter([3000, 6000, None])
            self.answer(wire, lambda request: self.rest(request, cut=next(cuts)))
            assert wired.read_bytes("a") == CONTENT
        else:
            target = io.BytesIO()
            assert wired.read("a", target) == len(CONTENT)
            assert target.getvalue() == CONTENT
        first, *rest = wire.of(self.get)
        assert sent_at(first, self.condition) is None
        assert {sent_at(request, self.condition) for request in rest} == {self.tag[1]}

    def test_it_goes_on_where_it_broke(self, wire: Any, wired: Any) -> None:
        self.answer(wire, lambda request: self.rest(request, cut=3000))
        wired.read("a", io.BytesIO())
        spans = [request.headers.get(self.range) for request in wire.of(self.get)]
        assert [span[:10] for span in spans[1:]] == ["bytes=3000", "bytes=6000", "bytes=9000"]

    def test_body_that_breaks_off_for_ever_fails(self, wire: Any, wired: Any) -> None:
        self.answer(wire, lambda request: self.rest(request, cut=10))
        with pytest.raises(ConnectionFailed) as caught:
            wired.read("a", io.BytesIO())
        assert caught.value.retryable
        assert len(wire.of(self.get)) == 5

    def test_object_that_is_replaced_in_the_middle_is_not_mixed(
        self, wire: Any, wired: Any
    ) -> None:
        def serve(request: Request) -> Answer:
            begun = sent_at(request, self.condition) is None
            return self.rest(request, cut=10) if begun else self.changed

        self.answer(wire, serve)
        target = io.BytesIO()
        with pytest.raises(ConnectionFailed):
            wired.read("a", target)
        assert target.getvalue() == CONTENT[:10]

    @pytest.mark.parametrize("options", [{"offset": 3}, {"size": 3}, {"offset": 2, "size": 3}])
    def test_range_that_is_ignored_is_refused(
        self, wire: Any, wired: Any, options: dict[str, int]
    ) -> None:
        self.answer(wire, lambda _: Answer(CONTENT, headers=dict([self.tag])))
        target = io.BytesIO()
        with pytest.raises(Unexpected, match="range"):
            wired.read("a", target, **options)
        assert target.getvalue() == b""

    def test_a_rest_that_is_all_again_is_refused(self, wire: Any, wired: Any) -> None:
        def serve(request: Request) -> Answer:
            begun = sent_at(request, self.condition) is None
            return self.rest(request, cut=10) if begun else Answer(CONTENT)

        self.answer(wire, serve)
        target = io.BytesIO()
        with pytest.raises(Unexpected, match="range"):
            wired.read("a", target)
        assert target.getvalue() == CONTENT[:10]

    def test_who_stops_in_the_middle_can_go_on_with_the_store(self, wire: Any, wired: Any) -> None:
        class Full(io.BytesIO):
            def write(self, data: Any, /) -> int:
                raise ZeroDivisionError

        self.answer(wire, lambda request: self.rest(request, content=CONTENT * 1000))
        with pytest.raises(ZeroDivisionError):
            wired.read("a", Full())
        self.answer(wire, self.rest)
        assert wired.read_bytes("a") == CONTENT

    def test_what_was_read_leaves_its_connection(self, wire: Any, wired: Any) -> None:
        self.answer(wire, self.rest)
        for _ in range(3):
            wired.read("a", io.BytesIO())
            wired.read_bytes("a")
        assert len(wire.peers) == 1
