"""What the tests of the file system share."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.roots import PYTHONPATH


class Failing(io.RawIOBase):
    """A file that breaks in the middle, for a reason of its user's."""

    def __init__(self, content: bytes, error: BaseException) -> None:
        super().__init__()
        self.content, self.error = io.BytesIO(content), error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self.content.read(size)
        if not chunk:
            raise self.error
        return chunk


class Watching(io.RawIOBase):
    """A file that calls somebody when it is read first."""

    def __init__(self, content: bytes, when_read: Callable[[], object]) -> None:
        super().__init__()
        self.content, self.when_read = io.BytesIO(content), when_read

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.content.tell() == 0:
            self.when_read()
        return self.content.read(size)


def tree(directory: Path) -> list[str]:
    """Everything below a directory, hidden files too; directories end in a slash."""
    found: list[str] = []
    for folder, dirs, files in os.walk(directory):
        at = Path(folder).relative_to(directory)
        found += [str(at / name) for name in files]
        found += [f"{at / name}/" for name in dirs]
    return sorted(found)


def program(code: str, *arguments: object) -> list[str]:
    """The command that runs ``code`` in another process; it finds ``store`` and ``sys`` there."""
    setup = "import sys\nfrom storewright import storage\nstore = storage.open(sys.argv[1])\n"
    return [sys.executable, "-c", setup + code, *map(str, arguments)]


def environment() -> dict[str, str]:
    """The environment in which such a program finds our modules."""
    return {**os.environ, "PYTHONPATH": PYTHONPATH}


def start(code: str, *arguments: object) -> "subprocess.Popen[bytes]":
    """Start a program whose output can be read."""
    return subprocess.Popen(
        program(code, *arguments), env=environment(), stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )


def run(code: str, *arguments: object) -> str:
    """Run a program to its end; what it printed."""
    done = subprocess.run(
        program(code, *arguments), env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
