import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core.redact import MASK, redact, secret_name

SECRET = "s3cr3t+/="


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://h/k?X-Amz-Signature={}&X-Amz-Expires=60", "X-Amz-Expires=60"),
        ("https://h/k?X-Amz-Credential={}%2F20240101&X-Amz-SignedHeaders=host", "Headers=host"),
        ("https://h/k?X-Amz-Security-Token={}", "https://h/k?X-Amz-Security-Token="),
        ("https://acct.blob/c/k?sv=2024-01-01&sig={}&se=2030", "sv=2024-01-01"),
        ("https://oss/k?OSSAccessKeyId={}&Signature={}&Expires=1", "Expires=1"),
        ("https://cos/k?q-sign-algorithm=sha1&q-ak={}&q-signature={}", "q-sign-algorithm=sha1"),
        ("https://gcs/k?GoogleAccessId=name&X-Goog-Signature={}", "GoogleAccessId=name"),
        ("s3://b/d?credential=hmac:AK:{}&location=eu", "location=eu"),
        ("s3://b/d?sse_customer_key={}", "s3://b/d?sse_customer_key="),
        ("http://user:{}@host:9000/x", "@host:9000/x"),
        ("http://user:a@{}@host/x", "@host/x"),
        ("postgresql://admin:{}@db/app failed", "@db/app failed"),
        ("cannot use hmac:AKIA:{} here", " here"),
        ("sts:AK:SK:{}", "sts:"),
        ("basic:user:{}", "basic:"),
        ("apikey:{}", "apikey:"),
        ("base64:{}", "base64:"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=AK/x, Signature={}", "Authorization: "),
        ("'authorization': 'Basic {}', 'host': 'h'", "'host': 'h'"),
        ("Bearer {}", "Bearer "),
        ("x-amz-server-side-encryption-customer-key: {}", "customer-key: "),
        ("{{'SecretAccessKey': '{}', 'Region': 'eu'}}", "'Region': 'eu'"),
        ('{{"secret_key": "{}"}}', "secret_key"),
        ("<AWSAccessKeyId>{}</AWSAccessKeyId><Code>X</Code>", "<Code>X</Code>"),
        ("password='{}'", "password="),
    ],
)
def test_secrets_are_masked_and_the_rest_is_kept(text: str, shown: str) -> None:
    masked = redact(text.format(SECRET, SECRET))
    assert SECRET not in masked
    assert "s3cr3t" not in masked
    assert MASK in masked
    assert shown in masked


@pytest.mark.parametrize(
    "text",
    [
        "object does not exist",
        "pair 'size': expected int, got str",
        "the credential is malformed: basic authentication failed",
        "token: expected text",
        "https://host:9000/bucket/key?versionId=3&partNumber=1",
        "design= signal: x",
        "http://[::1]:9000/bucket/a@b",
        "http://host:9000/bucket/a@b",
        "write one of hmac:<access key>:<secret key>",
    ],
)
def test_ordinary_messages_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "unit", ["a.b%41-", "x-", "'", "://", "<a", "'token", "hmac:", "authorization ", "token=", "@"]
)
def test_no_text_makes_it_slow(unit: str) -> None:
    text = (unit * 2000)[:2000]
    start = time.process_time()
    redact(text)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("credential", True),
        ("default_sse_customer_key", True),
        ("password", True),
        ("session_token", True),
        ("name", False),
        ("keyspace", False),
        ("monkey", False),
    ],
)
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert secret_name(name) is secret
