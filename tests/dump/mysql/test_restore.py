"""A dump restored by our own restore, and what comes of a restore that fails."""

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import (
    DumpDamaged,
    DumpOptions,
    DumpRefused,
    Layout,
    TargetFailed,
    dump,
    restore,
)
from storewright.dump.dialect import Definition
from storewright.dump.mysql.address import Address
from storewright.dump.mysql.driver import connect
from storewright.dump.mysql.sums import content_sum, table_names
from storewright.dump.mysql.target import MysqlTarget
from storewright.dump.options import Compression
from storewright.testing.servers import MariaDB

from .support import myloader, new_name, run_sql, url_of
from .test_dump import definitions


def sums(server: MariaDB, database: str) -> dict[str, str]:
    with closing(connect(Address.parse(server.address()))) as connection:
        names = table_names(connection, database)
        return {name: content_sum(connection, database, name) for name in names}


def exists(server: MariaDB, database: str) -> bool:
    found = run_sql(server, f"SHOW DATABASES LIKE '{database}'")
    return bool(found)


@pytest.mark.server
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("compress", ["none", "zstd"])
def test_everything_comes_back(
    mariadb: MariaDB, awkward: str, drivers: str, threads: int, compress: str
) -> None:
    store, target = storage.open("memory://"), new_name()
    layout = Layout(compress="zstd" if compress == "zstd" else "none")
    options = DumpOptions(layout=layout, threads=threads, rows=300, filesize=4000)
    dump(mariadb.address(url_of(awkward)), store, options)
    restore(store, mariadb.address(target), threads=threads)
    there = sums(mariadb, awkward)
    assert len(there) == 6
    assert sums(mariadb, target) == there
    assert run_sql(mariadb, f"SELECT NEXTVAL({target}.numbers)") == b"15\n"
    assert definitions(mariadb, target) == definitions(mariadb, awkward)


@pytest.mark.server
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET a=NULL WHERE id=1",
        "UPDATE t SET a=a+0.0000001 WHERE id=2",
        "UPDATE t SET b=CONCAT(b,' ') WHERE id=1",
        "UPDATE t SET a=(SELECT 2), b='1' WHERE id=1",
        "DELETE FROM t WHERE id=2",
        "INSERT INTO t VALUES (3, 1, '1')",
    ],
)
def test_a_content_sum_sees_every_change(mariadb: MariaDB, change: str) -> None:
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name};"
        "CREATE TABLE t (id int PRIMARY KEY, a float, b varchar(9));"
        "INSERT INTO t VALUES (1, 1, '2'), (2, 0.1, '1')",
    )
    before = sums(mariadb, name)
    assert sums(mariadb, name) == before
    run_sql(mariadb, change, name)
    assert sums(mariadb, name) != before


@pytest.mark.server
def test_a_database_with_tables_is_not_touched(mariadb: MariaDB) -> None:
    name, store = new_name(), storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t SELECT 1 AS a")
    dump(mariadb.address(name), store)
    run_sql(mariadb, f"INSERT INTO {name}.t VALUES (2)")
    with pytest.raises(DumpRefused, match="has tables"):
        restore(store, mariadb.address(name))
    assert run_sql(mariadb, f"SELECT COUNT(*) FROM {name}.t") == b"2\n"
    restore(store, mariadb.address(name), overwrite=True)
    assert run_sql(mariadb, f"SELECT COUNT(*) FROM {name}.t") == b"1\n"


@pytest.mark.server
@pytest.mark.parametrize("threads", [1, 3])
def test_a_restore_that_fails_leaves_no_database(mariadb: MariaDB, threads: int) -> None:
    name, target, store = new_name(), new_name(), storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t SELECT 1 AS a")
    manifest = dump(mariadb.address(name), store)
    path = next(record.path for record in manifest.files if record.kind == "data")
    whole = store.read_bytes(path)
    store.write(path, whole.replace(b"(1)", b"(7)"))
    with pytest.raises(DumpDamaged, match="checksum"):
        restore(store, mariadb.address(target), threads=threads)
    assert not exists(mariadb, target)
    store.write(path, whole)
    restore(store, mariadb.address(target), threads=threads)
    assert exists(mariadb, target)


@pytest.mark.server
def test_a_wrong_password_is_one_line_without_it(mariadb: MariaDB) -> None:
    address = mariadb.address().replace(mariadb.password, "not-this-one")
    store = storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {(name := new_name())}")
    dump(mariadb.address(name), store)
    with pytest.raises(TargetFailed, match="Access denied") as caught:
        restore(store, address)
    assert "not-this-one" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


@pytest.mark.server
@pytest.mark.parametrize("compress", ["none", "gzip"])
def test_myloader_loads_a_dump(
    mariadb: MariaDB, awkward: str, tmp_path: Path, compress: Compression
) -> None:
    target = f"we.ird-schema /db's {new_name()}"  # in ASCII: it does not read the locale
    options = DumpOptions(layout=Layout(compress=compress), metadata_format="ini", rows=300)
    dump(mariadb.address(url_of(awkward)), f"fs://{tmp_path}", options)
    myloader(mariadb, tmp_path, target)
    assert sums(mariadb, target) == sums(mariadb, awkward)


@pytest.fixture
def victims(mariadb: MariaDB) -> Iterator[str]:
    """A database whose procedure `chosen(n)` ends as a deadlock does, n times in a session."""
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name};\nDELIMITER ;;\n"
        "CREATE PROCEDURE chosen(n int) IF COALESCE(@times, 0) < n THEN"
        " SET @times = COALESCE(@times, 0) + 1;"
        " SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found';"
        " END IF;;\n",
    )
    yield name
    run_sql(mariadb, f"DROP DATABASE {name}")


def _load_victim(server: MariaDB, victims: str, times: int) -> str:
    """Load two rows into a table whose first statement is so often the victim; its database."""
    name, table = new_name(), "CREATE TABLE t (id int PRIMARY KEY)"
    trigger = f"CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW CALL {victims}.chosen({times})"
    made = Definition("schema-create", name, "", f"CREATE DATABASE `{name}`;\n")
    tables = Definition("schema", name, "t", f"{table};\n{trigger};\n")
    with MysqlTarget(server.address(), layout=Layout(), overwrite=False, threads=1) as target:
        target.prepare([made, tables])
        (load,) = target.parse(name, "t", BytesIO(b"INSERT INTO `t` VALUES\n(1),\n(2);\n"))
        assert load() == 2
    return name


@pytest.mark.server
def test_a_victim_of_a_deadlock_is_loaded_again(
    mariadb: MariaDB, drivers: str, victims: str
) -> None:
    name = _load_victim(mariadb, victims, times=3)
    assert run_sql(mariadb, f"SELECT id FROM {name}.t") == b"1\n2\n"
    run_sql(mariadb, f"DROP DATABASE {name}")


@pytest.mark.server
def test_the_victim_of_every_deadlock_is_an_error(mariadb: MariaDB, victims: str) -> None:
    with pytest.raises(TargetFailed, match=r"cannot write t at .*Deadlock found"):
        _load_victim(mariadb, victims, times=10**6)
