"""BR's storage that keeps nothing: everything can be written, and nothing is there."""

import io
from typing import Any, BinaryIO

from typing_extensions import Buffer, override

from storewright import storage
from storewright.dump.external.files import ExternalStorage
from storewright.dump.external.writer import ExternalFileWriter

__all__ = ["NoopStorage"]


class NoopStorage(ExternalStorage):
    """What is written is gone, and what is read is empty."""

    def __init__(self) -> None:
        super().__init__(storage.open("memory://"))  # and it stays empty

    @override
    def write_file(self, name: str, data: Buffer) -> None:
        """Write nothing."""

    @override
    def read_file(self, name: str) -> bytes:
        """Nothing."""
        return b""

    @override
    def file_size(self, name: str) -> int:
        """Nothing has no size."""
        return 0

    @override
    def open(self, name: str, *, start: int | None = None, end: int | None = None) -> BinaryIO:
        """A file that is empty."""
        return io.BytesIO()

    @override
    def create(self, name: str, **options: Any) -> ExternalFileWriter:
        """A file to write that nothing comes of."""
        return _Nothing(self.store, name)

    @override
    def rename(self, old: str, new: str) -> None:
        """Nothing has any name."""

    @override
    def uri(self) -> str:
        """It is nowhere."""
        return "noop:///"


class _Nothing(ExternalFileWriter):
    @override
    def write(self, data: Buffer) -> int:
        self._check_open()
        return memoryview(data).nbytes
