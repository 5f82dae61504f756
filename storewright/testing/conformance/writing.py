"""Writing: the size matrix, what a failure leaves, metadata, conditions."""

import base64
import hashlib
import io
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from storewright.storage import (
    ConditionFailed,
    Data,
    ObjectExists,
    ObjectMode,
    PairTypeInvalid,
    RestrictionDissatisfied,
    SizeMismatch,
    StorageError,
    Storager,
)
from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import Harness, OpenStore, Unreadable, blob
from storewright.testing.conformance.selection import each, takes, when

__all__ = ["METADATA", "Writing", "md5_of"]

OLD, NEW = blob(70_000, 1), blob(50_000, 2)

METADATA: dict[str, Any] = {
    "cache_control": "max-age=60, must-revalidate",
    "content_disposition": 'attachment; filename="a b.sql"',
    "content_encoding": "gzip",
    "content_language": "de",
    "content_type": "application/sql; charset=utf-8",
    "user_metadata": {"owner": "dba", "run": "42"},
}
"""Pairs that are kept with an object and come back in stat, each with a value."""


def metadata_of(op: str) -> Callable[[Declared], list[str]]:
    """The metadata that an operation takes."""
    return lambda declared: [pair for pair in METADATA if declared.takes(op, pair)]


def md5_of(content: bytes) -> str:
    """A content_md5."""
    return base64.b64encode(hashlib.md5(content).digest()).decode()


class Failing(io.RawIOBase):
    """A file that breaks in the middle, for a reason of its user's."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = io.BytesIO(content)

    def readable(self) -> bool:
        """It claims so."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Some bytes, and an error at their end."""
        chunk = self.content.read(size)
        if not chunk:
            raise PermissionError("the user's own")
        return chunk


class Dribbling(io.RawIOBase):
    """A file that cannot seek, and gives a few bytes at a time, as sockets do."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = io.BytesIO(content)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Fewer bytes than asked for."""
        return self.content.read(min(size, 997) if size > 0 else 997)


def sources(content: bytes) -> list[tuple[str, Data]]:
    """The same content in every form that ``write`` takes."""
    return [
        ("bytes", content),
        ("bytearray", bytearray(content)),
        ("memoryview", memoryview(content)),
        ("array", array("Q", content)),
        ("file", io.BytesIO(content)),
        ("buffered", io.BufferedReader(io.BytesIO(content))),
        ("stream", Dribbling(content)),
    ]


FORMS = [name for name, _ in sources(b"")]


