"""Every option of the service level, as the bytes on the wire."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from storewright.core.errors import PairRequired
from storewright.services.cos import CosService

from .stub import ENDPOINT, Answer, Stub, sent_at


@pytest.fixture
def service(wire: Stub) -> Iterator[CosService]:
    with CosService(
        endpoint=ENDPOINT, proxy=wire.endpoint, credential="hmac:access:secret", max_retries=0
    ) as service:
        yield service


SERVICE_TABLE: Final[dict[tuple[str, str], tuple[Any, dict[str, str]]]] = {
    ("create", "acl"): ("public-read-95", {"header:x-cos-acl": "public-read-95"}),
    ("list", "location"): ("ap-97", {"query:region": "ap-97"}),
    ("list", "limit"): (98, {"query:max-keys": "98"}),
}
SERVICE_LOCAL: Final = {
    ("create", "location"): "is in the host's name: test_the_location_is_in_the_host",
    ("delete", "location"): "is in the host's name: test_the_location_is_in_the_host",
    ("get", "location"): "is in the host's name: test_the_location_is_in_the_host",
    ("list", "continuation_token"): "test_buckets_go_on_from_a_token",
    **{(op, "timeout"): "test_timeouts.py" for op in ("create", "delete", "get", "list")},
}


def test_the_service_table_is_complete() -> None:
    options = CosService.options_of
    every = {(op, pair) for op in CosService._options for pair in options(op)}
    assert every == set(SERVICE_TABLE) | set(SERVICE_LOCAL)


@pytest.mark.parametrize(("op", "pair"), sorted(SERVICE_TABLE))
def test_option_of_the_service_is_sent(wire: Stub, service: CosService, op: str, pair: str) -> None:
    value, sent = SERVICE_TABLE[op, pair]
    result: Any = getattr(service, op)(*[] if op == "list" else ["new-1250000000"], **{pair: value})
    if op == "list":
        list(result)
    (request,) = wire.take()
    assert {place: sent_at(request, place) for place in sent} == sent


@pytest.mark.parametrize("op", ["create", "delete", "get"])
def test_the_location_is_in_the_host(op: str) -> None:
    """They are https, which no recording proxy can read; so nothing listens, and errors tell."""
    with (
        CosService(
            location="ap-first", proxy="http://127.0.0.1:9", credential="hmac:a:b", max_retries=0
        ) as service,
        pytest.raises(OSError, match=r"x-1250000000\.cos\.ap-second\.myqcloud\.com"),
    ):
        getattr(service, op)("x-1250000000", location="ap-second")


def test_a_place_is_needed() -> None:
    with pytest.raises(PairRequired, match="location"):
        CosService(credential="hmac:access:secret")


def test_get_takes_the_location(wire: Stub, service: CosService) -> None:
    assert service.get("new-1250000000", location="ap-99").metadata().location == "ap-99"
    wire.answers["HeadBucket"] = Answer(headers={"x-cos-bucket-region": "ap-100"})
    assert service.get("new-1250000000").metadata().location == "ap-100"


def test_buckets_go_on_from_a_token(wire: Stub, service: CosService) -> None:
    bucket = "<Buckets><Bucket><Name>{}</Name><Location>ap-102</Location></Bucket></Buckets>"
    more = "<IsTruncated>true</IsTruncated><NextMarker>token101</NextMarker>"
    pages = [f"<R>{bucket.format('one')}{more}</R>", f"<R>{bucket.format('two')}</R>"]
    wire.answers["GetService"] = [Answer(page.encode()) for page in pages]
    found = [store.metadata() for store in service.list()]
    first, second = wire.take()
    assert [(meta.name, meta.location) for meta in found] == [("one", "ap-102"), ("two", "ap-102")]
    assert first.query["marker"] == ""
    assert second.query["marker"] == "token101"
