"""Keyword or pair in code > connection string or mapping > environment > default."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest

from storewright import storage
from storewright.core.pairs import Pair
from storewright.services import s3

from .support import config

ENVIRONMENT = "STOREWRIGHT_S3_POOL_SIZE"
SOURCES = ("keyword", "pair", "string", "mapping", "environment")


def subsets() -> Iterator[tuple[str, ...]]:
    """The sources that may speak at the same time."""
    for count in range(len(SOURCES) + 1):
        for chosen in combinations(SOURCES, count):
            if not {"string", "mapping"} <= {*chosen} and not {"keyword", "pair"} <= {*chosen}:
                yield chosen


def opened(sources: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> storage.Storager:
    number = {name: position for position, name in enumerate(SOURCES, 1)}
    target: str | Mapping[str, object] = "s3://b"
    if "string" in sources:
        target = f"s3://b?pool_size={number['string']}"
    if "mapping" in sources:
        target = {"type": "s3", "name": "b", "pool_size": number["mapping"]}
    if "environment" in sources:
        monkeypatch.setenv(ENVIRONMENT, str(number["environment"]))
    pairs = [storage.with_pool_size(number["pair"])] if "pair" in sources else []
    keywords = {"pool_size": number["keyword"]} if "keyword" in sources else {}
    return storage.open(target, *pairs, **keywords)


@pytest.mark.parametrize("sources", list(subsets()), ids=lambda names: "+".join(names) or "none")
def test_the_nearest_source_wins(sources: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = next((n for n, name in enumerate(SOURCES, 1) if name in sources), None)
    assert config(opened(sources, monkeypatch)).get("pool_size") == expected


def test_a_keyword_of_none_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config(storage.open("s3://b?pool_size=3", pool_size=None))["pool_size"] == 3
    monkeypatch.setenv(ENVIRONMENT, "5")
    assert config(storage.open("s3://b", pool_size=None))["pool_size"] == 5
    assert config(storage.open({"type": "s3", "name": "b", "pool_size": None}))["pool_size"] == 5


def test_name_and_work_dir_have_the_same_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOREWRIGHT_S3_NAME", "from-environment")
    monkeypatch.setenv("STOREWRIGHT_S3_WORK_DIR", "/from-environment")
    found = config(storage.open("s3://"))
    assert (found["name"], found["work_dir"]) == ("from-environment", "/from-environment")
    found = config(storage.open("s3://b/d"))
    assert (found["name"], found["work_dir"]) == ("b", "/d")
    found = config(storage.open("s3://b/d", storage.with_name("code"), work_dir="/code"))
    assert (found["name"], found["work_dir"]) == ("code", "/code")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "")
    assert "pool_size" not in config(storage.open("s3://b"))


def test_a_variable_that_is_not_needed_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "many")
    assert config(storage.open("s3://b?pool_size=3"))["pool_size"] == 3
    assert config(storage.open("s3://b", pool_size=3))["pool_size"] == 3
    storage.open("s3://b", storage.with_pool_size(3))


def test_a_malformed_variable_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "s3cr3t")
    with pytest.raises(storage.PairValueInvalid) as caught:
        storage.open("s3://b")
    assert str(caught.value).startswith(f"open: s3: environment variable {ENVIRONMENT}: ")
    assert "s3cr3t" not in str(caught.value)


def test_a_credential_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOREWRIGHT_S3_CREDENTIAL", "hmac:AK:s3cr3t")
    store = storage.open("s3://b")
    assert config(store)["credential"].access_key == "AK"
    assert "s3cr3t" not in repr(store)
    monkeypatch.setenv("STOREWRIGHT_S3_CREDENTIAL", "hmac:s3cr3t")
    with pytest.raises(storage.CredentialInvalid, match="STOREWRIGHT_S3_CREDENTIAL") as caught:
        storage.open("s3://b")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("pairs", "keywords"),
    [
        ([storage.with_pool_size(1)], {"pool_size": 2}),
        ([storage.with_pool_size(2)], {"pool_size": 2}),
        ([storage.with_location("a")], {"region": "b"}),
        ([s3.with_enable_virtual_dir()], {"enable_virtual_dir": True}),
        ([s3.with_default_storage_class("A")], {"default_storage_class": "B"}),
        (
            [s3.with_storage_features(s3.StorageFeatures())],
            {"storage_features": s3.StorageFeatures()},
        ),
    ],
)
def test_the_same_option_as_keyword_and_as_pair_is_a_conflict(
    pairs: list[Pair], keywords: dict[str, Any]
) -> None:
    with pytest.raises(storage.PairConflict, match="as keyword and as pair"):
        storage.open("s3://b", *pairs, **keywords)


def test_the_first_of_several_pairs_wins() -> None:
    pairs = [storage.with_pool_size(1), storage.with_pool_size(2)]
    assert config(storage.open("s3://b?pool_size=3", *pairs))["pool_size"] == 1


def test_a_pair_for_another_service_takes_nothing_from_the_string() -> None:
    stranger = Pair("pool_size", 9, "elsewhere")
    assert config(storage.open("s3://b?pool_size=3", stranger))["pool_size"] == 3
