"""Every option that a store is opened with, where it can be seen: mostly in a request."""

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
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
    PairRequired,
    PairValueInvalid,
)
from storewright.services.cos import CosService, CosStorage, calls
from storewright.testing.servers.server import issue_certificate
from tests.processes import in_child
from tests.servers.shim_server import CosShim

from .conftest import OpenCos
from .stub import ENDPOINT, Answer, Request, Stub
from .wire_table import BUCKET
from .witness import Witness


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("COS_", "TENCENTCLOUD_"))]:
        monkeypatch.delenv(name)


def opened(wire: Stub, **options: Any) -> CosStorage:
    given = dict[str, Any](
        name=BUCKET, endpoint=ENDPOINT, proxy=wire.endpoint, credential="hmac:AKEY:secret"
    )
    return CosStorage(**given | options)


def sent(wire: Stub, content: bytes = b"content", **options: Any) -> Request:
    """The request of one write by a store with these options."""
    with opened(wire, **options) as store:
        store.write("some key", content)
    (request,) = wire.take()
    return request


def address(**options: Any) -> str:
    """Scheme and host that a store goes to, as a signed URL names them."""
    given = dict[str, Any](name=BUCKET, credential="hmac:AKEY:secret", location="ap-guangzhou")
    store = CosStorage(**given | options)
    url = urlsplit(store.reach("key", 60))
    return f"{url.scheme}://{url.netloc}"


# ------------------------------------------------------------------------------ who asks, and where


def test_name_and_endpoint(wire: Stub) -> None:
    request = sent(wire, name="another-1250000000")
    assert request.path == "/some%20key"
    assert request.headers["host"] == "another-1250000000.cos.ap-wire.example"


def test_endpoint_has_its_port_and_scheme() -> None:
    found = address(endpoint="https://cos.store.example:8443")
    assert found == f"https://{BUCKET}.cos.store.example:8443"


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:8080", "http://[::1]:80", "https://cos.example/path"]
)
def test_endpoint_that_cos_cannot_have(endpoint: str) -> None:
    with pytest.raises(PairValueInvalid, match="endpoint"):
        CosStorage(name=BUCKET, endpoint=endpoint, credential="hmac:a:b")


def test_location() -> None:
    assert address() == f"https://{BUCKET}.cos.ap-guangzhou.myqcloud.com"
    with pytest.raises(PairRequired, match="location"):
        CosStorage(name=BUCKET, credential="hmac:a:b")


def test_use_accelerate() -> None:
    assert address(use_accelerate=True) == f"https://{BUCKET}.cos.accelerate.myqcloud.com"


def test_custom_domain() -> None:
    assert address(custom_domain="files.example.com") == "https://files.example.com"


def test_work_dir_is_in_the_key(wire: Stub) -> None:
    assert sent(wire, work_dir="/deep/er").path == "/deep/er/some%20key"


def access_key(request: Request) -> str:
    return parse_qs(request.headers["authorization"])["q-ak"][0]


def test_credential_hmac(wire: Stub) -> None:
    request = sent(wire)
    assert access_key(request) == "AKEY"
    assert "x-cos-security-token" not in request.headers


def test_credential_sts(wire: Stub) -> None:
    request = sent(wire, credential="sts:AKEY2:secret:the-token")
    assert access_key(request) == "AKEY2"
    assert request.headers["x-cos-security-token"] == "the-token"


def test_a_url_signed_with_temporary_keys_has_their_token() -> None:
    given: dict[str, Any] = {"name": BUCKET, "location": "ap-x"}
    store = CosStorage(**given, credential="sts:AKEY2:secret:the token+")
    url = urlsplit(store.reach("key", 60))
    query = parse_qs(url.query)
    assert query["x-cos-security-token"] == ["the token+"]
    assert query["q-url-param-list"] == ["x-cos-security-token"]


def test_credential_anonymous(wire: Stub) -> None:
    assert sent(wire, credential="anonymous").headers.get("authorization", "") == ""


