from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.connection import Connection
from storewright.core.credential import Credential
from storewright.core.endpoint import Endpoint
from storewright.core.errors import ConnectionStringInvalid

AWKWARD = st.text() | st.text(alphabet="/?&=%#+:@ a\\")
CONNECTIONS = st.builds(
    Connection,
    type=st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True),
    name=AWKWARD,
    work_dir=st.none() | AWKWARD.map(lambda text: "/" + text),
    options=st.dictionaries(
        AWKWARD.filter(lambda key: key not in {"", "name", "work_dir"}), st.none() | AWKWARD
    ),
)


@given(CONNECTIONS)
def test_what_is_written_is_read_back(connection: Connection) -> None:
    text = str(connection)
    assert text.isascii()
    again = Connection.parse(text)
    assert again == connection
    assert list(again.options) == list(connection.options)


@given(CONNECTIONS)
def test_the_redacted_form_can_be_read_too(connection: Connection) -> None:
    again = Connection.parse(connection.redacted())
    assert (again.type, again.name, again.work_dir) == (
        connection.type,
        connection.name,
        connection.work_dir,
    )
    assert again.options.keys() == connection.options.keys()


@pytest.mark.parametrize(
    ("text", "name", "work_dir", "options"),
    [
        ("t://", "", None, {}),
        ("t://?size=200", "", None, {"size": "200"}),
        ("t:///", "", "/", {}),
        ("t:///?", "", "/", {}),
        ("t:///?&&&", "", "/", {}),
        ("t://abc", "abc", None, {}),
        ("t://abc/tmp/tmp1", "abc", "/tmp/tmp1", {}),
        ("t://abc/tmp/tmp1?size=200&n=3", "abc", "/tmp/tmp1", {"size": "200", "n": "3"}),
        ("t://abc?work_dir=/tmp", "abc", None, {"work_dir": "/tmp"}),
        ("t:///tmp?name=abc", "", "/tmp", {"name": "abc"}),
        ("t://abc/?v=a=b:/c?d", "abc", "/", {"v": "a=b:/c?d"}),
        ("t://abc?enable_loose", "abc", None, {"enable_loose": None}),
        ("t://abc?enable_loose=", "abc", None, {"enable_loose": ""}),
        ("t://abc?default_class=IA&x", "abc", None, {"default_class": "IA", "x": None}),
        ("fs:///tmp/x", "", "/tmp/x", {}),
        ("fs:////tmp", "", "//tmp", {}),
        ("memory://", "", None, {}),
        ("s3://b%2Fc/d%3Fe/%25?k%3D=v%26w+1", "b/c", "/d?e/%", {"k=": "v&w+1"}),
        ("s3://ü/ß?ö=😀#x", "ü", "/ß", {"ö": "😀#x"}),
    ],
)
def test_forms(text: str, name: str, work_dir: str | None, options: dict[str, str | None]) -> None:
    connection = Connection.parse(text)
    assert connection.type == text.partition(":")[0]
    assert (connection.name, connection.work_dir, connection.options) == (name, work_dir, options)


def test_the_example_of_the_documentation() -> None:
    text = "s3://bucket/dir?endpoint=http://127.0.0.1:8333&credential=hmac:ak:sk&location=us-east-1"
    connection = Connection.parse(text)
    assert connection.options["endpoint"] == "http://127.0.0.1:8333"
    assert connection.options["credential"] == "hmac:ak:sk"
    assert str(connection) == text


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_credential_goes_through_both_grammars(key: str, secret: str) -> None:
    credential = Credential("hmac", key, secret)
    written = str(Connection("s3", "b", options={"credential": credential.reveal()}))
    assert Credential.parse(Connection.parse(written).options["credential"] or "") == credential


