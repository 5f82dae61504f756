"""What a command is pointed at: a connection string whose path is the key, or a local path."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import click
from click.shell_completion import CompletionItem

from storewright import storage

__all__ = ["Place", "complete_place", "is_stream"]

_URI: Final = re.compile(r"[^/?]*://")
_HALF_URI: Final = re.compile(r"([a-z][a-z0-9_-]*):(?!//)/?(.+)")


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """An object, a directory or a whole storage. Options may hold secrets, which repr does not."""

    type: str
    """The service or profile."""
    name: str = ""
    """Bucket or container."""
    path: str = "/"
    """The path from the root of the storage; begins with a slash."""
    options: Mapping[str, str | None] = field(default_factory=dict[str, str | None], hash=False)
    """Options of the connection string, as text."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a connection string, or a path of the local file system.

        Raises ConnectionStringInvalid for a malformed string.
        """
        if _URI.match(text):
            given = storage.Connection.parse(text)
            return cls(given.type, given.name, given.work_dir or "/", given.options)
        _refuse_half_uri(text)
        return cls._local(text)

    @classmethod
    def _local(cls, text: str) -> Self:
        if not text:
            raise storage.PathInvalid("the path is empty", hint="write . for this directory")
        is_directory = os.path.basename(text) in {"", os.curdir, os.pardir}
        path = os.path.abspath(text)
        return cls("fs", path=path if path == "/" or not is_directory else path + "/")

    @property
    def is_root(self) -> bool:
        """Whether it is the whole storage."""
        return self.path == "/"

    @property
    def is_directory(self) -> bool:
        """Whether it is written as a directory: with a slash at the end."""
        return self.path.endswith("/")

    @property
    def directory(self) -> str:
        """The path, written as a directory."""
        return self.path if self.is_directory else self.path + "/"

    @property
    def base(self) -> str:
        """The last segment of the path."""
        return self.path.rstrip("/").rpartition("/")[2]

    def at(self, path: str) -> Self:
        """Another absolute path of the same storage."""
        return replace(self, path=path)

    def child(self, relative: str) -> Self:
        """A place below this one."""
        return self.at(self.directory + relative)

    def connection(self, options: Mapping[str, str | None]) -> storage.Connection:
        """How its storage is opened: at the root, with ``options`` over its own."""
        return storage.Connection(self.type, self.name, "/", {**self.options, **options})

    def __str__(self) -> str:
        """How it is shown: without options, which may be secrets."""
        if self.type == "fs":
            return self.path
        return str(storage.Connection(self.type, self.name, self.path))

    __repr__ = __str__


def _refuse_half_uri(text: str) -> None:
    """Refuse ``s3:bucket/key``, which is no file unless there is one."""
    match = _HALF_URI.fullmatch(text)
    if match is None or os.path.lexists(text):
        return
    if any(match[1] == registration.name for registration in storage.registered()):
        hint = f"write {match[1]}://{match[2]}, or ./{text} for a file of that name"
        raise storage.ConnectionStringInvalid("connection string: '//' is missing", hint=hint)


def complete_place(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What a shell is told to complete a place with: local files."""
    return [] if _URI.match(incomplete) else [CompletionItem(incomplete, type="file")]


def is_stream(text: str) -> bool:
    """Whether ``text`` is ``-``, or a pipe or device, which has no size and is never replaced."""
    if text == "-":
        return True
    try:
        mode = os.stat(text).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
