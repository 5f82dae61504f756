"""No secret is told by anything but a request: a search through all that there is to read."""

import base64
import copy
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from storewright.core.errors import CredentialInvalid, StorageError
from storewright.core.interceptors import log_calls
from storewright.core.parts import SignedRequest
from storewright.services.s3 import (
    S3Service,
    S3Storage,
    with_server_side_encryption_customer_key,
)

from .stub import Answer, Request, Stub
from .wire_calls import Callers
from .wire_table import BUCKET

SECRET_KEY, TOKEN = "sekret-access/key+0123456789=", "sekret/token+of=0123456789"
EXTERNAL, PASSWORD = "sekret-external-id", "sekret-password"
ROLE_KEY, ROLE_TOKEN = "sekret-key-of/role", "sekret-token-of/role"
CUSTOMER, SOURCE = b"sekret customer key, 32 bytes ok", b"sekret source key of 32 bytes!!!"
KEYS: Final[dict[str, Any]] = {
    "server_side_encryption_customer_key": CUSTOMER,
    "copy_source_server_side_encryption_customer_key": SOURCE,
}
ROLE_ANSWER: Final = (
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>"
    f"<SecretAccessKey>{ROLE_KEY}</SecretAccessKey><SessionToken>{ROLE_TOKEN}</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>"
)


def shapes(secret: str | bytes) -> Iterator[str]:
    """How a secret could look in a text."""
    data = secret if isinstance(secret, bytes) else secret.encode()
    yield data.decode()
    yield from (base64.b64encode(data).decode(), data.hex())
    yield from (repr(data)[2:-1], base64.b64encode(data).decode().rstrip("="))


TEXTS: Final = [
    text
    for secret in (SECRET_KEY, TOKEN, EXTERNAL, PASSWORD, ROLE_KEY, ROLE_TOKEN, CUSTOMER, SOURCE)
    for text in shapes(secret)
]


def search(text: str) -> None:
    """Fail if there is a secret in a text. What is found is cut, for this text is shown, too."""
    found = [secret[:6] for secret in TEXTS if secret in text]
    assert not found
    assert "sekret" not in text


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger at its most talkative, as with logging.basicConfig(level=DEBUG)."""
    caplog.set_level(logging.DEBUG)
    return caplog


def answer(request: Request) -> Answer:
    if request.path == "/" and request.method == "POST":
        return Answer(ROLE_ANSWER.encode(), headers={"Content-Type": "text/xml"})
    return Answer(headers={"ETag": '"e"'})


def opened(wire: Stub, **options: Any) -> S3Storage:
    given: dict[str, Any] = {
        "name": BUCKET,
        "endpoint": wire.endpoint,
        "credential": f"sts:access:{SECRET_KEY}:{TOKEN}",
        "max_retries": 0,
        "enable_virtual_operation_all": True,
        "interceptor": log_calls(),
    }
    return S3Storage(**given | options)


def test_the_search_finds_what_there_is() -> None:
    for secret in (SECRET_KEY, CUSTOMER):
        for text in shapes(secret):
            with pytest.raises(AssertionError):
                search(f"some {text} here")


@pytest.mark.parametrize("op", sorted(set(S3Storage._options) - {"create", "metadata"}))
@pytest.mark.parametrize("fails", [False, True])
def test_an_operation_tells_no_secret(
    wire: Stub, everything_logged: pytest.LogCaptureFixture, op: str, fails: bool
) -> None:
    """Neither its log, nor boto3's, nor its error with all that caused it."""
    options = {name: key for name, key in KEYS.items() if name in S3Storage.options_of(op)}
    if fails:
        echo = f"<CanonicalRequest>x-amz-security-token:{TOKEN}\n</CanonicalRequest>"
        body = f"<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message>{echo}</Error>"
        wire.other = lambda _: Answer(body.encode(), 403)
    with warnings.catch_warnings(record=True) as seen, opened(wire) as store:
        try:
            Callers(wire, store).once(op, **options)
        except StorageError as error:
            text = "".join(traceback.format_exception(error))
            search("\n".join([text, repr(error), str(error), repr(pickle.dumps(error))]))
            assert fails
    search("\n".join([everything_logged.text, *map(str, seen)]))
    assert "s3 " + op in everything_logged.text or fails or "sign" in op or op == "reach"
    assert "botocore" in everything_logged.text


