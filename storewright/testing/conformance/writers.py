"""The writer: what is published, and what is not."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from storewright.storage import (
    ConditionFailed,
    ListMode,
    ObjectExists,
    ObjectMode,
    ObjectNotExist,
    PathInvalid,
    StorageError,
    Storager,
)
from storewright.testing.conformance.declared import Declared
from storewright.testing.conformance.harness import Harness, OpenStore, blob
from storewright.testing.conformance.selection import each, takes, when
from storewright.testing.conformance.writing import METADATA, metadata_of

__all__ = ["Writers"]

LARGE = blob(13 * 1024 * 1024 + 5)
"""Three parts on a service whose parts have 5 MiB."""


def failures(_: Declared) -> list[type[BaseException]]:
    """What may go wrong in the body of a ``with``."""
    return [ValueError, FileNotFoundError, KeyboardInterrupt, SystemExit, GeneratorExit]


class Writers(Harness):
    """``open_writer`` and ``open``."""

    def test_writer_publishes_at_the_end(self, store: Storager) -> None:
        with store.open_writer("sub/a") as writer:
            assert writer.write(b"hello ") == 6
            writer.write(b"world")
            assert not self.exists(store, "sub/a")
        assert store.read_bytes("sub/a") == b"hello world"

    def test_writer_of_an_empty_object(self, store: Storager) -> None:
        with store.open_writer("a"):
            pass
        assert store.read_bytes("a") == b""
        assert store.stat("a").content_length == 0

    def test_writer_replaces(self, store: Storager) -> None:
        store.write("a", blob(5000))
        with store.open_writer("a") as writer:
            writer.write(b"new")
        assert store.read_bytes("a") == b"new"

    def test_writer_of_many_parts(self, store: Storager) -> None:
        with store.open_writer("a", part_size=5 * 1024 * 1024, concurrency=2) as writer:
            for start in range(0, len(LARGE), 1_000_003):
                writer.write(LARGE[start : start + 1_000_003])
        assert store.read_bytes("a") == LARGE

    def test_writer_tells_its_result(self, store: Storager) -> None:
        with store.open_writer("a") as writer:
            writer.write(b"hello")
        result = writer.result
        assert result is not None
        found = store.stat("a")
        assert (result.size, result.path) == (5, "a")
        assert found.content_length == 5
        assert result.etag in {None, found.etag}

    @each("failure", failures)
    @each("size", lambda _: [0, 10, len(LARGE)])
    def test_failing_body_publishes_nothing(
        self, store: Storager, failure: type[BaseException], size: int
    ) -> None:
        with pytest.raises(failure), store.open_writer("a") as writer:
            writer.write(LARGE[:size])
            raise failure
        assert not self.exists(store, "a")
        self.assert_no_leftovers(store)

    @each("size", lambda _: [10, len(LARGE)])
    def test_failing_body_leaves_the_old_object(self, store: Storager, size: int) -> None:
        store.write("a", b"old")
        with pytest.raises(ZeroDivisionError), store.open_writer("a") as writer:
            writer.write(LARGE[:size])
            raise ZeroDivisionError
        assert store.read_bytes("a") == b"old"
        assert [item.path for item in store.list()] == ["a"]
        self.assert_no_leftovers(store)

    def test_abort(self, store: Storager) -> None:
        with store.open_writer("a") as writer:
            writer.write(LARGE)
            writer.abort()
        assert not self.exists(store, "a")
        self.assert_no_leftovers(store)

    def test_commit(self, store: Storager) -> None:
        writer = store.open_writer("a")
        writer.write(b"hello")
        assert writer.commit().size == 5
        assert store.read_bytes("a") == b"hello"
        assert writer.closed
        with pytest.raises(ValueError, match="closed"):
            writer.write(b"more")

    def test_close_inside_the_block_publishes_at_its_end(self, store: Storager) -> None:
        with pytest.raises(ZeroDivisionError), store.open_writer("a") as writer:
            writer.write(b"hello")
            writer.close()
            raise ZeroDivisionError
        assert not self.exists(store, "a")

    def test_wrapper_inside_the_block_changes_nothing(self, store: Storager) -> None:
        def write_lines(body: Callable[[io.TextIOWrapper], object]) -> None:
            with store.open_writer("a") as writer, io.TextIOWrapper(writer) as text:
                body(text)

        with pytest.raises(ZeroDivisionError):
            write_lines(lambda text: 1 / text.write(""))
        assert not self.exists(store, "a")
        write_lines(lambda text: text.write("größer"))
        assert store.read_bytes("a").decode() == "größer"

    def test_writer_inside_an_except_block_publishes(self, store: Storager) -> None:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            with store.open_writer("a") as writer:
                writer.write(b"a report of the failure")
        assert store.read_bytes("a") == b"a report of the failure"

    def test_writers_of_one_path_are_independent(self, store: Storager) -> None:
        with store.open_writer("a") as first, store.open_writer("a") as second:
            first.write(b"first")
            second.write(b"second")
        assert store.read_bytes("a") == b"first"

    @each("pair", metadata_of("open_writer"))
    @each("size", lambda _: [10, len(LARGE)])
    def test_writer_keeps_metadata(self, open_store: OpenStore, pair: str, size: int) -> None:
        store = self.open(open_store, *self.declared.features_for_pairs("open_writer", [pair]))
        options: dict[str, Any] = {pair: METADATA[pair]}
        with store.open_writer("a", **options) as writer:
            writer.write(LARGE[:size])
        assert getattr(store.stat("a"), pair) == METADATA[pair]

    @when(takes("open_writer", "if_not_exists"))
    @each("size", lambda _: [10, len(LARGE)])
    def test_writer_if_not_exists(self, store: Storager, size: int) -> None:
        with store.open_writer("a", if_not_exists=True) as writer:
            writer.write(b"first")
        with pytest.raises(ObjectExists):  # noqa: SIM117
            with store.open_writer("a", if_not_exists=True) as writer:
                writer.write(LARGE[:size])
        assert store.read_bytes("a") == b"first"
        self.assert_no_leftovers(store)

    def test_writer_takes_hints(self, store: Storager) -> None:
        memory = 64 * 1024 * 1024
        with store.open_writer("a", size_hint=len(LARGE), max_memory=memory) as writer:
            writer.write(LARGE)
        assert store.read_bytes("a") == LARGE

    @when(takes("open_writer", "resume"))
    def test_writer_resumes(self, store: Storager) -> None:
        size = self.declared.limit("multipart_size_minimum") or 64 * 1024
        data = LARGE[: 2 * size + 5]
        writer = store.open_writer("a", part_size=size, concurrency=1)
        writer.write(data[: size + 5])
        state = writer.suspend()
        assert not self.exists(store, "a")
        source = io.BytesIO(data)
        with store.open_writer("a", resume=state) as again:
            assert again.skip(source) == size
            again.write(source.read())
        assert store.read_bytes("a") == data

    @when(takes("open_writer", "if_match"))
    def test_writer_if_match(self, store: Storager) -> None:
        store.write("a", b"old")
        etag = store.stat("a").etag
        assert etag is not None
        with store.open_writer("a", if_match=etag) as writer:
            writer.write(b"new")
        assert store.read_bytes("a") == b"new"
        with pytest.raises(ConditionFailed), store.open_writer("a", if_match=etag) as writer:
            writer.write(b"late")
        assert store.read_bytes("a") == b"new"

    def test_writer_text_and_compression(self, store: Storager) -> None:
        with store.open_writer("a.gz", encoding="utf-8", compression="gzip") as writer:
            writer.write("größer\n" * 1000)
        raw = store.read_bytes("a.gz")
        assert raw[:2] == b"\x1f\x8b"
        assert len(raw) < 1000
        with store.open("a.gz", "r", encoding="utf-8", compression="gzip") as file:
            assert file.read() == "größer\n" * 1000

    def test_writer_calls_back(self, store: Storager) -> None:
        seen: list[bytes] = []
        with store.open_writer("a", io_callback=seen.append) as writer:
            writer.write(b"hello")
            writer.write(b"world")
        assert b"".join(seen) == b"helloworld"

    # -------------------------------------------------------------------------- files

    def test_open_for_reading(self, store: Storager) -> None:
        store.write("a", LARGE)
        with store.open("a") as file:
            assert file.read(10) == LARGE[:10]
            file.seek(7_000_000)
            assert file.read(10) == LARGE[7_000_000:7_000_010]
            assert file.seek(0, io.SEEK_END) == len(LARGE)
            assert file.read() == b""
            file.seek(0)
            assert file.read() == LARGE

    def test_open_text_lines(self, store: Storager) -> None:
        with store.open("a", "w", encoding="utf-8") as file:
            file.write("eins\nzwei\ndrei\n")
        with store.open("a", "r", encoding="utf-8") as lines:
            assert [line.strip() for line in lines] == ["eins", "zwei", "drei"]

    def test_open_missing(self, store: Storager) -> None:
        with pytest.raises(ObjectNotExist), store.open("missing") as file:
            file.read()
        assert not self.exists(store, "missing")

    @when(takes("open_writer", "if_not_exists"))
    def test_open_exclusively(self, store: Storager) -> None:
        with store.open("a", "xb") as file:
            file.write(b"first")
        with pytest.raises(FileExistsError):  # noqa: SIM117
            with store.open("a", "xb") as file:
                file.write(b"second")
        assert store.read_bytes("a") == b"first"

    def test_bad_path_is_refused_at_once(self, store: Storager) -> None:
        for path in ("../a", "a/../b", "/.."):
            with pytest.raises(PathInvalid):
                store.open_writer(path)
        with pytest.raises(StorageError):
            store.open_writer("")

    def assert_no_leftovers(self, store: Storager) -> None:
        """Neither uploads nor temporary objects are left."""
        for mode in self.declared.list_modes:
            assert [i.path for i in store.list(list_mode=mode) if i.path != "a"] == []
            if mode == ListMode.PART:
                assert list(store.list(list_mode=mode)) == []
        assert not any(i.mode & ObjectMode.DIR for i in store.list())
