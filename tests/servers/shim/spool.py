"""Parts of uploads in progress, kept beside the store's: vendors take smaller parts than S3."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, final

__all__ = ["Kept", "Spool", "Upload"]

S3_MINIMUM: Final = 5 * 1024 * 1024


@dataclass
class Kept:
    """One part."""

    etag: str
    size: int
    crc: int | None
    """Unknown for a part that was copied inside the store."""
    file: Path | None


@dataclass
class Upload:
    """One upload."""

    headers: dict[str, str]
    """Those it was begun with, in S3's words."""
    acl: str = "default"
    parts: dict[int, Kept] = field(default_factory=dict[int, Kept])


@final
class Spool:
    """The uploads in progress."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, itertools.count()
        self._lock = threading.Lock()
        self.uploads: dict[str, Upload] = {}
        folder.mkdir(exist_ok=True)

    def file(self) -> BinaryIO:
        """A new file for one part."""
        with self._lock:
            return (self._folder / str(next(self._count))).open("wb")

    def keep(self, id: str, number: int, part: Kept) -> None:
        """Remember a part instead of the former one with its number."""
        upload = self.uploads.get(id)
        if upload is None:
            _remove(part)
            return
        former = upload.parts.get(number)
        upload.parts[number] = part
        if former is not None:
            _remove(former)

    def forget(self, id: str) -> None:
        """The upload has ended."""
        upload = self.uploads.pop(id, None)
        for part in upload.parts.values() if upload else ():
            _remove(part)


def _remove(part: Kept) -> None:
    if part.file is not None:
        part.file.unlink(missing_ok=True)


@final
class Joined:
    """The content of several parts, one after the other."""

    def __init__(self, parts: Sequence[Kept]) -> None:
        self._files = [part.file for part in parts if part.file is not None]
        self._open: BinaryIO | None = None

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        while self._open is not None or self._files:
            if self._open is None:
                self._open = self._files.pop(0).open("rb")
            if piece := self._open.read(size):
                return piece
            self._open.close()
            self._open = None
        return b""


@final
class Slice:
    """At most so many bytes of a body."""

    def __init__(self, body: Joined, size: int) -> None:
        self._body, self._left = body, size

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        piece = self._body.read(min(size, self._left)) if self._left else b""
        self._left -= len(piece)
        return piece
