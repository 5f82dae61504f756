"""Whatever the storage does not do, there is a whole dump or none."""

import gzip
import time
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from storewright import storage
from storewright.dump import DumpOptions, dump
from storewright.testing.servers import MariaDB, SeaweedFS
from tests.guarantees.support import S3Place
from tests.processes import PATIENCE
from tests.services.s3.cutter import Cutter
from tests.services.s3.gateway import Gateway
from tests.services.s3.stub import Answer

from .faults import (
    MIB,
    PART,
    Running,
    check_failed,
    check_nothing_is_left,
    check_whole,
    make_shop,
    start_dump,
    through,
)
from .support import new_name, run_sql

pytestmark = pytest.mark.server

_ERROR: Final = b"<Error><Code>InternalError</Code><Message>so it is</Message></Error>"
INTERNAL: Final = Answer(_ERROR, 500)
IN_200: Final = Answer(_ERROR, 200)


@pytest.mark.parametrize("retries", [0, pytest.param(None, marks=pytest.mark.slow)])
def test_an_outage_of_eight_seconds_is_survived(
    seaweedfs: SeaweedFS,
    relay: Cutter,
    place: S3Place,
    mariadb: MariaDB,
    retries: int | None,
) -> None:
    """What is read again comes from the same snapshot, whatever was written since."""
    shop = make_shop(mariadb)
    source = mariadb.address(shop)
    undisturbed = storage.open("memory://")
    dump(source, undisturbed, DumpOptions())
    expected = {item.path: undisturbed.read_bytes(item.path) for item in undisturbed.list()}
    relay.plan_outage(8, after=8 * MIB)
    with start_dump(source, through(place, seaweedfs, relay.endpoint, retries)) as process:
        assert relay.away.wait(PATIENCE)
        run_sql(mariadb, f"UPDATE {shop}.t SET v='changed'; UPDATE {shop}.u SET v='changed'")
        done = process.end()
    check_whole(place, done, expected)
    assert retries is None or "trying again in 1 s" in done.errors


@pytest.mark.slow
def test_an_outage_that_does_not_end_is_a_failure(
    seaweedfs: SeaweedFS, relay: Cutter, place: S3Place, shop: str, undisturbed: dict[str, bytes]
) -> None:
    relay.plan_outage(float("inf"), after=12 * MIB)
    there = through(place, seaweedfs, relay.endpoint)
    with start_dump(shop, there, "--patience=3", "--threads=1") as process:
        assert relay.away.wait(PATIENCE)
        start = time.monotonic()
        done = process.end()
    assert time.monotonic() - start < 3 + 60  # on a machine that has other things to do as well
    check_failed(done, "endpoint")
    assert [line for line in done.lines if "trying again in 2 s" in line]
    assert [line for line in done.lines if "may be left at the destination" in line]
    left = place.objects()
    assert left
    assert "manifest.json" not in left
    assert left.items() <= undisturbed.items()
    relay.end_outage()
    with start_dump(shop, there) as process:
        check_whole(place, process.end(), undisturbed)


FAULTS: Final[dict[str, tuple[str, Answer, dict[str, Any]]]] = {
    "complete": ("CompleteMultipartUpload", INTERNAL, {"key": ".u."}),
    "complete, in a 200": ("CompleteMultipartUpload", IN_200, {"key": ".u."}),
    "part": ("UploadPart", INTERNAL, {"key": ".u.", "part": 2}),
    "last part": ("UploadPart", INTERNAL, {"key": ".u.", "last": True}),
    "beginning": ("CreateMultipartUpload", INTERNAL, {"key": ".u."}),
    "schema": ("PutObject", INTERNAL, {"key": "u-schema.sql"}),
    "metadata": ("PutObject", INTERNAL, {"key": "metadata"}),
    "manifest": ("PutObject", INTERNAL, {"key": "manifest.json"}),
}


QUICK: Final = ("complete, in a 200", "part")
SLOW: Final = [
    pytest.param(fault, marks=pytest.mark.slow) for fault in FAULTS if fault not in QUICK
]


