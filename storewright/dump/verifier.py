"""`verify`: the files of a dump against its manifest, every byte of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from storewright import storage
from storewright.dump.destination import read_manifest
from storewright.dump.dialects import dialect_of
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
    differences: list[str] = field(default_factory=list[str])
    """One line for each table whose content a database does not have."""
    foreign: list[str] = field(default_factory=list[str])
    """Paths beside the dump that are no part of it, for example left by a failed one."""

    @property
    def good(self) -> bool:
        """Whether every file, and table, is what the manifest says."""
        return not self.problems and not self.differences


def verify(
    source: str | storage.Storager,
    *,
    database: str | None = None,
    threads: int = 4,
    progress: Progress | None = None,
) -> Verification:
    """Read every file of the dump in ``source``, and compare size and checksum.

    With ``database``, an address such as ``mysql://user@host/name``, compare the content of each
    table there with the dump, too; the dump must have been made with ``content_sums``.

    Raises OptionInvalid if it was not, SourceFailed if the database cannot be read,
    ManifestMissing if there is no complete dump, DumpDamaged if the manifest cannot be read, and
    StorageError if the storage fails.
    """
    if threads < 1:
        raise OptionInvalid(f"threads must be at least 1, not {threads}")
    store = storage.open(source) if isinstance(source, str) else source
    found = Verification(read_manifest(store))
    if database is not None and not found.manifest.sums:
        raise OptionInvalid("the dump has no content sums to compare: dump with --content-sums")
    progress = progress or NoProgress()
    progress.begin("verify", found.manifest.rows)
    try:
        run(_tasks(store, found, progress), threads, Stop())
    finally:
        progress.end()
    found.problems.sort()
    if database is not None:
        found.differences.extend(_differences(found.manifest, database))
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


def _differences(manifest: Manifest, database: str) -> Iterator[str]:
    dialect = dialect_of(database)
    if dialect.name != manifest.dialect:
        raise OptionInvalid(f"the dump is of a {manifest.dialect} database, not {dialect.name}")
    for name, table, found in dialect.content_sums(database, manifest.sums):
        if found is None:
            yield f"table {name}.{table} is not there"
        elif found != manifest.sums[name][table]:
            yield f"table {name}.{table} has other content"


def _foreign(store: storage.Storager, manifest: Manifest) -> list[str]:
    known = {MANIFEST, *(record.path for record in manifest.files)}
    return sorted(item.path for item in store.list() if item.path not in known)
