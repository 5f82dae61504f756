"""Where a dump goes: files that are whole or absent, and nothing left after a failure."""

import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from threading import Lock
from typing import Final

from storewright import storage
from storewright.dump.compression import compressor
from storewright.dump.cutting import Piece
from storewright.dump.errors import DumpDamaged, DumpRefused, ManifestMissing
from storewright.dump.manifest import FileKind, FileRecord, Manifest
from storewright.dump.names import MANIFEST, is_dump_file
from storewright.dump.options import Compression
from storewright.dump.progress import Progress
from storewright.dump.stored import check_stored
from storewright.dump.tasks import Stop
from storewright.dump.unfinished import abort, find_unfinished

__all__ = ["Destination", "check_writable", "read_manifest"]

_log = logging.getLogger(__name__)

_OTHERS: Final = 1000
"""Files of others among which ours are looked for by a list, before each of ours is asked for."""


def read_manifest(store: storage.Storager) -> Manifest:
    """The manifest of the dump in ``store``. Raises ManifestMissing or DumpDamaged."""
    try:
        data = store.read_bytes(MANIFEST)
    except storage.ObjectNotExist:
        raise ManifestMissing(
            f"no {MANIFEST} here: there is no dump, or it was not finished"
        ) from None
    return Manifest.from_json(data)


def check_writable(store: storage.Storager, probe: str = "") -> None:
    """Write, look at and delete the object ``probe``: a dump shall fail now, not in an hour.

    A destination where nothing can be deleted is usable; it is logged that a failed dump will
    leave its files there.
    """
    probe = probe or _new_probe()
    content = b"storewright checks that it can write here\n"
    store.write(probe, content)
    found = store.stat(probe).content_length
    if found is not None and found != len(content):
        raise DumpRefused(f"wrote {len(content)} bytes to the destination, {found} arrived")
    try:
        store.delete(probe)
    except storage.PermissionDenied as error:
        _log.warning("nothing can be deleted at the destination, %s stays: %s", probe, error)


def _new_probe() -> str:
    """A name that no other file has."""
    return f"storewright-check-{secrets.token_hex(4)}"


