"""A database with every type of value and every kind of thing."""

from pathlib import Path
from typing import Final

import pytest

from storewright.testing.servers import MariaDB

from .support import new_name, run_sql

_AWKWARD: Final = Path(__file__).with_name("awkward.sql").read_text(encoding="utf-8")


def _make(server: MariaDB, name: str) -> str:
    quoted = name.replace("`", "``")
    run_sql(server, f"CREATE DATABASE `{quoted}`; USE `{quoted}`;\n{_AWKWARD}")
    return name


@pytest.fixture
def awkward(mariadb: MariaDB) -> str:
    """The name of a database with every type and kind of thing; no less awkward itself."""
    return _make(mariadb, f"{new_name()}.a`b-schema /")


@pytest.fixture
def varied(mariadb: MariaDB) -> str:
    """The same in a database with a simple name: myloader does not decode those of files."""
    return _make(mariadb, new_name())
