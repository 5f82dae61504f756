"""Virtual metadata: absent until enabled, then kept with the file."""

import io
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.core.pairs import Pair
from storewright.services.fs import FsStorage, StorageFeatures
from storewright.storage import (
    IntegrityFailed,
    ListMode,
    PairUnsupported,
    PairValueInvalid,
    RestrictionDissatisfied,
)

from .support import tree

MD5_OF_ABC = "kAFQmDzST7DWlj99KOF/cg=="
ALL: dict[str, Any] = {
    "content_md5": MD5_OF_ABC,
    "content_type": "text/x",
    "content_disposition": "inline",
    "content_encoding": "gzip",
    "content_language": "de",
    "cache_control": "no-store",
    "user_metadata": {"owner": "Zoë", "run": "42"},
}


@pytest.fixture
def enabled(root: Path) -> FsStorage:
    return FsStorage(work_dir=str(root), enable_virtual_object_metadata=True)


# ------------------------------------------------------------------------------- enabled or not


@pytest.mark.parametrize("pair", ALL)
def test_refused_until_enabled(store: FsStorage, root: Path, pair: str) -> None:
    with pytest.raises(PairUnsupported, match=pair) as caught:
        store.write("a", b"abc", **{pair: ALL[pair]})
    assert "virtual" in caught.value.hint
    assert tree(root) == []


@pytest.mark.parametrize("pair", ALL)
@pytest.mark.parametrize(
    "feature",
    [
        "virtual_object_metadata",
        "virtual_pair_all",
        "virtual_pair_write_all",
        "virtual_pair_write_{}",
    ],
)
def test_enabled_by_group_all_operation_or_member(root: Path, pair: str, feature: str) -> None:
    features = StorageFeatures(**{feature.format(pair): True})
    store = FsStorage(work_dir=str(root), storage_features=features)
    store.write("a", b"abc", **{pair: ALL[pair]})
    assert getattr(store.stat("a"), pair) == ALL[pair]
    assert getattr(next(store.list()), pair) == ALL[pair]


def test_a_member_enables_nothing_else(root: Path) -> None:
    features = StorageFeatures(virtual_pair_write_content_type=True)
    store = FsStorage(work_dir=str(root), storage_features=features)
    for call in (
        lambda: store.write("a", b"abc", content_type="text/x", content_md5=MD5_OF_ABC),
        lambda: store.create_append("a", content_type="text/x"),
        lambda: store.copy("a", "b", content_type="text/x"),
    ):
        with pytest.raises(PairUnsupported):
            call()
    assert tree(root) == []


