"""A database with every type of value and every kind of thing."""

from pathlib import Path
from typing import Final

import pytest

from storewright.testing.servers import MariaDB

from .support import new_name, run_sql

_AWKWARD: Final = Path(__file__).with_name("awkward.sql").read_text(encoding="utf-8")


@pytest.fixture
def awkward(mariadb: MariaDB) -> str:
    """The name of a database with every type and kind of thing."""
    name = f"{new_name()}.a`b-schema /"
    quoted = name.replace("`", "``")
    run_sql(mariadb, f"CREATE DATABASE `{quoted}`; USE `{quoted}`;\n{_AWKWARD}")
    return name
