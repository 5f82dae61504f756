"""More than 200 MB with every type and awkward name: dumped, and loaded by three programs."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from storewright import storage
from storewright.dump import DumpOptions, Layout, Manifest, dump, restore, verify
from storewright.testing.databases import shop_sql
from storewright.testing.servers import MariaDB, SeaweedFS
from tests.dump.mysql.conftest import AWKWARD

from .support import awkward_name, myloader, new_name, quoted, run_sql, url_of
from .test_restore import sums

pytestmark = [pytest.mark.server, pytest.mark.slow]
MIB = 1024 * 1024
KEY = quote(b64encode(bytes(range(32))).decode(), safe="")


@pytest.fixture(scope="module")
def large(mariadb: MariaDB) -> Iterator[str]:
    """The name of the database, as awkward as those in it."""
    name = awkward_name()
    run_sql(
        mariadb, f"CREATE DATABASE {quoted(name)}; USE {quoted(name)};\n{shop_sql()}\n{AWKWARD}"
    )
    yield name
    run_sql(mariadb, f"DROP DATABASE {quoted(name)}")


@pytest.fixture(scope="module")
def expected(mariadb: MariaDB, large: str) -> dict[str, str]:
    """The content sum of each of its tables."""
    found = sums(mariadb, large)
    assert len(found) == 11
    return found


@pytest.fixture(scope="module")
def dumped(mariadb: MariaDB, large: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with its dump."""
    folder = tmp_path_factory.mktemp("large")
    options = DumpOptions(metadata_format="ini", filesize=64 * MIB, threads=2)
    _check(dump(mariadb.address(url_of(large)), f"fs://{folder}", options))
    return folder


@pytest.fixture
def target(mariadb: MariaDB) -> Iterator[str]:
    """The name of a database that is not there yet, no less awkward."""
    name = awkward_name()
    yield name
    run_sql(mariadb, f"DROP DATABASE {quoted(name)}")


def _check(manifest: Manifest) -> None:
    assert manifest.size > 200_000_000
    assert manifest.tables == 11


def test_by_our_restore(
    mariadb: MariaDB, expected: dict[str, str], dumped: Path, target: str
) -> None:
    restore(f"fs://{dumped}", mariadb.address(url_of(target)), threads=2)
    assert sums(mariadb, target) == expected


def test_by_myloader(mariadb: MariaDB, expected: dict[str, str], dumped: Path) -> None:
    target = f"we.ird-schema /db's {new_name()}"  # in ASCII: it does not read the locale
    myloader(mariadb, dumped, target)
    assert sums(mariadb, target) == expected
    run_sql(mariadb, f"DROP DATABASE {quoted(target)}")


def test_by_the_client(
    mariadb: MariaDB, expected: dict[str, str], dumped: Path, target: str
) -> None:
    run_sql(mariadb, f"CREATE DATABASE {quoted(target)}")
    for end in ("-schema.sql", "-schema-sequence.sql", "[0-9].sql", "-schema-view.sql"):
        for path in sorted(dumped.glob(f"*{end}")):
            run_sql(mariadb, path.read_bytes(), target)
    assert sums(mariadb, target) == expected


def test_by_load_data(
    mariadb: MariaDB, large: str, expected: dict[str, str], target: str, tmp_path: Path
) -> None:
    options = DumpOptions(layout=Layout("csv"), threads=2)
    manifest = dump(mariadb.address(url_of(large)), f"fs://{tmp_path}", options)
    _check(manifest)
    run_sql(mariadb, f"CREATE DATABASE {quoted(target)}")
    for kind in ("schema", "data", "schema-view"):
        for record in (record for record in manifest.files if record.kind == kind):
            path = tmp_path / record.path
            statements = _load_data(path, record.table) if kind == "data" else path.read_bytes()
            run_sql(mariadb, statements, target, "--local-infile")
    assert sums(mariadb, target) == expected


def _load_data(path: Path, table: str) -> str:
    """The statement of the guide, with the columns that the first line names."""
    with path.open(encoding="utf-8", errors="replace") as file:
        names = file.readline().rstrip("\n").strip('"').split('","')
    columns = ",".join(map(quoted, names)) if names != [""] else ""
    literal = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return (
        f"SET sql_mode=''; LOAD DATA LOCAL INFILE '{literal}' INTO TABLE {quoted(table)}"
        " CHARACTER SET binary FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"
        f" ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' IGNORE 1 LINES ({columns})"
    )


def test_through_s3_with_a_key_of_our_own(
    mariadb: MariaDB,
    large: str,
    expected: dict[str, str],
    seaweedfs: SeaweedFS,
    s3_bucket: str,
    target: str,
) -> None:
    place = (
        f"{seaweedfs.connection(s3_bucket, 'large')}"
        "&default_server_side_encryption_customer_algorithm=AES256"
        f"&default_server_side_encryption_customer_key={KEY}"
    )
    options = DumpOptions(threads=2, part_size=5 * MIB, content_sums=True)
    manifest = dump(mariadb.address(url_of(large)), place, options)
    _check(manifest)
    client = seaweedfs.client()
    assert not client.list_multipart_uploads(Bucket=s3_bucket).get("Uploads")
    (path,) = (r.path for r in manifest.files if r.table == "documents" and r.kind == "data")
    with pytest.raises(client.exceptions.ClientError):  # not without the key
        client.head_object(Bucket=s3_bucket, Key=f"large/{path}")
    copy = mariadb.address(url_of(target))
    restore(storage.open(place), copy, threads=2)
    assert verify(storage.open(place), database=copy).good
    assert sums(mariadb, target) == expected
