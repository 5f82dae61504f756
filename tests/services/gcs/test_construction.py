"""Every option that a store is opened with, where it can be seen: mostly in a request."""

import base64
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.core.errors import (
    ConnectionFailed,
    CredentialInvalid,
    OperationTimeout,
    RestrictionDissatisfied,
)
from storewright.services.gcs import GcsService, GcsStorage
from storewright.testing.servers import GoogleTokens
from tests.services.stub import serving

from .stub import Answer, Stub
from .wire_table import BUCKET

ENVIRONMENT = (
    "GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT STORAGE_EMULATOR_HOST HTTP_PROXY "
    "HTTPS_PROXY NO_PROXY REQUESTS_CA_BUNDLE CURL_CA_BUNDLE"
)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of whoever runs the tests."""
    for name in ENVIRONMENT.split():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def opened(wire: Stub, **options: Any) -> GcsStorage:
    given = dict[str, Any](name=BUCKET, endpoint=wire.endpoint, credential="anonymous")
    return GcsStorage(**{**given, **options})


def authorization(wire: Stub, **options: Any) -> str | None:
    """What the request of a store with these options is authorized by."""
    with opened(wire, max_retries=0, **options) as store:
        store.stat("key")
    (request,) = wire.take()
    return request.headers.get("authorization")


def test_anonymous(wire: Stub) -> None:
    assert authorization(wire) is None


def test_key_file(wire: Stub, google_tokens: GoogleTokens, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(google_tokens.key_file))
    assert authorization(wire, credential=f"file:{path}") == "Bearer test-token"
    assert authorization(wire, credential=google_tokens.credential) == "Bearer test-token"


@pytest.mark.parametrize("credential", ["env", None])
def test_what_the_environment_says(
    wire: Stub,
    google_tokens: GoogleTokens,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    credential: str | None,
) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(google_tokens.key_file))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    assert authorization(wire, credential=credential) == "Bearer test-token"


def test_no_credential_at_all(wire: Stub) -> None:
    with opened(wire, credential="env") as store, pytest.raises(CredentialInvalid):
        store.stat("key")
    assert wire.take() == []


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"type": "service_account", "private_key": "s3cret"}']
)
def test_a_damaged_key_file_is_not_shown(wire: Stub, content: bytes) -> None:
    credential = "base64:" + base64.b64encode(content or b" ").decode()
    store = opened(wire, credential=credential)
    with pytest.raises(CredentialInvalid) as caught:
        store.stat("key")
    assert "s3cret" not in f"{caught.value!s}{caught.value!r}{caught.value.__cause__!r}"


def test_a_missing_key_file(wire: Stub) -> None:
    store = opened(wire, credential="file:/nowhere/key.json")
    with pytest.raises(CredentialInvalid, match="No such file"):
        store.stat("key")


def test_other_credentials_are_refused(wire: Stub) -> None:
    with pytest.raises(CredentialInvalid, match="hmac"):
        opened(wire, credential="hmac:a:b")


def test_an_anonymous_store_cannot_sign(wire: Stub) -> None:
    with opened(wire) as store, pytest.raises(CredentialInvalid, match="cannot sign"):
        store.reach("key", 60)


@pytest.mark.parametrize("expire", [0, 604801])
def test_how_long_signatures_hold(wire: Stub, wired: GcsStorage, expire: float) -> None:
    with pytest.raises(RestrictionDissatisfied, match="7 days"):
        wired.reach("key", expire)


def test_project(wire: Stub, google_tokens: GoogleTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    def project(**options: Any) -> str:
        given: dict[str, Any] = {
            "endpoint": wire.endpoint,
            "credential": google_tokens.credential,
            **options,
        }
        with GcsService(**given) as service:
            list(service.list())
        (request,) = wire.take()
        return request.query["project"]

    assert project() == "test-project"
    assert project(project_id="mine") == "mine"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "of-the-environment")
    assert project(credential="anonymous") == "of-the-environment"


def test_connection_string(wire: Stub) -> None:
    address = f"gcs://{BUCKET}/deep/er?endpoint={wire.endpoint}&credential=anonymous"
    storage.open(address).stat("some key")
    (request,) = wire.take()
    assert request.path == f"/storage/v1/b/{BUCKET}/o/deep%2Fer%2Fsome%20key"


def test_emulator_of_the_environment(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    for host in (wire.endpoint, wire.endpoint.removeprefix("http://")):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", host)
        with GcsStorage(name=BUCKET) as store:
            store.stat("key")
        assert [request.kind for request in wire.take()] == ["GetObject"]


def test_proxy(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(Stub()) as proxy:
        with opened(wire, proxy=proxy.endpoint) as store:
            store.stat("key")
        assert (len(proxy.take()), len(wire.take())) == (1, 0)
        monkeypatch.setenv("http_proxy", proxy.endpoint)
        with opened(wire) as store:
            store.stat("key")
        assert (len(proxy.take()), len(wire.take())) == (1, 0)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with opened(wire) as store:
            store.stat("key")
        assert (len(proxy.take()), len(wire.take())) == (0, 1)


def test_connect_timeout_and_no_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        options: dict[str, Any] = {"endpoint": endpoint, "credential": "anonymous"}
        with GcsStorage(name=BUCKET, max_retries=0, connect_timeout=1.0, **options) as store:
            with pytest.raises(ConnectionFailed):
                store.stat("key")
            assert store._clients.get().connect_timeout == 1.0


def test_read_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        options: dict[str, Any] = {"endpoint": endpoint, "credential": "anonymous"}
        store = GcsStorage(name=BUCKET, max_retries=0, read_timeout=0.2, **options)
        with store, pytest.raises(OperationTimeout):
            store.stat("key")


def test_pool_size_and_ca_bundle(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(wire, pool_size=7, ca_bundle="/some/ca.pem") as store:
        session = store.client._http
        assert session.get_adapter("https://x")._pool_maxsize == 7
        assert session.verify == "/some/ca.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/another/ca.pem")
    with opened(wire) as store:
        assert store.client._http.verify == "/another/ca.pem"
        assert store.client._http.get_adapter("https://x")._pool_maxsize == 32


def test_the_client_is_the_vendors(wire: Stub) -> None:
    with opened(wire, project_id="mine") as store:
        assert type(store.client).__module__ == "google.cloud.storage.client"
        assert (store.client.project, store.client.api_endpoint) == ("mine", wire.endpoint)
        wire.answers["GetObject"] = Answer(b'{"name": "key", "size": "5"}')
        assert store.client.bucket(BUCKET).get_blob("key").size == 5


def test_long_keys_are_refused_before_any_request(wire: Stub, wired: GcsStorage) -> None:
    wired.write("ä" * 512, b"")
    wire.take()
    with pytest.raises(RestrictionDissatisfied, match="1026 bytes"):
        wired.write("ä" * 513, b"")
    with pytest.raises(ValueError, match=r"the key '\.'"):
        wired.delete(".")
    assert wire.take() == []


def test_keys_for_encryption_have_a_length(wire: Stub, wired: GcsStorage) -> None:
    with pytest.raises(ValueError, match="expected 32 bytes, got 5"):
        wired.write("key", b"", server_side_encryption_customer_key=b"short")
    assert wire.take() == []
