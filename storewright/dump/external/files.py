"""BR's ExternalStorage over any storage: what a tool written against it calls, under its names."""

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, Final, cast

from typing_extensions import Buffer

from storewright import storage
from storewright.dump.destination import check_writable
from storewright.dump.external.address import connection_string
from storewright.dump.external.writer import ExternalFileWriter

__all__ = ["ExternalStorage", "open_external"]

_READ_BYTES: Final = 256 * 1024


def open_external(
    url: str, options: Mapping[str, Mapping[str, str]] | None = None
) -> "ExternalStorage":
    """Open a storage by a URL of dumpling or BR: `noop://`, or see `connection_string`."""
    if url.startswith("noop:"):
        from storewright.dump.external.noop import NoopStorage  # which is made of what is here

        return NoopStorage()
    return ExternalStorage(storage.open(connection_string(url, options)))


class _Section(io.RawIOBase):
    """A part of a file as a file; closes what it reads from."""

    def __init__(self, file: BinaryIO, start: int, end: int | None) -> None:
        super().__init__()
        self._file, self._start = file, start
        size = file.seek(0, io.SEEK_END)
        self._size = max(0, (size if end is None else min(end, size)) - start)
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; beyond the end there is nothing to read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"seek to {base + offset}, before the start")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        """Read up to as many bytes as fit into `buffer`."""
        view = memoryview(buffer).cast("B")
        size = max(0, min(len(view), self._size - self._position))
        if size == 0:
            return 0
        self._file.seek(self._start + self._position)
        data = self._file.read(size)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Close the file, too."""
        if not self.closed:
            self._file.close()
        super().close()


class ExternalStorage:
    """Files below one place. Every method raises StorageError."""

    def __init__(self, store: storage.Storager) -> None:
        self.store = store
        """The storage itself, for what has no name here."""

    def write_file(self, name: str, data: Buffer) -> None:
        """Write a whole file, which replaces an earlier one at once or not at all."""
        self.store.write(name, memoryview(data).cast("B"))

    def read_file(self, name: str) -> bytes:
        """A whole file."""
        return self.store.read_bytes(name)

    def file_exists(self, name: str) -> bool:
        """Whether there is a file."""
        try:
            self.store.stat(name)
        except storage.ObjectNotExist:
            return False
        return True

    def file_size(self, name: str) -> int:
        """Bytes of a file."""
        size = self.store.stat(name).content_length
        return len(self.store.read_bytes(name)) if size is None else size

    def delete_file(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        self.store.delete(name)

    def delete_files(self, names: Iterable[str]) -> None:
        """Delete files, many with one request where the service can."""
        if isinstance(self.store, storage.BatchDeleter):
            self.store.delete_batch(list(names))
            return
        for name in names:
            self.store.delete(name)

    def open(self, name: str, *, start: int | None = None, end: int | None = None) -> BinaryIO:
        """A file to read and seek in; of a part, its bytes from `start` to before `end`."""
        file = cast(BinaryIO, self.store.open(name, "rb"))
        if start is None and end is None:
            return file
        return cast(BinaryIO, io.BufferedReader(_Section(file, start or 0, end), _READ_BYTES))

    def create(self, name: str, **options: Any) -> ExternalFileWriter:
        """A file to write; `options` are those of ``store.open_writer()``."""
        return ExternalFileWriter(self.store, name, **options)

    def walk_dir(
        self, visit: Callable[[str, int], object], *, sub_dir: str = "", prefix: str = ""
    ) -> None:
        """Call ``visit(name, size)`` for each file below `sub_dir` whose name begins with `prefix`.

        The names are relative to this storage, in no certain order.
        """
        start = f"{sub_dir.strip('/')}/" if sub_dir.strip("/") else ""
        for item in self.store.list(start, list_mode=storage.ListMode.PREFIX):
            if item.path.removeprefix(start).startswith(prefix):
                visit(item.path, item.content_length or 0)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name: by the service if it can, else by writing it again."""
        if self.store.create(old).id == self.store.create(new).id:
            self.store.stat(old)  # it has this name; deleting the old one would delete the file
            return
        if self._is_moved(old, new):
            return
        if isinstance(self.store, storage.Copier):
            self.store.copy(old, new)
        else:
            with self.store.open(old, "rb") as source:
                self.store.write(new, cast(Any, source))
        self.store.delete(old)

    def _is_moved(self, old: str, new: str) -> bool:
        """Whether the service has moved a file; one that knows the request may still refuse it."""
        if not isinstance(self.store, storage.Mover):
            return False
        try:
            self.store.move(old, new)
        except storage.RestrictionDissatisfied:
            return False
        return True

    def uri(self) -> str:
        """Where this is, without a secret."""
        meta = self.store.metadata()
        return f"{self.store.service}://{meta.name or ''}{meta.work_dir}"

    def check(self) -> None:
        """Write, look at and delete a file: a dump shall fail now, and not in an hour."""
        check_writable(self.store)

    def close(self) -> None:
        """Give up connections, where the storage has any of its own."""
        close = getattr(self.store, "close", None)
        if close is not None:
            close()
