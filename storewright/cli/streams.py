"""Where bytes come from and go to when they are no objects: standard input, pipes, commands."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import IO, BinaryIO, Final, Protocol

from storewright import storage
from storewright.cli.failures import Failed

__all__ = ["Feed", "from_command", "from_stream", "output"]

_CHUNK: Final = 1024 * 1024
_PATIENCE: Final = 5.0  # seconds that a command has to end after it was asked to


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
        process = subprocess.Popen(_shell(command), stdout=subprocess.PIPE)
        try:
            if process.stdout is not None:
                _pump(process.stdout, file)
            status = process.wait()
        finally:
            _end(process)
        if status:
            raise Failed(f"put: the command {_outcome(status)} (nothing is published)")

    return feed


def _shell(command: str) -> list[str]:
    """How to run it: with bash a failure anywhere in a pipeline counts."""
    bash = shutil.which("bash")
    return [bash, "-o", "pipefail", "-c", command] if bash else ["/bin/sh", "-c", command]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that the command runs no longer than we do."""
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _outcome(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"failed with exit status {status}"
