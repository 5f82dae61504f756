"""File names of a dump: those of dumpling, which mydumper's and TiDB's loaders know too."""

import re
from collections.abc import Container
from typing import Final

__all__ = [
    "MANIFEST",
    "METADATA",
    "data_index",
    "data_name",
    "definition_name",
    "escape",
    "is_data_of_mydumper",
    "is_dump_file",
]

MANIFEST: Final = "manifest.json"
"""Written last: without it there is no complete dump."""
METADATA: Final = "metadata"
"""When the dump was taken, in dumpling's words."""

_OURS: Final = re.compile(
    r"(?:.+-schema(?:-create|-view|-triggers|-post|-sequence)?\.sql|.+\.\d{9}(?:\d{4})?\.(?:sql|csv)"
    r"|metadata|stdout|result\.\d{9}\.csv)(?:\.gz|\.zst)?|storewright-check-[0-9a-f]{8}"
)
_MYDUMPERS: Final = re.compile(
    r"(?P<table>(?P<database>[^.]+)\..+?)(?:\.\d{5}){0,2}\.(?:sql|csv|dat)(?:\.gz|\.zst)?"
)
_AWKWARD: Final = re.compile(r'[\x00-\x1f%"*./:<>?\\|]|-(?=schema)', re.IGNORECASE)


def is_dump_file(name: str) -> bool:
    """Whether a dump, the manifest aside, gives such a name to a file unless it is told another.

    >>> is_dump_file("shop.orders.000000000.sql.gz"), is_dump_file("monday/metadata")
    (True, False)
    """
    return "/" not in name and _OURS.fullmatch(name) is not None


def is_data_of_mydumper(name: str, names: Container[str]) -> bool:
    """Whether mydumper gives such a name to a file of rows, in a folder with those ``names``.

    Many files are named like that, so there must also be the definition of the table or database.

    >>> is_data_of_mydumper("a.b.00000.sql", {"a-schema-create.sql.gz"})
    True
    >>> is_data_of_mydumper("a.b.00000.sql", {"a.c-schema.sql"})
    False
    """
    match = _MYDUMPERS.fullmatch(name)
    if match is None:
        return False
    definitions = (f"{match['table']}-schema.sql", f"{match['database']}-schema-create.sql")
    return any(path + end in names for path in definitions for end in ("", ".gz", ".zst"))


def escape(name: str) -> str:
    """``name`` fit for a file name on any system, and free of the marks that loaders look for.

    >>> escape("a.b/c"), escape("my-schema")
    ('a%2Eb%2Fc', 'my%2Dschema')
    """
    return _AWKWARD.sub(lambda match: f"%{ord(match[0]):02X}", name)


def definition_name(kind: str, database: str, name: str, suffix: str = "") -> str:
    """Name of a file of schema: of the whole database, or of the table or view ``name``.

    ``kind`` is ``schema-create``, ``schema``, ``schema-view``, ``schema-triggers``,
    ``schema-sequence`` or ``schema-post``; ``suffix`` is what a compression adds.
    """
    owner = f".{escape(name)}" if name else ""
    return f"{escape(database)}{owner}-{kind}.sql{suffix}"


def data_name(database: str, table: str, index: str, suffix: str) -> str:
    """Name of one file of rows; ``suffix`` starts with its dot."""
    return f"{escape(database)}.{escape(table)}.{index}{suffix}"


def data_index(chunk: int, file: int, *, by_rows: bool, by_size: bool) -> str:
    """The number in a data file's name; with both limits it counts chunks, then their files."""
    if by_rows and by_size:
        return f"{chunk:09d}{file:04d}"
    return f"{file if by_size else chunk:09d}"
