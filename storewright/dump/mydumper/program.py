"""What the installed mydumper is, and how it is called."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from storewright.dump.errors import SourceFailed
from storewright.dump.mydumper.settings import Settings

__all__ = ["Program"]

_VERSION: Final = re.compile(r"mydumper v?(\d[\w.-]*)")
_PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """An installed mydumper."""

    path: str
    version: str
    help: str
    """What ``--help`` says: versions differ in what they can."""

    @classmethod
    def probe(cls, path: str) -> Self:
        """Ask it. Raises SourceFailed if there is none, or it does not say."""
        told = _ask(path, "--version")
        match = _VERSION.search(told)
        if match is None:
            raise SourceFailed(f"{path} --version does not say that it is mydumper: {told[:80]!r}")
        return cls(path, match[1].rstrip(",."), _ask(path, "--help"))

    @property
    def can_stream(self) -> bool:
        """Whether it can write the dump to its standard output."""
        return "--stream" in self.help

    @property
    def least_threads(self) -> int:
        """The fewest threads that it takes."""
        return 2 if self.version[:1] != "0" else 1

    def command(
        self,
        settings: Settings,
        *,
        folder: Path,
        credentials: Path,
        threads: int,
        more: Sequence[str],
    ) -> list[str]:
        """The command line, which any user may see."""
        return [
            self.path,
            f"--defaults-file={credentials}",
            f"--host={settings.host}",
            f"--port={settings.port}",
            f"--user={settings.user}",
            f"--outputdir={folder}",
            f"--chunk-filesize={settings.chunk_size}",
            f"--threads={threads}",
            "--verbose=3",  # the lines that tell when the lock is released
            *more,
            *settings.arguments,
        ]


def _ask(path: str, option: str) -> str:
    try:
        done = subprocess.run(
            [path, option],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
    except FileNotFoundError:
        raise SourceFailed(f"{path} is not installed: apt-get install mydumper") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceFailed(f"cannot run {path}: {error}") from error
    return (done.stdout + done.stderr).decode(errors="replace")
