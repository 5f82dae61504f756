"""What is dumped from a real server, loaded by the server's own client."""

from urllib.parse import quote

import pytest

from storewright import storage
from storewright.dump import DumpOptions, SourceFailed, dump
from storewright.dump.selection import Selection
from storewright.testing.servers import MariaDB

from .support import new_name, run_sql

TABLES = ('od`d "t', "all_generated", "empty", "no_key", "old_engine")
MADE = ("VIEW a_view", "VIEW z_view", "PROCEDURE pr", "FUNCTION fu", "EVENT ev")


def _load(server: MariaDB, store: storage.Storager, source: str, target: str) -> None:
    """Load a dump as a user would with the client: schema first, then rows, then the rest."""
    run_sql(server, f"CREATE DATABASE {target}")
    order = ("-schema.sql", "-schema-sequence.sql", "0.sql", "-schema-view.sql")
    ends = (*order, "-schema-triggers.sql", "-schema-post.sql")
    paths = sorted(item.path for item in store.list())
    for end in ends:
        for path in paths:
            if path.endswith(end):
                run_sql(server, store.read_bytes(path), target)


@pytest.mark.server
def test_the_client_loads_everything(mariadb: MariaDB, awkward: str) -> None:
    store, target = storage.open("memory://"), new_name()
    address = mariadb.address(quote(awkward, safe=""))
    manifest = dump(address, store, DumpOptions())
    assert manifest.databases[awkward]["no_key"] == 1000
    _load(mariadb, store, awkward, target)
    source = awkward.replace("`", "``")
    for name in TABLES:
        quoted = name.replace("`", "``")
        query = "SELECT * FROM `{}`.`{}`"
        there, here = (
            run_sql(mariadb, query.format(place, quoted), "--binary-as-hex")
            for place in (source, target)
        )
        assert there == here
    for thing in MADE:
        kind, _, name = thing.partition(" ")
        made, loaded = (
            run_sql(mariadb, f"SHOW CREATE {kind} `{place}`.`{name}`").decode()
            for place in (source, target)
        )
        assert made.replace(f"`{source}`", "") == loaded.replace(f"`{target}`", "")
    assert run_sql(mariadb, f"SELECT NEXTVAL({target}.numbers)") == b"15\n"


@pytest.mark.server
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id int PRIMARY KEY", "CAST(seq AS int)*3-50"),
        ("id decimal(30,5) PRIMARY KEY", "seq/7"),
        ("id datetime PRIMARY KEY", "FROM_UNIXTIME(seq*1000)"),
        ("id int, n int, PRIMARY KEY (id, n)", "seq DIV 15, seq"),
        ("id varchar(9) PRIMARY KEY", "CONCAT(0, seq)"),
        ("id int", "seq"),
    ],
)
def test_chunks_hold_every_row_once(mariadb: MariaDB, key: str, value: str) -> None:
    name, store = new_name(), storage.open("memory://")
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t ({key});"
        f"INSERT INTO t SELECT {value} FROM seq_1_to_50",
    )
    manifest = dump(mariadb.address(name), store, DumpOptions(rows=10, consistency="none"))
    rows = [record.rows for record in manifest.files if record.kind == "data"]
    assert sum(rows) == 50
    assert rows == {"id varchar(9) PRIMARY KEY": [50], "id int": [50]}.get(key, rows)
    assert len(rows) == 5 or key.endswith("n)") or rows == [50]
    run_sql(mariadb, f"CREATE DATABASE {name}_2")
    for record in manifest.files:
        if record.kind in ("schema", "data"):
            run_sql(mariadb, store.read_bytes(record.path), f"{name}_2")
    query = f"SELECT COUNT(*), COUNT(DISTINCT t.id) FROM {name}.t JOIN {name}_2.t AS o ON t.id=o.id"
    assert (
        run_sql(mariadb, query).split()[1]
        == run_sql(mariadb, f"SELECT COUNT(DISTINCT id) FROM {name}.t").strip()
    )


@pytest.mark.server
def test_what_is_chosen_is_dumped(mariadb: MariaDB, awkward: str) -> None:
    store = storage.open("memory://")
    other = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {other}; USE {other}; CREATE TABLE a SELECT seq a FROM seq_1_to_9",
    )
    selection = Selection(["*.*", f"!{other[:-1]}?.b", '!*."od`d ""t"', "!*.empty"])
    options = DumpOptions(selection=selection, where="a <= 3", views=False)
    databases = ",".join(quote(name, safe="") for name in (awkward, other))
    manifest = dump(mariadb.address(databases), store, options)
    assert manifest.databases[other] == {"a": 3}
    assert manifest.databases[awkward] == {"all_generated": 2, "no_key": 3, "old_engine": 2}
    kinds = {record.kind for record in manifest.files}
    assert "schema-view" not in kinds
    assert {"schema-triggers", "schema-post", "schema-sequence"} < kinds


@pytest.mark.server
def test_only_rows_or_only_definitions(mariadb: MariaDB, awkward: str) -> None:
    address = mariadb.address(quote(awkward, safe=""))
    rows = dump(address, storage.open("memory://"), DumpOptions(schemas=False))
    assert {record.kind for record in rows.files} == {"data", "metadata"}
    schema = dump(address, storage.open("memory://"), DumpOptions(data=False))
    assert "data" not in {record.kind for record in schema.files}


@pytest.mark.server
def test_a_database_that_is_not_there(mariadb: MariaDB) -> None:
    with pytest.raises(SourceFailed, match="no database nowhere at 127"):
        dump(mariadb.address("nowhere"), storage.open("memory://"))
