"""Every option that a store is opened with, where it can be seen: mostly in a request."""

import base64
import hashlib
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from storewright import storage
from storewright.core.errors import (
    ConnectionFailed,
    CredentialInvalid,
    OperationTimeout,
    PairValueInvalid,
    ServiceInternal,
)
from storewright.services.s3 import S3Service, S3Storage
from storewright.testing.servers import SeaweedFS
from tests.processes import in_child

from .conftest import client_of, new_bucket, options_of
from .stub import Answer, Request, Stub
from .wire_table import BUCKET

EMPTY_HASH: Final = hashlib.sha256(b"").hexdigest()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def opened(wire: Stub, **options: Any) -> S3Storage:
    given = dict[str, Any](name=BUCKET, endpoint=wire.endpoint, credential="hmac:AKEY:secret")
    return S3Storage(**given | options)


def sent(wire: Stub, content: bytes = b"content", **options: Any) -> Request:
    """The request of one write by a store with these options."""
    with opened(wire, **options) as store:
        store.write("some key", content)
    (request,) = wire.take()
    return request


def host(**options: Any) -> str:
    """The host that a store goes to, as a signed URL names it."""
    given = dict[str, Any](name=BUCKET, credential="hmac:AKEY:secret", location="eu-west-1")
    store = S3Storage(**given | options)
    return urlsplit(store.reach("key", 60)).netloc


# ------------------------------------------------------------------------------ who asks, and where


def test_name_and_endpoint(wire: Stub) -> None:
    request = sent(wire, name="another-bucket")
    assert request.path == "/another-bucket/some%20key"
    assert request.headers["host"] == wire.endpoint.removeprefix("http://")


def test_location_is_in_the_signature(wire: Stub) -> None:
    for location, scope in (("xx-north-7", "/xx-north-7/s3/"), (None, "/us-east-1/s3/")):
        assert scope in sent(wire, location=location).headers["authorization"]


def test_work_dir_is_in_the_key(wire: Stub) -> None:
    assert sent(wire, work_dir="/deep/er").path == f"/{BUCKET}/deep/er/some%20key"


def test_credential_hmac(wire: Stub) -> None:
    assert "Credential=AKEY/" in sent(wire).headers["authorization"]


def test_credential_sts(wire: Stub) -> None:
    request = sent(wire, credential="sts:AKEY2:secret:the-token")
    assert "Credential=AKEY2/" in request.headers["authorization"]
    assert request.headers["x-amz-security-token"] == "the-token"


def test_credential_anonymous(wire: Stub) -> None:
    assert "authorization" not in sent(wire, credential="anonymous").headers


