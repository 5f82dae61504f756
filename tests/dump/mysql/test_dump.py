"""What is dumped from a real server, loaded by the server's own client."""

import re
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.dump import (
    CsvOptions,
    DumpOptions,
    Layout,
    OptionInvalid,
    SourceFailed,
    dump,
)
from storewright.dump.selection import Selection
from storewright.dump.templates import FileNames
from storewright.testing.servers import MariaDB

from .support import new_name, quoted, run_sql, url_of

TABLES = ('od`d "t', "all_generated", "empty", "no_key", "old_engine", "parted")
MADE = (
    *("VIEW a_view", "VIEW z_view", "PROCEDURE pr", "FUNCTION fu", "EVENT ev", "TRIGGER tr"),
    *(f"TABLE {table}" for table in TABLES),
)


def definitions(server: MariaDB, database: str) -> dict[str, str]:
    """How the server would make each thing again, without the name of the database."""
    made: dict[str, str] = {}
    for thing in MADE:
        kind, _, name = thing.partition(" ")
        found = run_sql(server, f"SHOW CREATE {kind} {quoted(database)}.{quoted(name)}").decode()
        made[thing] = re.sub(r"\t\d{4}-\d\d-\d\d [\d:.]+", "", found).replace(
            f"{quoted(database)}.", ""
        )
    return made


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
    address = mariadb.address(url_of(awkward))
    manifest = dump(address, store, DumpOptions())
    assert manifest.databases[awkward]["no_key"] == 1000
    _load(mariadb, store, awkward, target)
    for name in TABLES:
        there, here = (
            run_sql(mariadb, f"SELECT * FROM {quoted(place)}.{quoted(name)}", "--binary-as-hex")
            for place in (awkward, target)
        )
        assert there == here
    assert definitions(mariadb, target) == definitions(mariadb, awkward)
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
    databases = ",".join(url_of(name) for name in (awkward, other))
    manifest = dump(mariadb.address(databases), store, options)
    assert manifest.databases[other] == {"a": 3}
    assert manifest.databases[awkward] == {
        "all_generated": 2,
        "no_key": 3,
        "old_engine": 2,
        "parted": 3,
    }
    kinds = {record.kind for record in manifest.files}
    assert "schema-view" not in kinds
    assert {"schema-triggers", "schema-post", "schema-sequence"} < kinds


@pytest.mark.server
def test_only_rows_or_only_definitions(mariadb: MariaDB, awkward: str) -> None:
    address = mariadb.address(url_of(awkward))
    rows = dump(address, storage.open("memory://"), DumpOptions(schemas=False))
    assert {record.kind for record in rows.files} == {"data", "metadata"}
    schema = dump(address, storage.open("memory://"), DumpOptions(data=False))
    assert "data" not in {record.kind for record in schema.files}


@pytest.mark.server
def test_a_database_that_is_not_there(mariadb: MariaDB) -> None:
    with pytest.raises(SourceFailed, match="no database nowhere at 127"):
        dump(mariadb.address("nowhere"), storage.open("memory://"))


@pytest.mark.server
def test_the_answer_of_a_query(mariadb: MariaDB) -> None:
    name, store = new_name(), storage.open("memory://")
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name};"
        "CREATE TABLE t (a int, f float, b varchar(9), c blob);"
        "INSERT INTO t VALUES (1, 0.1, 'a,\"b\"', x'000a'), (2, NULL, NULL, NULL)",
    )
    options = DumpOptions(sql="SELECT a, f, b, c FROM t ORDER BY a DESC;", layout=Layout("csv"))
    manifest = dump(mariadb.address(name), store, options)
    assert [(record.path, record.rows) for record in manifest.files] == [
        ("result.000000000.csv", 2),
        ("metadata", 0),
    ]
    lines = store.read_bytes("result.000000000.csv").decode().splitlines()
    assert lines == [
        '"a","f","b","c"',
        r"2,\N,\N,\N",
        r'1,0.1,"a,\"b\"","\0\n"',
    ]


@pytest.mark.server
@pytest.mark.parametrize(
    "options",
    [
        DumpOptions(sql="SELECT 1"),
        DumpOptions(sql="SELECT 1", layout=Layout("csv"), where="1"),
        DumpOptions(sql="SELECT 1", layout=Layout("csv"), consistency="lock"),
    ],
)
def test_a_query_and_what_does_not_go_with_it(mariadb: MariaDB, options: DumpOptions) -> None:
    with pytest.raises(OptionInvalid, match="sql"):
        dump(mariadb.address(), storage.open("memory://"), options)