class Destination:
    """The files of one run; ``record`` of each is kept for the manifest."""

    def __init__(
        self,
        store: storage.Storager,
        *,
        compress: Compression,
        part_size: int | None,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self._store = store
        self._compress: Compression = compress
        self._part_size = part_size
        self._progress = progress
        self._stop = stop
        self._lock = Lock()
        self._begun: list[str] = []
        self._records: dict[str, FileRecord] = {}

    @property
    def records(self) -> list[FileRecord]:
        """What was written, for the manifest."""
        return list(self._records.values())

    def write(
        self,
        path: str,
        pieces: Iterable[Piece],
        kind: FileKind,
        database: str = "",
        table: str = "",
        *,
        compress: Compression | None = None,
        verify: bool = False,
    ) -> FileRecord:
        """Write one file, anew if need be; any number of threads may do so at the same time.

        With ``verify`` the storage is asked whether it has the file. Raises IntegrityFailed if not.
        """
        with self._lock:
            self._begun.append(path)
        packer, digest = compressor(compress or self._compress), sha256()
        rows = size = 0
        with self._store.open_writer(path, part_size=self._part_size) as writer:

            def put(data: bytes | memoryview) -> None:
                nonlocal size
                digest.update(data)
                size += len(data)
                writer.write(data)

            for piece in pieces:
                self._stop.check()
                before = size
                put(packer.compress(piece.data))
                rows += piece.rows
                self._progress.advance(piece.rows, size - before)
                del piece  # before the next one is read
            put(packer.flush())
        record = FileRecord(path, kind, database, table, rows, size, digest.hexdigest())
        if verify:
            check_stored(self._store, record, writer.result)
        with self._lock:
            self._records[path] = record
        return record

    def discard(self, path: str) -> None:
        """Delete a file that was written, and is no part of the dump after all."""
        self._store.delete(path)
        with self._lock:
            self._records.pop(path, None)

    def prepare(self, *, overwrite: bool) -> None:
        """Check the destination. An earlier dump there is refused, or deleted if so wanted."""
        try:
            earlier = read_manifest(self._store)
        except ManifestMissing:
            earlier = None
        if earlier and not overwrite:
            raise DumpRefused(
                f"the destination holds a dump of {earlier.title} finished {earlier.finished};"
                " choose another one or --overwrite"
            )
        self._begun.append(probe := _new_probe())
        check_writable(self._store, probe)
        self._abort_uploads()
        if earlier:
            self._delete(earlier)

    def commit(self, manifest: Manifest) -> None:
        """Write the manifest: from now on there is a dump.

        Raises DumpRefused if a file is not there any more as it was written.
        """
        self._stop.check()
        self._abort_uploads()
        self._check_undisturbed(manifest)
        self._begun.append(MANIFEST)
        with self._store.open_writer(MANIFEST) as writer:
            writer.write(manifest.to_json())

    def _check_undisturbed(self, manifest: Manifest) -> None:
        """Another dump to this place may have replaced, or deleted, what this one has written."""
        try:
            enough = _OTHERS + 2 * len(manifest.files)
            found = islice(self._store.list(), enough)
            sizes = {item.path: item.content_length for item in found}
            for record in manifest.files:
                if sizes.get(record.path) != record.size and not self._has(record):
                    raise DumpRefused(
                        f"{record.path} is not there as it was written: does another dump go to"
                        " the same destination?"
                    )
        except storage.PermissionDenied as error:
            _log.info("whether the files are still here cannot be seen: %s", error)

    def _has(self, record: FileRecord) -> bool:
        """Whether a file is there, which a list may tell too late, or not at all."""
        try:
            size = self._store.stat(record.path).content_length
        except storage.ObjectNotExist:
            return False
        return size is None or size == record.size

    def clean(self) -> None:
        """After a failure: delete what this run wrote, the manifest first.

        Nothing is deleted below a manifest that stays, or that another run has written meanwhile,
        and nothing more when the storage is out of reach: each try takes as long as the storage is
        patient. What stays is told by a log record.
        """
        left = self._delete_begun()
        if left:
            _log.warning(
                "files of this failed dump may be left at the destination: %s", ", ".join(left)
            )
            return
        with suppress(storage.StorageError):
            self._abort_uploads()

    def _delete_begun(self) -> list[str]:
        paths = list(dict.fromkeys(reversed(self._begun)))
        try:
            kept = self._files_of_another()
        except storage.StorageError as error:
            _log.warning("cannot delete %s: %s", ", ".join(paths), error)
            return paths
        paths = [path for path in paths if path not in kept]
        left: list[str] = []
        for number, path in enumerate(paths):
            try:
                self._store.delete(path)
            except storage.StorageError as error:
                _log.warning("cannot delete %s: %s", path, error)
                left.append(path)
                if error.retryable or path == MANIFEST:
                    return left + paths[number + 1 :]
        return left

    def _files_of_another(self) -> set[str]:
        """What a dump that was finished here since this one began consists of."""
        if not self._begun or MANIFEST in self._begun:
            return set()
        try:
            manifest = read_manifest(self._store)
        except (ManifestMissing, DumpDamaged):
            return set()
        return {MANIFEST, *(record.path for record in manifest.files)}

    def _abort_uploads(self) -> None:
        """Abort what is under way here although nobody goes on with it: it costs money.

        A run that was killed has left it, or this one when the storage was out of reach.
        """
        try:
            for item in find_unfinished(self._store):
                if item.path in self._begun or is_dump_file(item.path):
                    _log.info("aborting an upload of %s that was not completed", item.path)
                    abort(self._store, item.path, item.multipart_id or "")
        except storage.StorageError as error:
            if error.retryable:
                raise
            _log.info("whether uploads were left here cannot be seen: %s", error)

    def _delete(self, earlier: Manifest) -> None:
        """Delete an earlier dump, first what makes it one."""
        _log.info("deleting the earlier dump finished %s", earlier.finished)
        for path in (MANIFEST, *(record.path for record in earlier.files)):
            self._store.delete(path)
