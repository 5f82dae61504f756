"""Uploads in progress: hidden folders beside the file that they will become.

A folder ``.storewright-upload-<id>`` holds ``about`` (what will be made of it), ``data`` (the
bytes) and ``journal`` (which bytes are valid). A line is added to the journal after its bytes
were written, so that a process may be killed at any time, and another one goes on.
"""

import json
import os
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple, Self

from storewright.core.errors import IntegrityFailed, ObjectNotExist
from storewright.services.fs.attributes import Attributes, keep
from storewright.services.fs.errors import find, system
from storewright.services.fs.files import find_replaced, make_parents, moment, remove_made
from storewright.services.fs.places import HIDDEN
from storewright.services.fs.publishing import publish
from storewright.services.fs.transfer import write_all

__all__ = ["UPLOAD", "Files", "Upload", "bring_to_disk", "remove_folder"]

UPLOAD: Final = HIDDEN + "upload-"
"""What the names of these folders begin with."""

_ID: Final = re.compile("[0-9a-f]{16}")
_FILES: Final = ("about", "journal", "joined", "data")
_ATTEMPTS: Final = 50
_sync: Final = getattr(os, "fdatasync", os.fsync)


class Files(NamedTuple):
    """The open files of an upload."""

    data: int
    journal: int

    def note(self, line: str) -> None:
        """Add a line to the journal, whoever else does at the same time.

        A full disk, or a kill, may cut it short: only what ends in a full stop counts.
        """
        write_all(self.journal, f"\n{line} .".encode("ascii"))

    def end(self) -> int:
        """How long the data are."""
        return system(os.fstat, self.data).st_size


class Upload:
    """One upload. Its methods may be called by several threads and processes at once."""

    kind: ClassVar[str] = ""

    def __init__(self, folder: str, name: str, values: Attributes, depth: int) -> None:
        self._folder = folder
        self._values = values
        self._depth = depth  # how many of the directories above were made for it
        self.name = name
        """The last name of the file that it will become."""

    @property
    def id(self) -> str:
        """What tells it from others."""
        return self._folder.rpartition("-")[2]

    @property
    def target(self) -> str:
        """The file that it will become."""
        return os.path.join(os.path.dirname(self._folder), self.name)

    @property
    def begun(self) -> datetime | None:
        """When it was begun."""
        return moment(find(os.stat, self._path("about")).st_mtime)

    # ----------------------------------------------------------------------------- begin and end

    @classmethod
    def begin(cls, target: str, values: Mapping[str, Any]) -> Self:
        """Make the folder of a new upload."""
        find_replaced(target)
        directory, name = os.path.split(target)
        folder = os.path.join(directory, UPLOAD + os.urandom(8).hex())
        made = _make(folder)
        upload = cls(folder, name, dict(values), len(made))
        try:
            upload._fill()
        except BaseException:
            upload.remove()
            raise
        return upload

    def _fill(self) -> None:
        for name in ("data", "journal"):
            fd = system(os.open, self._path(name), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                keep(fd, self._values if name == "data" else {})  # now, if it cannot be
            finally:
                os.close(fd)
        about = {"kind": self.kind, "name": self.name, "values": self._values, "depth": self._depth}
        fd = system(os.open, self._path("about"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            write_all(fd, json.dumps(about).encode("ascii"))
        finally:
            os.close(fd)

    @classmethod
    def load(cls, folder: str) -> Self | None:
        """The upload in a folder; None if that is no upload of this kind, or is one no more."""
        try:
            with open(os.path.join(folder, "about"), encoding="ascii") as file:
                about = json.load(file)
            name, depth = str(about["name"]), int(about["depth"])
            is_whole = os.path.exists(os.path.join(folder, "data")) and "/" not in name
            if about["kind"] == cls.kind and is_whole:
                return cls(folder, name, dict(about["values"]), depth)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # half made, or half removed
        return None

    @classmethod
    def find(cls, target: str, upload_id: str) -> Self:
        """The upload to ``target`` of that id."""
        directory, name = os.path.split(target)
        if _ID.fullmatch(upload_id):
            upload = cls.load(os.path.join(directory, UPLOAD + upload_id))
            if upload is not None and upload.name == name:
                return upload
        raise ObjectNotExist(f"there is no upload {upload_id!r} of this object")

    def remove(self) -> None:
        """Remove the folder, and the directories that were made for it if nobody uses them."""
        self._clear()
        remove_made(self._made())

    def _made(self) -> list[str]:
        """The directories that were made for it, outermost first."""
        made: list[str] = []
        directory = os.path.dirname(self._folder)
        for _ in range(self._depth):
            made.insert(0, directory)
            directory = os.path.dirname(directory)
        return made

    def _clear(self) -> None:
        for name in _FILES:
            with suppress(FileNotFoundError):
                system(os.unlink, self._path(name))
        with suppress(FileNotFoundError):
            system(os.rmdir, self._folder)

    def _publish(self, fd: int, name: str, *, exclusive: bool, sync: bool) -> None:
        """Let one of the folder's files appear as the target."""
        keep(fd, self._values)
        path, made = self._path(name), self._made()
        publish(fd, path, self.target, exclusive=exclusive, sync=sync, made=made)
        with suppress(OSError):
            self._clear()

    # ------------------------------------------------------------------------------------ content

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    @contextmanager
    def _open(self) -> Generator[Files]:
        data = find(os.open, self._path("data"), os.O_RDWR)
        try:
            journal = find(os.open, self._path("journal"), os.O_RDWR | os.O_APPEND)
            try:
                yield Files(data, journal)
            finally:
                os.close(journal)
        finally:
            os.close(data)

    def _journal(self) -> Iterator[list[str]]:
        """The words of each line that is complete."""
        with find(open, self._path("journal"), encoding="ascii") as file:
            content = system(file.read)
        for line in content.split("\n"):
            if line.endswith(" ."):
                yield line.split(" ")[:-1]

    @staticmethod
    def _check_length(files: Files, size: int) -> None:
        """The journal may know of bytes that a crash of the system took away."""
        if files.end() < size:
            message = f"the upload has lost bytes: {files.end()} of {size} are there"
            raise IntegrityFailed(message)


def remove_folder(folder: str) -> None:
    """Remove the folder of an upload of any kind, also one that is half made or half removed."""
    depth = 0
    with (
        suppress(OSError, ValueError, KeyError, TypeError),
        open(os.path.join(folder, "about"), encoding="ascii") as file,
    ):
        depth = int(json.load(file)["depth"])
    Upload(folder, "", {}, depth).remove()


def bring_to_disk(fd: int) -> None:
    """Wait until the content of a file is on the disk."""
    system(_sync, fd)


def _make(folder: str) -> list[str]:
    """Make a folder that only its owner sees into; returns the directories made above it."""
    made: list[str] = []
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            system(os.mkdir, folder, 0o700)
            return made
        with suppress(FileNotFoundError):
            made += make_parents(folder)
    raise ObjectNotExist("the directory is removed again and again")
