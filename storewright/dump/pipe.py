"""`dump pipe`: whatever a program writes to its standard output, as one file, or none at all.

The usual ``mysqldump … | aws s3 cp -`` ends with half an object, and with success, when the
program on the left fails. Here the file and its manifest are there only if the program ended well.
"""

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import PurePath
from typing import IO, Final

from storewright import storage
from storewright.dump.cutting import Piece
from storewright.dump.destination import Destination
from storewright.dump.errors import OptionInvalid, SourceFailed
from storewright.dump.manifest import Manifest
from storewright.dump.names import MANIFEST
from storewright.dump.options import Compression, Layout
from storewright.dump.program import Program, outcome
from storewright.dump.progress import NoProgress, Progress
from storewright.dump.tasks import Stop

__all__ = ["pipe"]

_READ_BYTES: Final = 1024 * 1024


def pipe(
    command: Sequence[str],
    destination: str | storage.Storager,
    *,
    name: str = "stdout",
    compress: Compression = "none",
    part_size: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Run a program, and keep what it writes to standard output as the file `name`.

    Returns the manifest that is written last. When the program fails, or this is interrupted, the
    program is stopped and there is neither a file nor a manifest. Raises SourceFailed for the
    program, StorageError for the destination, DumpRefused for an earlier dump there, OptionInvalid
    without a command and for the manifest's `name`.
    """
    if not command:
        raise OptionInvalid("which program? Write it after --, for example -- pg_dump app")
    layout = Layout(compress=compress)
    path = f"{name}{layout.compression_suffix}"
    if path.rpartition("/")[2] == MANIFEST:
        raise OptionInvalid(f"{MANIFEST} is the name of the manifest: give the file another --name")
    store = storage.open(destination) if isinstance(destination, str) else destination
    progress = progress or NoProgress()
    started = datetime.now(UTC)
    target = Destination(
        store, compress=compress, part_size=part_size, progress=progress, stop=Stop()
    )
    try:
        target.prepare(overwrite=overwrite)
        progress.begin("dump", 0)
        try:
            with closing(_pieces(command)) as pieces:
                target.write(path, pieces, kind="data")
        finally:
            progress.end()
        manifest = Manifest(
            dialect="pipe",
            details={"program": PurePath(command[0]).name},
            layout=layout,
            started=started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            databases={},
            files=tuple(target.records),
        )
        target.commit(manifest)
    except BaseException:
        target.clean()
        raise
    return manifest


def _pieces(command: Sequence[str]) -> Generator[Piece]:
    """What the program writes; raises SourceFailed at its end if it did not end well."""
    with Program(command, own_group=not _has_terminal()) as program:
        yield from _read(program.start())
        status = program.wait()
    if status:
        raise SourceFailed(f"{PurePath(command[0]).name} {outcome(status)}: nothing was kept")


def _read(stream: IO[bytes]) -> Iterator[Piece]:
    while data := stream.read(_READ_BYTES):
        yield Piece(data, 0)


def _has_terminal() -> bool:
    """Whether the program may ask for a password there, which the terminal's own group only can.

    Ctrl-C then reaches all that it has started without us.
    """
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
