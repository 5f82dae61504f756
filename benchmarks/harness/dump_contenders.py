"""The way of a dump's files to S3: what tools write to, and what the dump does with each file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from typing_extensions import override

from harness.rounds import Task
from harness.s3_contenders import KEY, Storewright
from storewright.dump.cutting import Piece
from storewright.dump.destination import Destination
from storewright.dump.external import ExternalStorage
from storewright.dump.progress import NoProgress
from storewright.dump.tasks import Stop

__all__ = ["DumpFile", "DumpPath"]


class DumpPath(Storewright):
    """The storage path of a dump: an ExternalFileWriter that is given a piece after the other."""

    name = "storewright, ExternalFileWriter"

    @override
    def tasks(self) -> Mapping[str, Task]:
        return {**super().tasks(), "stream": self._write}

    @override
    def ways(self) -> Mapping[str, Mapping[str, Task]]:
        return {}

    def _write(self) -> None:
        source, sizes = self.stream(), self.sizes
        files = ExternalStorage(self.store)
        with files.create(KEY, part_size=sizes.part, concurrency=sizes.threads) as writer:
            while chunk := source.read(sizes.chunk):
                writer.write(chunk)


class DumpFile(DumpPath):
    """A file of a dump, with the SHA-256 that its manifest has of it."""

    name = "storewright, file of a dump with SHA-256"

    @override
    def _write(self) -> None:
        part = self.sizes.part
        files = Destination(
            self.store, compress="none", part_size=part, progress=NoProgress(), stop=Stop()
        )
        files.write(KEY, self._pieces(), "data", "shop", "orders")

    def _pieces(self) -> Iterator[Piece]:
        source = self.stream()
        while chunk := source.read(self.sizes.chunk):
            yield Piece(chunk, 1)
