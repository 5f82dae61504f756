"""Appending, and writing at any place of an object."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO

import pytest

from storewright.storage import (
    Appender,
    ObjectMode,
    Pager,
    PathInvalid,
    RestrictionDissatisfied,
    SizeMismatch,
    StorageError,
)
from storewright.testing.conformance.harness import Harness, OpenStore, blob
from storewright.testing.conformance.selection import each, has, takes, when
from storewright.testing.conformance.writing import METADATA, Failing, md5_of, metadata_of

__all__ = ["Appending", "Paging"]

FIRST, SECOND = blob(70_000, 1), blob(50_000, 2)


@when(has(Appender))
class Appending(Harness):
    """``create_append``, ``write_append``, ``commit_append``."""

    @pytest.fixture
    def appender(self, open_store: OpenStore) -> Appender:
        """A store that appends."""
        return self.ask(open_store, Appender)

    def test_create_append(self, appender: Appender) -> None:
        made = appender.create_append("sub/log")
        assert made.path == "sub/log"
        assert made.mode & ObjectMode.APPEND
        assert made.append_offset == 0

    def test_create_append_replaces(self, appender: Appender) -> None:
        made = appender.create_append("log")
        appender.write_append(made, FIRST)
        appender.commit_append(made)
        again = appender.create_append("log")
        assert again.mode & ObjectMode.APPEND
        assert again.append_offset == 0
        appender.write_append(again, SECOND)
        appender.commit_append(again)
        assert appender.read_bytes("log") == SECOND

    def test_create_append_replaces_an_object(self, appender: Appender) -> None:
        appender.write("log", FIRST)
        made = appender.create_append("log")
        appender.write_append(made, SECOND)
        appender.commit_append(made)
        assert appender.read_bytes("log") == SECOND

    def test_append(self, appender: Appender) -> None:
        made = appender.create_append("log")
        assert appender.write_append(made, FIRST) == len(FIRST)
        assert made.append_offset == len(FIRST)
        assert appender.write_append(made, BytesIO(SECOND)) == len(SECOND)
        assert made.append_offset == len(FIRST + SECOND)
        appender.commit_append(made)
        assert appender.read_bytes("log") == FIRST + SECOND
        assert appender.stat("log").content_length == len(FIRST + SECOND)

    def test_append_nothing(self, appender: Appender) -> None:
        made = appender.create_append("log")
        assert appender.write_append(made, b"") == 0
        assert appender.write_append(made, None) == 0
        appender.commit_append(made)
        assert appender.read_bytes("log") == b""

    def test_append_size(self, appender: Appender) -> None:
        made = appender.create_append("log")
        source = BytesIO(FIRST)
        assert appender.write_append(made, source, size=1000) == 1000
        assert source.tell() == 1000
        assert appender.write_append(made, source, size=1000) == 1000
        appender.commit_append(made)
        assert appender.read_bytes("log") == FIRST[:2000]

    def test_append_too_short(self, appender: Appender) -> None:
        made = appender.create_append("log")
        appender.write_append(made, FIRST)
        for data in (SECOND, BytesIO(SECOND)):
            with pytest.raises(SizeMismatch):
                appender.write_append(made, data, size=len(SECOND) + 1)
        assert made.append_offset == len(FIRST)
        appender.commit_append(made)
        assert appender.read_bytes("log") == FIRST

    def test_failed_append_appends_nothing(self, appender: Appender) -> None:
        made = appender.create_append("log")
        appender.write_append(made, FIRST)
        with pytest.raises(PermissionError, match="the user's own"):
            appender.write_append(made, Failing(SECOND))
        appender.write_append(made, SECOND)
        appender.commit_append(made)
        assert appender.read_bytes("log") == FIRST + SECOND

    def test_append_calls_back(self, appender: Appender) -> None:
        seen: list[bytes] = []
        made = appender.create_append("log")
        appender.write_append(made, FIRST, io_callback=seen.append)
        assert b"".join(seen) == FIRST

    def test_appends_of_many_threads(self, appender: Appender) -> None:
        made = appender.create_append("log")
        records = [b"%05d" % n * 100 for n in range(200)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(partial(appender.write_append, made), records))
        appender.commit_append(made)
        content = appender.read_bytes("log")
        assert sorted(content[n : n + 500] for n in range(0, len(content), 500)) == records

    def test_delete_append_twice(self, appender: Appender) -> None:
        appender.create_append("log")
        for _ in range(2):
            appender.delete("log")
            assert not self.exists(appender, "log")

    @each("pair", metadata_of("create_append"))
    def test_append_keeps_metadata(self, open_store: OpenStore, pair: str) -> None:
        features = self.declared.features_for_pairs("create_append", [pair])
        store = self.ask(open_store, Appender, *features)
        made = store.create_append("log", **{pair: METADATA[pair]})
        store.write_append(made, FIRST)
        store.commit_append(made)
        assert getattr(store.stat("log"), pair) == METADATA[pair]

    @when(takes("write_append", "content_md5"))
    def test_append_checks_content_md5(self, appender: Appender) -> None:
        made = appender.create_append("log")
        appender.write_append(made, FIRST, content_md5=md5_of(FIRST))
        with pytest.raises(StorageError):
            appender.write_append(made, SECOND, content_md5=md5_of(FIRST))
        appender.commit_append(made)
        assert appender.read_bytes("log") == FIRST

    def test_create_append_never_leaves_work_dir(self, appender: Appender) -> None:
        with pytest.raises(PathInvalid):
            appender.create_append("../log")


@when(has(Pager))
class Paging(Harness):
    """``create_page`` and ``write_page``."""

    @pytest.fixture
    def pager(self, open_store: OpenStore) -> Pager:
        """A store that writes pages."""
        return self.ask(open_store, Pager)

    @pytest.fixture
    def unit(self) -> int:
        """What offsets and sizes must be multiples of."""
        return self.declared.limit("page_alignment") or 1

    @pytest.fixture
    def front(self, unit: int) -> bytes:
        """Whole pages."""
        return blob(-(-70_000 // unit) * unit, 1)

    @pytest.fixture
    def back(self, unit: int) -> bytes:
        """Other whole pages."""
        return blob(-(-50_000 // unit) * unit, 2)

    def test_create_page(self, pager: Pager) -> None:
        made = pager.create_page("sub/disk")
        assert made.path == "sub/disk"
        assert made.mode & ObjectMode.PAGE
        assert pager.read_bytes("sub/disk") == b""

    def test_create_page_replaces(self, pager: Pager, front: bytes, back: bytes) -> None:
        pager.write("disk", front)
        made = pager.create_page("disk")
        assert pager.read_bytes("disk") == b""
        pager.write_page(made, back, 0)
        assert pager.read_bytes("disk") == back

    def test_pages_in_any_order(self, pager: Pager, front: bytes, back: bytes) -> None:
        made = pager.create_page("disk")
        assert pager.write_page(made, back, len(front)) == len(back)
        assert pager.write_page(made, BytesIO(front), 0) == len(front)
        assert pager.read_bytes("disk") == front + back

    def test_page_calls_back(self, pager: Pager, front: bytes) -> None:
        made, seen = pager.create_page("disk"), bytearray()
        pager.write_page(made, BytesIO(front), 0, io_callback=seen.extend)
        assert seen == front

    def test_gap_reads_as_zeros(self, pager: Pager, unit: int) -> None:
        made = pager.create_page("disk")
        pager.write_page(made, b"abc" * unit, 0)
        pager.write_page(made, b"xyz" * unit, 1000 * unit)
        assert pager.read_bytes("disk") == b"abc" * unit + bytes(997 * unit) + b"xyz" * unit

    def test_page_overwrites_its_place_only(self, pager: Pager, unit: int) -> None:
        made = pager.create_page("disk")
        pager.write_page(made, wide(b"0123456789", unit), 0)
        pager.write_page(made, wide(b"abc", unit), 4 * unit)
        assert pager.read_bytes("disk") == wide(b"0123abc789", unit)
        assert pager.stat("disk").content_length == 10 * unit

    def test_page_size(self, pager: Pager, unit: int, front: bytes) -> None:
        made = pager.create_page("disk")
        source, count = BytesIO(front), 100 * unit
        assert pager.write_page(made, source, 5 * unit, size=count) == count
        assert source.tell() == count
        assert pager.read_bytes("disk") == bytes(5 * unit) + front[:count]
        with pytest.raises(SizeMismatch):
            pager.write_page(made, b"abc" * unit, 0, size=4 * unit)
        assert pager.read_bytes("disk") == bytes(5 * unit) + front[:count]

    @when(lambda declared: (declared.limit("page_alignment") or 1) > 1)
    def test_half_a_page_is_refused(self, pager: Pager, unit: int) -> None:
        made = pager.create_page("disk")
        for size, offset in ((unit - 1, 0), (unit, 1)):
            with pytest.raises(RestrictionDissatisfied):
                pager.write_page(made, bytes(size), offset)
        assert pager.read_bytes("disk") == b""

    def test_negative_page_offset_is_refused(self, pager: Pager) -> None:
        made = pager.create_page("disk")
        with pytest.raises(StorageError):
            pager.write_page(made, b"abc", -1)
        assert pager.read_bytes("disk") == b""

    @each("pair", metadata_of("create_page"))
    def test_page_keeps_metadata(self, open_store: OpenStore, pair: str, front: bytes) -> None:
        features = self.declared.features_for_pairs("create_page", [pair])
        store = self.ask(open_store, Pager, *features)
        store.write_page(store.create_page("disk", **{pair: METADATA[pair]}), front, 0)
        assert getattr(store.stat("disk"), pair) == METADATA[pair]


def wide(text: bytes, unit: int) -> bytes:
    """Each byte as many times as a page is long."""
    return b"".join(bytes([byte]) * unit for byte in text)
