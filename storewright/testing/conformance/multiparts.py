"""Objects made of numbered parts."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from storewright.storage import (
    ConditionFailed,
    ListMode,
    Multiparter,
    Object,
    ObjectExists,
    ObjectMode,
    ObjectNotExist,
    Part,
    PathInvalid,
    RestrictionDissatisfied,
    SizeMismatch,
    StorageError,
)
from storewright.testing.conformance.harness import Harness, OpenStore, Unreadable, blob
from storewright.testing.conformance.selection import each, has, lists, takes, when
from storewright.testing.conformance.writing import METADATA, Failing, md5_of, metadata_of

__all__ = ["Multiparts"]


@when(has(Multiparter))
class Multiparts(Harness):
    """``create_multipart`` and what belongs to it."""

    @pytest.fixture
    def parter(self, open_store: OpenStore) -> Multiparter:
        """A store that makes objects of parts."""
        return self.ask(open_store, Multiparter)

    @pytest.fixture
    def pieces(self) -> list[bytes]:
        """Four parts, each large enough for the service, the last one small."""
        size = self.declared.limit("multipart_size_minimum") or 1000
        return [blob(size, n) for n in range(3)] + [blob(123, 3)]

    @staticmethod
    def upload(parter: Multiparter, made: Object, pieces: Sequence[bytes]) -> list[Part]:
        """Write all parts in order."""
        return [parter.write_multipart(made, piece, n) for n, piece in enumerate(pieces)]

    @staticmethod
    def uploads(parter: Multiparter) -> list[tuple[str, str | None]]:
        """The uploads in progress."""
        items = parter.list(list_mode=ListMode.PART)
        return sorted((item.path, item.multipart_id) for item in items)

    # ------------------------------------------------------------------------- begin

    def test_create_multipart_twice(self, parter: Multiparter) -> None:
        first, second = (parter.create_multipart("sub/a") for _ in range(2))
        for made in (first, second):
            assert made.path == "sub/a"
            assert made.mode & ObjectMode.PART
            assert not made.mode & ObjectMode.READ
            assert made.multipart_id
        assert first.multipart_id != second.multipart_id

    def test_stat_with_id(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        found = parter.stat("a", multipart_id=made.multipart_id)
        assert found.mode & ObjectMode.PART
        assert not found.mode & ObjectMode.READ
        assert (found.path, found.multipart_id) == ("a", made.multipart_id)

    def test_create_with_id_makes_no_request(self, parter: Multiparter) -> None:
        made = parter.create("a", multipart_id="whatever")
        assert (made.mode, made.multipart_id) == (ObjectMode.PART, "whatever")
        with pytest.raises(ObjectNotExist):
            parter.stat("a", multipart_id="whatever")

    def test_created_object_can_be_written_to(
        self, parter: Multiparter, pieces: list[bytes]
    ) -> None:
        begun = parter.create_multipart("a")
        made = parter.create("a", multipart_id=begun.multipart_id)
        parter.complete_multipart(made, self.upload(parter, made, pieces))
        assert parter.read_bytes("a") == b"".join(pieces)

    # ------------------------------------------------------------------------- abort

    def test_delete_with_id_twice(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        for _ in range(2):
            parter.delete("a", multipart_id=made.multipart_id)
            with pytest.raises(ObjectNotExist):
                parter.stat("a", multipart_id=made.multipart_id)

    def test_abort_leaves_nothing(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = parter.create_multipart("a")
        parts = self.upload(parter, made, pieces)
        parter.delete("a", multipart_id=made.multipart_id)
        assert not self.exists(parter, "a")
        assert list(parter.list()) == []
        with pytest.raises(StorageError):
            parter.write_multipart(made, pieces[0], 0)
        with pytest.raises(StorageError):
            parter.complete_multipart(made, parts)
        assert not self.exists(parter, "a")

    def test_abort_leaves_the_object(self, parter: Multiparter, pieces: list[bytes]) -> None:
        parter.write("a", b"old")
        made = parter.create_multipart("a")
        self.upload(parter, made, pieces)
        assert parter.read_bytes("a") == b"old"
        parter.delete("a", multipart_id=made.multipart_id)
        assert parter.read_bytes("a") == b"old"

    def test_abort_leaves_other_uploads(self, parter: Multiparter, pieces: list[bytes]) -> None:
        first, second = (parter.create_multipart("a") for _ in range(2))
        parts = self.upload(parter, second, pieces)
        parter.delete("a", multipart_id=first.multipart_id)
        parter.complete_multipart(second, parts)
        assert parter.read_bytes("a") == b"".join(pieces)

    # ------------------------------------------------------------------------- parts

    def test_write_multipart(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = parter.create_multipart("a")
        part = parter.write_multipart(made, pieces[0], 3)
        assert (part.index, part.size) == (3, len(pieces[0]))

    def test_part_size(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        source = BytesIO(blob(5000))
        part = parter.write_multipart(made, source, 0, size=1000)
        assert (part.size, source.tell()) == (1000, 1000)
        parter.complete_multipart(made, [part])
        assert parter.read_bytes("a") == blob(5000)[:1000]

    def test_part_too_short(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        for data in (b"abc", BytesIO(b"abc")):
            with pytest.raises(SizeMismatch):
                parter.write_multipart(made, data, 0, size=4)
        assert list(parter.list_multipart(made)) == []

    def test_failed_part_is_no_part(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        with pytest.raises(PermissionError, match="the user's own"):
            parter.write_multipart(made, Failing(b"abc"), 0)
        assert list(parter.list_multipart(made)) == []

    def test_part_calls_back(self, parter: Multiparter, pieces: list[bytes]) -> None:
        seen: list[bytes] = []
        made = parter.create_multipart("a")
        parter.write_multipart(made, pieces[0], 0, io_callback=seen.append)
        assert b"".join(seen) == pieces[0]

    @when(takes("write_multipart", "content_md5"))
    def test_part_checks_content_md5(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        parter.write_multipart(made, b"abc", 0, content_md5=md5_of(b"abc"))
        with pytest.raises(StorageError):
            parter.write_multipart(made, b"xyz", 1, content_md5=md5_of(b"abc"))
        assert [part.index for part in parter.list_multipart(made)] == [0]

    def test_list_multipart(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        assert list(parter.list_multipart(made)) == []
        for index in (999, 0, 417):
            parter.write_multipart(made, blob(index + 1), index)
        found = [(part.index, part.size) for part in parter.list_multipart(made)]
        assert found == [(0, 1), (417, 418), (999, 1000)]

    @when(takes("list_multipart", "limit", "continuation_token"))
    def test_list_multipart_from_a_token(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        for index in range(5):
            parter.write_multipart(made, b"x", index)
        for count in range(6):
            items = parter.list_multipart(made, limit=count)
            first = [part.index for part in items]
            token = items.continuation_token
            rest = (
                []
                if token is None
                else [p.index for p in parter.list_multipart(made, continuation_token=token)]
            )
            assert first == list(range(count))
            assert first + rest == list(range(5))

    @when(lists(ListMode.PART))
    def test_list_uploads(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = [parter.create_multipart(path) for path in ("a", "a", "sub/b")]
        parter.write("plain", b"no upload")
        for item in parter.list(list_mode=ListMode.PART):
            assert item.mode & ObjectMode.PART
        assert self.uploads(parter) == sorted((m.path, m.multipart_id) for m in made)
        found = parter.list("sub/", list_mode=ListMode.PART)
        assert [item.multipart_id for item in found] == [made[2].multipart_id]
        parter.delete("a", multipart_id=made[0].multipart_id)
        parter.complete_multipart(made[1], self.upload(parter, made[1], pieces))
        assert self.uploads(parter) == [("sub/b", made[2].multipart_id)]

    @when(lists(ListMode.PART))
    def test_list_uploads_from_a_token(self, parter: Multiparter) -> None:
        made = [parter.create_multipart(path) for path in ("a", "a", "b", "b", "c")]
        whole = [i.multipart_id for i in parter.list(list_mode=ListMode.PART)]
        assert sorted(filter(None, whole)) == sorted(m.multipart_id or "" for m in made)
        for count in range(1, 5):
            items = parter.list(list_mode=ListMode.PART, limit=count)
            first = [item.multipart_id for item in items]
            rest = parter.list(list_mode=ListMode.PART, continuation_token=items.continuation_token)
            assert first + [item.multipart_id for item in rest] == whole

    # ---------------------------------------------------------------------- complete

    def test_complete_one_part(self, parter: Multiparter) -> None:
        made = parter.create_multipart("sub/a")
        parter.complete_multipart(made, [parter.write_multipart(made, b"only", 0)])
        found = parter.stat("sub/a")
        assert found.mode & ObjectMode.READ
        assert not found.mode & ObjectMode.PART
        assert made.mode & ObjectMode.READ
        assert not made.mode & ObjectMode.PART
        assert parter.read_bytes("sub/a") == b"only"

    def test_complete_several_parts(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = parter.create_multipart("a")
        parts = self.upload(parter, made, pieces)
        assert not self.exists(parter, "a")
        parter.complete_multipart(made, parts)
        assert parter.read_bytes("a") == b"".join(pieces)
        assert parter.stat("a").content_length == sum(map(len, pieces))

    def test_parts_out_of_order(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = parter.create_multipart("a")
        for n in (2, 0, 3, 1):
            parter.write_multipart(made, pieces[n], n)
        parter.complete_multipart(made, list(parter.list_multipart(made)))
        assert parter.read_bytes("a") == b"".join(pieces)

    def test_parts_of_many_threads(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = parter.create_multipart("a")
        with ThreadPoolExecutor(4) as pool:
            parts = list(pool.map(parter.write_multipart, [made] * 4, pieces, range(4)))
        parter.complete_multipart(made, parts)
        assert parter.read_bytes("a") == b"".join(pieces)

    def test_part_is_replaced(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = parter.create_multipart("a")
        self.upload(parter, made, [pieces[1], pieces[3]])
        again = parter.write_multipart(made, pieces[0], 0)
        parts = list(parter.list_multipart(made))
        assert [part.index for part in parts] == [0, 1]
        assert parts[0].etag == again.etag
        parter.complete_multipart(made, parts)
        assert parter.read_bytes("a") == pieces[0] + pieces[3]

    def test_parts_that_were_never_written(self, parter: Multiparter, pieces: list[bytes]) -> None:
        parter.write("a", b"old")
        made = parter.create_multipart("a")
        part = parter.write_multipart(made, pieces[0], 0)
        with pytest.raises(StorageError):
            parter.complete_multipart(made, [part, Part(1, 10, '"never"')])
        assert parter.read_bytes("a") == b"old"

    def test_no_parts_at_all(self, parter: Multiparter) -> None:
        parter.write("a", b"old")
        made = parter.create_multipart("a")
        with pytest.raises(RestrictionDissatisfied):
            parter.complete_multipart(made, [])
        assert parter.read_bytes("a") == b"old"

    def test_last_completed_wins(self, parter: Multiparter, pieces: list[bytes]) -> None:
        first, second = (parter.create_multipart("a") for _ in range(2))
        first_parts = self.upload(parter, first, pieces[:1])
        second_parts = self.upload(parter, second, pieces[1:2])
        parter.complete_multipart(second, second_parts)
        assert parter.read_bytes("a") == pieces[1]
        parter.complete_multipart(first, first_parts)
        assert parter.read_bytes("a") == pieces[0]

    @when(lambda declared: declared.limit("multipart_size_minimum") is not None)
    def test_parts_below_the_minimum(self, parter: Multiparter) -> None:
        made = parter.create_multipart("a")
        parts = self.upload(parter, made, [b"too small", b"last"])
        with pytest.raises(RestrictionDissatisfied):
            parter.complete_multipart(made, parts)
        assert not self.exists(parter, "a")

    @when(lambda declared: declared.limit("multipart_size_maximum") is not None)
    def test_part_above_the_maximum(self, parter: Multiparter) -> None:
        maximum = self.declared.limit("multipart_size_maximum") or 0
        made = parter.create_multipart("a")
        with pytest.raises(RestrictionDissatisfied):
            parter.write_multipart(made, Unreadable(), 0, size=maximum + 1)

    @when(takes("complete_multipart", "if_not_exists"))
    def test_complete_if_not_exists(self, parter: Multiparter, pieces: list[bytes]) -> None:
        made = parter.create_multipart("a")
        parts = self.upload(parter, made, pieces)
        parter.write("a", b"first")
        with pytest.raises(ObjectExists):
            parter.complete_multipart(made, parts, if_not_exists=True)
        assert parter.read_bytes("a") == b"first"
        parter.delete("a")
        made = parter.create_multipart("a")
        parter.complete_multipart(made, self.upload(parter, made, pieces), if_not_exists=True)
        assert parter.read_bytes("a") == b"".join(pieces)

    @when(takes("complete_multipart", "if_match"))
    @when(takes("write", "if_match"))
    def test_complete_if_match(self, parter: Multiparter, pieces: list[bytes]) -> None:
        parter.write("a", b"old")
        etag = parter.stat("a").etag
        made = parter.create_multipart("a")
        parter.complete_multipart(made, self.upload(parter, made, pieces), if_match=etag)
        assert parter.read_bytes("a") == b"".join(pieces)
        made = parter.create_multipart("a")
        with pytest.raises(ConditionFailed):
            parter.complete_multipart(made, self.upload(parter, made, pieces), if_match=etag)
        assert parter.read_bytes("a") == b"".join(pieces)

    @each("pair", metadata_of("create_multipart"))
    def test_multipart_keeps_metadata(self, open_store: OpenStore, pair: str) -> None:
        features = self.declared.features_for_pairs("create_multipart", [pair])
        store = self.ask(open_store, Multiparter, *features)
        made = store.create_multipart("a", **{pair: METADATA[pair]})
        store.complete_multipart(made, [store.write_multipart(made, b"1", 0)])
        assert getattr(store.stat("a"), pair) == METADATA[pair]

    def test_multipart_never_leaves_work_dir(self, parter: Multiparter) -> None:
        with pytest.raises(PathInvalid):
            parter.create_multipart("../a")
        with pytest.raises(PathInvalid):
            parter.create("../a", multipart_id="id")
