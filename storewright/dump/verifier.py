"""`verify`: the files of a dump against its manifest, every byte of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from storewright import storage
from storewright.dump.destination import read_manifest
from storewright.dump.errors import DumpDamaged, OptionInvalid
from storewright.dump.manifest import FileRecord, Manifest
from storewright.dump.names import MANIFEST
from storewright.dump.origin import verify_file
from storewright.dump.progress import NoProgress, Progress
from storewright.dump.tasks import Stop, Task, run

__all__ = ["Verification", "verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found."""

    manifest: Manifest
    problems: list[str] = field(default_factory=list[str])
    """One line for each file that is missing or differs; empty if the dump is good."""
    foreign: list[str] = field(default_factory=list[str])
    """Paths beside the dump that are no part of it, for example left by a failed one."""

    @property
    def good(self) -> bool:
        """Whether every file is what the manifest says."""
        return not self.problems


def verify(
    source: str | storage.Storager, *, threads: int = 4, progress: Progress | None = None
) -> Verification:
    """Read every file of the dump in ``source``, and compare size and checksum.

    Raises ManifestMissing if there is no complete dump, DumpDamaged if the manifest cannot be
    read, and StorageError if the storage fails.
    """
    if threads < 1:
        raise OptionInvalid(f"threads must be at least 1, not {threads}")
    store = storage.open(source) if isinstance(source, str) else source
    found = Verification(read_manifest(store))
    progress = progress or NoProgress()
    progress.begin("verify", found.manifest.rows)
    try:
        run(_tasks(store, found, progress), threads, Stop())
    finally:
        progress.end()
    found.problems.sort()
    found.foreign.extend(_foreign(store, found.manifest))
    return found


def _tasks(store: storage.Storager, found: Verification, progress: Progress) -> Iterator[Task]:
    lock = Lock()
    for record in found.manifest.files:
        yield partial(_verify, store, record, found.problems, lock, progress)


def _verify(
    store: storage.Storager,
    record: FileRecord,
    problems: list[str],
    lock: Lock,
    progress: Progress,
) -> None:
    try:
        verify_file(store, record)
    except DumpDamaged as error:
        with lock:
            problems.append(str(error))
    progress.advance(record.rows, record.size)


def _foreign(store: storage.Storager, manifest: Manifest) -> list[str]:
    known = {MANIFEST, *(record.path for record in manifest.files)}
    return sorted(item.path for item in store.list() if item.path not in known)
