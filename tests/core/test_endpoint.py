import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.endpoint import Endpoint
from storewright.core.errors import PairTypeInvalid, PairValueInvalid

HOSTS = st.from_regex(
    r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True
) | st.ip_addresses().map(str)


@given(
    st.sampled_from(["http", "https", "tcp"]),
    HOSTS,
    st.integers(1, 65535),
    st.lists(st.from_regex(r"[A-Za-z0-9._~%-]{1,8}", fullmatch=True), max_size=3),
)
def test_what_is_written_is_read_back(scheme: str, host: str, port: int, path: list[str]) -> None:
    endpoint = Endpoint(scheme, host, port, "".join(f"/{piece}" for piece in path))
    assert Endpoint.parse(str(endpoint)) == endpoint
    assert pickle.loads(pickle.dumps(endpoint)) == endpoint


@pytest.mark.parametrize(
    ("text", "url", "host", "port", "path"),
    [
        ("http://127.0.0.1:8333", "http://127.0.0.1:8333", "127.0.0.1", 8333, ""),
        ("https://host:9000/x", "https://host:9000/x", "host", 9000, "/x"),
        ("http://host", "http://host", "host", 80, ""),
        ("https://host", "https://host", "host", 443, ""),
        ("https://host:443/", "https://host", "host", 443, ""),
        ("http://host:443", "http://host:443", "host", 443, ""),
        ("HTTP://Host.Example./a/b/", "http://host.example./a/b", "host.example.", 80, "/a/b"),
        ("http://[::1]:9000/x", "http://[::1]:9000/x", "::1", 9000, "/x"),
        ("http://[0:0::1]", "http://[::1]", "::1", 80, ""),
        ("http://my_minio:9000", "http://my_minio:9000", "my_minio", 9000, ""),
        ("tcp://namenode:8020", "tcp://namenode:8020", "namenode", 8020, ""),
    ],
)
def test_normal_urls(text: str, url: str, host: str, port: int, path: str) -> None:
    endpoint = Endpoint.parse(text)
    assert (endpoint.url, endpoint.host, endpoint.port, endpoint.path) == (url, host, port, path)
    assert endpoint.secure is url.startswith("https")
    assert endpoint.url == f"{endpoint.scheme}://{endpoint.authority}{endpoint.path}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it must be a URL"),
        ("host:9000", "it must be a URL"),
        ("http:host:9000", "it must be a URL (write http://host:port)"),
        ("http://", "it must be a URL"),
        ("htps://host", "(did you mean 'https'?)"),
        ("file:///tmp", "the scheme must be one of http, https, tcp"),
        ("http://user:hunter2@host", "it must not carry user:password (give a credential instead)"),
        ("http://user@host", "it must not carry user:password"),
        ("http://host?region=eu", "query or fragment"),
        ("http://host?", "query or fragment"),
        ("http://host/#x", "query or fragment"),
        ("http://host:0", "the port must be a number from 1 to 65535"),
        ("http://host:65536", "the port must be a number from 1 to 65535"),
        ("http://host:x", "the port must be a number from 1 to 65535"),
        ("tcp://host", "the port must be a number from 1 to 65535"),
        ("http://:9000", "the host is malformed"),
        ("http://-host", "the host is malformed"),
        ("http://hö.st", "write a name outside ASCII in its xn-- form"),
        ("http://[::1", "the host is malformed"),
        ("http://[host]", "the host is malformed"),
        ("http://[v1.x]", "the host is malformed"),
        ("http://::1", "the host is malformed"),
        ("http://host/ä", "the path is not ASCII"),
        ("http://ho st", "a blank, a backslash or a control character"),
        ("http://host\\x", "a blank, a backslash or a control character"),
        ("http://host\r\nX: y", "a blank, a backslash or a control character"),
    ],
)
def test_anything_else_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(PairValueInvalid) as caught:
        Endpoint.parse(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith("pair 'endpoint': ")
    assert "hunter2" not in str(caught.value)


@given(st.text() | st.text(alphabet="htps:/[]@?#%0189.a"))
def test_no_text_gets_past_the_typed_errors(text: str) -> None:
    for candidate in (text, f"http://{text}"):
        try:
            endpoint = Endpoint.parse(candidate)
        except PairValueInvalid:
            continue
        assert Endpoint.parse(str(endpoint)) == endpoint


def test_the_type_is_checked() -> None:
    parse = getattr(Endpoint, "parse")  # noqa: B009  (as a caller without a type checker)
    with pytest.raises(PairTypeInvalid):
        parse(5)
