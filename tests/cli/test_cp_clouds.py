"""`cp` from one cloud to another: what arrives has the checksum of what was sent."""

import base64
import hashlib
import json
import os
import uuid
from typing import Any, Final

import google_crc32c
import pytest

from storewright import storage
from storewright.services.oss import OssStorage
from storewright.testing.servers import FakeGcs, SeaweedFS
from tests.cli.measured import measured
from tests.cli.support import Area, Ok, Shell
from tests.servers.cos_sdk import Cos
from tests.servers.shim_server import CosShim, OssShim

pytestmark = [pytest.mark.server, pytest.mark.slow]
MIB: Final = 1024 * 1024
SIZE: Final = 100 * MIB
MEASURED: Final = measured("cos", "gcs", "oss", "s3")


def area_of(kind: str, name: str, address: str) -> Area:
    """A place, from a connection string whose work_dir is top."""
    options = "?" + address.partition("?")[2]
    return Area(kind, f"{kind}://{name}/top/", options, storage.open(address))


@pytest.fixture
def cos_area(cos_shim: CosShim) -> Area:
    bucket = Cos(cos_shim).bucket
    return area_of("cos", bucket, cos_shim.connection(bucket, "top"))


@pytest.fixture
def oss_area(oss_shim: OssShim) -> Area:
    bucket = f"cp-{uuid.uuid4().hex}"
    area = area_of("oss", bucket, oss_shim.connection(bucket, "top"))
    assert isinstance(area.store, OssStorage)
    area.store.client.create_bucket(None, None)
    return area


@pytest.fixture
def s3_area(seaweedfs: SeaweedFS, s3_bucket: str) -> Area:
    return area_of("s3", s3_bucket, seaweedfs.connection(s3_bucket, "top"))


@pytest.mark.parametrize(
    ("source", "target"), [("s3", "cos"), ("cos", "s3")], ids=["s3-cos", "cos-s3"]
)
def test_100_mib(ok: Ok, request: pytest.FixtureRequest, source: str, target: str) -> None:
    here: Area = request.getfixturevalue(f"{source}_area")
    there: Area = request.getfixturevalue(f"{target}_area")
    content = os.urandom(SIZE)
    here.store.write("big", content)
    told = json.loads(ok("cp", "--json", here.uri("big"), there.uri("copy")))
    assert told["size"] == SIZE
    found = there.store.read_bytes("copy")
    assert hashlib.sha256(found).digest() == hashlib.sha256(content).digest()


def test_100_mib_from_s3_to_google_in_bounded_memory(
    shell: Shell, s3_area: Area, fake_gcs: FakeGcs
) -> None:
    crc: Any = google_crc32c
    digest, checksum = hashlib.sha256(), crc.Checksum()
    with s3_area.store.open_writer("big") as writer:
        for _ in range(SIZE // MIB):
            piece = os.urandom(MIB)
            digest.update(piece)
            checksum.update(piece)
            writer.write(piece)
    bucket = fake_gcs.client().create_bucket(f"cp-{uuid.uuid4().hex}")
    target = fake_gcs.connection(bucket.name, "d/copy")
    with shell.start("cp", "--json", s3_area.uri("big"), target, program=("-c", MEASURED)) as cp:
        out, errors = cp.communicate(timeout=300)
    assert cp.returncode == 0, errors
    told = json.loads(out)
    crc32c = base64.b64encode(checksum.digest()).decode()
    assert (told["size"], told["checksum"]) == (SIZE, f"crc32c:{crc32c}")
    assert int(errors.split()[-1]) < SIZE * 3 // 4
    found = bucket.get_blob("d/copy")
    assert (found.size, found.crc32c) == (SIZE, crc32c)
    with found.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == digest.digest()


def test_100_mib_from_oss_to_cos_in_bounded_memory(
    shell: Shell, oss_area: Area, cos_area: Area
) -> None:
    content = os.urandom(SIZE)
    oss_area.store.write("big", content)
    places = (oss_area.uri("big"), cos_area.uri("copy"))
    command = ("cp", "--json", "--max-memory", "16MiB", *places)
    with shell.start(*command, program=("-c", MEASURED)) as cp:
        out, errors = cp.communicate(timeout=300)
    assert cp.returncode == 0, errors
    assert json.loads(out)["size"] == SIZE
    assert int(errors.split()[-1]) < 48 * MIB
    found = cos_area.store.read_bytes("copy")
    assert hashlib.sha256(found).digest() == hashlib.sha256(content).digest()
