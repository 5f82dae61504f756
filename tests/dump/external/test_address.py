"""dumpling's and BR's URLs and options, as what storage.open() takes."""

import pytest

from storewright.dump import OptionInvalid
from storewright.dump.external import BACKEND_OPTIONS, connection_string


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("/tmp/some dir", "fs:///tmp/some%20dir"),
        ("local:///tmp/x", "fs:///tmp/x"),
        ("file:///tmp/x%20y", "fs:///tmp/x%20y"),
        ("file://localhost/tmp/x", "fs:///tmp/x"),
        ("file:///tmp/a#b", "fs:///tmp/a%23b"),
        ("file:///tmp/x?unknown=1", "fs:///tmp/x?unknown=1"),
        ("s3://b/a#b?region=us-west-1", "s3://b/a#b?location=us-west-1"),
        ("s3://b?access-key=A&secret-access-key=S#T", "credential=hmac%3AA%3AS%2523T"),
        ("s3://bucket/pre/fix", "s3://bucket/pre/fix"),
        ("s3://b/p?region=us-west-1&storage_class=GLACIER", "s3://b/p?location=us-west-1"),
        ("s3://b?endpoint=http://10.0.0.1:9000", "s3://b?endpoint=http%3A%2F%2F10.0.0.1%3A9000"),
        ("s3://b?endpoint=http://x&force-path-style=false", "addressing_style=virtual"),
        ("s3://b?endpoint=http://x&provider=alibaba", "addressing_style=virtual"),
        ("s3://b?endpoint=http://x", "addressing_style=path"),
        (
            "s3://b?access-key=AK&secret-access-key=a+b/c%2B",
            "credential=hmac%3AAK%3Aa%252Bb%252Fc%252B",
        ),
        ("s3://b?access-key=A&secret-access-key=S&session-token=T", "credential=sts%3AA%3AS%3AT"),
        ("s3://b?sse=aws:kms&sse-kms-key-id=k", "default_server_side_encryption=aws%3Akms"),
        ("s3://b?role-arn=arn:x&external-id=e", "role_external_id=e"),
        ("s3://b?checksum_mode=when_required", "checksum_mode=when_required"),
        ("gs://b/p?credentials-file=/k.json", "gcs://b/p?credential=file%3A%2Fk.json"),
        (
            "azure://c/p?account-name=n&account-key=a%3D",
            "azblob://c/p?credential=hmac%3An%3Aa%253D",
        ),
        (
            "azure://c/p?account-name=n&sas-token=sv%3D1%26sig%3Da%252F",
            "azblob://c/p?credential=apikey%3Asv%253D1%2526sig%253Da%25252F&account_name=n",
        ),
        (
            "azblob://c/p?account-name=n&encryption-scope=s&access-tier=Cool",
            "azblob://c/p?default_access_tier=Cool&default_encryption_scope=s&account_name=n",
        ),
        ("gcs://b/p?predefined-acl=private", "gcs://b/p?default_predefined_acl=private"),
        ("oss://b/p?location=cn-hangzhou", "oss://b/p?location=cn-hangzhou"),
        ("memory://x?y=1", "memory://x?y=1"),
    ],
)
def test_a_url_of_theirs_becomes_one_of_ours(url: str, ours: str) -> None:
    assert ours in connection_string(url)


def test_options_of_the_command_line_come_after_those_of_the_url() -> None:
    options = {"s3": {"region": "a", "endpoint": "http://e"}, "gcs": {"endpoint": "other"}}
    text = connection_string("s3://b/p?region=b", options)
    assert "location=b" in text
    assert "location=a" not in text
    assert "endpoint=http%3A%2F%2Fe" in text


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "empty"),
        ("s3://b?access-key=visible", "go together"),
        ("s3://b?force-path-style=perhaps", "true or false"),
        ("azblob://c?account-key=visible", "account-name"),
        ("azblob://c?account-name=n&account-key=visible&sas-token=visible", "both say who"),
        ("noop:///visible", "keeps nothing"),
        ("s3://[visible", "no URL"),
        ("s3://visible:visible@b/p", "told by options"),
        ("s3://b?session-token=visible&session_token=visible", "session-token twice"),
        ("s3://b?credential=visible&credential=visible", "credential twice"),
        ("file://[visible", "no URL"),
        ("local://host/visible", "names a host"),
        ("not-\udcff", "not UTF-8"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_showing_it(url: str, message: str) -> None:
    with pytest.raises(OptionInvalid, match=message) as caught:
        connection_string(url)
    assert "visible" not in str(caught.value)


KEYS = {"access-key": "a", "secret-access-key": "s"}
BESIDE = {**dict.fromkeys([*KEYS, "session-token"], KEYS), "account-key": {"account-name": "n"}}
"""What an option is nothing without."""
VALUES = {"force-path-style": "true", "use-accelerate-endpoint": "true", "provider": "alibaba"}


@pytest.mark.parametrize(
    ("service", "name"), [(s, name) for s, names in BACKEND_OPTIONS.items() for name in names]
)
def test_no_option_is_taken_and_forgotten(service: str, name: str) -> None:
    beside = BESIDE.get(name, {})
    given = {**beside, name: VALUES.get(name, "value")}
    text = connection_string(f"{service}://b", {service: given})
    assert text != connection_string(f"{service}://b")
    assert text != connection_string(f"{service}://b", {service: beside})