@pytest.mark.parametrize("credential", ["env", None])
@pytest.mark.parametrize("prefix", ["TENCENTCLOUD", "COS"])
def test_credential_of_the_environment(
    wire: Stub, monkeypatch: pytest.MonkeyPatch, credential: str | None, prefix: str
) -> None:
    monkeypatch.setenv(f"{prefix}_SECRET_ID", "AKEY3")
    monkeypatch.setenv(f"{prefix}_SECRET_KEY", "secret")
    assert access_key(sent(wire, credential=credential)) == "AKEY3"
    token = "TENCENTCLOUD_TOKEN" if prefix == "TENCENTCLOUD" else "COS_SESSION_TOKEN"
    monkeypatch.setenv(token, "token-4")
    assert sent(wire, credential=credential).headers["x-cos-security-token"] == "token-4"


def test_credential_that_cos_does_not_know(wire: Stub) -> None:
    with pytest.raises(CredentialInvalid, match="hmac"):
        opened(wire, credential="basic:user:password")


def test_no_credential_anywhere(wire: Stub) -> None:
    with pytest.raises(CredentialInvalid, match="TENCENTCLOUD_SECRET_ID") as caught:
        sent(wire, credential=None)
    assert caught.value.op == "write"


# --------------------------------------------------------------------------- what a request is like


def test_checksum_mode(wire: Stub) -> None:
    assert "content-md5" in sent(wire).headers
    assert "content-md5" in sent(wire, checksum_mode="when_supported").headers
    assert "content-md5" not in sent(wire, checksum_mode="when_required").headers


def test_batch_delete_always_has_its_md5(wire: Stub) -> None:
    with opened(wire, checksum_mode="when_required") as store:
        store.delete_batch(["a"])
    (request,) = wire.take()
    assert "content-md5" in request.headers


# -------------------------------------------------------------------------------------- connections


def test_proxy(wire: Stub) -> None:
    assert sent(wire).headers["host"].endswith(".example")


