"""Definitions with text in other character sets, and as clients with other ones made them."""

import pytest

from storewright import storage
from storewright.dump import DumpOptions, dump, restore
from storewright.testing.servers import MariaDB

from .support import new_name, run_sql
from .test_restore import sums

pytestmark = pytest.mark.server
COLUMNS = {
    "latin1": "varchar(5) CHARACTER SET latin1 DEFAULT 'é'",
    "ucs2": "varchar(5) CHARACTER SET ucs2 DEFAULT 'é'",
    "sjis": "char(5) CHARACTER SET sjis DEFAULT '表'",
    "enum": r"enum('☃', 'it''s\\', 'a;\n') CHARACTER SET utf16 DEFAULT 'it''s\\'",
    "set": "set('a', 'é') CHARACTER SET ucs2 DEFAULT 'a,é'",
    "bytes": r"varbinary(9) DEFAULT x'ff00275c0a0d1a22'",
    "uuid": "uuid DEFAULT '00112233-4455-6677-8899-aabbccddeeff'",
    "inet6": "inet6 DEFAULT '::1'",
}
CLIENTS = {
    "latin1": (b"SET NAMES latin1", b"\xe9"),
    "cp1251": (b"SET NAMES cp1251", b"\xe6"),
    "sjis": (b"SET NAMES sjis", b"\x95\x5c"),
    "gbk": (b"SET NAMES gbk", b"\x95\x5c"),
    "utf8mb4 by way of latin1": (b"SET collation_connection=latin1_swedish_ci", "☃".encode()),
    "no escapes": (b"SET sql_mode='NO_BACKSLASH_ESCAPES'", b"it''s \\\n"),
}
"""What a client sets, and the bytes of a text that it sends."""
TRIGGERS = "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=DATABASE()"


def _copied(mariadb: MariaDB, script: bytes) -> tuple[str, str]:
    name, target, store = new_name(), new_name(), storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name};\n".encode() + script)
    dump(mariadb.address(name), store, DumpOptions(threads=1))
    restore(store, mariadb.address(target), threads=1)
    return name, target


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_default_is_the_same(mariadb: MariaDB, column: str) -> None:
    script = f"CREATE TABLE t (id int, v {column}); INSERT INTO t (id) VALUES (1)"
    name, target = _copied(mariadb, script.encode())
    show = "SHOW CREATE TABLE t"
    assert run_sql(mariadb, show, target) == run_sql(mariadb, show, name)
    run_sql(
        mariadb, f"INSERT INTO {name}.t (id) VALUES (2); INSERT INTO {target}.t (id) VALUES (2)"
    )
    assert sums(mariadb, target) == sums(mariadb, name)


@pytest.mark.parametrize(("setting", "text"), CLIENTS.values(), ids=CLIENTS)
def test_a_definition_is_as_its_client_made_it(
    mariadb: MariaDB, setting: bytes, text: bytes
) -> None:
    made = [
        b"CREATE PROCEDURE p() SELECT HEX('%s')" % text,
        b"CREATE VIEW v AS SELECT HEX('%s') AS a" % text,
        b"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a='%s'" % text,
        b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT '%s'" % text,
    ]
    script = b"CREATE TABLE t (a text); %s;\nDELIMITER //\n" % setting
    if setting.startswith(b"SET NAMES"):
        script = b"\\C %s\n%s" % (setting.split()[-1], script)  # for the client itself
    name, target = _copied(mariadb, script + b"".join(b"%s //\n" % one for one in made))
    for query in (
        "CALL p(); SELECT * FROM v; INSERT INTO t VALUES (1); SELECT HEX(a) FROM t",
        "SHOW CREATE PROCEDURE p; SHOW CREATE VIEW v; SHOW CREATE EVENT e",
        f"SELECT ACTION_STATEMENT, SQL_MODE, CHARACTER_SET_CLIENT FROM {TRIGGERS}",
    ):
        assert run_sql(mariadb, query, target) == run_sql(mariadb, query, name)