def test_loose_operation_ignores_with_a_warning(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = FsStorage(
        work_dir=str(root), storage_features=StorageFeatures(loose_operation_write=True)
    )
    store.write("a", b"abd", content_md5=MD5_OF_ABC)
    assert store.stat("a").content_md5 is None
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    with pytest.raises(PairUnsupported):
        store.create_append("a", content_type="text/x")


def test_loose_operation_never_ignores_security(root: Path) -> None:
    store = FsStorage(work_dir=str(root), enable_loose_operation_all=True)
    foreign = Pair("server_side_encryption_customer_key", b"k" * 32, "s3", security=True)
    with pytest.raises(PairUnsupported):
        store.write("a", b"abc", foreign)
    assert tree(root) == []


def test_connection_string(root: Path) -> None:
    store = storage.open(f"fs://{root}?enable_virtual_pair_write_content_type=true")
    store.write("a", b"", content_type="text/x")
    assert store.stat("a").content_type == "text/x"


def test_a_store_without_the_feature_sees_nothing(enabled: FsStorage, store: FsStorage) -> None:
    enabled.write("a", b"abc", **ALL)
    found = store.stat("a")
    assert [getattr(found, pair) for pair in ALL] == [None] * len(ALL)


def test_a_member_shows_only_itself(enabled: FsStorage, root: Path) -> None:
    enabled.write("a", b"abc", **ALL)
    features = StorageFeatures(virtual_pair_copy_user_metadata=True)
    found = FsStorage(work_dir=str(root), storage_features=features).stat("a")
    assert (found.user_metadata, found.content_type) == (ALL["user_metadata"], None)


# ----------------------------------------------------------------------------- kept and replaced


def test_everything_is_kept_and_replaced_by_the_next_write(enabled: FsStorage) -> None:
    enabled.write("a", b"abc", **ALL)
    found = enabled.stat("a")
    assert {pair: getattr(found, pair) for pair in ALL} == ALL
    assert list(enabled.list(list_mode=ListMode.PREFIX)) == [found]
    enabled.write("a", b"abc", content_type="text/y")
    found = enabled.stat("a")
    assert (found.content_type, found.user_metadata, found.content_md5) == ("text/y", None, None)


def test_md5_is_checked(enabled: FsStorage, root: Path) -> None:
    enabled.write("a", b"old")
    for data in (b"abd", io.BytesIO(b"abd")):
        with pytest.raises(IntegrityFailed):
            enabled.write("a", data, content_md5=MD5_OF_ABC)
    with pytest.raises(PairValueInvalid, match="base64"):
        enabled.write("b/c", b"abc", content_md5="abc")
    assert enabled.read_bytes("a") == b"old"
    assert tree(root) == ["a"]


def test_md5_of_changed_content_is_not_told(enabled: FsStorage, root: Path) -> None:
    for change in ("append", "page", "another program"):
        enabled.write("a", b"abc", content_md5=MD5_OF_ABC)
        item = enabled.stat("a")
        assert item.content_md5 == MD5_OF_ABC
        if change == "append":
            enabled.write_append(item, b"d")
        elif change == "page":
            enabled.write_page(item, b"x", 0)
        else:
            (root / "a").write_bytes(b"abcd")
        assert enabled.stat("a").content_md5 is None


def test_copy_and_move_keep_metadata(enabled: FsStorage) -> None:
    enabled.write("a", b"abc", **ALL)
    enabled.copy("a", "b")
    enabled.copy("a", "c", content_type="text/y", user_metadata={"new": "1"})
    enabled.move("a", "d")
    for path, changed in {
        "b": {},
        "c": {"content_type": "text/y", "user_metadata": {"new": "1"}},
        "d": {},
    }.items():
        found = enabled.stat(path)
        assert {pair: getattr(found, pair) for pair in ALL} == ALL | changed


def test_every_way_to_make_an_object(enabled: FsStorage) -> None:
    kept: dict[str, Any] = {"content_type": "text/x", "user_metadata": {"a": "1"}}
    enabled.create_append("append", **kept)
    enabled.create_page("page", **kept)
    segment = enabled.init_segment("segment", **kept)
    enabled.write_segment(segment, b"1", 0)
    enabled.complete_segment(segment)
    item = enabled.create_multipart("parts", **kept, cache_control="no-store")
    parts = [enabled.write_multipart(item, b"2", 1), enabled.write_multipart(item, b"1", 0)]
    enabled.complete_multipart(item, parts[::-1])
    assert item.cache_control == "no-store"
    for path, size in {"put": 1, "sent in parts": 100}.items():
        with enabled.open_writer(path, part_size=10, **kept) as writer:
            writer.write(bytes(size))
    for path in ("append", "page", "segment", "parts", "put", "sent in parts"):
        found = enabled.stat(path)
        assert (found.content_type, found.user_metadata) == ("text/x", {"a": "1"})


# ----------------------------------------------------------------------------------------- limits


def test_file_system_without_attributes(
    enabled: FsStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    monkeypatch.setattr(os, "listxattr", refuse)
    read = io.BytesIO(b"abc")
    for call in (
        lambda: enabled.write("d/a", read, content_type="text/x"),
        lambda: enabled.create_multipart("d/a", content_type="text/x"),
        lambda: enabled.init_segment("d/a", content_type="text/x"),
    ):
        with pytest.raises(PairUnsupported, match="no extended attributes") as caught:
            call()
        assert caught.value.pair == "content_type"
    assert read.tell() == 0
    assert tree(root) == []
    enabled.write("a", b"abc")
    assert enabled.stat("a").content_type is None


def test_metadata_that_do_not_fit(enabled: FsStorage, root: Path) -> None:
    with pytest.raises(RestrictionDissatisfied, match="user_metadata does not fit"):
        enabled.write("d/a", b"abc", user_metadata={"big": "x" * 100_000})
    assert tree(root) == []


def test_attributes_spoilt_by_others(
    enabled: FsStorage, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    enabled.write("a", b"abc", **ALL)
    for name in ("user_metadata", "content_md5", "content_type"):
        os.setxattr(root / "a", f"user.storewright.{name}", b"\xff not ours")
    found = enabled.stat("a")
    assert (found.user_metadata, found.content_md5, found.content_type) == (None, None, None)
    assert found.cache_control == "no-store"
    assert len(caplog.records) == 3
