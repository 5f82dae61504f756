"""`type=` says what is expected, to the type checker and at run time; and the service level."""

from typing import assert_type

import pytest

from storewright import storage
from storewright.services import s3
from storewright.services.fs import FsStorage
from storewright.services.memory import MemoryStorage

from .support import one_line


class Counting(MemoryStorage):
    """A user's own subclass."""

    closed = 0

    def close(self) -> None:
        type(self).closed += 1


def test_without_a_type_it_is_a_storager() -> None:
    store = storage.open("memory://")
    assert_type(store, storage.Storager)
    assert isinstance(store, MemoryStorage)


def test_the_class_of_the_service() -> None:
    store = storage.open("memory://", type=MemoryStorage)
    assert_type(store, MemoryStorage)
    assert isinstance(store, MemoryStorage)


def test_a_subclass_is_constructed() -> None:
    store = storage.open("memory:///d", type=Counting)
    assert_type(store, Counting)
    assert type(store) is Counting
    assert store.metadata().work_dir == "/d/"


def test_an_interface_that_the_store_has() -> None:
    store = storage.open("memory://", type=storage.Copier)
    assert_type(store, storage.Copier)
    assert isinstance(store, MemoryStorage)
    storage.open("memory://", type=storage.Storager)


def test_an_interface_that_depends_on_a_feature() -> None:
    store = storage.open("s3://b?enable_virtual_dir", type=storage.Direr)
    assert isinstance(store, s3.S3Storage)
    with pytest.raises(storage.PairTypeInvalid, match="s3 opens a S3Storage, which is no Direr"):
        storage.open("s3://b", type=storage.Direr)


@pytest.mark.parametrize("expected", [FsStorage, storage.Reacher, Counting])
def test_another_type_is_refused(expected: type[storage.Storager]) -> None:
    service = "fs" if expected is Counting else "memory"
    with pytest.raises(storage.PairTypeInvalid, match=f"which is no {expected.__name__}") as caught:
        storage.open(f"{service}:///nowhere", type=expected)
    assert one_line(caught.value).startswith(f"open: {service}: {service} opens a ")


def test_a_store_that_is_refused_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[MemoryStorage] = []

    def close(store: MemoryStorage) -> None:
        closed.append(store)

    monkeypatch.setattr(MemoryStorage, "close", close)
    with pytest.raises(storage.PairTypeInvalid):
        storage.open("memory://", type=storage.Reacher)
    assert len(closed) == 1


# ----------------------------------------------------------------------------- service level


def test_the_service_level_is_opened() -> None:
    servicer = storage.open_servicer("s3://?region=eu&credential=hmac:a:b&pool_size=3")
    assert_type(servicer, storage.Servicer)
    assert isinstance(servicer, s3.S3Service)
    typed = storage.open_servicer({"type": "s3"}, type=s3.S3Service, location="eu")
    assert_type(typed, s3.S3Service)


def test_its_features_can_be_enabled() -> None:
    servicer = storage.open_servicer("s3://?enable_loose_operation_list")
    assert servicer.features == s3.ServiceFeatures(loose_operation_list=True)


def test_a_service_without_that_level_says_so() -> None:
    with pytest.raises(storage.ServiceNotRegistered, match="open: memory: memory has no service"):
        storage.open_servicer("memory://")


def test_a_bucket_cannot_be_named_there() -> None:
    with pytest.raises(
        storage.ConnectionStringInvalid, match=r"no bucket may be named \(write s3://\)"
    ):
        storage.open_servicer("s3://bucket")
