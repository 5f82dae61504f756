"""`cp` from one cloud to another: what arrives has the checksum of what was sent."""

import hashlib
import json
import os
from typing import Final

import pytest

from storewright import storage
from storewright.testing.servers import SeaweedFS
from tests.cli.support import Area, Ok
from tests.servers.cos_sdk import Cos
from tests.servers.shim_server import CosShim

pytestmark = [pytest.mark.server, pytest.mark.slow]
SIZE: Final = 100 * 1024 * 1024


def area_of(kind: str, name: str, address: str) -> Area:
    """A place, from a connection string whose work_dir is top."""
    options = "?" + address.partition("?")[2]
    return Area(kind, f"{kind}://{name}/top/", options, storage.open(address))


@pytest.fixture
def cos_area(cos_shim: CosShim) -> Area:
    bucket = Cos(cos_shim).bucket
    return area_of("cos", bucket, cos_shim.connection(bucket, "top"))


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
