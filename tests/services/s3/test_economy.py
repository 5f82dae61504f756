"""What is done more cheaply than boto3 does it has the same outcome, or one that was meant."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from storewright.services.s3 import S3Storage
from storewright.services.s3.economy import read_time

from .stub import Stub
from .wire_table import BUCKET


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


def agent(wire: Stub) -> str:
    """What the client calls itself in a request."""
    with S3Storage(name=BUCKET, endpoint=wire.endpoint, credential="hmac:AKEY:secret") as store:
        store.write("key", b"content")
    (request,) = wire.take()
    return request.headers["user-agent"]


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - the zone is in the text
def test_times_are_read_as_boto3_reads_them(moment: datetime) -> None:
    second = moment.replace(microsecond=0)
    for text in (
        second.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        second.isoformat() + "Z",
        moment.isoformat(timespec="milliseconds") + "Z",
        moment.isoformat(timespec="microseconds") + "Z",
    ):
        assert read_time(text) == parse_timestamp(text)
        assert read_time(text).utcoffset() == parse_timestamp(text).utcoffset()


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T08:15:00+02:00",
        "2026-11-21 08:15:00Z",
        "20261121T081500Z",
        "Saturday, 21-Nov-26 08:15:00 GMT",
        "Sat, 21 Nov 2026 08:15:00 +0100",
        "1763712900",
        1763712900,
        1763712900.25,
    ],
)
def test_other_forms_of_time_are_left_to_boto3(value: Any) -> None:
    assert read_time(value) == parse_timestamp(value)


@pytest.mark.parametrize("value", ["", "tomorrow", "Sat, 32 Xyz 2026 08:15:00 GMT"])
def test_what_is_no_time_is_refused_as_by_boto3(value: str) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        read_time(value)


def test_the_agent_names_boto3_and_us_and_the_application_of_the_user(
    wire: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agent(wire).startswith("Boto3/")
    assert " Storewright Botocore/" in agent(wire)
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "backups")
    assert "app/backups" in agent(wire)
