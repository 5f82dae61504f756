"""The COS shim takes what is signed as Tencent's documents say, and nothing else."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers.cos_sdk import Cos, session_of
from tests.servers.expiry import check_that_it_expires
from tests.servers.shim_server import CosShim

pytestmark = pytest.mark.server


def send(
    shim: CosShim, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, bytes]:
    """Status and content of the answer to a request that nobody touches on its way."""
    connection = http.client.HTTPConnection(urlsplit(shim.proxy).netloc, timeout=60)
    connection.request(method, url, body, dict(headers))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


@pytest.fixture
def signed(cos: Cos, cos_shim: CosShim) -> Callable[..., Any]:
    """A request of the SDK that was signed and not sent."""

    def signed(call: str, *args: Any, **options: Any) -> Any:
        kept: list[Any] = []

        def keep(request: Any, **_: Any) -> Any:
            kept.append(request)
            raise InterruptedError

        session = session_of(cos_shim)
        session.send = keep
        client = cos.client(session=session)
        with pytest.raises(cos.sdk.CosClientError):
            getattr(client, call)(*args, Bucket=cos.bucket, **options)
        return kept[0]

    return signed


@pytest.fixture
def deliver(cos_shim: CosShim) -> Callable[[Any], tuple[int, bytes]]:
    def deliver(request: Any) -> tuple[int, bytes]:
        def text(value: Any) -> str:
            return value.decode() if isinstance(value, bytes) else value

        headers = {name: text(value) for name, value in request.headers.items()}
        return send(cos_shim, request.method, request.url, headers, request.body or b"")

    return deliver


WRITTEN: dict[str, Any] = {"Body": b"content", "Metadata": {"x-cos-meta-a": "1"}}


def test_as_it_was_signed(signed: Any, deliver: Any, key: str) -> None:
    assert deliver(signed("put_object", Key=key, **WRITTEN)) == (200, b"")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-cos-meta-a", "2"),
        ("x-cos-meta-a", None),
        ("Content-Type", "text/other"),
        ("Host", "other-1250000000.cos.ap-shim.example"),
    ],
)
def test_a_changed_header_is_refused(
    signed: Any, deliver: Any, key: str, header: str, value: str | None
) -> None:
    request = signed("put_object", Key=key, ContentType="text/mine", **WRITTEN)
    request.headers.pop(header, None)
    if value is not None:
        request.headers[header] = value
    status, content = deliver(request)
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in content) == (403, True)


def test_each_changed_byte_of_the_signature_is_refused(signed: Any, deliver: Any, key: str) -> None:
    request = signed("put_object", Key=key, **WRITTEN)
    authorization = request.headers["Authorization"]
    begin = authorization.index("q-signature=") + len("q-signature=")
    for place in range(begin, len(authorization)):
        other = "0" if authorization[place] != "0" else "1"
        changed = authorization[:place] + other + authorization[place + 1 :]
        request.headers["Authorization"] = changed
        assert deliver(request)[0] == 403, changed


def test_another_method_path_or_parameter_is_refused(signed: Any, deliver: Any) -> None:
    def request() -> Any:
        return signed("list_objects", Prefix="one", MaxKeys=7)

    assert deliver(request())[0] == 200
    for old, new in (("prefix=one", "prefix=two"), ("max-keys=7", "max-keys=8"), ("/?", "/x?")):
        changed = request()
        assert old in changed.url
        changed.url = changed.url.replace(old, new)
        assert deliver(changed)[0] == 403, new
    changed = request()
    changed.method = "HEAD"
    assert deliver(changed)[0] == 403


def test_unsigned(cos: Cos, cos_shim: CosShim, key: str) -> None:
    url = f"http://{cos.bucket}.cos.ap-shim.example/x"
    status, content = send(cos_shim, "GET", url, {})
    assert (status, b"<Code>AccessDenied</Code>" in content) == (403, True)


def test_unknown_and_wrong_keys(cos: Cos) -> None:
    for options, code in (
        ({"SecretId": "nobody"}, "InvalidAccessKeyId"),
        ({"SecretKey": "wrong"}, "SignatureDoesNotMatch"),
    ):
        with pytest.raises(cos.sdk.CosServiceError) as caught:
            cos.client(**options).list_objects(Bucket=cos.bucket)
        assert (caught.value.get_status_code(), caught.value.get_error_code()) == (403, code)


def test_temporary_keys_need_their_token(cos: Cos, cos_shim: CosShim) -> None:
    secret_id, secret_key, token = cos_shim.temporary
    keys = {"SecretId": secret_id, "SecretKey": secret_key}
    assert cos.client(**keys, Token=token).list_objects(Bucket=cos.bucket)["Name"] == cos.bucket
    for wrong in ("other", None):
        with pytest.raises(cos.sdk.CosServiceError):
            cos.client(**keys, Token=wrong).list_objects(Bucket=cos.bucket)


# ---------------------------------------------------------------------------------------- in a URL


def test_url(cos: Cos, cos_shim: CosShim, key: str) -> None:
    client = cos.client()
    put = client.get_presigned_url(cos.bucket, key, "PUT", Headers={"x-cos-meta-a": "1"})
    assert send(cos_shim, "PUT", put, {"x-cos-meta-a": "1"}, b"content")[0] == 200
    for headers in ({"x-cos-meta-a": "2"}, {}):
        assert send(cos_shim, "PUT", put, headers, b"content")[0] == 403
    get = client.get_presigned_url(cos.bucket, key, "GET")
    assert send(cos_shim, "GET", get, {}) == (200, b"content")
    for wrong in (get.replace("q-signature=", "q-signature=0"), get.replace("%3B", "%3B1", 1)):
        assert send(cos_shim, "GET", wrong, {})[0] == 403
    assert send(cos_shim, "DELETE", get, {})[0] == 403
    assert send(cos_shim, "GET", get.replace("a%20b", "a%20c"), {})[0] == 403


def test_url_with_parameters(cos: Cos, cos_shim: CosShim, key: str) -> None:
    client = cos.client()
    client.put_object(Bucket=cos.bucket, Key=key, Body=b"content")
    params = {"response-content-type": "text/mine"}
    get = client.get_presigned_url(cos.bucket, key, "GET", Params=params)
    assert send(cos_shim, "GET", get, {}) == (200, b"content")
    assert send(cos_shim, "GET", get.replace("text%2Fmine", "text%2Fyours"), {})[0] == 403


def test_url_expires(cos: Cos, cos_shim: CosShim, key: str) -> None:
    client = cos.client()
    client.put_object(Bucket=cos.bucket, Key=key, Body=b"content")
    check_that_it_expires(
        lambda seconds: client.get_presigned_url(cos.bucket, key, "GET", Expired=seconds),
        lambda url: send(cos_shim, "GET", url, {}),
        b"expired",
    )