@pytest.mark.parametrize("credential", ["env", None])
def test_credential_of_the_environment(
    wire: Stub, monkeypatch: pytest.MonkeyPatch, credential: str | None
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKEY3")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "Credential=AKEY3/" in sent(wire, credential=credential).headers["authorization"]


def test_credential_profile(wire: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("[profile work]\naws_access_key_id=AKEY4\naws_secret_access_key=s\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    assert "Credential=AKEY4/" in sent(wire, credential="profile:work").headers["authorization"]
    with pytest.raises(CredentialInvalid, match="play"):
        sent(wire, credential="profile:play")


def test_credential_file(wire: Stub, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("[default]\naws_access_key_id=AKEY5\naws_secret_access_key=s\n")
    assert "Credential=AKEY5/" in sent(wire, credential=f"file:{file}").headers["authorization"]


def test_credential_that_s3_does_not_know(wire: Stub) -> None:
    with pytest.raises(CredentialInvalid, match="hmac"):
        opened(wire, credential="basic:user:password")


def test_no_credential_anywhere(wire: Stub) -> None:
    with pytest.raises(CredentialInvalid) as caught:
        sent(wire, credential=None)
    assert caught.value.op == "write"


ROLE: Final = "arn:aws:iam::123456789012:role/writer"
ROLE_ANSWER: Final = (
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>role-token</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>"
)


def test_role(wire: Stub) -> None:
    def answer(request: Request) -> Answer:
        if request.path == "/":
            return Answer(ROLE_ANSWER.encode(), headers={"Content-Type": "text/xml"})
        return Answer(headers={"ETag": '"e"'})

    wire.other = answer
    with opened(
        wire,
        role_arn=ROLE,
        role_session_name="dump-7",
        role_external_id="external-8",
        role_duration=1234.5,
        sts_endpoint=wire.endpoint,
    ) as store:
        store.write("a", b"1")
        store.write("b", b"2")
        assert "external-8" not in repr(store)
    assumed, *writes = wire.take()
    form = {name: values[0] for name, values in parse_qs(assumed.body.decode()).items()}
    assert (form["Action"], form["RoleArn"]) == ("AssumeRole", ROLE)
    assert (form["RoleSessionName"], form["ExternalId"]) == ("dump-7", "external-8")
    assert form["DurationSeconds"] == "1235"
    assert "Credential=AKEY/" in assumed.headers["authorization"]
    for request in writes:
        assert "Credential=ROLEKEY/" in request.headers["authorization"]
        assert request.headers["x-amz-security-token"] == "role-token"
    assert len(writes) == 2


def test_a_role_is_taken_on_through_the_proxy(wire: Stub) -> None:
    """And as patiently as S3 itself is asked."""

    def answer(request: Request) -> Answer:
        if request.path == "/":
            return Answer(ROLE_ANSWER.encode(), headers={"Content-Type": "text/xml"})
        return Answer(headers={"ETag": '"e"'})

    def refuse(_: Request) -> Answer:
        return Answer(status=500)

    wire.other = answer
    far = {"endpoint": "http://store.example", "sts_endpoint": "http://sts.example"}
    with opened(wire, role_arn=ROLE, proxy=wire.endpoint, **far) as store:
        store.write("a", b"1")
    assert [r.headers["host"] for r in wire.take()] == ["sts.example", "store.example"]
    wire.other = refuse
    store = opened(wire, role_arn=ROLE, proxy=wire.endpoint, max_retries=1, **far)
    with pytest.raises(ServiceInternal):
        store.write("a", b"1")
    assert [r.headers["host"] for r in wire.take()] == ["sts.example"] * 2


# ------------------------------------------------------------------------------ addresses of Amazon


def test_addressing_style_path(wire: Stub) -> None:
    assert host(addressing_style="path") == "s3.eu-west-1.amazonaws.com"
    assert host(addressing_style="virtual") == f"{BUCKET}.s3.eu-west-1.amazonaws.com"
    assert host(addressing_style="auto") == host()
    assert sent(wire, addressing_style="path").path == f"/{BUCKET}/some%20key"


def test_addressing_style_virtual(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    names: list[Any] = []

    def local(name: Any, *args: Any, **options: Any) -> Any:
        names.append(name)
        return real("127.0.0.1", *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", local)
    endpoint = wire.endpoint.replace("127.0.0.1", "store.example")
    request = sent(wire, endpoint=endpoint, addressing_style="virtual")
    assert names == [f"{BUCKET}.store.example"]
    assert (request.path, request.headers["host"]) == (
        "/some%20key",
        endpoint.replace("http://", f"{BUCKET}."),
    )


def test_use_accelerate() -> None:
    assert host(use_accelerate=True) == f"{BUCKET}.s3-accelerate.amazonaws.com"


def test_use_dualstack() -> None:
    assert host(use_dualstack=True) == f"{BUCKET}.s3.dualstack.eu-west-1.amazonaws.com"


def test_use_fips() -> None:
    us = {"location": "us-east-1"}
    assert host(use_fips=True, **us) == f"{BUCKET}.s3-fips.us-east-1.amazonaws.com"


def test_use_arn_region() -> None:
    arn = "arn:aws:s3:us-west-2:123456789012:accesspoint:point"
    assert ".us-west-2." in host(name=arn, use_arn_region=True)
    with pytest.raises(PairValueInvalid):
        host(name=arn, use_arn_region=False)


# --------------------------------------------------------------------------- what a request is like


def test_payload_signing(wire: Stub) -> None:
    signed = hashlib.sha256(b"content").hexdigest()
    assert sent(wire).headers["x-amz-content-sha256"] == signed
    assert sent(wire, payload_signing=True).headers["x-amz-content-sha256"] == signed
    unsigned = sent(wire, payload_signing=False).headers["x-amz-content-sha256"]
    assert unsigned == "UNSIGNED-PAYLOAD"


def test_over_tls_the_payload_is_not_hashed_again(seaweedfs_tls: SeaweedFS) -> None:
    seen: list[str] = []
    store = S3Storage(name=new_bucket(seaweedfs_tls), **options_of(seaweedfs_tls))

    def look(request: Any, **_: Any) -> None:
        value = request.headers["x-amz-content-sha256"]
        seen.append(value.decode() if isinstance(value, bytes) else value)

    store.client.meta.events.register("before-send.s3.PutObject", look)
    store.write("a", b"1")
    assert seen == ["UNSIGNED-PAYLOAD"]


def test_checksum_mode(wire: Stub) -> None:
    assert not _checksums(sent(wire))
    assert not _checksums(sent(wire, checksum_mode="when_required"))
    assert "x-amz-checksum-crc32" in _checksums(sent(wire, checksum_mode="when_supported"))


def _checksums(request: Request) -> list[str]:
    return [name for name in request.headers if name.startswith("x-amz-checksum-")]


def test_checksums_of_parts_are_announced(wire: Stub) -> None:
    with opened(wire, checksum_mode="when_supported") as store:
        upload = store.create_multipart("a")
        store.write_multipart(upload, b"1", 0)
    created, part = wire.take()
    assert created.headers["x-amz-checksum-algorithm"] == "CRC32"
    assert "x-amz-checksum-crc32" in part.headers


def test_disable_100_continue(wire: Stub) -> None:
    large = bytes(1024 * 1024)
    assert sent(wire, large).headers["expect"] == "100-continue"
    assert "expect" not in sent(wire, large[1:]).headers
    assert "expect" not in sent(wire, large, disable_100_continue=True).headers


def test_batch_delete_has_the_md5_that_older_stores_demand(wire: Stub) -> None:
    with opened(wire) as store:
        store.delete_batch(["a"])
    (request,) = wire.take()
    digest = base64.b64encode(hashlib.md5(request.body).digest()).decode()
    assert request.headers["content-md5"] == digest


# -------------------------------------------------------------------------------------- connections


def test_proxy(wire: Stub) -> None:
    request = sent(wire, endpoint="http://store.example", proxy=wire.endpoint)
    assert request.headers["host"] == "store.example"


def test_proxy_with_a_password_is_not_shown(wire: Stub) -> None:
    with opened(wire, proxy="http://user:sekret@127.0.0.1:9") as store:
        assert "sekret" not in repr(store)
        with pytest.raises(ConnectionFailed) as caught:
            store.write("a", b"1")
        assert "sekret" not in str(caught.value)


def test_ca_bundle(seaweedfs_tls: SeaweedFS) -> None:
    options = options_of(seaweedfs_tls)
    bucket = new_bucket(seaweedfs_tls)
    with S3Storage(name=bucket, **options) as store:
        store.write("a", b"1")
    store = S3Storage(name=bucket, **options | {"ca_bundle": None})
    with pytest.raises(ConnectionFailed):
        store.write("a", b"1")


def test_read_timeout(wire: Stub) -> None:
    release = threading.Event()

    def silent(_: Request) -> Answer:
        release.wait(120)
        return Answer(headers={"ETag": '"e"'})

    wire.other = silent
    try:
        store = opened(wire, read_timeout=0.2, max_retries=0)
        with pytest.raises(OperationTimeout) as caught:
            store.stat("a")
        assert caught.value.retryable
    finally:
        release.set()


def test_connect_timeout(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float | None] = []
    real = socket.socket.settimeout

    def watch(self: socket.socket, value: float | None) -> None:
        asked.append(value)
        real(self, value)

    monkeypatch.setattr(socket.socket, "settimeout", watch)
    sent(wire, connect_timeout=7.25)
    assert 7.25 in asked


@pytest.mark.parametrize("size", [1, 3])
def test_pool_size(wire: Stub, size: int) -> None:
    gate = threading.Barrier(3)

    def answer(_: Request) -> Answer:
        gate.wait(120)
        return Answer(headers={"ETag": '"e"'})

    wire.other = answer
    with opened(wire, pool_size=size) as store, ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            list(pool.map(store.write, ["a", "b", "c"], [b"1"] * 3))
    # three at a time, three times: what was not kept open was connected again
    assert len(wire.peers) == (3 if size == 3 else 3 + 2 + 2)


@pytest.mark.parametrize(("size", "most"), [(None, 32), (3, 3), (40, 40)])
def test_more_parts_at_once_than_connections_are_told_of(
    wire: Stub, caplog: pytest.LogCaptureFixture, size: int | None, most: int
) -> None:
    with opened(wire, pool_size=size) as store:
        store.open_writer("a").abort()
        store.open_writer("a", concurrency=most).abort()
        assert caplog.messages == []
        for _ in range(2):
            store.open_writer("a", concurrency=most + 1).abort()
    (message,) = caplog.messages
    assert f"{most + 1} parts at once" in message
    assert "pool_size" in message


# --------------------------------------------------------------------------- one client, many users


def test_profile_of_nobody(wire: Stub) -> None:
    with pytest.raises(PairValueInvalid, match="profile"):
        opened(wire, profile="nobody")


def test_threads_share_the_client(wire: Stub) -> None:
    with opened(wire) as store, ThreadPoolExecutor(8) as pool:
        clients = list(pool.map(getattr, [store] * 64, ["client"] * 64))
    assert len(set(map(id, clients))) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not in any registry: fork")
def test_child_makes_a_client_of_its_own(store: S3Storage, bucket: str) -> None:
    store.write("before", b"1")
    mine = store.client
    assert in_child(
        lambda: store.client is not mine
        and store.write("in-child", store.read_bytes("before") + b"2") == 2
    )
    assert store.client is mine
    assert store.read_bytes("in-child") == b"12"


def test_storages_of_a_service_share_its_client(service: S3Service, bucket: str) -> None:
    stores = [*service.list(), service.get(bucket)]
    assert {id(getattr(store, "client", None)) for store in stores} == {id(service.client)}


def test_closed_store_opens_new_connections(store: S3Storage) -> None:
    store.write("a", b"1")
    store.close()
    assert store.read_bytes("a") == b"1"


def test_connection_string(server: SeaweedFS) -> None:
    bucket = new_bucket(server)
    text = server.connection(bucket, "folder")
    if "https" in server.endpoint:
        text += f"&ca_bundle={server.ca_file}"
    key = base64.b64encode(bytes(32)).decode().replace("+", "%2B").replace("=", "%3D")
    text += f"&default_server_side_encryption_customer_key={key}&default_storage_class=STANDARD_IA"
    store = storage.open(text, type=S3Storage)
    store.write("a", b"secret")
    theirs: Any = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": bytes(32)}
    found = client_of(server).head_object(Bucket=bucket, Key="folder/a", **theirs)
    assert found["SSECustomerAlgorithm"] == "AES256"
    assert found["StorageClass"] == "STANDARD_IA"


SHOWN: Final = {
    "addressing_style": test_addressing_style_virtual,
    "ca_bundle": test_ca_bundle,
    "checksum_mode": test_checksum_mode,
    "connect_timeout": test_connect_timeout,
    "credential": test_credential_hmac,
    "disable_100_continue": test_disable_100_continue,
    "endpoint": test_name_and_endpoint,
    "interceptor": "the conformance suite",
    "location": test_location_is_in_the_signature,
    "max_retries": "test_errors.py",
    "name": test_name_and_endpoint,
    "payload_signing": test_payload_signing,
    "pool_size": test_pool_size,
    "profile": test_profile_of_nobody,
    "proxy": test_proxy,
    "read_timeout": test_read_timeout,
    "role_arn": test_role,
    "role_duration": test_role,
    "role_external_id": test_role,
    "role_session_name": test_role,
    "sts_endpoint": test_role,
    "use_accelerate": test_use_accelerate,
    "use_arn_region": test_use_arn_region,
    "use_dualstack": test_use_dualstack,
    "use_fips": test_use_fips,
    "work_dir": test_work_dir_is_in_the_key,
}


def test_every_option_is_shown() -> None:
    assert set(SHOWN) == set(S3Storage.construction())
    assert set(S3Service.construction()) == set(SHOWN) - {"name", "work_dir"}