@pytest.mark.server
@pytest.mark.parametrize("escape", [True, False])
@pytest.mark.parametrize(
    ("separator", "delimiter", "end"),
    [
        (",", '"', "\r\n"),
        ("|+|", "", "\n"),
        ("a", "'", "\n"),
        ("aa", "", "\n"),
        (",", "", "+"),
        ("\t", '"', "\r\n"),
    ],
)
def test_load_data_reads_csv(
    mariadb: MariaDB, tmp_path: Path, separator: str, delimiter: str, end: str, escape: bool
) -> None:
    if not escape and not delimiter:
        return  # then nothing shows where a value ends, which is what the user asked for
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t (a int, f float, u uuid, i inet6,"
        " b bit(9), t text, v varchar(99), bl blob, d datetime, e enum('x\"','y'));"
        "CREATE TABLE r LIKE t; INSERT INTO t VALUES"
        " (1, 0.142857, uuid(), '::1', b'101', 'a\"b|+|\\\\,\\n\\r\\n\\0', ' ☃', x'00ff5c22',"
        " now(), 'x\"'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (2, 1, NULL, '::', b'0', '', 'NULL', '', now(), 'y')",
    )
    layout = Layout(
        "csv",
        csv=CsvOptions(separator, delimiter, terminator=end, null="\\N" if escape else "NULL"),
        escape_backslash=escape,
    )
    store = storage.open(f"fs://{tmp_path}")
    dump(mariadb.address(name), store, DumpOptions(layout=layout))
    escaped = r"'\\'" if escape else "''"
    quote = "\\'" if delimiter == "'" else delimiter
    run_sql(
        mariadb,
        f"LOAD DATA LOCAL INFILE '{tmp_path}/{name}.t.000000000.csv' INTO TABLE r"
        f" CHARACTER SET binary FIELDS TERMINATED BY '{separator}' OPTIONALLY ENCLOSED BY"
        f" '{quote}' ESCAPED BY {escaped} LINES TERMINATED BY {end!r} IGNORE 1 LINES",
        name,
        "--local-infile",
    )
    there, here = (
        run_sql(mariadb, f"SELECT *, b+0, f+0e0 FROM {name}.{table} ORDER BY a", "--binary-as-hex")
        for table in ("t", "r")
    )
    assert here == there


@pytest.mark.parametrize(
    "wrong",
    [{"separator": "."}, {"delimiter": "1"}, {"terminator": "-"}, {"null": "0"}, {"null": "-1e20"}],
    ids=repr,
)
def test_csv_whose_numbers_could_not_be_told_apart(wrong: dict[str, Any]) -> None:
    options = DumpOptions(layout=Layout("csv", csv=CsvOptions(**wrong)))
    with pytest.raises(OptionInvalid, match="number"):
        dump("mysql://127.0.0.1:9/x", "memory://", options)


@pytest.mark.server
def test_names_and_metadata(mariadb: MariaDB) -> None:
    name, store = new_name(), storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; CREATE TABLE `a/b` SELECT 1 AS x")
    options = DumpOptions(
        file_names=FileNames("{{.Index}}-{{fn .DB}}-{{fn .Table}}"), metadata_format="ini"
    )
    dump(mariadb.address(name), store, options)
    assert store.read_bytes(f"000000000-{name}-a%2Fb.sql").endswith(b"\n(1);\n")
    lines = store.read_bytes("metadata").decode().splitlines()
    assert lines[0].startswith("# Started dump at: ")
    assert lines[1:3] == ["[config]", "quote-character=BACKTICK"]
    assert lines[4] == "[source]"
    assert lines[5].startswith('# File = "binlog.')
    assert f"[`{name}`.`a/b`]" in lines
    assert "rows=1" in lines
    assert lines[-1].startswith("# Finished dump at: ")


@pytest.mark.server
def test_metadata_says_where_the_binary_log_was(mariadb: MariaDB) -> None:
    """In dumpling's words, what the server says when nobody writes."""
    name, store = new_name(), storage.open("memory://")
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t SELECT 1 AS x")
    dump(mariadb.address(name), store, DumpOptions())
    file, offset = run_sql(mariadb, "SHOW MASTER STATUS").decode().split()[:2]
    gtid = run_sql(mariadb, "SELECT @@GLOBAL.gtid_binlog_pos").decode().strip()
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    text = store.read_bytes("metadata").decode()
    status = re.escape(f"\n\tLog: {file}\n\tPos: {offset}\n\tGTID:{gtid}\n\n")
    pattern = rf"Started dump at: {moment}\nSHOW MASTER STATUS:{status}Finished dump at: {moment}\n"
    assert re.fullmatch(pattern, text), text


@pytest.mark.parametrize("wrong", ["", "x", "{{.Table}}", "{{.Index}}", "{{.Other}}{{.Index}}"])
def test_a_template_that_cannot_be_meant(wrong: str) -> None:
    with pytest.raises(OptionInvalid, match="output-filename-template"):
        FileNames(wrong)


@pytest.mark.server
@pytest.mark.parametrize("rows", [None, 3])
def test_tables_without_transactions_are_locked_until_they_are_read(
    mariadb: MariaDB, rows: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    name, store = new_name(), storage.open("memory://")
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name};"
        "CREATE TABLE a (id int PRIMARY KEY) ENGINE=MyISAM;"
        "INSERT INTO a SELECT seq FROM seq_1_to_9;"
        "CREATE TABLE b (id int PRIMARY KEY) ENGINE=MyISAM; INSERT INTO b VALUES (1);"
        "CREATE TABLE c (id int PRIMARY KEY); INSERT INTO c SELECT seq FROM seq_1_to_9",
    )
    with caplog.at_level("INFO"):
        dump(mariadb.address(name), store, DumpOptions(rows=rows, threads=2))
    messages = [record.getMessage() for record in caplog.records]
    assert any("are locked until they are read" in message for message in messages)
    assert sum("the lock was" in message for message in messages) == 1
    run_sql(mariadb, f"INSERT INTO {name}.a VALUES (100)")
