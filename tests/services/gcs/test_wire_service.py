"""Every option of the service level, as the bytes on the wire."""

from typing import Any, Final

import pytest

from storewright.core.errors import PairRequired
from storewright.services.gcs import GcsService

from .stub import Answer, Stub, sent_at

PAYER: Final = {"query:userProject": "payer-44"}
SERVICE_TABLE: Final[dict[tuple[str, str], tuple[Any, dict[str, str]]]] = {
    ("create", "acl"): ("projectPrivate", {"query:predefinedAcl": "projectPrivate"}),
    ("create", "hierarchical_namespace"): (
        True,
        {"resource:hierarchicalNamespace": '{"enabled": true}'},
    ),
    ("create", "location"): ("EU-96", {"resource:location": "EU-96"}),
    ("create", "predefined_default_object_acl"): (
        "publicRead",
        {"query:predefinedDefaultObjectAcl": "publicRead"},
    ),
    ("create", "storage_class"): ("CLASS97", {"resource:storageClass": "CLASS97"}),
    ("create", "uniform_bucket_level_access"): (
        True,
        {"resource:iamConfiguration": '{"uniformBucketLevelAccess": {"enabled": true}}'},
    ),
    ("create", "user_project"): ("payer-44", PAYER),
    ("create", "versioning"): (True, {"resource:versioning": '{"enabled": true}'}),
    ("delete", "if_metageneration_match"): (98, {"query:ifMetagenerationMatch": "98"}),
    ("delete", "user_project"): ("payer-44", PAYER),
    ("get", "if_metageneration_match"): (99, {"query:ifMetagenerationMatch": "99"}),
    ("get", "user_project"): ("payer-44", PAYER),
    ("list", "limit"): (17, {"query:maxResults": "17"}),
    ("list", "user_project"): ("payer-44", PAYER),
}
SERVICE_LOCAL: Final = {
    ("get", "location"): "becomes the storage's: test_get_takes_the_location",
    ("list", "location"): "picks from the answer: test_list_picks_a_location",
    ("list", "continuation_token"): "test_buckets_go_on_from_a_token",
    **{(op, "timeout"): "test_timeouts.py" for op in ("create", "delete", "get", "list")},
}


def test_the_service_table_is_complete() -> None:
    options = GcsService.options_of
    every = {(op, pair) for op in GcsService._options for pair in options(op)}
    assert every == set(SERVICE_TABLE) | set(SERVICE_LOCAL)


@pytest.mark.parametrize(("op", "pair"), sorted(SERVICE_TABLE))
def test_option_of_the_service_is_sent(
    wire: Stub, wired_service: GcsService, op: str, pair: str
) -> None:
    value, sent = SERVICE_TABLE[op, pair]
    arguments = [] if op == "list" else ["new-bucket"]
    result: Any = getattr(wired_service, op)(*arguments, **{pair: value})
    if op == "list":
        list(result)
    (request,) = wire.take()
    assert {place: sent_at(request, place) for place in sent} == sent
    if op in ("create", "list"):
        assert request.query["project"] == "project-1"


def test_get_takes_the_location(wire: Stub, wired_service: GcsService) -> None:
    assert wired_service.get("new-bucket", location="eu-99").metadata().location == "eu-99"
    assert wired_service.get("new-bucket").metadata().location == "EU-100"


def test_list_picks_a_location(wire: Stub, wired_service: GcsService) -> None:
    items = b'[{"name": "one", "location": "EU"}, {"name": "two", "location": "US"}]'
    wire.answers["ListBuckets"] = Answer(b'{"items": %s}' % items)
    assert [s.metadata().name for s in wired_service.list(location="us")] == ["two"]


def test_buckets_go_on_from_a_token(wire: Stub, wired_service: GcsService) -> None:
    pages = [b'{"items": [{"name": "one"}], "nextPageToken": "t101"}', b'{"items": []}']
    wire.answers["ListBuckets"] = [*map(Answer, pages)]
    assert [store.metadata().name for store in wired_service.list()] == ["one"]
    first, second = wire.take()
    assert "pageToken" not in first.query
    assert second.query["pageToken"] == "t101"


def test_a_project_is_needed(wire: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with (
        GcsService(endpoint=wire.endpoint, credential="anonymous") as service,
        pytest.raises(PairRequired, match="project_id"),
    ):
        service.create("new-bucket")
