"""A file that is written piece by piece to any storage: dumpling's ExternalFileWriter."""

from typing import Any, Self

from typing_extensions import Buffer

from storewright import storage

__all__ = ["ExternalFileWriter"]


class ExternalFileWriter:
    """Writes one object in parts; it is there, whole, after `close`, and not at all after `abort`.

    Nothing is created before the first byte: a file nothing was written to does not exist. The
    parts are cut by the bytes that are stored, compressed if so. As a context manager it is closed
    at the end, or aborted after an exception. Every method raises StorageError.
    """

    def __init__(self, store: storage.Storager, path: str, **options: Any) -> None:
        """`options` are those of ``store.open_writer()``."""
        self._store, self._path, self._options = store, path, options
        self._writer: storage.Writer | None = None
        self._done = False

    def write(self, data: Buffer) -> int:
        """Write some bytes; returns how many."""
        self._check_open()
        size = memoryview(data).nbytes
        if size:
            self._opened().write(data)
        return size

    def close(self) -> None:
        """Publish the file, if anything was written. A second call does nothing.

        When it raises, there is no file.
        """
        if not self._done:
            self._done = True
            if self._writer is not None:
                self._writer.commit()

    def abort(self) -> None:
        """Give up: neither a file nor a part of one is left. Nothing happens after `close`."""
        if not self._done:
            self._done = True
            if self._writer is not None:
                self._writer.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _opened(self) -> storage.Writer:
        if self._writer is None:
            self._writer = self._store.open_writer(self._path, **self._options)
        return self._writer

    def _check_open(self) -> None:
        if self._done:
            raise ValueError(f"write to {self._path!r}, which is closed")
