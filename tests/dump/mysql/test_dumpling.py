"""Command lines as dumpling's documents, tests and users write them, and the files they yield."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner, Result

from storewright.dump.commands.dump import dump_command
from storewright.dump.commands.verify import verify_command
from storewright.testing.servers import MariaDB, SeaweedFS, free_ports

from .support import new_name, run_sql

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import ObjectTypeDef

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
        "CREATE VIEW w AS SELECT id FROM t; CREATE SEQUENCE s",
    )
    yield name
    run_sql(mariadb, f"DROP DATABASE {name}")


@pytest.fixture
def run(mariadb: MariaDB, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line of dumpling's on the test server, with {db} and {out} filled in."""
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> Result:
        (port,) = free_ports(1)
        for name, value in {"db": shop, "out": tmp_path / "out", "port": port}.items():
            line = line.replace(f"{{{name}}}", str(value))
        words = shlex.split(line)
        assert words[0] == "dumpling"
        given = [*words[1:], "--port", str(mariadb.port), "--password", mariadb.password]
        return CliRunner().invoke(dump_command, given)

    return run


def _files(folder: Path, shop: str) -> set[str]:
    """Names without the database, and numbers of data files as they are."""
    names = {path.name for path in folder.iterdir()}
    return {name.removeprefix(shop).lstrip(".") for name in names}


SCHEMA = {"-schema-create.sql", "t-schema.sql", "other-schema.sql", "s-schema-sequence.sql"}
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
    (
        "dumpling -u root -h 127.0.0.1 -P 3306 -B {db} -o {out} -f {db}.t -L {out}/dumpling.log",
        {"-schema-create.sql", "t-schema.sql", "t.000000000.sql", "dumpling.log"} | ENDS,
    ),
    (
        (
            "dumpling -u root -P 4000 -h 127.0.0.1 -o {out} -r 200000 --filter '{db}.*'"
            " --filter '*.WorkOrder' --no-views --dump-empty-database=false"
        ),
        SCHEMA | ENDS | ROWS,
    ),
    (
        (
            "dumpling -B {db} -o {out} --where 'id <= 105 or id >= 196' -f {db}.t --rows 10"
            " --loglevel debug"
        ),
        {"-schema-create.sql", "t-schema.sql", "t.000000000.sql", "t.000000009.sql"} | ENDS,
    ),
    (
        (
            "dumpling -B {db} -o {out} --no-schemas --tidb-mem-quota-query 8589934592"
            " --consistency flush --params 'tidb_distsql_scan_concurrency=5'"
        ),
        ROWS | ENDS,
    ),
    (
        (
            "dumpling -B {db} -o {out} -m --status-addr '127.0.0.1:{port}' --read-timeout 10m"
            " --transactional-consistency=true --allow-cleartext-passwords --loglevel fatal"
        ),
        ROWS | ENDS,
    ),
    (
        "dumpling -u root -B {db} -o {out} -S 'select nextval(`{db}`.`s`)'",
        {"result.000000000.csv"} | ENDS,
    ),
    (
        (
            "dumpling -B {db} -o {out} -m -W -c no-compression --filetype=csv -F 100KiB"
            " --escape-backslash=false --csv-delimiter=\"'\" --csv-separator='a'"
            " --csv-line-terminator '\\r\\n'"
        ),
        {"t.000000000.csv", "other.000000000.csv"} | ENDS,
    ),
    (
        "dumpling -B {db} -o file://{out} -T {db}.t,{db}.other -m --escape-backslash=false -c gzip",
        {"t.000000000.sql.gz", "other.000000000.sql.gz"} | ENDS,
    ),
    (
        (
            "dumpling -B {db} -o {out} -m -d --output-filename-template"
            " '{{fn .DB}}.{{fn .Table}}.{{.Index}}' -t 16 --rows=0"
        ),
        ENDS,
    ),
    (
        (
            "dumpling -B {db} -o {out} -m --output-filename-template='{{.Table}}-of-{{.DB}}."
            "{{.Index}}' --s3.region us-west-2 --gcs.endpoint http://other --filesize 5GiB"
        ),
        {"t-of-{db}.000000000.sql", "other-of-{db}.000000000.sql"} | ENDS,
    ),
]


@pytest.mark.server
@pytest.mark.parametrize(("line", "files"), LINES)
def test_a_command_line_of_dumplings(
    run: Run, shop: str, tmp_path: Path, line: str, files: set[str]
) -> None:
    done = run(line)
    assert done.exit_code == 0, done.output
    assert _files(tmp_path / "out", shop) == {name.replace("{db}", shop) for name in files}
    verified = CliRunner().invoke(verify_command, [str(tmp_path / "out")])
    assert verified.exit_code == 0, verified.output