@pytest.mark.parametrize("fault", [*QUICK, *SLOW])
def test_a_request_that_fails_for_ever(
    seaweedfs: SeaweedFS, gate: Gateway, place: S3Place, shop: str, fault: str
) -> None:
    kind, answer, where = FAULTS[fault]
    gate.fail(kind, answer, **where)
    with start_dump(shop, through(place, seaweedfs, gate.endpoint), "--patience=1") as process:
        done = process.end()
    assert gate.struck >= 2  # the second time is that of the dump itself
    check_failed(done, "InternalError: so it is")
    check_nothing_is_left(place)


@pytest.mark.parametrize(
    "fault",
    [
        "complete, in a 200",
        *(pytest.param(f, marks=pytest.mark.slow) for f in ("complete", "part")),
    ],
)
def test_a_request_that_fails_once(
    seaweedfs: SeaweedFS,
    gate: Gateway,
    place: S3Place,
    shop: str,
    undisturbed: dict[str, bytes],
    fault: str,
) -> None:
    kind, answer, where = FAULTS[fault]
    gate.fail(kind, answer, **where, times=1)
    with start_dump(shop, through(place, seaweedfs, gate.endpoint)) as process:
        check_whole(place, process.end(), undisturbed)
    assert gate.struck == 1


@pytest.fixture(scope="module")
def compressible(mariadb: MariaDB) -> str:
    """The address of a database of 60 MB, which are three parts when they are compressed."""
    name = new_name()
    mixed = ",".join(f"MD5(seq*{number})" for number in range(1, 11))
    run_sql(
        mariadb,
        f"CREATE DATABASE {name}; USE {name};"
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(2000) CHARACTER SET latin1);"
        f"INSERT INTO t SELECT seq, CONCAT({mixed},REPEAT('x', 680)) FROM seq_1_to_60000",
    )
    return mariadb.address(name)


@pytest.mark.slow
def test_parts_of_compressed_files_are_large_enough(place: S3Place, compressible: str) -> None:
    _check_that_small_parts_are_refused(place)
    with start_dump(compressible, place.connection, "--compress=gzip") as process:
        done = process.end()
    check_whole(place, done)
    plain = storage.open("memory://")
    dump(compressible, plain, DumpOptions())
    (name,) = (item.path for item in plain.list() if item.path.endswith(".t.000000000.sql"))
    stored = place.objects()[f"{name}.gz"]
    assert 2 * PART < len(stored) < 30 * MIB
    assert gzip.decompress(stored) == plain.read_bytes(name)


def _check_that_small_parts_are_refused(place: S3Place) -> None:
    client, bucket = place.client, place.bucket
    upload = client.create_multipart_upload(Bucket=bucket, Key="small")["UploadId"]
    tags = [
        client.upload_part(
            Bucket=bucket, Key="small", UploadId=upload, PartNumber=number, Body=bytes(MIB)
        )["ETag"]
        for number in (1, 2)
    ]
    with pytest.raises(ClientError, match="EntityTooSmall"):
        client.complete_multipart_upload(
            Bucket=bucket,
            Key="small",
            UploadId=upload,
            MultipartUpload={
                "Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]
            },
        )
    client.abort_multipart_upload(Bucket=bucket, Key="small", UploadId=upload)


@pytest.mark.slow
def test_the_end_of_a_compressed_file_that_fails_for_ever(
    seaweedfs: SeaweedFS, gate: Gateway, place: S3Place, compressible: str
) -> None:
    """It is what the compressor gives up when all has been written: once a file that was lost."""
    gate.fail("UploadPart", INTERNAL, key=".t.", last=True)
    there = through(place, seaweedfs, gate.endpoint)
    with start_dump(compressible, there, "--compress=gzip", "--patience=0") as process:
        check_failed(process.end(), "InternalError: so it is")
    assert gate.struck == 1
    check_nothing_is_left(place)


@pytest.mark.slow
def test_a_flipped_bit_is_found_and_named(place: S3Place, shop: str) -> None:
    with start_dump(shop, place.connection) as process:
        check_whole(place, process.end())
    (name,) = (name for name in place.objects() if ".u.0" in name)
    content = bytearray(place.objects()[name])
    content[len(content) // 2] ^= 1
    place.client.put_object(Bucket=place.bucket, Key=place.prefix + name, Body=bytes(content))
    with Running(["verify", place.connection], {}) as process:
        done = process.end()
    assert done.status == 1
    assert [line for line in done.lines if name in line and "checksum" in line], done.errors
