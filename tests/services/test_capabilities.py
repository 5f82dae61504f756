"""What memory and fs can do, written by hand: the suite believes the specs."""

import logging
import pickle
from pathlib import Path

import pytest

from storewright import storage
from storewright.services.fs import FsStorage
from storewright.storage import (
    ListMode,
    ListModeInvalid,
    OperationUnsupported,
    Pair,
    PairUnsupported,
    Storager,
)

EVERYWHERE: set[type[Storager]] = {
    storage.Appender,
    storage.BatchDeleter,
    storage.Copier,
    storage.Direr,
    storage.Fetcher,
    storage.Linker,
    storage.Mover,
    storage.Multiparter,
    storage.Pager,
    storage.Segmenter,
}
NOWHERE: set[type[Storager]] = {
    storage.Reacher,
    storage.StorageHTTPSigner,
    storage.MultipartHTTPSigner,
}


@pytest.fixture(params=["fs", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storager:
    return storage.open(f"fs://{tmp_path}" if request.param == "fs" else "memory://")


def test_interfaces(store: Storager) -> None:
    has = set(EVERYWHERE)
    if store.service == "memory":
        has.add(storage.Blocker)
    for interface in EVERYWHERE | NOWHERE | {storage.Blocker}:
        assert isinstance(store, interface) == (interface in has)
    for op in ("create_block", "write_block", "combine_block", "list_block"):
        assert hasattr(store, op) == (store.service == "memory")
    with pytest.raises(OperationUnsupported, match="reach"):
        getattr(store, "reach")("a", 60)  # noqa: B009 - a type checker knows better


def test_list_modes(store: Storager) -> None:
    lacking = {ListMode.BLOCK} if store.service == "fs" else set[ListMode]()
    for mode in ListMode:
        if mode in lacking:
            with pytest.raises(ListModeInvalid):
                store.list(list_mode=mode)
        else:
            assert list(store.list(list_mode=mode)) == []


def test_pair_that_is_lacking(store: Storager, caplog: pytest.LogCaptureFixture) -> None:
    store.write("a", b"1")
    with pytest.raises(PairUnsupported, match="version_id"):
        store.read_bytes("a", version_id="7")
    where = f"fs://{store.metadata().work_dir}" if store.service == "fs" else "memory://"
    loose = storage.open(f"{where}?enable_loose_operation_all=true")
    loose.write("a", b"1")
    assert loose.read_bytes("a", version_id="7") == b"1"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize("loose", ["true", "false"])
def test_pair_that_protects_is_never_ignored(tmp_path: Path, loose: str) -> None:
    key = Pair("server_side_encryption_customer_key", b"k" * 32, "s3", security=True)
    for where in (f"fs://{tmp_path}", "memory://"):
        store = storage.open(f"{where}?enable_loose_operation_all={loose}")
        with pytest.raises(PairUnsupported):
            store.write("a", b"1", key)
        assert list(store.list()) == []


def test_fs_is_pickled_with_its_options(tmp_path: Path) -> None:
    store = FsStorage(work_dir=str(tmp_path), fsync=False, enable_virtual_pair_all=True)
    again: FsStorage = pickle.loads(pickle.dumps(store))
    again.write("a", b"1", content_type="text/x")
    assert store.stat("a").content_type == "text/x"
    assert repr(again) == repr(store)
