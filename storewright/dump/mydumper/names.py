"""What the names of mydumper's files say."""

import re
from typing import Final, NamedTuple, cast

from storewright.dump.manifest import FileKind
from storewright.dump.names import METADATA

__all__ = ["Described", "described", "is_metadata"]

_DEFINITION: Final = re.compile(
    r"(?P<name>.+?)-(?P<kind>schema(?:-create|-sequence|-view|-triggers|-post)?)\.sql"
)
_DATA: Final = re.compile(r"(?P<name>.+?)(?:\.\d{5,})*\.(?:sql|dat|csv)")
_COMPRESSED: Final = re.compile(r"\.(?:gz|zst)\Z")


class Described(NamedTuple):
    """What a file is, and what it belongs to."""

    kind: FileKind
    database: str
    table: str


def is_metadata(name: str) -> bool:
    """Whether it is `metadata`, or one of the pieces that are there before it is whole."""
    return name == METADATA or name.startswith(f"{METADATA}.")


def described(name: str) -> Described:
    """What a file of this name is."""
    if is_metadata(name):
        return Described("metadata", "", "")
    plain = _COMPRESSED.sub("", name)
    if match := _DEFINITION.fullmatch(plain):
        database, _, table = match["name"].partition(".")
        return Described(cast(FileKind, match["kind"]), database, table)
    match = _DATA.fullmatch(plain)
    database, _, table = (match["name"] if match else plain).partition(".")
    return Described("data", database, table)
