"""More than 200 MB with every type and awkward name: dumped, and loaded by three programs."""

import subprocess
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from storewright import storage
from storewright.dump import DumpOptions, Manifest, dump, restore, verify
from storewright.testing.databases import shop_sql
from storewright.testing.servers import MariaDB, SeaweedFS, find_program
from tests.dump.mysql.conftest import AWKWARD

from .support import new_name, run_sql
from .test_restore import sums

pytestmark = [pytest.mark.server, pytest.mark.slow]
MIB = 1024 * 1024
KEY = quote(b64encode(bytes(range(32))).decode(), safe="")


@pytest.fixture(scope="module")
def large(mariadb: MariaDB) -> str:
    """The name of the database."""
    name = new_name()
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name};\n{shop_sql()}\n{AWKWARD}")
    return name


@pytest.fixture(scope="module")
def dumped(mariadb: MariaDB, large: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with its dump."""
    folder = tmp_path_factory.mktemp("large")
    options = DumpOptions(metadata_format="ini", filesize=64 * MIB, threads=2)
    manifest = dump(mariadb.address(large), f"fs://{folder}", options)
    _check(manifest)
    return folder


@pytest.fixture
def target(mariadb: MariaDB) -> str:
    return new_name()


def _check(manifest: Manifest) -> None:
    assert manifest.size > 200_000_000
    assert manifest.tables == 10


def _same(mariadb: MariaDB, large: str, target: str) -> None:
    there = sums(mariadb, large)
    assert len(there) == 10
    assert sums(mariadb, target) == there
    run_sql(mariadb, f"DROP DATABASE {target}")


def test_by_our_restore(mariadb: MariaDB, large: str, dumped: Path, target: str) -> None:
    restore(f"fs://{dumped}", mariadb.address(target), threads=2)
    _same(mariadb, large, target)


def test_by_myloader(mariadb: MariaDB, large: str, dumped: Path, target: str) -> None:
    program = find_program("myloader", "apt-get install mydumper")
    server = [f"--host={mariadb.host}", f"--port={mariadb.port}", f"--user={mariadb.user}"]
    command = [program, *server, f"--password={mariadb.password}", f"--directory={dumped}"]
    subprocess.run([*command, f"--database={target}", "--threads=2"], check=True, timeout=300)
    _same(mariadb, large, target)


def test_by_the_client(mariadb: MariaDB, large: str, dumped: Path, target: str) -> None:
    run_sql(mariadb, f"CREATE DATABASE {target}")
    for end in ("-schema.sql", "-schema-sequence.sql", "[0-9].sql", "-schema-view.sql"):
        for path in sorted(dumped.glob(f"*{end}")):
            run_sql(mariadb, path.read_bytes(), target)
    _same(mariadb, large, target)


def test_through_s3_with_a_key_of_our_own(
    mariadb: MariaDB, large: str, seaweedfs: SeaweedFS, s3_bucket: str, target: str
) -> None:
    place = (
        f"{seaweedfs.connection(s3_bucket, 'large')}"
        "&default_server_side_encryption_customer_algorithm=AES256"
        f"&default_server_side_encryption_customer_key={KEY}"
    )
    options = DumpOptions(threads=2, part_size=5 * MIB, content_sums=True)
    manifest = dump(mariadb.address(large), place, options)
    _check(manifest)
    client = seaweedfs.client()
    assert not client.list_multipart_uploads(Bucket=s3_bucket).get("Uploads")
    path = f"large/{large}.documents.000000000.sql"
    with pytest.raises(client.exceptions.ClientError):  # not without the key
        client.head_object(Bucket=s3_bucket, Key=path)
    restore(storage.open(place), mariadb.address(target), threads=2)
    assert verify(storage.open(place), database=mariadb.address(target)).good
    _same(mariadb, large, target)
