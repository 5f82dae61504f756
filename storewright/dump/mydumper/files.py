"""The finished files of a folder, each known by its inode: mydumper renames some of them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Final

from storewright.dump.errors import SourceFailed

__all__ = ["Files", "FinishedFile", "open_inodes"]

_READ_BYTES: Final = 1024 * 1024
_BLOCK: Final = 512
_RENAME_SECONDS: Final = 30.0


class FinishedFile:
    """A file that mydumper has closed; it may yet be renamed, or deleted by mydumper."""

    repeatable = True

    def __init__(self, files: "Files", inode: int, name: str, size: int) -> None:
        self._files = files
        self.inode = inode
        self.name = name
        self.size = size
        """Bytes on disk."""
        self.uploaded_as = name
        self.is_stored = False
        self.is_gone = False

    def pieces(self) -> Iterator[bytes]:
        """The file, in pieces that are hashed and sent without holding the whole."""
        descriptor = self._open()
        if descriptor is None:
            return
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while data := file.read(_READ_BYTES):
                yield data

    def stored(self) -> None:
        """Delete it, by the name that it has now."""
        self.is_stored = True
        self._files.remove(self)

    def _open(self) -> int | None:
        """Open it wherever it is; None if mydumper has deleted it."""
        end = monotonic() + _RENAME_SECONDS
        while not self.is_gone:
            descriptor = self._files.open(self)
            if descriptor is not None:
                return descriptor
            if monotonic() > end:
                raise SourceFailed(f"{self.name} is no longer in the folder: who deletes files?")
            sleep(0.01)
        return None


class Files:
    """The finished files that are not yet stored and deleted. Safe for any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._by_inode: dict[int, FinishedFile] = {}
        self._by_name: dict[str, FinishedFile] = {}
        self.freed = 0
        """Bytes on disk of the files deleted so far."""

    @property
    def waiting(self) -> int:
        """How many there are."""
        return len(self._by_inode)

    def finished(self, name: str) -> FinishedFile | None:
        """Take note that a file of this name is finished; the file, if it was not known yet."""
        with self._lock:
            try:
                found = (self._folder / name).stat(follow_symlinks=False)
            except FileNotFoundError:
                return None  # renamed or deleted already, which is the next change
            known = self._by_inode.get(found.st_ino)
            if known is None:
                size = max(found.st_blocks * _BLOCK, found.st_size)
                file = FinishedFile(self, found.st_ino, name, size)
                self._by_inode[found.st_ino] = self._by_name[name] = file
                return file
            self._by_name.pop(known.name, None)
            known.name = name
            self._by_name[name] = known
        if known.is_stored:
            self.remove(known)
        return None

    def deleted(self, name: str) -> FinishedFile | None:
        """Take note that there is no file of this name; the file, if it was mydumper's doing."""
        with self._lock:
            file = self._by_name.get(name)
            if file is None or (self._folder / name).exists():
                return None
            self._forget(file)
            file.is_gone = True
            return file

    def open(self, file: FinishedFile) -> int | None:
        """A descriptor of the file, or None if it is not found by the name that is known."""
        with self._lock:
            try:
                descriptor = os.open(self._folder / file.name, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            if os.fstat(descriptor).st_ino == file.inode:
                return descriptor
            os.close(descriptor)
            return None

    def remove(self, file: FinishedFile) -> None:
        """Delete a file that is stored; if it is just being renamed, when that is known."""
        with self._lock:
            path = self._folder / file.name
            try:
                if path.stat(follow_symlinks=False).st_ino != file.inode:
                    return
                path.unlink()
            except FileNotFoundError:
                return
            # In the same moment: the next file may get this inode.
            self._forget(file)
            self.freed += file.size

    def _forget(self, file: FinishedFile) -> None:
        self._by_inode.pop(file.inode, None)
        self._by_name.pop(file.name, None)


def open_inodes(session: int) -> set[int]:
    """The inodes of all files that processes of a session have open."""
    return {inode for process in _processes(session) for inode in _open_in(process)}


def _processes(session: int) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getsid(int(process.name)) == session:
                yield process


def _open_in(process: Path) -> Iterator[int]:
    with suppress(FileNotFoundError):  # it has ended
        for descriptor in (process / "fd").iterdir():
            with suppress(FileNotFoundError):
                yield descriptor.stat().st_ino
