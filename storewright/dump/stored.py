"""Whether a storage has what was sent to it: asked before the only other copy is deleted."""

from hashlib import sha256
from typing import Final

from storewright import storage
from storewright.dump.manifest import FileRecord

__all__ = ["check_stored"]

_READ_BYTES: Final = 4 * 1024 * 1024


def check_stored(
    store: storage.Storager, record: FileRecord, written: storage.WriteResult | None
) -> None:
    """Raise IntegrityFailed unless the object at ``record.path`` is what was written.

    Its size is compared, and its tag with the one that was answered to the upload, of which the
    adapters check every part. Where a storage has no tags, the object is read again.
    """
    found = store.stat(record.path)
    if found.content_length != record.size:
        raise _failed(
            store, record, f"{record.size} bytes were sent, it has {found.content_length}"
        )
    if found.etag and written and written.etag:
        if found.etag.strip('"') != written.etag.strip('"'):
            raise _failed(store, record, "it is not the object that was sent")
    elif _digest(store, record) != record.sha256:
        raise _failed(store, record, "it differs from what was sent")


def _digest(store: storage.Storager, record: FileRecord) -> str:
    digest = sha256()
    for offset in range(0, record.size, _READ_BYTES):
        size = min(_READ_BYTES, record.size - offset)
        digest.update(store.read_bytes(record.path, offset=offset, size=size))
    return digest.hexdigest()


def _failed(store: storage.Storager, record: FileRecord, why: str) -> storage.IntegrityFailed:
    return storage.IntegrityFailed(why, op="verify", service=store.service, path=record.path)
