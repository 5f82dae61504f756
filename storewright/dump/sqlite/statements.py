"""Ending statements so that they can be told apart, and finding them again without a change.

SQLite keeps the text of a schema as it was written, and it may end inside a comment. Whatever ends
it then must neither become part of the comment nor, after a restore, of the text.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

from storewright.dump.errors import DumpDamaged

__all__ = ["ended", "statements"]

_END: Final = ";\n"
_COMMENT: Final = "\n/**/"
"""Ends a comment of either kind, and is one in itself."""


def ended(sql: str) -> str:
    """``sql`` as a part of a file of statements."""
    closed = sqlite3.complete_statement(sql + ";") and not sql.endswith(_COMMENT)
    return f"{sql}{'' if closed else _COMMENT}{_END}"


def statements(text: str) -> Iterator[str]:
    """The statements of a file, each exactly as it was before :func:`ended`.

    A trigger has semicolons of its own inside. Raises DumpDamaged if the last one has no end.
    """
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if line.endswith(_END) and sqlite3.complete_statement(pending):
            yield pending.removesuffix(_END).removesuffix(_COMMENT)
            pending = ""
    if pending:
        raise DumpDamaged(f"a schema file ends inside a statement: {pending[:60]!r}")
