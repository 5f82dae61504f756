"""What is there of files that were never completed: no object, but it costs money all the same."""

from collections.abc import Iterator

from storewright import storage

__all__ = ["abort", "find_unfinished"]


def find_unfinished(store: storage.Storager) -> Iterator[storage.Object]:
    """The uploads, and on Azure the names with blocks only, as far as a storage lists them.

    Google lists none, and drops them after a week. Raises StorageError.
    """
    if isinstance(store, storage.Multiparter):
        yield from store.list("", list_mode=storage.ListMode.PART)
    if isinstance(store, storage.Blocker):
        yield from store.list("", list_mode=storage.ListMode.BLOCK)


def abort(store: storage.Storager, path: str, upload: str) -> None:
    """Drop what was found; `upload` is the id, empty for blocks. Raises StorageError."""
    if upload:
        store.delete(path, multipart_id=upload)
    else:
        store.delete(path, object_mode=storage.ObjectMode.BLOCK)
