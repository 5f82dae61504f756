"""Every option of the service level, as the bytes on the wire."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from storewright.core.errors import RestrictionDissatisfied
from storewright.services.azblob import AzblobService

from .conftest import KEY
from .stub import Answer, Stub, sent_at, xml

EMPTY: Final = xml(
    '<EnumerationResults ServiceEndpoint="https://x/" ContainerName="c"><Blobs></Blobs>'
    "<NextMarker /></EnumerationResults>"
)


@pytest.fixture
def service(wire: Stub) -> Iterator[AzblobService]:
    wire.answers["ListBlobs"] = EMPTY
    with AzblobService(
        endpoint=wire.endpoint,
        credential=f"hmac:account:{KEY}",
        ca_bundle=wire.ca_file,
        max_retries=0,
    ) as service:
        yield service


SERVICE_TABLE: Final[dict[tuple[str, str], tuple[Any, str, str, str]]] = {
    ("create", "public_access"): (
        "blob",
        "CreateContainer",
        "header:x-ms-blob-public-access",
        "blob",
    ),
    ("delete", "lease_id"): ("lease-1", "DeleteContainer", "header:x-ms-lease-id", "lease-1"),
    ("list", "limit"): (98, "ListContainers", "query:maxresults", "98"),
}
SERVICE_LOCAL: Final = {
    ("list", "continuation_token"): "test_containers_go_on_from_a_token",
    **{(op, "timeout"): "test_timeouts.py" for op in ("create", "delete", "get", "list")},
}


def test_the_service_table_is_complete() -> None:
    options = AzblobService.options_of
    every = {(op, pair) for op in AzblobService._options for pair in options(op)}
    assert every == set(SERVICE_TABLE) | set(SERVICE_LOCAL)


@pytest.mark.parametrize(("op", "pair"), sorted(SERVICE_TABLE))
def test_option_of_the_service_is_sent(
    wire: Stub, service: AzblobService, op: str, pair: str, proves: Callable[..., None]
) -> None:
    value, kind, place, text = SERVICE_TABLE[op, pair]
    result: Any = getattr(service, op)(*[] if op == "list" else ["container"], **{pair: value})
    if op == "list":
        list(result)
    (request,) = wire.of(kind)
    assert sent_at(request, place) == text
    proves("azblob", f"service.{op}", pair)


def test_container_with_objects_is_not_deleted(wire: Stub, service: AzblobService) -> None:
    wire.reset()
    with pytest.raises(RestrictionDissatisfied, match="not empty"):
        service.delete("container")
    assert wire.of("DeleteContainer") == []


def test_containers_go_on_from_a_token(wire: Stub, service: AzblobService) -> None:
    entry = "<Container><Name>{}</Name><Properties /></Container>"
    pages = [
        '<EnumerationResults ServiceEndpoint="https://x/"><Containers>'
        f"{entry.format(name)}</Containers><NextMarker>{token}</NextMarker></EnumerationResults>"
        for name, token in (("one", "token101"), ("two", ""))
    ]
    wire.answers["ListContainers"] = [xml(page) for page in pages]
    names = [store.metadata().name for store in service.list()]
    first, second = wire.take()
    assert names == ["one", "two"]
    assert "marker" not in first.query
    assert second.query["marker"] == "token101"


def test_get_asks_for_the_container(wire: Stub, service: AzblobService) -> None:
    assert service.get("container").metadata().name == "container"
    wire.answers["GetContainerProperties"] = Answer(status=404)
    with pytest.raises(FileNotFoundError):
        service.get("container")
