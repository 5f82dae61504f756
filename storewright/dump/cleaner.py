"""`clean`: what dumps that failed have left behind, where nobody could delete it any more.

A dump without a manifest is none. After kill -9 there may be such files, and uploads that were
never completed. Only files named as a dump, or mydumper, names them are deleted, so that a mistaken
place loses nothing else.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storewright import storage
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

    A folder counts as young while anything in it is: a dump may be running. What has no time is
    taken for young. Raises StorageError.
    """
    limit = datetime.now(UTC) - older_than
    folders: dict[str, list[storage.Object]] = defaultdict(list)
    for item in store.list("", list_mode=storage.ListMode.PREFIX):
        folder, _, _ = item.path.rpartition("/")
        folders[folder].append(item)
    for items in folders.values():
        yield from _of_folder(items, limit)
    for item in find_unfinished(store):
        if _is_older(item, limit):
            yield Leftover(item.path, 0, item.multipart_id or "")


def clean(store: storage.Storager, leftovers: Sequence[Leftover]) -> None:
    """Delete what was found. Raises StorageError at the first that cannot be deleted."""
    for leftover in leftovers:
        if leftover.upload is None:
            store.delete(leftover.path)
        else:
            abort(store, leftover.path, leftover.upload)


def _of_folder(items: Sequence[storage.Object], limit: datetime) -> Iterator[Leftover]:
    names = {item.path.rpartition("/")[2]: item for item in items}
    ours = [
        item
        for name, item in names.items()
        if is_dump_file(name) or is_data_of_mydumper(name, names)
    ]
    if MANIFEST not in names and all(_is_older(item, limit) for item in ours):
        for item in ours:
            yield Leftover(item.path, item.content_length or 0)


def _is_older(item: storage.Object, limit: datetime) -> bool:
    return item.last_modified is not None and item.last_modified < limit
