"""Reading: whole objects, ranges, callbacks, conditions, and what is not there."""

import io
from typing import Any, cast

import pytest

from storewright.storage import (
    ConditionFailed,
    ObjectNotExist,
    PairTypeInvalid,
    PairValueInvalid,
    Storager,
    SupportsWrite,
)
from storewright.testing.conformance.harness import Harness, blob
from storewright.testing.conformance.selection import each, takes, when

__all__ = ["Reading"]

CONTENT = blob(300_001)
RANGES = [
    (0, None),
    (1, None),
    (150_000, None),
    (300_000, None),
    (300_001, None),
    (None, 0),
    (None, 1),
    (None, 300_001),
    (None, 400_000),
    (0, 1),
    (1, 4096),
    (299_999, 5),
    (300_001, 1),
    (400_000, None),
    (400_000, 10),
]


class Full(io.RawIOBase):
    """A file that takes nothing, for a reason of its user's."""

    def writable(self) -> bool:
        """It claims so."""
        return True

    def write(self, data: object, /) -> int:
        """Fail with a built-in error that looks like one of the service."""
        raise FileNotFoundError("the user's own")


class Reading(Harness):
    """``read`` and ``read_bytes``."""

    @pytest.fixture
    def written(self, store: Storager) -> Storager:
        """A store with an object at "a"."""
        store.write("a", CONTENT)
        return store

    def test_read_whole(self, written: Storager) -> None:
        target = io.BytesIO()
        assert written.read("a", target) == len(CONTENT)
        assert target.getvalue() == CONTENT
        assert written.read_bytes("a") == CONTENT

    def test_read_offset(self, written: Storager) -> None:
        target = io.BytesIO()
        assert written.read("a", target, offset=1000) == len(CONTENT) - 1000
        assert target.getvalue() == CONTENT[1000:]

    def test_read_size(self, written: Storager) -> None:
        target = io.BytesIO()
        assert written.read("a", target, size=1000) == 1000
        assert target.getvalue() == CONTENT[:1000]

    def test_read_offset_and_size(self, written: Storager) -> None:
        target = io.BytesIO()
        assert written.read("a", target, offset=70_000, size=1000) == 1000
        assert target.getvalue() == CONTENT[70_000:71_000]

    @each("offset, size", lambda _: RANGES)
    def test_read_range(self, written: Storager, offset: int | None, size: int | None) -> None:
        start = offset or 0
        wanted = CONTENT[start:] if size is None else CONTENT[start : start + size]
        assert written.read_bytes("a", offset=offset, size=size) == wanted

    def test_read_empty(self, store: Storager) -> None:
        store.write("empty", b"")
        target = io.BytesIO()
        assert store.read("empty", target) == 0
        assert store.read_bytes("empty") == b""
        assert store.read_bytes("empty", offset=3, size=3) == b""

    def test_read_calls_back_with_every_byte_once(self, written: Storager) -> None:
        seen: list[bytes] = []
        target = io.BytesIO()
        written.read("a", target, io_callback=seen.append)
        assert b"".join(seen) == CONTENT == target.getvalue()
        assert all(seen)

    def test_read_bytes_calls_back_with_the_range(self, written: Storager) -> None:
        seen: list[bytes] = []
        data = written.read_bytes("a", offset=5, size=70_000, io_callback=seen.append)
        assert b"".join(seen) == data == CONTENT[5:70_005]

    def test_read_never_closes_the_writer(self, written: Storager) -> None:
        target = io.BytesIO()
        written.read("a", target)
        with pytest.raises(ObjectNotExist):
            written.read("missing", target)
        assert not target.closed

    def test_read_missing(self, store: Storager) -> None:
        target = io.BytesIO()
        with pytest.raises(FileNotFoundError) as caught:
            store.read("missing", target)
        assert isinstance(caught.value, ObjectNotExist)
        assert target.getvalue() == b""
        with pytest.raises(ObjectNotExist):
            store.read_bytes("missing")

    def test_error_of_the_writer_passes_through(self, written: Storager) -> None:
        with pytest.raises(FileNotFoundError, match="the user's own") as caught:
            written.read("a", Full())
        assert type(caught.value) is FileNotFoundError

    def test_error_of_the_callback_passes_through(self, written: Storager) -> None:
        def refuse(_: bytes) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            written.read_bytes("a", io_callback=refuse)

    def test_read_into_text_is_refused(self, written: Storager) -> None:
        with pytest.raises(PairTypeInvalid, match="binary"):
            written.read("a", cast("SupportsWrite", io.StringIO()))

    @each("pair", lambda _: ["offset", "size"])
    def test_read_negative(self, written: Storager, pair: str) -> None:
        options: dict[str, Any] = {pair: -1}
        with pytest.raises(PairValueInvalid) as caught:
            written.read_bytes("a", **options)
        assert caught.value.pair == pair

    @when(takes("read", "if_match"))
    def test_read_if_match(self, written: Storager) -> None:
        etag = written.stat("a").etag
        assert etag
        assert written.read_bytes("a", if_match=etag) == CONTENT
        with pytest.raises(ConditionFailed):
            written.read_bytes("a", if_match='"not this one"')

    @when(takes("read", "if_none_match"))
    def test_read_if_none_match(self, written: Storager) -> None:
        etag = written.stat("a").etag
        assert etag
        assert written.read_bytes("a", if_none_match='"not this one"') == CONTENT
        with pytest.raises(ConditionFailed):
            written.read_bytes("a", if_none_match=etag)
