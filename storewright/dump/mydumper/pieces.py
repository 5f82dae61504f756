"""The pieces in which mydumper 1.x streams its ``metadata``, and the file that its loader wants.

It sends ``metadata.header`` first, ``metadata.partial.0`` and on while it runs, and ``metadata`` at
the end. Stored like that, they make myloader wait for ever. One file of the first and the last does
not; the others only tell earlier what the last one says again.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from storewright.dump.names import METADATA

__all__ = ["MetadataPieces", "Table", "tables_in"]

_HEADER: Final = f"{METADATA}.header"
_PIECE: Final = re.compile(rf"{METADATA}(?:\.header|\.partial\.\d+)?")
_TITLE: Final = re.compile(r"^\[[^\n]*\]$", re.MULTILINE)
_TABLE: Final = re.compile(r"\[`(?P<database>.*)`\.`(?P<file_name>.*)`\]")
_VALUE: Final = re.compile(r"^(?P<key>\w+) ?= ?(?P<value>.*)$", re.MULTILINE)


class Table(NamedTuple):
    """What ``metadata`` says about one table."""

    database: str
    """As it stands in the names of files."""
    name: str
    file_name: str
    """The name as it stands in the names of files; another one if the table's cannot."""
    rows: int
    """As mydumper counted them while it wrote."""
    is_view: bool


class MetadataPieces:
    """The pieces of one dump. ``add`` them as they come, then ask for the whole."""

    def __init__(self) -> None:
        self._header = ""
        self._last = ""
        self._told: dict[str, str] = {}

    @staticmethod
    def is_piece(name: str) -> bool:
        """Whether the file belongs here."""
        return _PIECE.fullmatch(name) is not None

    def add(self, name: str, content: bytes) -> None:
        """Take a piece; what an earlier one said about a table, a later one replaces."""
        text = content.decode(errors="surrogateescape")
        if name == _HEADER:
            self._header = text
        elif name == METADATA:
            self._last = text
        else:
            self._told |= {title: part for title, part in _sections(text) if _TABLE.match(title)}

    def merged(self) -> bytes:
        """The file ``metadata``, with every table that any piece has told of."""
        there = {title for title, _ in _sections(self._last)}
        missing = (part for title, part in self._told.items() if title not in there)
        text = "".join([self._header, *missing, self._last])
        return text.encode(errors="surrogateescape")


def tables_in(metadata: bytes) -> Iterable[Table]:
    """The tables and views of which the ``metadata`` of mydumper 1.x tells; earlier ones do not."""
    for title, section in _sections(metadata.decode(errors="surrogateescape")):
        if match := _TABLE.fullmatch(title):
            values = {found["key"]: found["value"].strip() for found in _VALUE.finditer(section)}
            rows = values.get("rows", "")
            yield Table(
                match["database"],
                values.get("real_table_name", match["file_name"]),
                match["file_name"],
                int(rows) if rows.isdecimal() else 0,
                values.get("is_view") == "1",
            )


def _sections(text: str) -> list[tuple[str, str]]:
    """Each section's title and its whole text."""
    found = list(_TITLE.finditer(text))
    edges = pairwise([*(match.start() for match in found), len(text)])
    return [(match[0], text[start:end]) for match, (start, end) in zip(found, edges, strict=True)]
