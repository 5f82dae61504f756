"""One run: mydumper, its files, and the manifest when all of them are stored."""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from storewright import storage
from storewright.dump.destination import Destination
from storewright.dump.manifest import FileRecord, Manifest
from storewright.dump.mydumper.child import Child
from storewright.dump.mydumper.choice import choose
from storewright.dump.mydumper.figures import Figures
from storewright.dump.mydumper.folder import credentials_file, working_folder
from storewright.dump.mydumper.mode import Mode
from storewright.dump.mydumper.pause import fitting_threads
from storewright.dump.mydumper.pieces import tables_in
from storewright.dump.mydumper.program import Program
from storewright.dump.mydumper.settings import MEBIBYTE, Settings
from storewright.dump.mydumper.sources import MemorySource
from storewright.dump.mydumper.stream import Stream
from storewright.dump.mydumper.upload import Uploads
from storewright.dump.mydumper.watch import Watch
from storewright.dump.names import METADATA
from storewright.dump.options import Layout
from storewright.dump.progress import NoProgress, Progress, size_text
from storewright.dump.tasks import Stop

__all__ = ["mydumper"]

_log = logging.getLogger(__name__)
_FLAGS: Final = re.MULTILINE | re.IGNORECASE
_POSITION: Final = {
    "binlog": re.compile(r"^\s*(?:Log:|(?:SOURCE_LOG_)?File\s*=)\s*\"?([^\s\"]+)", _FLAGS),
    "position": re.compile(r"^\s*(?:Pos:|(?:SOURCE_LOG_POS|Position)\s*=)\s*\"?(\d+)", _FLAGS),
    "gtid": re.compile(r"^\s*(?:GTID:|Executed_Gtid_Set\s*=)\s*\"?([^\s\"]+)", _FLAGS),
}
_ORDER: Final = (
    "schema-create",
    "schema-sequence",
    "schema",
    "schema-view",
    "schema-triggers",
    "schema-post",
    "data",
    "metadata",
)


def mydumper(
    settings: Settings,
    destination: str | storage.Storager,
    *,
    progress: Progress | None = None,
    figures: Figures | None = None,
) -> Manifest:
    """Run mydumper, and store what it writes while it writes; return the manifest, written last.

    When anything fails, or this is interrupted, mydumper is killed, there is no manifest, and what
    was stored is deleted; files on disk that were not stored stay until the next run. Raises
    SourceFailed for mydumper, StorageError for the destination, DumpRefused for an earlier dump
    there, OptionInvalid for a limit that cannot work.
    """
    store = storage.open(destination) if isinstance(destination, str) else destination
    return _Run(settings, store, progress or NoProgress(), figures or Figures()).run()


class _Run:
    """One run."""

    def __init__(
        self, settings: Settings, store: storage.Storager, progress: Progress, figures: Figures
    ) -> None:
        self._settings, self._progress, self._figures = settings, progress, figures
        self._figures.disk_limit = settings.disk_limit
        self._program = Program.probe(settings.program)
        self._chosen = choose(settings.mode, self._program)
        self._stop = Stop()
        self._target = Destination(
            store,
            compress="none",
            part_size=settings.part_size,
            progress=progress,
            stop=self._stop,
        )
        self._started = datetime.now(UTC)

    def run(self) -> Manifest:
        threads = self._threads()
        with working_folder(self._settings.output) as folder:
            try:
                self._target.prepare(overwrite=self._settings.overwrite)
                mode, metadata = self._dump(folder, threads)
                manifest = self._manifest(mode, threads, metadata)
                self._target.commit(manifest)
            except BaseException:
                self._target.clean()
                raise
        self._tell()
        return manifest

    def _threads(self) -> int:
        settings = self._settings
        return fitting_threads(
            settings.disk_limit,
            settings.chunk_size * MEBIBYTE,
            settings.threads,
            self._program.least_threads,
        )

    def _dump(self, folder: Path, threads: int) -> tuple[Mode, bytes]:
        settings = self._settings
        mode = self._mode(folder, threads)
        uploads = Uploads(
            self._target,
            self._stop,
            self._figures,
            threads=settings.uploads,
            retries=settings.retries,
        )
        self._progress.begin("mydumper", 0)
        try:
            with credentials_file(folder, settings.password) as credentials:
                command = self._program.command(
                    settings,
                    folder=folder,
                    credentials=credentials,
                    threads=threads,
                    more=mode.arguments(),
                )
                with self._child(command, mode) as child:
                    metadata = mode.follow(child, uploads)
            uploads.submit(METADATA, MemorySource(metadata))
            uploads.wait()
        finally:
            uploads.close()
            self._progress.end()
        return mode, metadata

    def _child(self, command: Sequence[str], mode: Mode) -> Child:
        return Child(
            command,
            streams=mode.streams,
            locks=self._settings.locks,
            stall_timeout=self._settings.stall_timeout,
            timeout=self._settings.timeout,
        )

    def _mode(self, folder: Path, threads: int) -> Mode:
        settings = self._settings
        chunk_size = settings.chunk_size * MEBIBYTE
        if self._chosen == "watch":
            return Watch(
                folder,
                disk_limit=settings.disk_limit,
                threads=threads,
                chunk_size=chunk_size,
                figures=self._figures,
            )
        return Stream(
            folder, chunk_size=chunk_size, uploads=settings.uploads, figures=self._figures
        )

    def _manifest(self, mode: Mode, threads: int, metadata: bytes) -> Manifest:
        return Manifest(
            dialect="mydumper",
            details={**self._details(mode, threads), **_position(metadata)},
            layout=Layout(),
            started=self._started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            databases=_rows(metadata),
            files=tuple(sorted(self._target.records, key=_rank)),
        )

    def _details(self, mode: Mode, threads: int) -> Mapping[str, str]:
        settings = self._settings
        return {
            "mydumper": self._program.version,
            "mode": mode.name,
            "server": f"{settings.host}:{settings.port}",
            "threads": str(threads),
            "chunk_size": f"{settings.chunk_size} MiB",
            "disk_limit": str(settings.disk_limit),
            "arguments": " ".join(settings.arguments),
        }

    def _tell(self) -> None:
        figures = self._figures
        _log.info(
            "mydumper stood still %d times, %.1f s in all; at most %s of %s on disk; %d retries",
            figures.pauses,
            figures.paused_seconds,
            size_text(figures.disk_peak),
            size_text(figures.disk_limit),
            figures.retries,
        )


def _rows(metadata: bytes) -> dict[str, dict[str, int]]:
    """Rows of each table of each database, as mydumper 1.x counts them."""
    found: dict[str, dict[str, int]] = {}
    for table in tables_in(metadata):
        if not table.is_view:
            found.setdefault(table.database, {})[table.name] = table.rows
    return found


def _rank(record: FileRecord) -> tuple[int, str]:
    return _ORDER.index(record.kind), record.path


def _position(metadata: bytes) -> dict[str, str]:
    """Where the server's binary log was, as far as `metadata` says."""
    text = metadata.decode(errors="replace").replace("#", " ")
    found = {name: pattern.search(text) for name, pattern in _POSITION.items()}
    return {name: match[1] for name, match in found.items() if match}
