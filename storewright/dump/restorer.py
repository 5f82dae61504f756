"""`restore`: the files of a dump into a new database, in their order, read ahead in parallel."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import BinaryIO, Final, NamedTuple, cast

from storewright import storage
from storewright.dump.destination import read_manifest
from storewright.dump.dialect import DEFINITION_KINDS, Definition, DefinitionKind, Load, Target
from storewright.dump.dialects import dialect_of
from storewright.dump.errors import DumpDamaged, OptionInvalid
from storewright.dump.manifest import FileRecord, Manifest
from storewright.dump.origin import opened
from storewright.dump.progress import NoProgress, Progress
from storewright.dump.tasks import Channel, Stop, Task, run
from storewright.dump.unpacker import unpack

__all__ = ["restore"]

_MYDUMPER: Final = "mydumper"
_AHEAD: Final = 4  # steps of about a MiB that wait per file


def restore(
    source: str | storage.Storager,
    target: str,
    *,
    threads: int = 4,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Build a new database at ``target`` from the dump in ``source``; return the dump's manifest.

    ``source`` is a connection string, or a Storager whose work_dir holds the dump; ``target`` an
    address such as ``sqlite:///new.db``, or a folder for the files of mydumper, which its loader
    reads. ``threads`` files are read at the same time, one thread
    writes. Sizes and checksums are compared while reading, rows are counted.

    The database appears when everything is in it; after a failure there is nothing, or still the
    one that was to be overwritten. Raises ManifestMissing if there is no complete dump,
    DumpDamaged if a file differs from the manifest, DumpRefused if there is a database already and
    not ``overwrite``, TargetFailed if it cannot be written, and StorageError.
    """
    if threads < 1:
        raise OptionInvalid(f"threads must be at least 1, not {threads}")
    store = storage.open(source) if isinstance(source, str) else source
    manifest = read_manifest(store)
    progress = progress or NoProgress()
    if manifest.dialect == _MYDUMPER:
        unpack(store, manifest, target, threads=threads, overwrite=overwrite, progress=progress)
        return manifest
    dialect = dialect_of(target)
    if manifest.dialect != dialect.name:
        raise OptionInvalid(
            f"the dump is of a {manifest.dialect} database, it cannot be restored to {dialect.name}"
        )
    new = dialect.target(
        target,
        layout=manifest.layout,
        details=manifest.details,
        overwrite=overwrite,
        threads=threads,
    )
    _Restore(store, manifest, new, threads, progress).run()
    return manifest


class _Feed(NamedTuple):
    """A file, and its steps on their way from its reader to the writer; None follows the last."""

    record: FileRecord
    loads: Channel[Load | None]


class _Restore:
    """One run."""

    def __init__(
        self,
        store: storage.Storager,
        manifest: Manifest,
        target: Target,
        threads: int,
        progress: Progress,
    ) -> None:
        self._store, self._manifest, self._target = store, manifest, target
        self._threads = threads
        self._progress = progress
        self._stop = Stop()
        self._feeds: Channel[_Feed | None] = Channel(self._stop)

    def run(self) -> None:
        with self._target:
            self._stop.on_set(self._target.interrupt)
            self._target.prepare(self._definitions())
            self._progress.begin("restore", self._manifest.rows)
            try:
                if self._target.writers > 1:
                    run(self._side_by_side(), self._target.writers, self._stop)
                    self._target.finish()
                else:
                    run(self._tasks(), self._threads + 1, self._stop)
            finally:
                self._progress.end()

    def _definitions(self) -> Iterator[Definition]:
        for record in self._manifest.files:
            if record.kind in DEFINITION_KINDS:
                with self._opened(record) as stream:
                    text = stream.read().decode()
                yield Definition(
                    cast(DefinitionKind, record.kind), record.database, record.table, text
                )

    def _side_by_side(self) -> Iterator[Task]:
        """One task a file, each of which reads and writes."""
        for record in self._manifest.files:
            if record.kind == "data":
                yield partial(self._load_file, record)

    def _load_file(self, record: FileRecord) -> None:
        with self._opened(record) as stream:
            loads = self._target.parse(record.database, record.table, stream)
            self._run(record, loads)
        self._progress.advance(0, record.size)

    def _tasks(self) -> Iterator[Task]:
        """The writer, and the readers in the order of the files: it never waits in vain."""
        yield self._write
        for record in self._manifest.files:
            if record.kind == "data":
                feed = _Feed(record, Channel(self._stop, _AHEAD))
                self._feeds.put(feed)
                yield partial(self._read, feed)
        self._feeds.put(None)

    def _read(self, feed: _Feed) -> None:
        with self._opened(feed.record) as stream:
            for load in self._target.parse(feed.record.database, feed.record.table, stream):
                feed.loads.put(load)
        feed.loads.put(None)

    def _write(self) -> None:
        while feed := self._feeds.get():
            self._load(feed)
            self._progress.advance(0, feed.record.size)
        self._target.finish()

    def _load(self, feed: _Feed) -> None:
        self._run(feed.record, iter(feed.loads.get, None))

    def _run(self, record: FileRecord, loads: Iterable[Load | None]) -> None:
        """Run the steps of a file, and count its rows."""
        total = 0
        for load in filter(None, loads):
            self._stop.check()
            rows = load()
            total += rows
            self._progress.advance(rows, 0)
        if total != record.rows:
            raise DumpDamaged(f"{record.path} has {total} rows, the manifest says {record.rows}")

    def _opened(self, record: FileRecord) -> AbstractContextManager[BinaryIO]:
        return opened(self._store, record, self._manifest.layout.compress)
