"""Leftovers of dumps that failed are found and deleted, and nothing else is."""

import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from storewright import storage
from storewright.dump import clean, dump, find_leftovers, verify
from storewright.dump.commands.clean import clean_command
from storewright.testing.servers import SeaweedFS

from .support import address

NOW = timedelta(seconds=-5)
"""Older than five seconds from now: everything is."""


@pytest.fixture
def database(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    return address(tmp_path / "app.db")


def test_a_dump_without_a_manifest_goes_and_nothing_else(database: str) -> None:
    store = storage.open("memory://")
    dump(database, store)
    for item in list(store.list("")):
        store.write(f"bad/{item.path}", store.read_bytes(item.path))
    store.delete("bad/manifest.json")
    store.write("bad/holiday.jpg", b"1")
    store.write("metadata.txt", b"1")
    found = list(find_leftovers(store, NOW))
    assert {leftover.path for leftover in found} == {
        "bad/app-schema-create.sql",
        "bad/app.t-schema.sql",
        "bad/app.t.000000000.sql",
        "bad/metadata",
    }
    clean(store, found)
    assert list(find_leftovers(store, NOW)) == []
    assert verify(store).good
    assert {item.path for item in store.list("bad/")} == {"bad/holiday.jpg"}


@pytest.mark.parametrize(
    "found",
    [
        {"shop-schema-create.sql", "shop.orders-schema.sql", "shop.orders.00000.sql"},
        {"shop-schema-create.sql.zst", "shop.orders.00000.sql.zst", "shop.t.00001.00002.dat.zst"},
        {"a.b.t-schema.sql", "a.b.t-schema-triggers.sql", "a.b.t.sql", "metadata"},
    ],
    ids=("1.0", "1.0, compressed", "0.10"),
)
def test_what_a_killed_mydumper_has_left_goes(found: set[str]) -> None:
    others = {"backup.20240101.sql", "shop.orders.sql.txt", "report.v1.00001.csv", "dump.sql"}
    store = storage.open("memory://")
    for name in found | others:
        store.write(f"monday/{name}", b"1")
    assert {leftover.path for leftover in find_leftovers(store, NOW)} == {
        f"monday/{name}" for name in found
    }
    store.write("monday/manifest.json", b"{}")
    assert list(find_leftovers(store, NOW)) == []


def test_what_is_young_stays(tmp_path: Path) -> None:
    folder = tmp_path / "dumps" / "x"
    folder.mkdir(parents=True)
    (folder / "app.t.000000000.sql").write_bytes(b"1")
    (folder / "app.t.000000001.sql").write_bytes(b"1")
    store = storage.open(f"fs://{tmp_path}/dumps")
    long_ago = time.time() - 7200
    os.utime(folder / "app.t.000000000.sql", (long_ago, long_ago))
    assert list(find_leftovers(store, timedelta(hours=1))) == []
    os.utime(folder / "app.t.000000001.sql", (long_ago, long_ago))
    assert len(list(find_leftovers(store, timedelta(hours=1)))) == 2


@pytest.mark.server
def test_uploads_nobody_finished_go(seaweedfs: SeaweedFS, s3_bucket: str) -> None:
    connection = seaweedfs.connection(s3_bucket, "dumps")
    store = storage.open(connection)
    assert isinstance(store, storage.Multiparter)
    store.create_multipart("monday/app.t.000000000.sql")
    run = CliRunner().invoke
    assert "deleted 0 leftovers" in run(clean_command, [connection, "--older-than", "1h"]).output
    listed = run(clean_command, [connection, "--older-than", "0s", "--dry-run", "--json"])
    assert json.loads(listed.output)["path"] == "monday/app.t.000000000.sql"
    done = run(clean_command, [connection, "--older-than", "0"])
    assert done.output.splitlines()[-1] == "deleted 1 leftovers, 0 B"
    assert list(store.list("", list_mode=storage.ListMode.PART)) == []


@pytest.mark.parametrize("age", ["", "soon", "-1", "1y"])
def test_an_age_that_is_none(tmp_path: Path, age: str) -> None:
    done = CliRunner().invoke(clean_command, [str(tmp_path), "--older-than", age])
    assert done.exit_code == 2
    assert "is no duration" in done.output
