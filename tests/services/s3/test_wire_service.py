"""Every option of the service level, as the bytes on the wire."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from storewright.services.s3 import S3Service, client

from .stub import Answer, Stub, sent_at


@pytest.fixture
def service(wire: Stub) -> Iterator[S3Service]:
    with S3Service(
        endpoint=wire.endpoint, credential="hmac:access:secret", max_retries=0
    ) as service:
        yield service


OWNER: Final = {"header:x-amz-expected-bucket-owner": "111122223333"}
SERVICE_TABLE: Final[dict[tuple[str, str], tuple[Any, dict[str, str]]]] = {
    ("create", "acl"): ("public-read-95", {"header:x-amz-acl": "public-read-95"}),
    ("create", "object_lock_enabled"): (True, {"header:x-amz-bucket-object-lock-enabled": "true"}),
    ("create", "object_ownership"): (
        "BucketOwnerPreferred",
        {"header:x-amz-object-ownership": "BucketOwnerPreferred"},
    ),
    ("create", "location"): (
        "eu-96",
        {"body": "<LocationConstraint>eu-96</LocationConstraint>"},
    ),
    ("delete", "expected_bucket_owner"): ("111122223333", OWNER),
    ("get", "expected_bucket_owner"): ("111122223333", OWNER),
    ("list", "location"): ("eu-97", {"query:bucket-region": "eu-97"}),
    ("list", "limit"): (98, {"query:max-buckets": "98"}),
}
SERVICE_LOCAL: Final = {
    ("get", "location"): "becomes the storage's: test_get_takes_the_location",
    ("list", "continuation_token"): "test_buckets_go_on_from_a_token",
    **{(op, "timeout"): "test_timeouts.py" for op in ("create", "delete", "get", "list")},
}


def test_the_service_table_is_complete() -> None:
    options = S3Service.options_of
    every = {(op, pair) for op in S3Service._options for pair in options(op)}
    assert every == set(SERVICE_TABLE) | set(SERVICE_LOCAL)


@pytest.mark.parametrize(("op", "pair"), sorted(SERVICE_TABLE))
def test_option_of_the_service_is_sent(wire: Stub, service: S3Service, op: str, pair: str) -> None:
    value, sent = SERVICE_TABLE[op, pair]
    result: Any = getattr(service, op)(*[] if op == "list" else ["new-bucket"], **{pair: value})
    if op == "list":
        list(result)
    (request,) = wire.take()
    for place, text in sent.items():
        found = request.body.decode() if place == "body" else sent_at(request, place)
        assert text in (found or "") if place == "body" else text == found


def test_create_in_the_home_region_names_none(wire: Stub, service: S3Service) -> None:
    service.create("new-bucket", location="us-east-1")
    (request,) = wire.take()
    assert request.body == b""


def test_get_takes_the_location(wire: Stub, service: S3Service) -> None:
    assert service.get("new-bucket", location="eu-99").metadata().location == "eu-99"
    wire.answers["HeadBucket"] = Answer(headers={"x-amz-bucket-region": "eu-100"})
    assert service.get("new-bucket").metadata().location == "eu-100"


def test_buckets_go_on_from_a_token(wire: Stub, service: S3Service) -> None:
    bucket = "<Buckets><Bucket><Name>{}</Name></Bucket></Buckets>"
    more = "<ContinuationToken>token101</ContinuationToken>"
    pages = [f"<R>{bucket.format('one')}{more}</R>", f"<R>{bucket.format('two')}</R>"]
    wire.answers["ListBuckets"] = [Answer(page.encode()) for page in pages]
    names = [store.metadata().name for store in service.list()]
    first, second = wire.take()
    assert names == ["one", "two"]
    assert "continuation-token" not in first.query
    assert second.query["continuation-token"] == "token101"


@pytest.mark.parametrize(
    ("around", "given", "wanted"),
    [
        (None, None, (None, "us-east-1")),
        ("us-east-1", None, (None, "us-east-1")),
        ("eu-west-1", None, ("eu-west-1", "eu-west-1")),
        ("eu-west-1", "eu-north-1", ("eu-north-1", "eu-north-1")),
        ("eu-west-1", "us-east-1", (None, "us-east-1")),
    ],
)
def test_amazon_makes_a_bucket_where_its_client_is(
    monkeypatch: pytest.MonkeyPatch, around: str | None, given: str | None, wanted: Any
) -> None:
    """A region makes no bucket for another, and is to be told even its own name."""
    if around is not None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", around)
    found: list[tuple[str | None, str]] = []

    def answer(request: Any, **_: Any) -> Any:
        named = re.search(rb"<LocationConstraint>(.*?)<", request.body or b"")
        scope = re.search(r"/([^/]*)/s3/aws4", str(request.headers["authorization"]))
        assert scope
        found.append((named[1].decode() if named else None, scope[1]))
        response: Any = AWSResponse(request.url, 200, HTTPHeaders(), None)
        response._content = b""
        return response

    connected = client._connected

    def deaf(options: Any) -> Any:
        made: Any = connected(options)
        made.meta.events.register("before-send.s3.CreateBucket", answer)
        return made

    monkeypatch.setattr(client, "_connected", deaf)
    S3Service(credential="hmac:a:s").create("new-bucket", location=given)
    assert found == [wanted]
