"""A service in a directory, so that other processes see what a process has left."""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.core.writer import Writer

LIMITS = PartLimits(part_minimum=1, parts_maximum=1000)


class DiskSink:
    """One object at ``root/objects/<path>``, its uploads under ``root/uploads``."""

    def __init__(self, root: Path, path: str, *, concurrent: bool = True) -> None:
        self.limits, self.concurrent = LIMITS, concurrent
        self._root, self._path = root, path
        self._upload = ""
        for name in ("objects", "uploads"):
            (root / name).mkdir(exist_ok=True)

    def put(self, data: memoryview) -> WriteResult:
        return self._publish(bytes(data))

    def start(self) -> str:
        self._upload = uuid.uuid4().hex
        self._folder.mkdir()
        return self._upload

    def write_part(self, index: int, data: memoryview) -> Part:
        temporary = self._folder / f".{index}"
        temporary.write_bytes(data)
        temporary.rename(self._folder / str(index))
        return Part(index, len(data))

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        data = b"".join((self._folder / str(part.index)).read_bytes() for part in parts)
        result = self._publish(data)
        self.abort()
        return result

    def abort(self) -> None:
        if self._upload:
            for file in self._folder.iterdir():
                file.unlink()
            self._folder.rmdir()
            self._upload = ""

    def resume(self, upload_id: str) -> Sequence[Part]:
        self._upload = upload_id
        return [
            Part(int(file.name), file.stat().st_size)
            for file in self._folder.iterdir()
            if not file.name.startswith(".")
        ]

    @property
    def _folder(self) -> Path:
        return self._root / "uploads" / self._upload

    def _publish(self, data: bytes) -> WriteResult:
        temporary = self._root / f"{os.getpid()}.tmp"
        temporary.write_bytes(data)
        temporary.rename(self._root / "objects" / self._path)
        return WriteResult(size=len(data))


def disk_writer(root: str, path: str = "a", *, concurrency: int = 2) -> Writer:
    """A writer with parts of 1000 bytes."""
    sink = DiskSink(Path(root), path)
    return Writer(sink, path=path, service="disk", part_size=1000, concurrency=concurrency)