FLAGS = """
--host -h --port -P --user -u --password -p --ca --cert --key --allow-cleartext-passwords --params
--read-timeout --database -B --tables-list -T --filter -f --case-sensitive --where --sql -S
--no-views -W --no-schemas -m --no-data -d --dump-empty-database --output -o --filetype --filesize
-F --output-filename-template --statement-size -s --rows -r --threads -t --compress -c
--complete-insert --escape-backslash --csv-separator --csv-delimiter --csv-null-value --no-header
--csv-line-terminator --consistency --snapshot --tidb-mem-quota-query --transactional-consistency
--loglevel --logfile -L --logfmt --status-addr --version -V --s3.endpoint --s3.region
--s3.storage-class --s3.sse --s3.sse-kms-key-id --s3.acl --s3.provider --s3.role-arn
--s3.external-id --gcs.endpoint --gcs.storage-class --gcs.predefined-acl --gcs.credentials-file
--azblob.endpoint --azblob.access-tier --azblob.account-name --azblob.account-key
"""


def test_every_flag_of_dumplings_is_known() -> None:
    options = [param for param in dump_command.params if isinstance(param, click.Option)]
    assert set(FLAGS.split()) <= {name for option in options for name in option.opts}


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


SIZES = [
    ("t", "-F 311B", 10, 100),
    ("t", "-F 233B --filetype csv --sql 'select * from {db}.t'", 10, 110),
    ("n", "-r 1", 1, 2),
]


@pytest.mark.server
@pytest.mark.parametrize(("table", "options", "count", "lines"), SIZES)
def test_what_dumplings_own_tests_expect(
    mariadb: MariaDB, run: Run, tmp_path: Path, table: str, options: str, count: int, lines: int
) -> None:
    """A hundred rows of twenty bytes, without a key; and a NULL in a key that chunks are cut by."""
    name = new_name()
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name}; CREATE TABLE t (a varchar(255));"
        "INSERT INTO t SELECT '1111_0000_1111_0000_' FROM seq_1_to_100;"
        "CREATE TABLE n (a int UNIQUE KEY, b int); INSERT INTO n VALUES (1, 2), (NULL, 1)",
    )
    chosen = "" if "--sql" in options else f" -T {name}.{table} -m"
    done = run(f"dumpling -B {name} -o {{out}} {options}{chosen}".replace("{db}", name))
    assert done.exit_code == 0, done.output
    files = [path for path in (tmp_path / "out").iterdir() if re.search(r"\.\d{9}\.", path.name)]
    rows = [line for path in files for line in path.read_text().splitlines() if line[:1] in '("1']
    assert (len(files), len(rows)) == (count, lines)
    run_sql(mariadb, f"DROP DATABASE {name}")


def _listed(server: SeaweedFS, bucket: str) -> list["ObjectTypeDef"]:
    return server.client().list_objects_v2(Bucket=bucket).get("Contents", [])


@pytest.mark.server
def test_a_bucket_by_the_environment(
    run: Run,
    seaweedfs: SeaweedFS,
    s3_bucket: str,
    shop: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in dumpling's documents and its test of S3, with a slash at the end of the endpoint."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs.secret_key)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    done = run(
        f"dumpling -u root -B {{db}} -o s3://{s3_bucket}/dump -r 200000 -W"
        f' --s3.endpoint="{seaweedfs.endpoint}/"'
    )
    assert done.exit_code == 0, done.output
    keys = [item.get("Key", "") for item in _listed(seaweedfs, s3_bucket)]
    names = {key.removeprefix(f"dump/{shop}").lstrip(".") for key in keys}
    assert names == SCHEMA | ROWS | {f"dump/{name}" for name in ENDS}


@pytest.mark.server
def test_a_bucket_by_a_url(run: Run, seaweedfs: SeaweedFS, s3_bucket: str) -> None:
    done = run(
        f"dumpling -u root -T {{db}}.t -m -o 's3://{s3_bucket}/a/b?access-key={seaweedfs.access_key}"
        f"&secret-access-key={seaweedfs.secret_key}&endpoint={seaweedfs.endpoint}"
        "&force-path-style=true&region=us-east-1&sse=AES256&storage-class=STANDARD'"
        " --s3.provider ceph"
    )
    assert done.exit_code == 0, done.output
    assert seaweedfs.secret_key not in done.output
    keys = [item.get("Key", "") for item in _listed(seaweedfs, s3_bucket)]
    assert len(keys) == 3
    for key in keys:
        head = seaweedfs.client().head_object(Bucket=s3_bucket, Key=key)
        assert head["ServerSideEncryption"] == "AES256"


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
        ("dumpling -o {out} --logfile /dev/null/x", "--logfile"),
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
