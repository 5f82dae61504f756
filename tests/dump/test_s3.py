"""Dump and restore on a real S3 server, encrypted with a key that the server does not keep."""

import signal
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from storewright import storage
from storewright.dump import DumpOptions, Layout, dump, restore, verify
from storewright.testing.servers import SeaweedFS
from tests.dump.conftest import Build
from tests.dump.support import address, content, environment
from tests.holding import holding
from tests.processes import PATIENCE

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = pytest.mark.server
KEY = bytes(range(32))
MIB = 1024 * 1024
SCRIPT = """
CREATE TABLE large(a INTEGER PRIMARY KEY, b BLOB);
CREATE TABLE small(a TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 600)
  INSERT INTO large SELECT i, randomblob(10000) FROM n;
INSERT INTO small VALUES('é'), (NULL);
"""


@pytest.fixture
def place(seaweedfs: SeaweedFS, s3_bucket: str) -> str:
    """A connection string with SSE-C for everything that is written and read."""
    key = quote(b64encode(KEY).decode(), safe="")
    return (
        f"{seaweedfs.connection(s3_bucket, 'backups/monday')}"
        "&default_server_side_encryption_customer_algorithm=AES256"
        f"&default_server_side_encryption_customer_key={key}"
    )


@pytest.mark.parametrize(
    "layout",
    [Layout("sql"), Layout("csv", "gzip"), Layout("sql", "zstd")],
    ids=("sql", "csv.gz", "sql.zst"),
)
def test_a_database_comes_back_from_s3(
    build: Build, place: str, tmp_path: Path, s3_client: "S3Client", s3_bucket: str, layout: Layout
) -> None:
    source = build(SCRIPT)
    manifest = dump(address(source), place, DumpOptions(layout=layout, part_size=5 * MIB))
    assert verify(place).good
    restore(place, address(tmp_path / "new.db"))
    assert content(tmp_path / "new.db") == content(source)
    listed = s3_client.list_objects_v2(Bucket=s3_bucket, Prefix="backups/monday/")
    stored = {item.get("Key"): item.get("Size") for item in listed.get("Contents", [])}
    written = {f"backups/monday/{record.path}": record.size for record in manifest.files}
    stored.pop("backups/monday/manifest.json")
    assert stored == written


def test_every_file_is_encrypted_and_the_large_one_is_in_parts(
    build: Build, place: str, s3_client: "S3Client", s3_bucket: str
) -> None:
    manifest = dump(address(build(SCRIPT)), place, DumpOptions(part_size=5 * MIB))
    for name in ("manifest.json", *(record.path for record in manifest.files)):
        found = s3_client.head_object(
            Bucket=s3_bucket,
            Key=f"backups/monday/{name}",
            SSECustomerAlgorithm="AES256",
            SSECustomerKey=KEY,
        )
        assert found.get("SSECustomerAlgorithm") == "AES256"
        in_parts = "-" in found["ETag"]
        assert in_parts == (name == "app.large.000000000.sql")
    with pytest.raises(s3_client.exceptions.ClientError):
        s3_client.head_object(Bucket=s3_bucket, Key="backups/monday/manifest.json")


def test_another_key_is_one_clear_error(build: Build, place: str, tmp_path: Path) -> None:
    dump(address(build(SCRIPT)), place)
    other = place.replace(quote(b64encode(KEY).decode(), safe=""), quote("A" * 43 + "=", safe=""))
    with pytest.raises(storage.StorageError):
        restore(other, address(tmp_path / "new.db"))
    assert not (tmp_path / "new.db").exists()


def test_an_interrupted_dump_leaves_no_upload(
    build: Build, place: str, s3_client: "S3Client", s3_bucket: str, tmp_path: Path
) -> None:
    command = ["dump", address(build(SCRIPT)), place, "--part-size", "5MiB"]
    with (
        holding(tmp_path, "http.client.send", "partNumber=2") as hold,
        subprocess.Popen(
            [sys.executable, *hold.program("storewright.dump"), *command],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        hold.await_arrival(process)
        assert s3_client.list_multipart_uploads(Bucket=s3_bucket).get("Uploads")
        process.send_signal(signal.SIGTERM)
        hold.open()
        errors = process.communicate(timeout=PATIENCE)[1]
    assert (process.returncode, errors.splitlines()[-1]) == (
        143,
        "dump failed: interrupted by SIGTERM",
    )
    assert not s3_client.list_multipart_uploads(Bucket=s3_bucket).get("Uploads")
    assert not s3_client.list_objects_v2(Bucket=s3_bucket).get("Contents")
