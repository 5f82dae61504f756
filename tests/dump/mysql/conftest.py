"""A database with every type of value and every kind of thing."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from storewright import storage
from storewright.dump import DumpOptions, dump
from storewright.testing.servers import MariaDB, SeaweedFS
from tests.guarantees.support import S3Place
from tests.services.s3.cutter import Cutter, cutter
from tests.services.s3.gateway import Gateway, gateway

from .faults import PART, make_shop
from .support import new_name, quoted, run_sql

AWKWARD: Final = Path(__file__).with_name("awkward.sql").read_text(encoding="utf-8")


@pytest.fixture
def awkward(mariadb: MariaDB) -> str:
    """The name of a database with every type and kind of thing; no less awkward itself."""
    name = f"{new_name()}.a`b-schema /"
    run_sql(mariadb, f"CREATE DATABASE {quoted(name)}; USE {quoted(name)};\n{AWKWARD}")
    return name


@pytest.fixture(scope="module")
def shop(mariadb: MariaDB) -> str:
    """The address of a database of 16 MB, which no test changes."""
    return mariadb.address(make_shop(mariadb))


@pytest.fixture(scope="module")
def undisturbed(shop: str) -> dict[str, bytes]:
    """What a dump of it is."""
    store = storage.open("memory://")
    dump(shop, store, DumpOptions())
    return {item.path: store.read_bytes(item.path) for item in store.list()}


@pytest.fixture
def place(s3_place: S3Place) -> S3Place:
    """An empty folder in a bucket."""
    return s3_place


@pytest.fixture
def relay(seaweedfs: SeaweedFS) -> Iterator[Cutter]:
    """A relay to the S3 server, which can be away."""
    with cutter(seaweedfs.endpoint) as relay:
        yield relay


@pytest.fixture
def gate(seaweedfs: SeaweedFS) -> Iterator[Gateway]:
    """A gateway to the S3 server, which can refuse or hold back requests."""
    with gateway(seaweedfs.endpoint, PART) as gate:
        yield gate


@pytest.fixture(params=["mysqlclient", "PyMySQL"])
def drivers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each driver in turn: without mysqlclient, PyMySQL is what is used."""
    name = str(request.param)
    if name == "PyMySQL":
        monkeypatch.setitem(sys.modules, "MySQLdb", None)
    else:
        pytest.importorskip("MySQLdb", reason="mysqlclient is not installed: pip install it")
    return name
