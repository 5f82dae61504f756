"""What stores are opened with: credentials, endpoints, and how they connect."""

import base64
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from storewright import storage
from storewright.core.errors import (
    ConnectionFailed,
    CredentialInvalid,
    MissingExtra,
    OperationTimeout,
    PairRequired,
    RestrictionDissatisfied,
)
from storewright.services.azblob import AzblobService, AzblobStorage
from storewright.testing.servers import Azurite
from tests.processes import in_child
from tests.services.stub import serving

from .conftest import KEY, open_wired, options_of
from .stub import Answer, Request, Stub

SAS = "sv=2021-08-06&sp=r&se=2031-01-01T00%3A00%3A00Z&sig=a%2Bb%2Fc%3D"
TEXT = f"DefaultEndpointsProtocol=https;AccountName=acc;AccountKey={KEY};EndpointSuffix=core.x"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("AZURE_")]:
        monkeypatch.delenv(name)


def asked(wire: Stub, **options: Any) -> Request:
    """The request that a store makes which is opened so."""
    with open_wired(wire, **options) as store:
        store.stat("a")
    (request,) = wire.take()
    return request


def url_of(**options: Any) -> str:
    """Where a store would ask."""
    return AzblobStorage(name="abc", **options).client.url


def test_credential_hmac(wire: Stub) -> None:
    assert asked(wire).headers["authorization"].startswith("SharedKey account:")
    assert url_of(credential=f"hmac:acc:{KEY}") == "https://acc.blob.core.windows.net/abc"


@pytest.mark.parametrize("text", [quote(SAS, safe="=&"), SAS, f"?{SAS}"])
def test_credential_sas(wire: Stub, text: str) -> None:
    request = asked(wire, credential=f"apikey:{text}")
    assert "authorization" not in request.headers
    assert {n: request.query[n] for n in ("sp", "sig")} == {"sp": "r", "sig": "a+b/c="}


def test_credential_anonymous(wire: Stub) -> None:
    request = asked(wire, credential="anonymous")
    assert "authorization" not in request.headers
    assert "sig" not in request.query


def test_connection_string_of_azure(tmp_path: Path) -> None:
    file = tmp_path / "connection"
    file.write_text(TEXT + "\n")
    inline = base64.b64encode(TEXT.encode()).decode()
    for credential in (f"file:{file}", f"base64:{inline}"):
        assert url_of(credential=credential) == "https://acc.blob.core.x/abc"


def test_connection_string_with_a_signature(wire: Stub) -> None:
    text = f"BlobEndpoint={wire.endpoint}/;SharedAccessSignature={SAS}"
    inline = base64.b64encode(text.encode()).decode()
    request = asked(wire, credential=f"base64:{inline}", endpoint=None)
    assert request.query["sig"] == "a+b/c="


def test_connection_string_that_says_too_little(tmp_path: Path) -> None:
    inline = base64.b64encode(b"AccountName=acc").decode()
    with pytest.raises(CredentialInvalid, match="names no account and key"):
        url_of(credential=f"base64:{inline}")
    with pytest.raises(CredentialInvalid, match="cannot be read"):
        url_of(credential=f"file:{tmp_path}/none")


def test_environment(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", TEXT)
    assert url_of() == url_of(credential="env") == "https://acc.blob.core.x/abc"
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "acc2")
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
    store = storage.open("azblob://abc", type=AzblobStorage)
    assert store.client.url == "https://acc2.blob.core.windows.net/abc"
    monkeypatch.delenv("AZURE_STORAGE_KEY")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", SAS)
    assert asked(wire, credential="env").query["sig"] == "a+b/c="


class Token:
    """A credential of azure-identity, as far as the SDK asks."""

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """A token that holds for an hour."""
        from azure.core.credentials import AccessToken

        assert scopes == ("https://storage.azure.com/.default",)
        return AccessToken("token-1", int(time.time()) + 3600)


def test_entra_id(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Token)
    assert asked(wire, credential=None).headers["authorization"] == "Bearer token-1"
    with pytest.raises(CredentialInvalid, match="https"):
        url_of(endpoint="http://127.0.0.1:1/acc")


def test_entra_id_signs_with_a_key_that_it_asks_for(
    wire: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Token)
    moment = "2031-01-01T00:00:00Z"
    wire.answers["GetUserDelegationKey"] = Answer(
        (
            f'<?xml version="1.0"?><UserDelegationKey><SignedOid>o</SignedOid><SignedTid>t'
            f"</SignedTid><SignedStart>{moment}</SignedStart><SignedExpiry>{moment}</SignedExpiry>"
            f"<SignedService>b</SignedService><SignedVersion>2021-08-06</SignedVersion>"
            f"<Value>{KEY}</Value></UserDelegationKey>"
        ).encode(),
        headers={"Content-Type": "application/xml"},
    )
    with open_wired(wire, credential=None, account_name="account") as store:
        urls = [store.reach(path, 60) for path in ("a", "b")]
        with pytest.raises(RestrictionDissatisfied, match="7 days"):
            store.reach("a", 8 * 24 * 3600)
    assert len(wire.of("GetUserDelegationKey")) == 1
    for url in urls:
        assert parse_qs(urlsplit(url).query)["skoid"] == ["o"]


def test_entra_id_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(MissingExtra, match=r"storewright\[azblob-identity\]"):
        url_of(account_name="acc")


