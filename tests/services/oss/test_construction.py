"""What a store needs to be opened, and how it survives forks and pickles."""

import pickle
from typing import Any

import pytest

from storewright import storage
from storewright.core.errors import CredentialInvalid, PairRequired
from storewright.services.oss import OssStorage
from tests.processes import in_child
from tests.servers.shim_server import OssShim

from .conftest import options_of
from .stub import Stub


def test_the_location_names_the_endpoint() -> None:
    store = OssStorage(name="bucket", location="cn-shanghai", credential="anonymous:")
    assert store.client.endpoint == "https://oss-cn-shanghai.aliyuncs.com"
    assert store.client.region == "cn-shanghai"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "location"),
        ({"endpoint": "http://127.0.0.1:9", "auth_version": "v4"}, "v4 needs location"),
    ],
)
def test_what_is_missing_is_said(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(PairRequired, match=problem):
        OssStorage(name="bucket", credential="hmac:a:b", **options)


def test_credential_of_the_environment(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "envkey")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "envsecret")
    monkeypatch.setenv("OSS_SESSION_TOKEN", "envtoken")
    for credential in (None, "env:"):
        OssStorage(name="bucket", endpoint=wire.endpoint, credential=credential).stat("key")
        (request,) = wire.take()
        assert request.headers["authorization"].startswith("OSS envkey:")
        assert request.headers["x-oss-security-token"] == "envtoken"


def test_no_credential_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OSS_ACCESS_KEY_ID", raising=False)
    store = OssStorage(name="bucket", location="cn-hangzhou")
    with pytest.raises(CredentialInvalid, match="OSS_ACCESS_KEY_ID"):
        store.stat("key")


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(CredentialInvalid):
        OssStorage(name="bucket", location="cn-hangzhou", credential="apikey:x")


def test_anybody_cannot_sign(wire: Stub) -> None:
    store = OssStorage(name="bucket", endpoint=wire.endpoint, credential="anonymous:")
    with pytest.raises(CredentialInvalid, match="cannot sign"):
        store.reach("key", 60)


def test_the_name_of_the_bucket_is_in_the_host() -> None:
    place: dict[str, Any] = {"location": "cn-x", "credential": "hmac:a:b"}
    usual = OssStorage(name="bucket", **place).reach("k", 60)
    path = OssStorage(name="bucket", path_style=True, **place).reach("k", 60)
    own = OssStorage(name="bucket", endpoint="https://f.example", is_cname=True, **place)
    assert usual.startswith("https://bucket.oss-cn-x.aliyuncs.com/k?")
    assert path.startswith("https://oss-cn-x.aliyuncs.com/bucket/k?")
    assert own.reach("k", 60).startswith("https://f.example/k?")


def test_proxy(wire: Stub) -> None:
    with OssStorage(
        name="bucket",
        endpoint="http://oss.example",
        credential="hmac:a:b",
        proxy=wire.endpoint,
        max_retries=0,
    ) as store:
        store.stat("key")
    (request,) = wire.take()
    assert request.path == "/key"  # that of the URL which the proxy was asked for
    assert request.headers["host"] == "bucket.oss.example"


def test_proxies_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    for host, expected in (("outside.example", True), ("inside.example", False)):
        store = OssStorage(name="b-1", endpoint=f"http://{host}", credential="hmac:a:b")
        assert ("http" in store.client.session._proxies) == expected


def test_pool_size() -> None:
    store = OssStorage(name="bucket", location="cn-x", credential="hmac:a:b", pool_size=7)
    adapter = store.client.session._session.get_adapter("https://x")
    assert adapter._pool_maxsize == 7


@pytest.mark.server
def test_a_child_has_connections_of_its_own(store: OssStorage) -> None:
    store.write("key", b"parent")
    before = store.client
    assert in_child(lambda: store.client is not before and store.read_bytes("key") == b"parent")
    assert store.client is before
    assert store.read_bytes("key") == b"parent"


@pytest.mark.server
def test_a_pickled_store_has_no_secret(store: OssStorage, oss_shim: OssShim) -> None:
    dumped = pickle.dumps(store)
    assert oss_shim.secret_key.encode() not in dumped


@pytest.mark.server
@pytest.mark.parametrize("version", ["v1", "v4"])
def test_temporary_keys(oss_shim: OssShim, shared_bucket: str, version: str) -> None:
    options: dict[str, Any] = {**options_of(oss_shim), "auth_version": version}
    options["credential"] = "sts:" + ":".join(oss_shim.temporary)
    with OssStorage(name=shared_bucket, **options) as store:
        assert store.write(f"sts-{version}", b"x") == 1
        assert store.read_bytes(f"sts-{version}") == b"x"


@pytest.mark.server
def test_connection_string(oss_shim: OssShim, shared_bucket: str) -> None:
    store = storage.open(oss_shim.connection(shared_bucket, "from/a string"))
    store.write("key", b"content")
    assert [item.path for item in store.list()] == ["key"]
