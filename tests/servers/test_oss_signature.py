"""The OSS shim takes what is signed as the vendor's documents say, and nothing else."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers.expiry import check_that_it_expires
from tests.servers.shim_server import OssShim

pytestmark = pytest.mark.server


def send(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> tuple[int, bytes]:
    """Status and content of the answer to a request that nobody touches on its way."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    connection.request(method, f"{address.path}?{address.query}", body, dict(headers or {}))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


class Recorder:
    """In the place of the SDK's session: keeps the request instead of sending it."""

    def __init__(self) -> None:
        self.request: Any = None

    def do_request(self, request: Any, timeout: float) -> Any:
        self.request = request
        raise InterruptedError


@pytest.fixture
def signed(oss_shim: OssShim, oss2: Any, auth: Any, bucket_name: str) -> Callable[..., Any]:
    """A request of the SDK that was signed and not sent."""

    def signed(call: str, *args: Any, **options: Any) -> Any:
        recorder = Recorder()
        bucket = oss2.Bucket(
            auth, oss_shim.endpoint, bucket_name, session=recorder, region=oss_shim.region
        )
        with pytest.raises(InterruptedError):
            getattr(bucket, call)(*args, **options)
        return recorder.request

    return signed


def deliver(request: Any) -> tuple[int, bytes]:
    query = "&".join(f"{name}={value}" for name, value in request.params.items())
    headers = {name: value for name, value in request.headers.items() if value is not None}
    return send(request.method, f"{request.url}?{query}", headers, request.data or b"")


def test_as_it_was_signed(signed: Callable[..., Any], key: str) -> None:
    request = signed("put_object", key, b"content", headers={"x-oss-meta-a": "1"})
    assert deliver(request) == (200, b"")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-oss-meta-a", "2"),
        ("x-oss-meta-b", "added"),
        ("x-oss-object-acl", "public-read"),
        ("content-type", "text/other"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-oss-meta-a", None),
    ],
)
def test_a_changed_header_is_refused(
    signed: Callable[..., Any], key: str, header: str, value: str | None
) -> None:
    request = signed("put_object", key, b"", headers={"x-oss-meta-a": "1"})
    request.headers[header] = value
    status, content = deliver(request)
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in content) == (403, True)


def test_each_changed_byte_of_the_signature_is_refused(
    signed: Callable[..., Any], key: str
) -> None:
    request = signed("delete_object", key)
    original: str = request.headers["authorization"]
    begin = max(original.rfind(":"), original.rfind("Signature=") + len("Signature=") - 1) + 1
    for index in range(begin, len(original)):
        other = "0" if original[index] != "0" else "1"
        request.headers["authorization"] = original[:index] + other + original[index + 1 :]
        assert deliver(request)[0] == 403
    request.headers["authorization"] = original
    assert deliver(request)[0] == 204


def test_another_method_key_or_subresource_is_refused(signed: Callable[..., Any], key: str) -> None:
    for attribute, value in (
        ("method", "PUT"),
        ("url", signed("delete_object", key).url[:-1]),
        ("params", {"acl": ""}),
    ):
        request = signed("delete_object", key)
        setattr(request, attribute, value)
        assert deliver(request)[0] == 403


def test_another_keys_secret_is_refused(oss_shim: OssShim, oss2: Any, bucket_name: str) -> None:
    for version in ("v1", "v4"):
        for access, code in (
            (oss_shim.access_key, "SignatureDoesNotMatch"),
            ("x", "InvalidAccess"),
        ):
            auth = oss2.make_auth(access, "wrong", version)
            bucket = oss2.Bucket(auth, oss_shim.endpoint, bucket_name, region=oss_shim.region)
            with pytest.raises(oss2.exceptions.ServerError, match=code):
                bucket.list_objects()


