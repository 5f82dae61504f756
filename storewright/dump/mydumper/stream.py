"""Stream mode: mydumper 1.x waits until its files are taken, so that nobody needs to stop it.

A thread of mydumper's goes on when its file was written to standard output and deleted. While the
uploads have enough to do, nothing is read from there, and what is on disk stays what the threads
were writing.
"""

import io
import os
import select
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Condition
from time import monotonic, sleep
from typing import Any, Final

from storewright.dump.errors import SourceFailed
from storewright.dump.mydumper.child import Child
from storewright.dump.mydumper.figures import Figures
from storewright.dump.mydumper.folder import disk_usage
from storewright.dump.mydumper.pieces import MetadataPieces, Table, tables_in
from storewright.dump.mydumper.protocol import StreamedFile, read_stream
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.dump.mydumper.sources import MemorySource
from storewright.dump.mydumper.upload import Uploads

__all__ = ["Stream"]

_POLL_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 0.01
_PIPE_BYTES: Final = 256 * 1024
_LEAST_HELD, _MOST_HELD = 16 * MEBIBYTE, 64 * MEBIBYTE
"""A file up to such a size is held in memory, so that its upload can be tried again as a whole."""
_LEAST_ROOM: Final = 64 * 1024
"""What even an empty file takes, so that not all of a million tables wait in memory."""


class Stream:
    """Takes the files from standard output, while the uploads keep up."""

    name = "stream"
    streams = True

    def __init__(self, folder: Path, *, chunk_size: int, uploads: int, figures: Figures) -> None:
        """`folder`: where mydumper writes; `chunk_size`: bytes after which it begins a file."""
        self._folder, self._figures = folder, figures
        self._held = min(max(_LEAST_HELD, chunk_size * 5 // 4 + 2 * MEBIBYTE), _MOST_HELD)
        self._room = _Room(uploads * self._held)
        self._metadata = MetadataPieces()
        self._with_data: set[tuple[str, str]] = set()

    def arguments(self) -> Sequence[str]:
        """To stream, and to delete what was streamed."""
        return ("--stream",)

    def follow(self, child: Child, uploads: Uploads) -> bytes:
        """Upload the files as they come."""
        output = _Output(child, partial(self._check, child, uploads))
        try:
            for file in read_stream(io.BufferedReader(output, _PIPE_BYTES)):
                self._take(file, uploads, output.check)
        finally:
            if output.ended:  # why it has, mydumper says better than what is missing
                output.wait_for_end()
                child.finish()
        metadata = self._metadata.merged()
        self._check_complete(tables_in(metadata))
        return metadata

    def _check(self, child: Child, uploads: Uploads) -> None:
        self._figures.used(disk_usage(self._folder))
        uploads.check()
        child.check()

    def _take(self, file: StreamedFile, uploads: Uploads, check: Callable[[], None]) -> None:
        if self._metadata.is_piece(file.name):
            self._metadata.add(file.name, file.read())
            return
        self._with_data.add(_table_of(file.name))
        if file.size > self._held:
            piped = _PipedSource()
            uploads.submit(file.name, piped)
            piped.feed(file.pieces(), check)
            return
        room = max(file.size, _LEAST_ROOM)
        self._room.take(room, check)
        uploads.submit(file.name, MemorySource(file.read(), partial(self._room.free, room)))

    def _check_complete(self, tables: Iterable[Table]) -> None:
        """The exit status is 0, and still: a file must be there for every table that has rows."""
        for table in tables:
            if table.rows and (table.database, table.file_name) not in self._with_data:
                raise SourceFailed(
                    f"mydumper says that it dumped {table.rows} rows of {table.database}."
                    f"{table.name}, but no file with them came"
                )


def _table_of(file_name: str) -> tuple[str, str]:
    """Database and table of a file of rows, as they stand in its name; neither contains a dot."""
    database, _, rest = file_name.partition(".")
    return database, rest.partition(".")[0]


class _Output(io.RawIOBase):
    """Standard output of mydumper; who waits for it learns of failures elsewhere."""

    def __init__(self, child: Child, check: Callable[[], None]) -> None:
        super().__init__()
        self._child, self._check = child, check
        self._descriptor = child.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._next_look = 0.0
        self.ended = False
        """Whether mydumper has closed it."""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Wait for some bytes; none means that mydumper has closed its output."""
        while not self._poll.poll(_POLL_SECONDS * 1000):
            self._check()
        if monotonic() > self._next_look:
            self._check()
            self._next_look = monotonic() + _LOOK_SECONDS
        self._child.written()
        count = os.readv(self._descriptor, [buffer])
        self.ended = count == 0
        return count

    def wait_for_end(self) -> None:
        """Wait until the process has ended, which it may fail to do."""
        while not self._child.ended:
            self._check()
            sleep(_LOOK_SECONDS)

    def check(self) -> None:
        """What is done while mydumper has to wait for us: it does not hang then."""
        self._child.written()
        self._check()


class _Room:
    """So many bytes may be held at once."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._changed = Condition()

    def take(self, size: int, check: Callable[[], None]) -> None:
        """Wait for as many; `check` is called now and then meanwhile."""
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._left >= size, _POLL_SECONDS):
                    self._left -= size
                    return
            check()

    def free(self, size: int) -> None:
        """Give them back."""
        with self._changed:
            self._left += size
            self._changed.notify()


class _PipedSource:
    """A file too large to be held: its pieces go from the stream to the upload as they come."""

    repeatable = False
    _WAITING: Final = 4

    def __init__(self) -> None:
        self._pieces: Queue[bytes] = Queue(self._WAITING)
        self._broken = False

    def feed(self, pieces: Iterator[bytes], check: Callable[[], None]) -> None:
        """Hand over all pieces; `check` is called while the upload does not keep up."""
        try:
            for piece in pieces:
                self._put(piece, check)
            self._put(b"", check)
        except BaseException:
            self._broken = True
            raise

    def pieces(self) -> Iterator[bytes]:
        """What is fed, to its end. Raises SourceFailed if that does not come."""
        while True:
            try:
                piece = self._pieces.get(timeout=_POLL_SECONDS)
            except Empty:
                if self._broken:
                    raise SourceFailed("mydumper's stream broke off") from None
                continue
            if not piece:
                return
            yield piece

    def stored(self) -> None:
        """Nothing is held."""

    def _put(self, piece: bytes, check: Callable[[], None]) -> None:
        while True:
            try:
                return self._pieces.put(piece, timeout=_POLL_SECONDS)
            except Full:
                check()
