"""What boto3 without our code, and what our profiles may send to OSS and COS in S3's protocol."""

from __future__ import annotations

import uuid
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from storewright.services.s3 import S3Storage
from storewright.storage import PermissionDenied
from storewright.testing.servers import SeaweedFS
from tests.conftest import Running
from tests.servers.shim_server import CosS3, OssS3, S3Address

pytestmark = pytest.mark.server
KINDS: Final = [OssS3, CosS3]


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, running: Running, seaweedfs: SeaweedFS) -> S3Address:
    kind: type[S3Address] = request.param
    return running(kind, backend=seaweedfs)


def boto(address: S3Address, *, secret: str = "", **options: Any) -> Any:
    """boto3's client, with what it takes for granted but for ``options``."""
    keys = address.backend
    config = Config(proxies={"http": address.proxy}, retries={"total_max_attempts": 1}, **options)
    return boto3.session.Session().client(
        "s3",
        endpoint_url=address.address,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=secret or keys.secret_key,
        region_name=address.region,
        config=config,
    )


VIRTUAL: Final[dict[str, Any]] = {"s3": {"addressing_style": "virtual"}}
PLAIN: Final[dict[str, Any]] = {**VIRTUAL, "request_checksum_calculation": "when_required"}


@pytest.fixture
def bucket(address: S3Address) -> str:
    name = f"address-{uuid.uuid4().hex}"
    boto(address, **PLAIN).create_bucket(Bucket=name)
    return name


def test_what_both_understand(address: S3Address, bucket: str) -> None:
    client = boto(address, **PLAIN)
    client.put_object(Bucket=bucket, Key="a b+ü%", Body=b"1", Metadata={"k": "v"})
    found = client.get_object(Bucket=bucket, Key="a b+ü%")
    assert (found["Body"].read(), found["Metadata"]) == (b"1", {"k": "v"})
    assert [item["Key"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["a b+ü%"]
    assert bucket in [found["Name"] for found in client.list_buckets()["Buckets"]]


def test_the_signature_is_checked(address: S3Address, bucket: str) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        boto(address, secret="other", **PLAIN).put_object(Bucket=bucket, Key="a", Body=b"1")


def test_the_bucket_must_be_in_the_host(address: S3Address, bucket: str) -> None:
    options: dict[str, Any] = {**PLAIN, "s3": {"addressing_style": "path"}}
    with pytest.raises(ClientError, match=r"SecondLevelDomainForbidden|PathStyleDomainForbidden"):
        boto(address, **options).put_object(Bucket=bucket, Key="a", Body=b"1")


def test_checksums_are_not_understood(address: S3Address, bucket: str) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        boto(address, **VIRTUAL).put_object(Bucket=bucket, Key="a", Body=b"1")


def test_a_batch_needs_its_digest(address: S3Address, bucket: str) -> None:
    with pytest.raises(ClientError, match="Content-MD5"):
        boto(address, **PLAIN).delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}]})


def options_of(address: S3Address) -> dict[str, Any]:
    return {
        "endpoint": address.address,
        "proxy": address.proxy,
        "credential": address.credential,
        "max_retries": 0,
    }


def test_the_profile_is_all_that_a_user_needs(address: S3Address, bucket: str) -> None:
    with S3Storage(name=bucket, profile=address.dialect, **options_of(address)) as store:
        with store.open_writer("a", part_size=5 << 20) as writer:
            for _ in range(6):
                writer.write(bytes(1 << 20))
        assert store.stat("a").content_length == 6 << 20
        assert store.delete_batch(["a", "b"]) == 2
        assert list(store.list()) == []


def test_without_it_the_bucket_is_in_the_path(address: S3Address, bucket: str) -> None:
    given: dict[str, Any] = {"addressing_style": "path", **options_of(address)}
    with S3Storage(name=bucket, **given) as store, pytest.raises(PermissionDenied):
        store.write("a", b"1")