def test_another_region_is_refused(oss_shim: OssShim, oss2: Any, bucket_name: str) -> None:
    auth = oss2.AuthV4(oss_shim.access_key, oss_shim.secret_key)
    bucket = oss2.Bucket(auth, oss_shim.endpoint, bucket_name, region="cn-beijing")
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        bucket.list_objects()


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_wrong_clock_is_refused(
    bucket: Any, oss2: Any, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)

    class Clock(datetime):
        @classmethod
        def utcnow(cls) -> Clock:
            return cls.fromtimestamp(moment.timestamp(), UTC)

    date = oss2.utils.http_date
    monkeypatch.setattr(oss2.auth, "datetime", Clock)
    monkeypatch.setattr(oss2.utils, "http_date", lambda: date(moment.timestamp()))
    with pytest.raises(oss2.exceptions.ServerError, match="RequestTimeTooSkewed"):
        bucket.list_objects()


def test_temporary_keys(oss_shim: OssShim, oss2: Any, bucket_name: str) -> None:
    access, secret, token = oss_shim.temporary
    for version in ("v1", "v4"):
        for given, code in (
            (token, None),
            ("other", "InvalidSecurityToken"),
            ("", "InvalidAccess"),
        ):
            auth = oss2.StsAuth(access, secret, given, auth_version=version)
            bucket = oss2.Bucket(auth, oss_shim.endpoint, bucket_name, region=oss_shim.region)
            if code is None:
                bucket.list_objects()
                continue
            with pytest.raises(oss2.exceptions.ServerError, match=code):
                bucket.list_objects()


def test_nobody_reads_what_is_private(bucket: Any, oss_shim: OssShim, oss2: Any, key: str) -> None:
    anybody = oss2.Bucket(oss2.AnonymousAuth(), oss_shim.endpoint, bucket.bucket_name)
    bucket.put_object(key, b"private")
    with pytest.raises(oss2.exceptions.AccessDenied):
        anybody.get_object(key)
    bucket.put_object_acl(key, "public-read")
    assert anybody.get_object(key).read() == b"private"
    with pytest.raises(oss2.exceptions.AccessDenied):
        anybody.put_object(key, b"")


# ---------------------------------------------------------------------------------- signed URLs


def test_signed_urls(bucket: Any, key: str) -> None:
    headers = {"Content-Type": "text/x", "x-oss-meta-a": "1"}
    put = bucket.sign_url("PUT", key, 60, headers=headers)
    assert send("PUT", put, headers, b"content") == (200, b"")
    assert send("PUT", put, {**headers, "x-oss-meta-a": "2"}, b"")[0] == 403
    got = bucket.sign_url("GET", key, 60, params={"response-content-type": "text/y"})
    assert send("GET", got) == (200, b"content")
    assert send("HEAD", got)[0] == 403
    assert send("GET", got.replace("text%2Fy", "text%2Fz"))[0] == 403
    assert send("DELETE", bucket.sign_url("DELETE", key, 60))[0] == 204


def test_each_changed_byte_of_a_signed_url_is_refused(bucket: Any, key: str) -> None:
    bucket.put_object(key, b"content")
    url: str = bucket.sign_url("GET", key, 60)
    begin = url.index("ignature=") + len("ignature=")
    for index in range(begin, len(url.partition("&x-oss-never")[0]) - 3):
        if url[index] in "%&=" or "%" in url[index - 2 : index] or not url[index].isalnum():
            continue
        other = "0" if url[index] != "0" else "1"
        assert send("GET", url[:index] + other + url[index + 1 :])[0] in (400, 403)
    assert send("GET", url) == (200, b"content")


def test_a_signed_url_expires(bucket: Any, key: str) -> None:
    bucket.put_object(key, b"content")
    check_that_it_expires(
        lambda seconds: bucket.sign_url("GET", key, seconds),
        lambda url: send("GET", url),
        b"Request has expired",
    )


def test_a_signed_url_of_temporary_keys(
    oss_shim: OssShim, oss2: Any, bucket: Any, bucket_name: str, key: str
) -> None:
    bucket.put_object(key, b"content")
    for version in ("v1", "v4"):
        auth = oss2.StsAuth(*oss_shim.temporary, auth_version=version)
        own = oss2.Bucket(auth, oss_shim.endpoint, bucket_name, region=oss_shim.region)
        url = own.sign_url("GET", key, 60)
        assert send("GET", url) == (200, b"content")
        assert send("GET", url.replace("temporary-token", "temporary-other"))[0] == 403
