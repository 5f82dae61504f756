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
from storewright.dump import DumpDamaged, DumpOptions, clean, dump, find_leftovers, verify
from storewright.dump.commands.clean import clean_command
from storewright.dump.templates import FileNames
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


def test_a_dump_that_is_under_way_keeps_its_files_while_an_upload_is_young(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = storage.open("memory://")
    with monkeypatch.context() as patch:
        long_ago = time.time() - 7200
        patch.setattr(time, "time", lambda: long_ago)
        store.write("monday/app.t-schema.sql", b"1")
        store.write("tuesday/app.t-schema.sql", b"1")
    assert isinstance(store, storage.Multiparter)
    store.create_multipart("monday/app.t.000000000.sql")
    (found,) = find_leftovers(store, timedelta(hours=1))
    assert found.path == "tuesday/app.t-schema.sql"


def test_a_file_of_any_name_shows_that_a_dump_is_under_way(tmp_path: Path) -> None:
    for name in ("app.t-schema.sql", "template.sql"):
        (tmp_path / name).write_bytes(b"1")
    long_ago = time.time() - 7200
    os.utime(tmp_path / "app.t-schema.sql", (long_ago, long_ago))
    assert list(find_leftovers(storage.open(f"fs://{tmp_path}"), timedelta(hours=1))) == []


def test_the_files_that_a_dump_has_in_folders_of_their_own_stay(database: str) -> None:
    store = storage.open("memory://")
    names = FileNames("{{.DB}}/{{.Table}}.{{.Index}}")
    for folder in ("", "monday/"):
        made = storage.open("memory://")
        dump(database, made, DumpOptions(file_names=names))
        for item in made.list("", list_mode=storage.ListMode.PREFIX):
            store.write(f"{folder}{item.path}", made.read_bytes(item.path))
    store.write("monday/app/old.t.000000000.sql", b"1")
    store.write("other/manifest.json", b'{"name": "a page"}')
    store.write("other/deep/old.t.000000000.sql", b"1")
    assert {leftover.path for leftover in find_leftovers(store, NOW)} == {
        "monday/app/old.t.000000000.sql",
        "other/deep/old.t.000000000.sql",
    }
    store.write("monday/manifest.json", store.read_bytes("monday/manifest.json")[:100])
    with pytest.raises(DumpDamaged, match=r"monday/manifest\.json"):
        list(find_leftovers(store, NOW))


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


def test_an_age_that_nothing_has(tmp_path: Path) -> None:
    done = CliRunner().invoke(clean_command, [str(tmp_path), "--older-than", "9999999999999w"])
    assert done.exit_code == 2
    assert "nothing is as old" in done.output
    (tmp_path / "app.t.000000000.sql").write_bytes(b"1")
    done = CliRunner().invoke(clean_command, [str(tmp_path), "--older-than", "999999999d"])
    assert (done.exit_code, done.output) == (0, "deleted 0 leftovers, 0 B\n")