def test_keys_are_logged_as_stars(wire: Stub, everything_logged: pytest.LogCaptureFixture) -> None:
    with opened(wire) as store:
        store.write("a", b"1", server_side_encryption_customer_key=CUSTOMER)
    (request,) = wire.take()
    sent = request.headers["x-amz-server-side-encryption-customer-key"]
    assert base64.b64decode(sent) == CUSTOMER, "what is sent is not what is shown"
    assert request.headers["x-amz-security-token"] == TOKEN
    assert "server-side-encryption-customer-key': '***'" in everything_logged.text
    assert "x-amz-security-token:***" in everything_logged.text


def test_a_role_tells_no_secret(wire: Stub, everything_logged: pytest.LogCaptureFixture) -> None:
    wire.other = answer
    role: dict[str, Any] = {
        "role_arn": "arn:aws:iam::123456789012:role/w",
        "sts_endpoint": wire.endpoint,
    }
    with opened(wire, role_external_id=EXTERNAL, **role) as store:
        store.write("a", b"1")
        search(repr(store))
    plain = opened(wire, role_external_id=EXTERNAL, interceptor=None, **role)
    search(repr(pickle.dumps(plain)))
    assert wire.requests[-1].headers["x-amz-security-token"] == ROLE_TOKEN
    search(everything_logged.text)


def test_a_proxy_tells_no_password(everything_logged: pytest.LogCaptureFixture) -> None:
    store = S3Storage(
        name=BUCKET,
        endpoint="http://store.example",
        credential=f"hmac:a:{SECRET_KEY}",
        proxy=f"http://user:{PASSWORD}@127.0.0.1:9",
        max_retries=0,
    )
    with pytest.raises(StorageError) as caught:
        store.write("a", b"1")
    search("".join(traceback.format_exception(caught.value)) + repr(store) + str(store))
    search(everything_logged.text)


WAYS_TO_SHOW: Final[list[Callable[[Any], object]]] = [
    repr,
    str,
    lambda it: f"{it}",
    lambda it: repr([it]),
    pickle.dumps,
    lambda it: it.features,
    lambda it: it.client.meta.config,
    lambda it: it._clients,
]


@pytest.mark.parametrize("cls", [S3Storage, S3Service])
def test_nothing_shows_a_secret(wire: Stub, cls: Any) -> None:
    given: dict[str, Any] = {"name": BUCKET} if cls is S3Storage else {}
    if cls is S3Storage:
        given |= {f"default_{name}": key for name, key in KEYS.items()}
    it = cls(
        endpoint=wire.endpoint,
        credential=f"sts:access:{SECRET_KEY}:{TOKEN}",
        role_external_id=EXTERNAL,
        **given,
    )
    for way in WAYS_TO_SHOW:
        search(repr(way(it)))
    for copied in (copy.copy, copy.deepcopy):
        with pytest.raises(CredentialInvalid) as caught:
            copied(it)
        search(str(caught.value))


def test_what_operations_return_shows_no_secret(wire: Stub) -> None:
    store: Any = opened(wire)
    key = {"server_side_encryption_customer_key": CUSTOMER}
    signed = store.query_sign_http_write("a", 60, **key)
    assert isinstance(signed, SignedRequest)
    search(repr(signed))
    writer = store.open_writer("a", part_size=5 << 20, **key)
    writer.write(bytes(6 << 20))
    search(repr(writer))
    search(repr(writer.suspend()))
    search(repr(with_server_side_encryption_customer_key(CUSTOMER)))
    search(repr(store.stat("a", **key)) + repr(list(store.list())))


def test_pickled_without_secrets_and_opened_with_them(
    wire: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pickle.dumps(opened(wire, interceptor=None))
    search(repr(data))
    with pytest.raises(CredentialInvalid, match="STOREWRIGHT_S3_CREDENTIAL"):
        pickle.loads(data)
    monkeypatch.setenv("STOREWRIGHT_S3_CREDENTIAL", f"sts:access:{SECRET_KEY}:{TOKEN}")
    again = pickle.loads(data)
    again.write("a", b"1")
    assert wire.take()[-1].headers["x-amz-security-token"] == TOKEN


def test_a_connection_string_is_shown_without_secrets(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"[default]\naws_access_key_id=A\naws_secret_access_key={SECRET_KEY}\n")
    for credential in ("env", "anonymous", f"file:{file}"):
        store = S3Storage(name=BUCKET, credential=credential, endpoint="http://127.0.0.1:9")
        search(repr(pickle.dumps(store)) + repr(store))
        assert repr(pickle.loads(pickle.dumps(store))) == repr(store)