def test_an_endpoint_needs_no_encoding() -> None:
    text = "s3://b?endpoint=http://[::1]:9000/x"
    assert Endpoint.parse(Connection.parse(text).options["endpoint"] or "").host == "::1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "character 0: the type is missing (write type://name/work_dir?key=value)"),
        ("/tmp/x", "character 0: the type is missing"),
        ("s3:", "character 0: the type is missing"),
        ("s3:/b", "character 0: the type is missing"),
        ("://b", "character 0: the type must be lower-case letters"),
        ("S3://b", "character 0: the type must be lower-case letters"),
        ("s 3://b", "character 0: the type must be lower-case letters"),
        ("t://a%b", "character 5: '%' must be followed by two hexadecimal digits"),
        ("t://ab/c%", "character 8: '%' must be followed by two hexadecimal digits"),
        ("t://a/b?k%=v", "character 9: '%' must be followed by two hexadecimal digits"),
        ("t://a/b?k=s3cr3t%zz", "character 16: '%' must be"),
        ("t://a/b?x&k=%ff", "character 12: the percent-encoded bytes are not UTF-8"),
        ("t://a?k=1&k=s3cr3t", "character 10: option 'k' is given twice (leave one out)"),
        ("t://a?k=1&%6B=2", "character 10: option 'k' is given twice"),
        ("t://a?k&k", "character 8: option 'k' is given twice"),
        ("t://a?=s3cr3t", "character 6: an option has no name (write key=value)"),
        ("t://a?name=b", "name is given twice (leave out name=)"),
        ("t:///a?work_dir=/b", "work_dir is given twice (leave out work_dir=)"),
    ],
)
def test_errors_tell_where_what_and_how(text: str, message: str) -> None:
    with pytest.raises(ConnectionStringInvalid) as caught:
        Connection.parse(text)
    assert str(caught.value).startswith("connection string")
    assert message in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@given(st.text() | st.text(alphabet="t:/?&=%4"))
def test_no_text_gets_past_the_typed_error(text: str) -> None:
    for candidate in (text, f"t://{text}"):
        try:
            connection = Connection.parse(candidate)
        except ConnectionStringInvalid as error:
            assert str(error).isprintable()  # noqa: PT017  (both outcomes are examined)
        else:
            assert Connection.parse(str(connection)) == connection


@pytest.mark.parametrize(
    "parts",
    [
        {"type": ""},
        {"type": "S3"},
        {"type": "s3", "work_dir": "a"},
        {"type": "s3", "work_dir": ""},
        {"type": "s3", "options": {"": "x"}},
        {"type": "s3", "name": "a", "options": {"name": "b"}},
    ],
)
def test_parts_that_no_string_has_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ConnectionStringInvalid):
        Connection(**parts)


def test_half_a_surrogate_pair_cannot_be_written() -> None:
    with pytest.raises(ConnectionStringInvalid, match="surrogate"):
        str(Connection("s3", "\ud800"))


def test_the_redacted_form_hides_secrets() -> None:
    connection = Connection.parse(
        "s3://b/d?credential=hmac:AK:s3cr3t&sse_customer_key=s3cr3t&proxy=http://u:s3cr3t@p:8080"
        "&proxy_password=s3cr3t&session_token=s3cr3t&default_sse_customer_key=s3cr3t&location=eu&x"
    )
    assert connection.redacted() == (
        "s3://b/d?credential=***&sse_customer_key=***&proxy=http://***%40p:8080"
        "&proxy_password=***&session_token=***&default_sse_customer_key=***&location=eu&x"
    )
    assert "s3cr3t" not in repr(connection)
    assert "s3cr3t" in str(connection)


def test_the_caller_may_name_the_secrets() -> None:
    connection = Connection.parse("s3://b?pin=1234&location=eu")
    assert connection.redacted({"pin"}) == "s3://b?pin=***&location=eu"


def test_connections_are_values() -> None:
    one, other = Connection.parse("s3://b?k=v"), Connection.parse("s3://b?k=v")
    assert one == other
    assert hash(one) == hash(other)
    assert Connection("s3").options is not Connection("s3").options
