"""Capabilities: an interface must be asked for before it is used."""

from typing import assert_type

from storewright import storage
from storewright.generated.interfaces import Copier, Direr, Multiparter, Storager
from storewright.generated.objects import Object
from storewright.generated.s3 import S3Direr, S3StorageBase


def neutral(store: Storager) -> None:
    if isinstance(store, Copier):
        store.copy("a", "b", if_not_exists=True)
    if isinstance(store, Direr):
        assert_type(store.create_dir("a"), Object)
    if isinstance(store, Copier) and isinstance(store, Multiparter):
        store.copy("a", "b")
        store.create_multipart("a")

    store.copy("a", "b")  # E: not every storage copies
    store.create_dir("a")  # E: not every storage has directories
    store.no_such_operation()  # E: no such operation
    if isinstance(store, Copier):
        store.create_dir("a")  # E: a Copier need not have directories
        store.copy("a")  # E: dst is missing


def service(store: S3StorageBase) -> None:
    store.create_multipart("a")
    if isinstance(store, S3Direr):
        store.create_dir("a", storage_class="STANDARD")

    store.create_dir("a")  # E: virtual, so it may be absent
    store.write_append(store.create("a"), b"x")  # E: S3 does not append


def opened() -> None:
    assert_type(storage.open("memory://"), Storager)
    storage.open(3)  # E: a connection string or a mapping
