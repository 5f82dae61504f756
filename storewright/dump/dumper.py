"""`dump`: a database into files at a destination, manifest last."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

from storewright import storage
from storewright.dump.cutting import Cutter, Piece
from storewright.dump.destination import Destination
from storewright.dump.dialect import Chunk, Definition, Source, Table
from storewright.dump.dialects import dialect_of
from storewright.dump.manifest import Manifest
from storewright.dump.metadata import metadata_text
from storewright.dump.names import MANIFEST, METADATA, data_index, data_name, definition_name
from storewright.dump.options import DumpOptions
from storewright.dump.patience import Patience, so_long
from storewright.dump.progress import NoProgress, Progress
from storewright.dump.tasks import Stop, Task, run

__all__ = ["dump"]


def dump(
    source: str,
    destination: str | storage.Storager,
    options: DumpOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Manifest:
    """Write the database at ``source``, as it is at this moment, to files at ``destination``.

    ``source`` is an address such as ``sqlite:///app.db``; ``destination`` a connection string, or
    a Storager whose work_dir the files go to. Returns the manifest that was written last.

    When it fails, or is interrupted, no manifest is written and the files of this run are deleted;
    those that could not be are named in a log record. Raises DumpError for what is wrong with the
    source, the options or an earlier dump at the destination, StorageError for what the
    destination refuses, MissingExtra for a compression that is not installed.
    """
    options = options or DumpOptions()
    dialect = dialect_of(source)
    opened = dialect.source(source, options)
    store = storage.open(destination) if isinstance(destination, str) else destination
    return _Dump(dialect.name, opened, store, options, progress or NoProgress()).run()


class _Dump:
    """One run."""

    def __init__(
        self,
        dialect: str,
        source: Source,
        store: storage.Storager,
        options: DumpOptions,
        progress: Progress,
    ) -> None:
        self._dialect, self._source = dialect, source
        self._options, self._layout = options, options.layout
        self._progress = progress
        self._stop = Stop()
        self._patience = Patience(so_long(options.patience), self._stop)
        self._destination = Destination(
            store,
            compress=self._layout.compress,
            part_size=options.part_size,
            progress=progress,
            stop=self._stop,
        )
        self._started = datetime.now(UTC)
        self._sums: dict[tuple[str, str], str] = {}

    def run(self) -> Manifest:
        try:
            self._destination.prepare(overwrite=self._options.overwrite)
            self._write_files()
            manifest = self._manifest()
            self._patiently(MANIFEST, partial(self._destination.commit, manifest))
        except BaseException:
            self._destination.clean()
            raise
        return manifest

    def _write_files(self) -> None:
        with self._source:
            self._stop.on_set(self._source.interrupt)
            self._tables = self._source.tables()
            self._definitions = self._source.definitions()
            self._progress.begin("dump", sum(table.rows for table in self._tables))
            try:
                run(self._tasks(), self._source.threads, self._stop)
            finally:
                self._progress.end()
        metadata = [Piece(self._metadata(), 0)]
        write = self._destination.write
        self._patiently(METADATA, partial(write, METADATA, metadata, "metadata", compress="none"))

    def _tasks(self) -> Iterator[Task]:
        """Schema first: it is small, and shows at once whether files can be written."""
        for definition in self._definitions if self._options.schemas else ():
            yield partial(self._write_definition, definition)
        for table in self._tables if self._options.content_sums else ():
            yield partial(self._sum, table, self._source.content_sum(table))
        for table in self._tables if self._options.data else ():
            for chunk in self._source.chunks(table, self._options.rows):
                yield partial(self._write_chunk, chunk)

    def _sum(self, table: Table, compute: Callable[[], str]) -> None:
        self._sums[table.database, table.name] = compute()

    def _write_definition(self, definition: Definition) -> None:
        path = self._definition_path(definition)
        pieces = [Piece(definition.text.encode(errors="surrogateescape"), 0)]
        write = self._destination.write
        owner = (definition.database, definition.name)
        self._patiently(path, partial(write, path, pieces, definition.kind, *owner))

    def _write_chunk(self, chunk: Chunk) -> None:
        """Write the files of a chunk; after a failure that may pass, all of them anew."""
        tried: set[str] = set()
        what = f"chunk {chunk.index} of table {chunk.table.name}"
        written = self._patience.call(what, partial(self._write_rows, chunk, tried))
        for path in tried - written:
            self._destination.discard(path)
        self._source.finished(chunk)

    def _write_rows(self, chunk: Chunk, tried: set[str]) -> set[str]:
        """Read a chunk and write its files, whose paths it returns; one without rows has none."""
        written: set[str] = set()
        table = chunk.table
        framing = self._source.framing(table, self._layout)
        with closing(self._source.batches(chunk, self._layout)) as batches:
            cutter = Cutter(batches, framing, self._options.filesize)
            for number, pieces in enumerate(cutter.files()):
                path = self._data_path(chunk, number)
                tried.add(path)
                written.add(path)
                self._destination.write(path, pieces, "data", table.database, table.name)
        return written

    def _patiently(self, path: str, write: Callable[[], object]) -> None:
        self._patience.call(f"writing {path}", write)

    def _data_path(self, chunk: Chunk, number: int) -> str:
        by_rows, by_size = self._options.rows is not None, self._options.filesize is not None
        index = data_index(chunk.index, number, by_rows=by_rows, by_size=by_size)
        database, table = chunk.table.database, chunk.table.name
        if self._options.file_names is None:
            return data_name(database, table, index, self._layout.suffix).removeprefix(".")
        return self._options.file_names.name(database, table, index) + self._layout.suffix

    def _definition_path(self, definition: Definition) -> str:
        suffix = self._layout.compression_suffix
        return definition_name(definition.kind, definition.database, definition.name, suffix)

    def _manifest(self) -> Manifest:
        order = {self._definition_path(d): i for i, d in enumerate(self._definitions)}
        records = sorted(
            self._destination.records,
            key=lambda record: (
                record.kind == "metadata",
                order.get(record.path, len(order)),
                record.path,
            ),
        )
        return Manifest(
            dialect=self._dialect,
            details=self._source.details,
            layout=self._layout,
            started=self._started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            databases=self._rows(),
            files=tuple(records),
            sums=self._nested_sums(),
        )

    def _nested_sums(self) -> dict[str, dict[str, str]]:
        nested: dict[str, dict[str, str]] = {}
        for (database, table), value in sorted(self._sums.items()):
            nested.setdefault(database, {})[table] = value
        return nested

    def _rows(self) -> dict[str, dict[str, int]]:
        """Rows of each table; a database without tables counts, too."""
        rows: dict[str, dict[str, int]] = {d.database: {} for d in self._definitions}
        for table in self._tables:
            rows.setdefault(table.database, {})[table.name] = 0
        for record in self._destination.records:
            if record.kind == "data":
                rows[record.database][record.table] += record.rows
        return rows

    def _metadata(self) -> bytes:
        text = metadata_text(
            self._options.metadata_format,
            self._started,
            datetime.now(UTC),
            self._source.position,
            self._rows(),
        )
        return text.encode()
