"""What the tests of dump and restore share: a look at stores, and at exact values."""

import os
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from storewright import storage
from storewright.dump import schema, table_names

Rows: TypeAlias = list[tuple[bytes, ...]]


def address(path: Path) -> str:
    return f"sqlite:///{path}"


def environment() -> dict[str, str]:
    """Of a child that imports from where this process does, installed or not."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def names(store: storage.Storager) -> list[str]:
    return sorted(item.path for item in store.list())


def text(store: storage.Storager, path: str) -> str:
    return store.read_bytes(path).decode()


def content(path: Path) -> tuple[list[tuple[str, ...]], dict[str, Rows]]:
    """Schema, and type and bits of every value of every table in the order of its rows."""
    with closing(sqlite3.connect(path)) as connection:
        tables = {name: _rows(connection, name) for name in table_names(connection)}
        return schema(connection), tables


def _rows(connection: sqlite3.Connection, table: str) -> Rows:
    """Nothing that the dump formats with, or that sums are made of, is in between."""
    found = connection.execute("SELECT name FROM pragma_table_xinfo(?)", (table,))
    columns = ['"' + name.replace('"', '""') + '"' for (name,) in found]
    # text as the bytes that are stored, valid or not; still text, and so no blob
    cells = (f"iif(typeof({c})='text',hex(CAST({c} AS BLOB)),{c})" for c in columns)
    quoted = '"' + table.replace('"', '""') + '"'
    rows = connection.execute(f"SELECT {','.join(cells)} FROM {quoted}")
    return [tuple(map(_bits, row)) for row in rows]


def _bits(value: object) -> bytes:
    if isinstance(value, float):
        return struct.pack("d", value)
    return repr(value).encode()


def interrupt_starts(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[bytes]]":
    """From now on a signal comes when a program runs, and before anybody was told so; the programs.

    Whoever starts one in the main thread has no chance to see it.
    """
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.2)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    return started
