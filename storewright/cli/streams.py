"""Where bytes come from and go to when they are no objects: standard input, pipes, commands."""

import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import IO, BinaryIO, Final, Protocol

from storewright import storage
from storewright.cli.failures import Failed

__all__ = ["Feed", "from_command", "from_stream", "output"]

_CHUNK: Final = 1024 * 1024


class Feed(Protocol):
    """Writes everything there is into a file, and raises if that is not everything."""

    def __call__(self, file: storage.SupportsWrite, /) -> object:
        """Write it all."""
        ...


def from_stream(name: str) -> Feed:
    """Everything from standard input (``-``), or from a pipe or device."""

    def feed(file: storage.SupportsWrite) -> None:
        if name == "-":
            _pump(sys.stdin.buffer, file)
            return
        with open(name, "rb", buffering=0) as stream:
            _pump(stream, file)

    return feed


def _pump(stream: BinaryIO | IO[bytes], file: storage.SupportsWrite) -> None:
    read: Callable[[int], bytes | None] = getattr(stream, "read1", stream.read)
    while chunk := read(_CHUNK):
        file.write(chunk)


@contextmanager
def output(name: str) -> Generator[BinaryIO]:
    """Standard output (``-``), or a pipe or device. It is flushed at the end."""
    if name == "-":
        stream = sys.stdout.buffer
        yield stream
        stream.flush()
        return
    with open(name, "wb") as file:
        yield file


def from_command(command: str) -> Feed:
    """The standard output of a shell command, which must succeed: all of a pipeline must."""

    def feed(file: storage.SupportsWrite) -> None:
        from storewright.dump.program import Program  # which no other command waits for

        # not in a group of its own: `mysqldump -p` asks for the password on the terminal
        with Program(_shell(command), own_group=False) as program:
            _pump(program.start(), file)
            status = program.wait()
        if status:
            raise Failed(f"put: the command {_outcome(status)} (nothing is published)")

    return feed


def _shell(command: str) -> list[str]:
    """How to run it: with bash a failure anywhere in a pipeline counts."""
    bash = shutil.which("bash")
    return [bash, "-o", "pipefail", "-c", command] if bash else ["/bin/sh", "-c", command]


def _outcome(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"failed with exit status {status}"
