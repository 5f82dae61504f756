"""Command lines as dumpling's documents, tests and users write them, and the files they yield."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storewright.dump.commands import dump_command, verify_command
from storewright.testing.servers import MariaDB, SeaweedFS

from .support import new_name, run_sql

Run = Callable[[str], Result]


@pytest.fixture
def shop(mariadb: MariaDB) -> Iterator[str]:
    """A database with 100 rows of 24 bytes, a view, and a second table."""
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name};"
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(20));"
        "INSERT INTO t SELECT seq, LPAD(seq, 16, 'x') FROM seq_101_to_200;"
        "CREATE TABLE other (a int); INSERT INTO other VALUES (1);"
        "CREATE VIEW w AS SELECT id FROM t",
    )
    yield name
    run_sql(mariadb, f"DROP DATABASE {name}")


@pytest.fixture
def run(mariadb: MariaDB, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line of dumpling's on the test server, with {db} and {out} filled in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("storewright.dump.commands.dump.hide_password", str)  # this process goes on

    def run(line: str) -> Result:
        words = shlex.split(line.replace("{db}", shop).replace("{out}", str(tmp_path / "out")))
        assert words[0] == "dumpling"
        given = [*words[1:], "--port", str(mariadb.port), "--password", mariadb.password]
        return CliRunner().invoke(dump_command, given)

    return run


def _files(folder: Path, shop: str) -> set[str]:
    """Names without the database, and numbers of data files as they are."""
    names = {path.name for path in folder.iterdir()}
    return {name.removeprefix(shop).lstrip(".") for name in names}


SCHEMA = {"-schema-create.sql", "t-schema.sql", "other-schema.sql"}
VIEW = {"w-schema.sql", "w-schema-view.sql"}
ENDS = {"metadata", "manifest.json"}
ROWS = {"t.000000000.sql", "other.000000000.sql"}
LINES = [
    (
        "dumpling -u root -h 127.0.0.1 --filetype sql -t 8 -o {out} -r 200000 -F256MiB -B {db}",
        SCHEMA | VIEW | ENDS | {"t.0000000000000.sql", "other.0000000000000.sql"},
    ),
    (
        "dumpling -u root -h 127.0.0.1 --filetype sql --threads 4 -o {out} -F 256MiB -f '{db}.*'",
        SCHEMA | VIEW | ENDS | ROWS,
    ),
    ("dumpling -u root -h 127.0.0.1 -o {out} -B {db} -W", SCHEMA | ENDS | ROWS),
    ("dumpling -u root -o {out} -B {db} --no-views=true", SCHEMA | ENDS | ROWS),
    ("dumpling -u root -o {out} -B {db} --no-views=false", SCHEMA | VIEW | ENDS | ROWS),
    ("dumpling -u root -o {out} -B {db} -W=false", SCHEMA | VIEW | ENDS | ROWS),
    ("dumpling -u root -o {out} -B {db} -d", SCHEMA | VIEW | ENDS),
    ("dumpling -u root -o {out} -B {db} --no-schemas", ROWS | ENDS),
    ("dumpling -u root -o {out} -T {db}.t -m", {"t.000000000.sql"} | ENDS),
    (
        "dumpling -u root -h 127.0.0.1 -o {out} --filter '{db}.*' --filter '!{db}.other' -W",
        (SCHEMA - {"other-schema.sql"}) | ENDS | {"t.000000000.sql"},
    ),
    (
        "dumpling -u root -o {out} --where 'a < 100' --tables-list {db}.other --consistency none",
        {"-schema-create.sql", "other-schema.sql", "other.000000000.sql"} | ENDS,
    ),
    (
        (
            "dumpling -u root -o {out} --filetype csv --sql 'select * from `{db}`.`t`"
            " where id < 200' -F 100MiB --output-filename-template '{db}.t.{{.Index}}'"
        ),
        {"t.000000000.csv"} | ENDS,
    ),
    (
        (
            "dumpling -u root -o {out} -B {db} -m -W --filetype csv --csv-separator '|+|'"
            " --csv-delimiter '' --no-header --csv-null-value NULL --escape-backslash=true"
        ),
        {"t.000000000.csv", "other.000000000.csv"} | ENDS,
    ),
    (
        (
            "dumpling -u root -o {out} -T {db}.t -m --compress gzip --complete-insert --loglevel"
            " debug --params tidb_distsql_scan_concurrency=5,tidb_mem_quota_query=8589934592"
        ),
        {"t.000000000.sql.gz"} | ENDS,
    ),
    (
        (
            "dumpling -uroot -o local://{out} -T {db}.t -m --consistency=lock -s 1000000 --logfmt"
            " json --case-sensitive=false --dump-empty-database=true --logfile={out}.log"
        ),
        {"t.000000000.sql"} | ENDS,
    ),
]


@pytest.mark.server
@pytest.mark.parametrize(("line", "files"), LINES)
def test_a_command_line_of_dumplings(
    run: Run, shop: str, tmp_path: Path, line: str, files: set[str]
) -> None:
    done = run(line)
    assert done.exit_code == 0, done.output
    assert _files(tmp_path / "out", shop) == files
    verified = CliRunner().invoke(verify_command, [str(tmp_path / "out")])
    assert verified.exit_code == 0, verified.output


@pytest.mark.server
@pytest.mark.parametrize(
    ("line", "pattern", "count"),
    [
        ("dumpling -o {out} -T {db}.t -m -F 311B", r"t\.0{7}\d\d\.sql", 10),
        ("dumpling -o {out} -T {db}.t -m --rows 10", r"t\.0{7}\d\d\.sql", 10),
        ("dumpling -o {out} -T {db}.t -m -r 10 -F 100B", r"t\.0{7}0\d000\d\.sql", 50),
    ],
)
def test_files_are_cut_as_by_dumpling(
    run: Run, shop: str, tmp_path: Path, line: str, pattern: str, count: int
) -> None:
    done = run(line + " -u root")
    assert done.exit_code == 0, done.output
    names = _files(tmp_path / "out", shop) - ENDS
    assert all(re.fullmatch(pattern, name) for name in names), sorted(names)
    assert len(names) == count


@pytest.mark.server
def test_a_bucket_by_dumplings_options(
    run: Run, seaweedfs: SeaweedFS, s3_bucket: str, shop: str
) -> None:
    done = run(
        f"dumpling -u root -T {{db}}.t -o 's3://{s3_bucket}/pre?access-key={seaweedfs.access_key}"
        f"&secret-access-key={seaweedfs.secret_key}' --s3.endpoint {seaweedfs.endpoint}"
        " --s3.region us-east-1 --s3.sse AES256"
    )
    assert done.exit_code == 0, done.output
    assert seaweedfs.secret_key not in done.output
    head = seaweedfs.client().head_object(Bucket=s3_bucket, Key=f"pre/{shop}.t.000000000.sql")
    assert head["ServerSideEncryption"] == "AES256"


@pytest.mark.server
def test_without_an_output_the_folder_is_named_by_the_time(run: Run, tmp_path: Path) -> None:
    done = run("dumpling -u root -B {db} -d")
    assert done.exit_code == 0, done.output
    (folder,) = tmp_path.iterdir()
    assert re.fullmatch(r"export-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", folder.name)


@pytest.mark.server
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dumpling -o {out} --tables-list t", "database.table"),
        ("dumpling -o {out} -T a.b -f '*.*'", "--tables-list and --filter"),
        ("dumpling -o {out} --consistency snapshot", "only TiDB"),
        ("dumpling -o {out} -B nowhere", "no database nowhere"),
        ("dumpling -o {out} -f 'a'", "filter 'a'"),
        ("dumpling -o {out} --sql 'select 1' --filetype sql", "--filetype csv"),
        ("dumpling -o {out} --sql 'select nonsense from'", "cannot read"),
        ("dumpling -o {out} --params x", "NAME=VALUE"),
        ("dumpling -o {out} --logfile /nowhere/x", "--logfile"),
        ("dumpling -o {out} -B {db} --status-addr nowhere", "--status-addr"),
        ("dumpling -o {out} sqlite:///x", "both name a database"),
        ("dumpling -o s3://b?access-key=x", "go together"),
    ],
)
def test_a_mistake_is_one_line(run: Run, tmp_path: Path, line: str, message: str) -> None:
    done = run(line)
    assert done.exit_code == 1
    (said,) = [text for text in done.output.splitlines() if text.startswith("dump failed: ")]
    assert message in said
    assert "Traceback" not in done.output
    assert not (tmp_path / "out" / "manifest.json").exists()
