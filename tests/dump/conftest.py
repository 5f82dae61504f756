"""Databases and stores for the tests of dump and restore."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest

from storewright import storage

Build: TypeAlias = Callable[[str], Path]


@pytest.fixture
def store() -> storage.Storager:
    """An empty store in memory."""
    return storage.open("memory://")


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build the database `app.db` from a script and return its path."""

    def build(script: str) -> Path:
        path = tmp_path / "app.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
            connection.commit()
        return path

    return build