@pytest.mark.parametrize("credential", ["anonymous", f"apikey:{SAS}"])
def test_who_cannot_sign(wire: Stub, credential: str) -> None:
    with open_wired(wire, credential=credential) as store:
        with pytest.raises(CredentialInvalid, match="sign"):
            store.reach("a", 60)
        with pytest.raises(CredentialInvalid):
            store.query_sign_http_write("a", 60)


def test_no_account_anywhere() -> None:
    with pytest.raises(PairRequired, match="account_name or endpoint"):
        url_of()


def test_credential_that_azure_does_not_know() -> None:
    with pytest.raises(CredentialInvalid, match="not accepted"):
        url_of(credential="sts:a:b:c")


def test_short_name_of_the_service(azurite: Azurite, container: str) -> None:
    text = azurite.connection(container, "dir").replace("azblob://", "az://")
    with storage.open(text) as store:
        store.write("a", b"x")
        assert store.service == "azblob"
    with storage.open(azurite.connection(container)) as store:
        assert store.read_bytes("dir/a") == b"x"


def test_proxy() -> None:
    with serving(Stub()) as proxy:
        options: dict[str, Any] = {
            "endpoint": "http://nowhere.invalid/account",
            "credential": f"hmac:account:{KEY}",
            "proxy": proxy.endpoint.removesuffix("/account"),
        }
        with AzblobStorage(name="abc", **options) as store:
            store.stat("a")
        assert [request.kind for request in proxy.take()] == ["GetBlobProperties"]


def test_proxies_of_the_environment(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with serving(Stub()) as server, serving(Stub()) as proxy:
        options: dict[str, Any] = {"name": "abc", "endpoint": server.endpoint}
        options["credential"] = f"hmac:account:{KEY}"
        monkeypatch.setenv("http_proxy", proxy.endpoint.removesuffix("/account"))
        with AzblobStorage(**options) as store:
            store.stat("a")
        assert (len(proxy.take()), len(server.take())) == (1, 0)
        monkeypatch.setenv("no_proxy", "localhost")
        with AzblobStorage(**options) as store:
            store.stat("a")
        assert (len(proxy.take()), len(server.take())) == (0, 1)


def test_certificates_of_the_environment(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("CURL_CA_BUNDLE", wire.ca_file)
    assert asked(wire, ca_bundle=None).kind == "GetBlobProperties"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
    with pytest.raises(ConnectionFailed):
        asked(wire, ca_bundle=None)
    assert asked(wire).kind == "GetBlobProperties"


def test_a_netrc_does_not_replace_the_signature(
    wire: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert asked(wire).headers["authorization"].startswith("SharedKey account:")


def test_proxy_with_a_password_is_not_shown(wire: Stub) -> None:
    with open_wired(wire, proxy="http://user:hidden@127.0.0.1:9") as store:
        assert "hidden" not in repr(store)
        with pytest.raises(ConnectionFailed) as caught:
            store.stat("a")
        assert "hidden" not in str(caught.value)


@pytest.fixture
def silent() -> Iterator[str]:
    """The endpoint of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/account"


def test_read_timeout(silent: str) -> None:
    options: dict[str, Any] = {"credential": f"hmac:account:{KEY}", "max_retries": 0}
    with AzblobStorage(name="abc", endpoint=silent, read_timeout=0.2, **options) as store:
        begin = time.monotonic()
        with pytest.raises(OperationTimeout):
            store.stat("a")
        assert time.monotonic() - begin < 40


def use(result: Any) -> None:
    """Read a listing to its end."""
    list(result)


@pytest.mark.parametrize("op", ["stat", "write", "read_bytes", "list", "delete", "copy"])
def test_timeouts(silent: str, op: str) -> None:
    """The time of a whole call, retries and pauses included."""
    options: dict[str, Any] = {"credential": f"hmac:account:{KEY}", "max_retries": 5}
    given: dict[str, list[Any]] = {"list": [], "write": ["a", b"x"], "copy": ["a", "b"]}
    arguments = given.get(op, ["a"])
    with AzblobStorage(name="abc", endpoint=silent, **options) as store:
        begin = time.monotonic()
        with pytest.raises(OperationTimeout):
            use(getattr(store, op)(*arguments, timeout=0.3))
        assert time.monotonic() - begin < 40


def test_pool_size(wire: Stub) -> None:
    with open_wired(wire, pool_size=3) as store:
        wire.peers.clear()
        for _ in range(3):
            threads = [threading.Thread(target=store.stat, args=("a",)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert 1 <= len(wire.peers) <= 3


def test_child_makes_clients_of_its_own(store: AzblobStorage) -> None:
    store.write("a", b"x")
    parents = store.client
    assert in_child(lambda: store.client is not parents and store.read_bytes("a") == b"x")
    assert store.client is parents


def test_storages_of_a_service_share_its_connections(
    service: AzblobService, container: str
) -> None:
    first, second = service.get(container), service.get(container)
    assert isinstance(first, AzblobStorage)
    assert isinstance(second, AzblobStorage)
    assert first._clients is second._clients is service._clients


def test_closed_store_opens_new_connections(store: AzblobStorage) -> None:
    store.write("a", b"x")
    store.close()
    assert store.read_bytes("a") == b"x"


def test_client_is_the_vendors(azurite: Azurite, store: AzblobStorage, container: str) -> None:
    store.write("a", b"x")
    assert [blob.name for blob in store.client.list_blobs()] == ["a"]
    with AzblobService(**options_of(azurite)) as service:
        assert container in {found.name for found in service.client.list_containers()}
