"""The folder on disk that mydumper writes to: ours alone, empty at first, and looked at often."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from storewright.dump.errors import DumpRefused, OptionInvalid

__all__ = ["credentials_file", "disk_usage", "working_folder"]

_LOCK: Final = "storewright.lock"
_DUMP: Final = "dump"
_CREDENTIALS: Final = "storewright.cnf"
_BLOCK: Final = 512
_LONG_SECONDS: Final = 31_536_000


@contextmanager
def working_folder(output: Path) -> Generator[Path]:
    """An empty folder for mydumper in `output`; what an earlier run has left there is deleted.

    After a failure the files stay until the next run. Raises DumpRefused while another run uses
    it, and OptionInvalid if it cannot be made.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        lock = (output / _LOCK).open("w")
    except OSError as error:
        raise OptionInvalid(f"the output folder {output}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DumpRefused(f"another run writes to {output}: choose another folder") from None
        folder = output / _DUMP
        (output / _CREDENTIALS).unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(0o700)
        yield folder.absolute()
        shutil.rmtree(folder)
        (output / _LOCK).unlink()


@contextmanager
def credentials_file(folder: Path, password: str) -> Generator[Path]:
    """A file of options for the client library of MySQL, that only this user can read.

    A password among the arguments could be seen by every user of the machine. The timeouts are for
    the time that mydumper may stand still: the server would close its connections.
    """
    path = folder.parent / _CREDENTIALS
    timeouts = f"net_write_timeout={_LONG_SECONDS}, wait_timeout={_LONG_SECONDS}"
    lines = ["[client]", f"init-command=SET SESSION {timeouts}"]
    if password:
        lines.append(f"password={_quoted(password)}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, ""]))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def disk_usage(folder: Path) -> int:
    """Bytes that the files of `folder` take on disk, those that are being written included."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            total += max(found.st_blocks * _BLOCK, found.st_size)
    return total


def _quoted(password: str) -> str:
    if set(password) & set("\r\n\0"):
        raise OptionInvalid("a password with a line end cannot be given to mydumper")
    return '"' + password.replace("\\", "\\\\").replace('"', '\\"') + '"'
