"""Cutting files of a dump back into statements."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from storewright.dump.errors import DumpDamaged

__all__ = ["insert_statements", "statements"]

_READ_BYTES: Final = 1024 * 1024
_END: Final = b";\n"
_STATEMENT: Final = re.compile(
    rb"""(?:[^'"`;]++|'(?:[^'\\]++|\\.)*'|"(?:[^"\\]++|\\.)*"|`[^`]*+`|;(?!\n))*;\n""",
    re.DOTALL,
)  # no group is possessive: Python before 3.11.5 matches wrong where one has a lookahead


def statements(text: str) -> Iterator[bytes]:
    """The statements of a file of definitions, where names may have semicolons and line ends.

    Raises DumpDamaged if the last one has no end.
    """
    data, start = text.encode(errors="surrogateescape"), 0
    while start < len(data):
        match = _STATEMENT.match(data, start)
        if match is None:
            raise DumpDamaged(f"a schema file ends inside a statement: {data[start:][:60]!r}")
        yield match[0].removesuffix(_END)
        start = match.end()


def insert_statements(stream: BinaryIO) -> Iterator[bytes]:
    """The statements of a file of rows; no value in one has a line end.

    Raises DumpDamaged if the last one has no end.
    """
    buffer = b""
    while data := stream.read(_READ_BYTES):
        found = (buffer + data).split(_END)
        buffer = found.pop()
        yield from found
    if buffer:
        raise DumpDamaged("the file ends inside a statement")
