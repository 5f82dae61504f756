"""Servers that are set up otherwise for everybody: a dump holds the same, and so does its copy."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from storewright import storage
from storewright.dump import DumpOptions, dump, restore, verify
from storewright.testing.servers import MariaDB

from .support import new_name, quoted, run_sql, url_of
from .test_restore import sums

pytestmark = pytest.mark.server
SCRIPT = r"""
SET time_zone='+02:00';
CREATE TABLE `it's\a "key"` (
  id varchar(9) PRIMARY KEY, c char(9), ts timestamp NOT NULL DEFAULT '2020-01-01 00:00:00');
INSERT INTO `it's\a "key"` (id, c) SELECT seq, seq FROM seq_1_to_9;
CREATE TABLE n (id int PRIMARY KEY, ts timestamp);
INSERT INTO n SELECT seq, '2020-01-01' FROM seq_1_to_9;
CREATE VIEW v AS SELECT '\\' AS a;
"""
LENIENT = """
SET sql_mode='ALLOW_INVALID_DATES', check_constraint_checks=0;
CREATE TABLE n (id int PRIMARY KEY CHECK (id < 3), at date NOT NULL DEFAULT '2024-02-31');
INSERT INTO n (id) VALUES (0), (5);
CREATE TABLE by_day (d date PRIMARY KEY);
INSERT INTO by_day VALUES ('0000-00-00'), ('2024-02-28'), ('2024-02-30'), ('2024-02-31');
"""
VARIABLES = {
    "autocommit": "0",
    "sql_mode": "'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,TRADITIONAL'",
    "sql_quote_show_create": "0",
    "sql_select_limit": "3",
    "time_zone": "'+05:30'",
}


@contextmanager
def _set(server: MariaDB, name: str, value: str) -> Generator[None]:
    run_sql(server, f"SET GLOBAL {name}={value}")
    try:
        yield
    finally:
        run_sql(server, f"SET GLOBAL {name}=DEFAULT")


@pytest.mark.parametrize(("variable", "value"), VARIABLES.items(), ids=VARIABLES)
@pytest.mark.parametrize("threads", [1, 4])
def test_a_copy_is_equal(mariadb: MariaDB, variable: str, value: str, threads: int) -> None:
    name, target, store = f"{new_name()} it's\\", new_name(), storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {quoted(name)}; USE {quoted(name)}; {SCRIPT}")
    there = sums(mariadb, name)
    address = mariadb.address(url_of(name))
    with _set(mariadb, variable, value):
        dump(address, store, DumpOptions(content_sums=True, threads=threads, rows=2))
        restore(store, mariadb.address(target), threads=threads)
        assert verify(store, database=mariadb.address(target)).good
    assert sums(mariadb, target) == there
    assert len(there) == 2
    tables = ('`it\'s\\a "key"`', "n", "v")
    for show in [f"SHOW CREATE TABLE {table}" for table in tables]:
        assert run_sql(mariadb, show, target) == run_sql(mariadb, show, name)


@pytest.mark.parametrize("threads", [1, 4])
def test_what_only_a_lenient_session_could_write(mariadb: MariaDB, threads: int) -> None:
    name, target, store = new_name(), new_name(), storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; {LENIENT}")
    dump(mariadb.address(name), store, DumpOptions(threads=threads, rows=1))
    restore(store, mariadb.address(target), threads=threads)
    assert sums(mariadb, target) == sums(mariadb, name)
