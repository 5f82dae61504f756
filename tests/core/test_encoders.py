import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storewright.core import encoders


@given(st.binary())
def test_bytes(value: bytes) -> None:
    assert base64.b64decode(encoders.encode_base64(value), validate=True) == value
    assert bytes.fromhex(encoders.encode_hex(value)) == value
    md5 = base64.b64decode(encoders.encode_md5_base64(value))
    assert md5 == hashlib.md5(value, usedforsecurity=False).digest()
    sha256 = base64.b64decode(encoders.encode_sha256_base64(value))
    assert sha256 == hashlib.sha256(value).digest()


def test_digests_of_nothing_are_the_known_ones() -> None:
    assert encoders.encode_md5_base64(b"") == "1B2M2Y8AsgTpgAmY7PhCfg=="
    assert encoders.encode_sha256_base64(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@given(st.dictionaries(st.text(), st.text()))
def test_maps(value: dict[str, str]) -> None:
    assert json.loads(base64.b64decode(encoders.encode_json_base64(value))) == value
    query = encoders.encode_query(value)
    assert dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))) == value
    assert "+" not in query
    assert " " not in query


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (12, "12"), (1.5, "1.5"), ("a b", "a b")]
)
def test_text(value: float | str, text: str) -> None:
    assert encoders.encode_text(value) == text


@given(st.floats(0, 1e9))
def test_durations_are_never_cut_short(value: float) -> None:
    seconds = encoders.encode_seconds(value)
    assert Fraction(value) <= seconds < Fraction(value) + 1
    assert encoders.encode_milliseconds(value) / 1000 >= value * (1 - 1e-12)


def test_whole_durations_are_kept() -> None:
    assert encoders.encode_seconds(90.0) == 90
    assert encoders.encode_seconds(0.0) == 0
    assert encoders.encode_milliseconds(1.5) == 1500


def test_http_dates_are_in_gmt() -> None:
    zone = timezone(timedelta(hours=2))
    assert encoders.encode_http_date(datetime(2024, 3, 5, 12, 0, 0, 999, zone)) == (
        "Tue, 05 Mar 2024 10:00:00 GMT"
    )
    assert encoders.encode_http_date(datetime(2024, 3, 5, tzinfo=UTC)).endswith("00:00:00 GMT")
