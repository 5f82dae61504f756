"""Reading the files of a dump, checked against the manifest to the last byte."""

import io
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO, Final

from typing_extensions import Buffer

from storewright import storage
from storewright.dump.compression import decompressed
from storewright.dump.errors import DumpDamaged
from storewright.dump.manifest import FileRecord
from storewright.dump.options import Compression

__all__ = ["VerifiedReader", "opened", "verify_file"]

_READ_BYTES: Final = 4 * 1024 * 1024


class VerifiedReader(io.RawIOBase):
    """The stored bytes of one file, fetched range by range.

    No request stays open while the reader waits for a slow database, and no more than one range is
    in memory. ``finish`` reads what is left and raises DumpDamaged unless size and checksum agree.
    """

    def __init__(self, store: storage.Storager, record: FileRecord) -> None:
        super().__init__()
        self._store, self._record = store, record
        self._digest = sha256()
        self._fetched = 0
        self._piece = memoryview(b"")
        found = store.stat(record.path).content_length
        if found is not None and found != record.size:
            raise DumpDamaged(f"{found} bytes are stored, the manifest says {record.size}")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read up to as many bytes as fit into ``buffer``."""
        if not self._piece:
            self._fetch()
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._piece))
        target[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def finish(self) -> None:
        """Read on to the end; raise DumpDamaged if it was not the file that was written."""
        while self._fetched < self._record.size:
            self._fetch()
        if self._digest.hexdigest() != self._record.sha256:
            raise DumpDamaged("the checksum differs from the manifest's")

    def _fetch(self) -> None:
        size = min(_READ_BYTES, self._record.size - self._fetched)
        if size == 0:
            return
        data = self._store.read_bytes(self._record.path, offset=self._fetched, size=size)
        if len(data) != size:
            raise DumpDamaged("the file ends before the size in the manifest")
        self._digest.update(data)
        self._fetched += size
        self._piece = memoryview(data)


@contextmanager
def opened(
    store: storage.Storager, record: FileRecord, compress: Compression
) -> Generator[BinaryIO]:
    """A file of a dump, decompressed. Raises DumpDamaged at the latest when the block ends."""
    try:
        reader = VerifiedReader(store, record)
        with decompressed(reader, compress) as stream:
            yield stream
        reader.finish()
    except storage.ObjectNotExist as error:
        raise DumpDamaged(f"{record.path}: missing") from error
    except UnicodeDecodeError as error:
        raise DumpDamaged(f"{record.path}: not UTF-8: {error}") from error
    except DumpDamaged as error:
        raise DumpDamaged(f"{record.path}: {error}") from error


def verify_file(store: storage.Storager, record: FileRecord) -> None:
    """Read a file and compare it with the manifest. Raises DumpDamaged."""
    with opened(store, record, "none"):
        pass
