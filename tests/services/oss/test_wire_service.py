"""Every option of the service level, as the bytes on the wire."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from storewright.services.oss import OssService

from .stub import Answer, Stub, page, sent_at


@pytest.fixture
def service(wire: Stub) -> Iterator[OssService]:
    with OssService(
        endpoint=wire.endpoint,
        location="cn-hangzhou",
        credential="hmac:access:secret",
        max_retries=0,
    ) as service:
        yield service


SERVICE_TABLE: Final[dict[tuple[str, str], tuple[Any, dict[str, str]]]] = {
    ("create", "acl"): ("public-read", {"header:x-oss-acl": "public-read"}),
    ("create", "storage_class"): ("IA", {"body": "<StorageClass>IA</StorageClass>"}),
    ("create", "redundancy_type"): (
        "ZRS",
        {"body": "<DataRedundancyType>ZRS</DataRedundancyType>"},
    ),
    ("list", "limit"): (98, {"query:max-keys": "98"}),
}
SERVICE_LOCAL: Final = {
    ("list", "continuation_token"): "test_buckets_go_on_from_a_token",
    **{(op, "location"): "test_location_is_in_the_signature" for op in ("create", "delete", "get")},
    **{(op, "timeout"): "test_timeouts.py" for op in ("create", "delete", "get", "list")},
}


def test_the_service_table_is_complete() -> None:
    options = OssService.options_of
    every = {(op, pair) for op in OssService._options for pair in options(op)}
    assert every == set(SERVICE_TABLE) | set(SERVICE_LOCAL)


@pytest.mark.parametrize(("op", "pair"), sorted(SERVICE_TABLE))
def test_option_of_the_service_is_sent(wire: Stub, service: OssService, op: str, pair: str) -> None:
    value, sent = SERVICE_TABLE[op, pair]
    result: Any = getattr(service, op)(*[] if op == "list" else ["new-bucket"], **{pair: value})
    if op == "list":
        list(result)
    (request,) = wire.take()
    for place, text in sent.items():
        found = request.body.decode() if place == "body" else sent_at(request, place)
        assert text in (found or "") if place == "body" else text == found


@pytest.mark.parametrize(
    ("op", "kind"), [("create", "PutBucket"), ("delete", "DeleteBucket"), ("get", "GetBucketInfo")]
)
def test_location_is_in_the_signature(wire: Stub, service: OssService, op: str, kind: str) -> None:
    store: Any = getattr(service, op)("new-bucket", location="eu-central-1")
    (request,) = wire.take()
    assert request.kind == kind
    assert "/eu-central-1/oss/aliyun_v4_request" in request.headers["authorization"]
    if store is not None:
        assert store.metadata().location == "eu-central-1"


def test_nothing_is_said_of_a_bucket_unasked(wire: Stub, service: OssService) -> None:
    service.create("new-bucket")
    (request,) = wire.take()
    assert (request.body, "x-oss-acl" in request.headers) == (b"", False)


def test_a_listed_bucket_knows_its_region(wire: Stub, service: OssService) -> None:
    (store,) = service.list()
    assert (store.metadata().name, store.metadata().location) == ("some-bucket", "cn-hangzhou")


def test_buckets_go_on_from_a_token(wire: Stub, service: OssService) -> None:
    last = wire.answers["ListBuckets"]
    assert isinstance(last, Answer)
    entry = last.body.decode().partition("<R>")[2].removesuffix("</R>")
    more = "<NextMarker>bucket-50</NextMarker>"
    wire.answers["ListBuckets"] = [page(entry, more), last]
    assert len(list(service.list())) == 2
    first, second = wire.take()
    assert first.query.get("marker", "") == ""
    assert second.query["marker"] == "bucket-50"