class Writing(Harness):
    """``write``."""

    @each("form", lambda _: FORMS)
    def test_write_takes_every_form(self, store: Storager, form: str) -> None:
        data = dict(sources(NEW))[form]
        assert store.write("a", data) == len(NEW)
        assert store.read_bytes("a") == NEW

    def test_write_replaces(self, store: Storager) -> None:
        store.write("a", OLD)
        assert store.write("a", NEW) == len(NEW)
        assert store.read_bytes("a") == NEW
        found = store.stat("a")
        assert (found.path, found.content_length) == ("a", len(NEW))

    def test_write_from_the_middle_of_a_file(self, store: Storager) -> None:
        source = io.BytesIO(OLD)
        source.seek(1000)
        assert store.write("a", source, size=2000) == 2000
        assert store.read_bytes("a") == OLD[1000:3000]
        assert source.tell() == 3000

    def test_write_calls_back_with_every_byte_once(self, store: Storager) -> None:
        for data in (NEW, io.BytesIO(NEW), Dribbling(NEW)):
            seen: list[bytes] = []
            assert store.write("a", data, io_callback=seen.append) == len(NEW)
            assert b"".join(seen) == NEW
        assert store.read_bytes("a") == NEW

    def test_write_never_closes_the_data(self, store: Storager) -> None:
        source = io.BytesIO(NEW)
        store.write("a", source)
        with pytest.raises(SizeMismatch):
            store.write("a", source, size=1)
        assert not source.closed

    # ------------------------------------------------------------------------- sizes

    def test_no_data_and_no_size(self, store: Storager) -> None:
        assert store.write("a", None) == 0
        assert store.stat("a").content_length == 0
        assert store.read_bytes("a") == b""

    def test_no_data_and_size_zero(self, store: Storager) -> None:
        assert store.write("a", None, size=0) == 0
        assert store.stat("a").content_length == 0

    def test_no_data_and_a_size(self, store: Storager) -> None:
        with pytest.raises(SizeMismatch):
            store.write("a", None, size=10)
        assert not self.exists(store, "a")

    def test_data_and_size_zero(self, store: Storager) -> None:
        source = io.BytesIO(NEW)
        assert store.write("a", source, size=0) == 0
        assert store.stat("a").content_length == 0
        assert source.tell() == 0
        assert store.write("b", NEW, size=0) == 0
        assert store.read_bytes("b") == b""

    def test_data_longer_than_size(self, store: Storager) -> None:
        source = io.BytesIO(NEW)
        assert store.write("a", source, size=1234) == 1234
        assert store.stat("a").content_length == 1234
        assert store.read_bytes("a") == NEW[:1234]
        assert source.tell() == 1234
        assert store.write("b", NEW, size=1234) == 1234
        assert store.read_bytes("b") == NEW[:1234]

    def test_data_as_long_as_size(self, store: Storager) -> None:
        for data in (NEW, io.BytesIO(NEW), Dribbling(NEW)):
            assert store.write("a", data, size=len(NEW)) == len(NEW)
            assert store.read_bytes("a") == NEW

    def test_data_shorter_than_size(self, store: Storager) -> None:
        for data in (NEW, io.BytesIO(NEW), Dribbling(NEW)):
            with pytest.raises(SizeMismatch) as caught:
                store.write("a", data, size=len(NEW) + 1)
            assert isinstance(caught.value, EOFError)
            assert not self.exists(store, "a")

    def test_empty_data_of_unknown_length(self, store: Storager) -> None:
        for data in (b"", io.BytesIO(), Dribbling(b"")):
            assert store.write("a", data) == 0
            assert store.stat("a").content_length == 0

    # ---------------------------------------------------------------------- failures

    def test_failed_write_leaves_nothing(self, store: Storager) -> None:
        with pytest.raises(PermissionError, match="the user's own") as caught:
            store.write("a", Failing(NEW))
        assert type(caught.value) is PermissionError
        assert not self.exists(store, "a")
        assert list(store.list()) == []

    def test_failed_write_leaves_the_old_object(self, store: Storager) -> None:
        store.write("a", OLD)
        with pytest.raises(PermissionError, match="the user's own"):
            store.write("a", Failing(NEW))
        with pytest.raises(SizeMismatch):
            store.write("a", Dribbling(NEW), size=len(NEW) + 1)
        assert store.read_bytes("a") == OLD
        assert [item.path for item in store.list()] == ["a"]

    def test_failing_callback_leaves_the_old_object(self, store: Storager) -> None:
        def refuse(_: bytes) -> None:
            raise ZeroDivisionError

        store.write("a", OLD)
        with pytest.raises(ZeroDivisionError):
            store.write("a", NEW, io_callback=refuse)
        assert store.read_bytes("a") == OLD

    def test_text_is_refused(self, store: Storager) -> None:
        for data in ("text", io.StringIO("text"), 7):
            with pytest.raises(PairTypeInvalid) as caught:
                store.write("a", cast("bytes", data))
            assert caught.value.pair == "data"
        assert not self.exists(store, "a")

    @when(lambda declared: declared.limit("write_size_maximum") is not None)
    def test_size_limit_holds_before_any_byte(self, open_store: OpenStore) -> None:
        calls: list[object] = []
        store = self.open(open_store, interceptor=calls.append)
        maximum = store.metadata().limits.write_size_maximum
        assert maximum is not None
        with pytest.raises(RestrictionDissatisfied):
            store.write("a", Unreadable(), size=maximum + 1)
        assert calls == []

    # ---------------------------------------------------------------------- metadata

    @each("pair", metadata_of("write"))
    def test_write_keeps_metadata(self, open_store: OpenStore, pair: str) -> None:
        store = self.open(open_store, *self.declared.features_for_pairs("write", [pair]))
        store.write("a", NEW, **{pair: METADATA[pair]})
        assert getattr(store.stat("a"), pair) == METADATA[pair]

    @when(takes("write", "user_metadata"))
    def test_write_replaces_metadata(self, open_store: OpenStore) -> None:
        store = self.open(open_store, *self.declared.features_for_pairs("write", METADATA))
        store.write("a", OLD, user_metadata={"old": "1"})
        store.write("a", NEW, user_metadata={"new": "1"})
        assert store.stat("a").user_metadata == {"new": "1"}
        store.write("a", NEW)
        assert not store.stat("a").user_metadata

    @when(takes("write", "content_md5"))
    def test_write_checks_content_md5(self, open_store: OpenStore) -> None:
        store = self.open(open_store, *self.declared.features_for_pairs("write", ["content_md5"]))
        store.write("a", OLD, content_md5=md5_of(OLD))
        with pytest.raises(StorageError):
            store.write("a", NEW, content_md5=md5_of(OLD))
        assert store.read_bytes("a") == OLD
        with pytest.raises(StorageError):
            store.write("a", io.BytesIO(NEW), content_md5="no base64 of 16 bytes")
        assert store.read_bytes("a") == OLD

    # -------------------------------------------------------------------- conditions

    @when(takes("write", "if_not_exists"))
    def test_write_if_not_exists(self, store: Storager) -> None:
        assert store.write("a", OLD, if_not_exists=True) == len(OLD)
        with pytest.raises(ObjectExists):
            store.write("a", NEW, if_not_exists=True)
        assert store.read_bytes("a") == OLD
        store.write("a", NEW, if_not_exists=False)
        assert store.read_bytes("a") == NEW

    @when(takes("write", "if_not_exists"))
    def test_of_many_that_must_be_new_one_is_written(self, store: Storager) -> None:
        contents = [bytes([n]) * 1000 for n in range(8)]

        def attempt(content: bytes) -> bool:
            try:
                store.write("a", content, if_not_exists=True)
            except (ObjectExists, ConditionFailed):
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            written = list(pool.map(attempt, contents))
        assert written.count(True) == 1
        assert store.read_bytes("a") == contents[written.index(True)]

    @when(takes("write", "if_match"))
    def test_write_if_match(self, store: Storager) -> None:
        store.write("a", OLD)
        etag = store.stat("a").etag
        assert etag
        store.write("a", NEW, if_match=etag)
        with pytest.raises(ConditionFailed):
            store.write("a", OLD, if_match=etag)
        assert store.read_bytes("a") == NEW
        with pytest.raises(ConditionFailed):
            store.write("missing", OLD, if_match=etag)
        assert not self.exists(store, "missing")

    # --------------------------------------------------------------------- directory

    @when(lambda declared: "direr" in declared.native)
    def test_write_onto_a_directory_is_refused(self, store: Storager) -> None:
        self.fill(store, ["sub/inner"])
        with pytest.raises(StorageError):
            store.write("sub", NEW)
        assert store.read_bytes("sub/inner") == b"sub/inner"
        assert store.stat("sub", object_mode=ObjectMode.DIR).mode & ObjectMode.DIR