def test_proxy_of_the_environment(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", wire.endpoint)
    assert sent(wire, proxy=None).headers["host"].endswith(".example")


def test_no_proxy_of_the_environment(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    port = urlsplit(wire.endpoint).port
    found = sent(wire, proxy=None, endpoint="http://cos.example", custom_domain=f"localhost:{port}")
    assert found.headers["host"] == f"localhost:{port}"


def test_the_environment_is_asked_for_proxies_once(
    wire: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def proxies(url: str) -> dict[str, str]:
        asked.append(url)
        return {"http": wire.endpoint}

    monkeypatch.setattr(calls, "get_environ_proxies", proxies)
    with opened(wire, proxy=None) as store:
        for path in "abc":
            store.write(path, b"1")
    assert len(wire.take()) == 3
    assert len(asked) == 1


def test_proxy_with_a_password_is_not_shown(wire: Stub) -> None:
    with opened(wire, proxy="http://user:sekret@127.0.0.1:9", max_retries=0) as store:
        assert "sekret" not in repr(store)
        with pytest.raises(ConnectionFailed) as caught:
            store.write("a", b"1")
        assert "sekret" not in str(caught.value)


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[int]:
    """The port of a server whose certificate is of an authority that nobody knows."""
    issue_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    answer = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):  # it is over
                while True:
                    connection, _ = listener.accept()
                    with contextlib.suppress(OSError):  # the client did not like it
                        respond(connection)

        def respond(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_ca_bundle(tls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {
        "name": BUCKET,
        "endpoint": f"https://cos.example:{tls}",
        "custom_domain": f"localhost:{tls}",
        "credential": "hmac:a:b",
        "max_retries": 0,
    }
    with CosStorage(**given, ca_bundle=str(tmp_path / "ca.pem")) as store:
        assert store.stat("a").etag == '"e"'
    with CosStorage(**given) as store, pytest.raises(ConnectionFailed, match="certificate"):
        store.stat("a")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with CosStorage(**given) as store:
        assert store.stat("a").etag == '"e"'


def test_read_timeout(wire: Stub) -> None:
    release = threading.Event()

    def silent(_: Request) -> Answer:
        release.wait(120)
        return Answer(headers={"ETag": '"e"'})

    wire.other = silent
    try:
        with opened(wire, read_timeout=0.2, max_retries=0) as store:
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


# --------------------------------------------------------------------------- one client, many users


def test_threads_share_the_client(wire: Stub) -> None:
    with opened(wire) as store, ThreadPoolExecutor(8) as pool:
        clients = list(pool.map(getattr, [store] * 64, ["client"] * 64))
    assert len(set(map(id, clients))) == 1


def test_stores_share_no_connections(wire: Stub) -> None:
    """The SDK's own pool is one for all clients: with the first one's size and proxies."""
    with opened(wire) as one, opened(wire) as other:
        assert one.client._session is not other.client._session


@pytest.mark.server
@pytest.mark.skipif(not hasattr(os, "fork"), reason="not in any registry: fork")
def test_child_makes_a_client_of_its_own(open_cos: OpenCos) -> None:
    store = open_cos()
    store.write("before", b"1")
    mine = store.client
    assert in_child(
        lambda: store.client is not mine
        and store.write("in-child", store.read_bytes("before") + b"2") == 2
    )
    assert store.client is mine
    assert store.read_bytes("in-child") == b"12"


@pytest.mark.server
def test_closed_store_opens_new_connections(open_cos: OpenCos) -> None:
    store = open_cos()
    store.write("a", b"1")
    store.close()
    assert store.read_bytes("a") == b"1"


@pytest.mark.server
def test_connection_string(cos_shim: CosShim, witness: Witness) -> None:
    text = cos_shim.connection(witness.cos.bucket, witness.prefix)
    text += "&default_storage_class=STANDARD_IA&default_server_side_encryption=AES256"
    with storage.open(text, type=CosStorage) as store:
        store.write("a", b"1")
    found = witness.head("a")
    assert found["x-cos-storage-class"] == "STANDARD_IA"
    assert found["x-cos-server-side-encryption"] == "AES256"


class Mine:
    """A file of the user's, which the SDK would seek in and might close."""

    def __init__(self, content: bytes) -> None:
        self.content, self.position, self.touched = content, 0, False

    def read(self, size: int = -1, /) -> bytes:
        end = len(self.content) if size < 0 else self.position + size
        piece = self.content[self.position : end]
        self.position += len(piece)
        return piece

    def close(self) -> None:
        self.touched = True

    def seek(self, *_: int) -> int:
        self.touched = True
        return 0


@pytest.mark.parametrize("size", [10, 20 * 1024 * 1024])
def test_the_users_file_stays_as_it_is(wire: Stub, wired: CosStorage, size: int) -> None:
    source = Mine(bytes(size))
    assert wired.write("a", source) == size
    assert (source.position, source.touched) == (size, False)


SHOWN: Final = {
    "ca_bundle": test_ca_bundle,
    "checksum_mode": test_checksum_mode,
    "connect_timeout": test_connect_timeout,
    "credential": test_credential_hmac,
    "custom_domain": test_custom_domain,
    "endpoint": test_name_and_endpoint,
    "interceptor": "the conformance suite",
    "location": test_location,
    "max_retries": "test_errors.py",
    "name": test_name_and_endpoint,
    "pool_size": test_pool_size,
    "proxy": test_proxy,
    "read_timeout": test_read_timeout,
    "use_accelerate": test_use_accelerate,
    "work_dir": test_work_dir_is_in_the_key,
}


def test_every_option_is_shown() -> None:
    assert set(SHOWN) == set(CosStorage.construction())
    assert set(CosService.construction()) == set(SHOWN) - {"name", "work_dir", "custom_domain"}
