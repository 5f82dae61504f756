"""`clean`: what dumps that failed have left behind, where nobody could delete it any more.

A dump without a manifest is none. After kill -9 there may be such files, and uploads that were
never completed. Only files named as a dump, or mydumper, names them are deleted, so that a mistaken
place loses nothing else.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storewright import storage
from storewright.dump.errors import DumpDamaged
from storewright.dump.manifest import FORMAT, Manifest
from storewright.dump.names import MANIFEST, is_data_of_mydumper, is_dump_file
from storewright.dump.unfinished import abort, find_unfinished

__all__ = ["Leftover", "clean", "find_leftovers"]


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file, or an upload, that belongs to no dump."""

    path: str
    size: int
    """Bytes; 0 for an upload."""
    upload: str | None = None
    """The upload's id, empty where there is none; None for a file."""


def find_leftovers(store: storage.Storager, older_than: timedelta) -> Iterator[Leftover]:
    """The files of folders without a manifest, and the uploads, that are older.

    A folder counts as young while anything in it is, be it an upload: a dump may be running. What
    has no time is taken for young. What the manifest of a folder above names stays. Raises
    StorageError, and DumpDamaged for such a manifest that cannot be read.
    """
    limit = _limit(older_than)
    folders: dict[str, list[storage.Object]] = defaultdict(list)
    for item in store.list("", list_mode=storage.ListMode.PREFIX):
        folders[_folder(item)].append(item)
    uploads = list(find_unfinished(store))
    young = {_folder(item) for item in uploads if not _is_older(item, limit)}
    dumps = _Dumps(store, {name for name, items in folders.items() if _has_manifest(items)})
    for folder, items in folders.items():
        if folder not in young and not _has_manifest(items) and (old := _old(items, limit)):
            kept = dumps.files_below(folder)
            yield from (leftover for leftover in old if leftover.path not in kept)
    for item in uploads:
        if _is_older(item, limit):
            yield Leftover(item.path, 0, item.multipart_id or "")


def clean(store: storage.Storager, leftovers: Sequence[Leftover]) -> None:
    """Delete what was found. Raises StorageError at the first that cannot be deleted."""
    for leftover in leftovers:
        if leftover.upload is None:
            store.delete(leftover.path)
        else:
            abort(store, leftover.path, leftover.upload)


class _Dumps:
    """The folders that have a manifest, which is read when it is asked for."""

    def __init__(self, store: storage.Storager, folders: Container[str]) -> None:
        self._store, self._folders = store, folders
        self._files: dict[str, set[str]] = {}

    def files_below(self, folder: str) -> set[str]:
        """What dumps above a folder have there, or elsewhere: names may have folders of their own.

        Raises DumpDamaged for a manifest that cannot be read.
        """
        files: set[str] = set()
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self._folders:
                files |= self._files_of(folder)
        return files

    def _files_of(self, folder: str) -> set[str]:
        if folder not in self._files:
            start = f"{folder}/" if folder else ""
            self._files[folder] = {start + path for path in self._paths(start)}
        return self._files[folder]

    def _paths(self, start: str) -> Iterator[str]:
        try:
            data = self._store.read_bytes(start + MANIFEST)
        except storage.ObjectNotExist:  # it was there when it was listed
            return
        if FORMAT.encode() not in data:
            return  # many programs have a file of this name
        try:
            yield from (record.path for record in Manifest.from_json(data).files)
        except DumpDamaged as error:
            raise DumpDamaged(f"what belongs to {start}{MANIFEST}? {error}") from error


def _old(items: Sequence[storage.Object], limit: datetime) -> list[Leftover]:
    """The files of a folder that are named as of a dump; none while anything in it is young."""
    if not all(_is_older(item, limit) for item in items):
        return []
    names = {_name(item): item for item in items}
    return [
        Leftover(item.path, item.content_length or 0)
        for name, item in names.items()
        if is_dump_file(name) or is_data_of_mydumper(name, names)
    ]


def _folder(item: storage.Object) -> str:
    return item.path.rpartition("/")[0]


def _name(item: storage.Object) -> str:
    return item.path.rpartition("/")[2]


def _has_manifest(items: Sequence[storage.Object]) -> bool:
    return any(_name(item) == MANIFEST for item in items)


def _limit(older_than: timedelta) -> datetime:
    """The moment before which something is old; nothing is older than time itself."""
    try:
        return datetime.now(UTC) - older_than
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _is_older(item: storage.Object, limit: datetime) -> bool:
    return item.last_modified is not None and item.last_modified < limit
