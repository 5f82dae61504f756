"""What the tests of the command line share: places, and the program as users run it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from click.testing import Result

from storewright import storage
from tests.processes import PATIENCE

Run = Callable[..., Result]
"""Run a command in this process."""
Ok = Callable[..., str]
"""Run a command that must succeed and say nothing on standard error; its output."""
OneLine = Callable[[str | bytes], str]
"""The one line on standard error, without the name of the program."""


@dataclass
class Area:
    """An empty directory in some storage, as commands name it and as the library opens it."""

    kind: str
    prefix: str
    options: str
    store: storage.Storager

    def uri(self, path: str = "") -> str:
        return f"{self.prefix}{quote(path)}{self.options}"

    def paths(self) -> list[str]:
        """Every object there."""
        return sorted(o.path for o in self.store.list("", list_mode=storage.ListMode.PREFIX))

    def uploads(self) -> list[str]:
        """Every upload that was left behind."""
        return [o.path for o in self.store.list("", list_mode=storage.ListMode.PART)]


_Stream = int | IO[bytes]


@dataclass
class Shell:
    """Runs `storewright` as users do: in a process of its own."""

    environment: dict[str, str]

    def start(
        self,
        *args: str | Path,
        stdin: _Stream = subprocess.DEVNULL,
        stdout: _Stream = subprocess.PIPE,
        stderr: _Stream = subprocess.PIPE,
        preexec_fn: Callable[[], object] | None = None,
        program: tuple[str, ...] = ("-m", "storewright.cli"),
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-W", "error", *program, *map(str, args)],
            env=self.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            preexec_fn=preexec_fn,  # noqa: PLW1509 - it sets a limit, and no thread runs
        )

    def __call__(
        self,
        *args: str | Path,
        input: bytes = b"",
        stdout: _Stream = subprocess.PIPE,
        preexec_fn: Callable[[], object] | None = None,
    ) -> "subprocess.CompletedProcess[bytes]":
        process = self.start(*args, stdin=subprocess.PIPE, stdout=stdout, preexec_fn=preexec_fn)
        with process:
            out, err = process.communicate(input, timeout=PATIENCE)
        return subprocess.CompletedProcess(args, process.returncode, out, err)


def input_of(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    """Standard input of a process that was started with a pipe for it."""
    assert process.stdin is not None
    return process.stdin


def output_of(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    """Standard output, likewise."""
    assert process.stdout is not None
    return process.stdout


def errors_of(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    """Standard error, likewise."""
    assert process.stderr is not None
    return process.stderr
