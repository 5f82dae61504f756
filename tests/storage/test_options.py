"""Options by every name that they have, and what becomes of the wrong ones."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.core.pairs import Pair
from storewright.services import fs, memory, s3

from .support import config, one_line

Target = str | Mapping[str, object]

# ------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("target", "keywords"),
    [
        ("s3://b?region=eu", {}),
        ("s3://b?location=eu", {}),
        ({"type": "s3", "name": "b", "region": "eu"}, {}),
        ("s3://b", {"region": "eu"}),
        ("s3://b?region=us", {"location": "eu"}),
        ("s3://b?location=us", {"region": "eu"}),
    ],
)
def test_an_alias_is_another_name_of_the_same_option(
    target: Target, keywords: dict[str, Any]
) -> None:
    found = config(storage.open(target, **keywords))
    assert found["location"] == "eu"
    assert "region" not in found


@pytest.mark.parametrize(
    ("target", "keywords"),
    [
        ("s3://b?region=eu&location=eu", {}),
        ({"type": "s3", "name": "b", "region": "eu", "location": "us"}, {}),
        ("s3://b", {"region": "eu", "location": "us"}),
    ],
)
def test_an_option_under_two_names_is_given_twice(target: Target, keywords: dict[str, Any]) -> None:
    with pytest.raises(storage.PairConflict, match="'location' is given twice"):
        storage.open(target, **keywords)


def test_a_mapping_holds_values_or_their_text() -> None:
    texts = {"pool_size": "8", "connect_timeout": "1.5s", "endpoint": "http://h:1"}
    endpoint = storage.Endpoint.parse("http://h:1")
    values = {"pool_size": 8, "connect_timeout": 1.5, "endpoint": endpoint}
    rest = {"type": "s3", "name": "b", "work_dir": "/d"}
    one, other = (config(storage.open({**rest, **found})) for found in (texts, values))
    assert one == other
    assert {**one, **values} == one


def test_a_mapping_holds_what_only_code_can_say() -> None:
    features = memory.StorageFeatures(loose_operation_write=True)
    calls: list[storage.Call] = []
    store = storage.open(
        {"type": "memory", "storage_features": features, "interceptor": calls.append}
    )
    store.write("a", b"")
    assert store.features == features
    assert [call.op for call in calls] == ["write"]


def test_a_mapping_is_not_changed() -> None:
    target = {"type": "memory", "work_dir": "/d"}
    storage.open(target)
    assert target == {"type": "memory", "work_dir": "/d"}


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ({}, storage.ConnectionStringInvalid, "open: a mapping needs the key 'type'"),
        ({"type": ""}, storage.ConnectionStringInvalid, "needs the key 'type'"),
        ({"type": 3}, storage.ConnectionStringInvalid, "needs the key 'type'"),
        ({"type": "fs", 3: 4}, storage.ConnectionStringInvalid, "must be str, not int"),
        ({"type": "s3", "pool_size": "x"}, storage.ConnectionStringInvalid, "option 'pool_size'"),
        ({"type": "s3", "pool_size": 1.5}, storage.PairTypeInvalid, "'pool_size': expected int"),
        (None, storage.PairTypeInvalid, "open: expected a connection string or a mapping"),
        (b"fs:///", storage.PairTypeInvalid, "or a mapping, got bytes"),
        (Path("/tmp"), storage.PairTypeInvalid, r"\(a directory is fs:///path\)"),
        ("", storage.ConnectionStringInvalid, "open: connection string, character 0"),
        ("/tmp", storage.ConnectionStringInvalid, "the type is missing"),
        ("fs://tmp/x", storage.ConnectionStringInvalid, "for a path, write fs:///tmp/x"),
    ],
)
def test_a_wrong_target_is_refused(
    target: Any, error: type[storage.StorageError], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        storage.open(target)
    one_line(caught.value)


# ---------------------------------------------------------------------------------- features

WAYS: dict[str, Callable[[], storage.Storager]] = {
    "bare": lambda: storage.open("s3://b?enable_virtual_dir"),
    "true": lambda: storage.open("s3://b?enable_virtual_dir=yes"),
    "mapping": lambda: storage.open({"type": "s3", "name": "b", "enable_virtual_dir": True}),
    "mapping text": lambda: storage.open({"type": "s3", "name": "b", "enable_virtual_dir": "on"}),
    "keyword": lambda: storage.open("s3://b", enable_virtual_dir=True),
    "keyword over string": lambda: storage.open(
        "s3://b?enable_virtual_dir=false", enable_virtual_dir=True
    ),
    "pair": lambda: storage.open("s3://b", s3.with_enable_virtual_dir()),
    "pair over string": lambda: storage.open(
        "s3://b?enable_virtual_dir=false", s3.with_enable_virtual_dir()
    ),
    "bulk": lambda: storage.open("s3://b", storage_features=s3.StorageFeatures(virtual_dir=True)),
    "bulk pair": lambda: storage.open(
        "s3://b", s3.with_storage_features(s3.StorageFeatures(virtual_dir=True))
    ),
    "bulk over string": lambda: storage.open(
        "s3://b?enable_virtual_dir=0", storage_features=s3.StorageFeatures(virtual_dir=True)
    ),
    "keyword over bulk": lambda: storage.open(
        "s3://b", storage_features=s3.StorageFeatures(), enable_virtual_dir=True
    ),
    "string beside bulk pair": lambda: storage.open(
        "s3://b?enable_virtual_dir", s3.with_storage_features(s3.StorageFeatures())
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_feature_is_enabled(way: Callable[[], storage.Storager]) -> None:
    store = way()
    assert store.features == s3.StorageFeatures(virtual_dir=True)
    assert isinstance(store, storage.Direr)


@pytest.mark.parametrize(
    "way",
    [
        lambda: storage.open("s3://b"),
        lambda: storage.open("s3://b?enable_virtual_dir=off"),
        lambda: storage.open("s3://b?enable_virtual_dir", enable_virtual_dir=False),
        lambda: storage.open("s3://b?enable_virtual_dir", s3.with_enable_virtual_dir(False)),
        lambda: storage.open(
            "s3://b",
            storage_features=s3.StorageFeatures(virtual_dir=True),
            enable_virtual_dir=False,
        ),
    ],
)
def test_a_feature_is_not_enabled(way: Callable[[], storage.Storager]) -> None:
    store = way()
    assert store.features == s3.StorageFeatures()
    assert not isinstance(store, storage.Direr)


@pytest.mark.parametrize(
    "name",
    [
        "loose_operation_all",
        "loose_operation_write",
        "virtual_operation_all",
        "virtual_operation_create_dir",
        "virtual_link",
    ],
)
def test_features_of_every_grain_can_be_enabled(name: str) -> None:
    for store in (
        storage.open(f"s3://b?enable_{name}"),
        storage.open("s3://b", **{f"enable_{name}": True}),
    ):
        assert store.features == s3.StorageFeatures(**{name: True})


def test_several_features_add_up() -> None:
    store = storage.open(
        "s3://b?enable_virtual_dir&enable_loose_operation_write",
        storage_features=s3.StorageFeatures(virtual_link=True),
        enable_loose_operation_read=True,
    )
    assert store.features == s3.StorageFeatures(
        virtual_dir=True,
        virtual_link=True,
        loose_operation_write=True,
        loose_operation_read=True,
    )


@pytest.mark.parametrize("value", ["maybe", "", "2"])
def test_a_flag_is_true_or_false(value: str) -> None:
    with pytest.raises(
        storage.ConnectionStringInvalid,
        match="open: s3: option 'enable_virtual_dir': expected true or false",
    ):
        storage.open(f"s3://b?enable_virtual_dir={value}")


def test_a_flag_in_code_is_a_bool() -> None:
    for keywords in ({"enable_virtual_dir": "false"}, {"enable_virtual_dir": 1}):
        with pytest.raises(storage.PairTypeInvalid, match="'enable_virtual_dir': expected bool"):
            storage.open("s3://b", **keywords)
    with pytest.raises(storage.PairTypeInvalid, match="'enable_virtual_dir': expected bool"):
        storage.open("s3://b", Pair("enable_virtual_dir", "false", "s3"))


@pytest.mark.parametrize(
    "keywords",
    [
        {"storage_features": fs.StorageFeatures()},
        {"storage_features": {"virtual_dir": True}},
        {"storage_features": fs.StorageFeatures(), "enable_virtual_dir": True},
        {"default_storage_pairs": fs.DefaultStoragePairs()},
        {"default_storage_pairs": {"write": (storage.with_content_type("a/b"),)}},
    ],
)
def test_what_is_given_in_bulk_is_of_the_service(keywords: dict[str, Any]) -> None:
    with pytest.raises(storage.PairTypeInvalid, match=r"expected storewright\.generated\.s3\."):
        storage.open("s3://b", **keywords)


# ---------------------------------------------------------------------------------- defaults

DEFAULTS: dict[str, Callable[[], storage.Storager]] = {
    "string": lambda: storage.open("memory://?default_content_type=a/b"),
    "mapping": lambda: storage.open({"type": "memory", "default_content_type": "a/b"}),
    "keyword": lambda: storage.open("memory://", default_content_type="a/b"),
    "keyword over string": lambda: storage.open(
        "memory://?default_content_type=c/d", default_content_type="a/b"
    ),
    "pair": lambda: storage.open("memory://", memory.with_default_content_type("a/b")),
    "pair over string": lambda: storage.open(
        "memory://?default_content_type=c/d", memory.with_default_content_type("a/b")
    ),
    "bulk": lambda: storage.open(
        "memory://",
        default_storage_pairs=memory.DefaultStoragePairs(write=(storage.with_content_type("a/b"),)),
    ),
    "bulk pair": lambda: storage.open(
        "memory://",
        memory.with_default_storage_pairs(
            memory.DefaultStoragePairs(write=(storage.with_content_type("a/b"),))
        ),
    ),
}


@pytest.mark.parametrize("way", DEFAULTS.values(), ids=DEFAULTS)
def test_a_default_pair_is_taken_where_none_is_given(way: Callable[[], storage.Storager]) -> None:
    store = way()
    store.write("a", b"")
    store.write("b", b"", content_type="e/f")
    assert [store.stat(path).content_type for path in "ab"] == ["a/b", "e/f"]


def test_a_default_pair_is_checked_when_the_store_is_opened() -> None:
    with pytest.raises(storage.ConnectionStringInvalid, match="'default_server_side_encryption"):
        storage.open("s3://b?default_server_side_encryption_customer_key=s3cr3t!")
    with pytest.raises(storage.PairTypeInvalid, match="'content_type': expected str"):
        storage.open("memory://", default_content_type=3)


# ------------------------------------------------------------------------------ wrong options


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("s3://b?regoin=eu", r"unknown option 'regoin' \(did you mean 'region'\?\)"),
        ("s3://b?pool_sze=3", r"unknown option 'pool_sze' \(did you mean 'pool_size'\?\)"),
        ("s3://b?enable_virtual_dri", r"\(did you mean 'enable_virtual_dir'\?\)"),
        ("s3://b?default_storage_clas=X", r"\(did you mean 'default_storage_class'\?\)"),
        ("s3://b?xyzzy", r"unknown option 'xyzzy'$"),
        ("memory://?enable_", "unknown option 'enable_'"),
        ("memory://?default_", "unknown option 'default_'"),
        ({"type": "memory", "workdir": "/d"}, r"\(did you mean 'work_dir'\?\)"),
        ("memory://?storage_features=x", "'storage_features': can only be given in code"),
        ("memory://?default_storage_pairs", "'default_storage_pairs': can only be given in code"),
        ("memory://?interceptor=x", "'interceptor': expected a callable, which can only be given"),
    ],
)
def test_an_unknown_option_is_refused(target: Target, message: str) -> None:
    with pytest.raises(storage.ConnectionStringInvalid, match=message) as caught:
        storage.open(target)
    assert one_line(caught.value).startswith(f"open: {'s3' if 's3' in str(target) else 'memory'}: ")


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"open: memory: unknown option 'wrok_dir' \(did you mean"):
        storage.open("memory://", wrok_dir="/d")
    with pytest.raises(storage.PairUnsupported, match="unknown option 'service_features'"):
        storage.open("s3://b", service_features=s3.ServiceFeatures())


LOOSE: dict[str, Callable[[], storage.Storager]] = {
    "string": lambda: storage.open("memory://?location=eu"),
    "mapping": lambda: storage.open({"type": "memory", "location": "eu"}),
    "keyword": lambda: storage.open("memory://", location="eu"),
    "default": lambda: storage.open("memory://?default_storage_class=X"),
    "feature": lambda: storage.open("memory://?enable_virtual_link"),
    "feature keyword": lambda: storage.open("memory://", enable_virtual_link=True),
    "pair": lambda: storage.open("memory://", storage.with_location("eu")),
    "pair of another service": lambda: storage.open("memory://", fs.with_fsync(True)),
}


@pytest.mark.parametrize("way", LOOSE.values(), ids=LOOSE)
def test_an_option_of_other_services_is_ignored_with_one_warning(
    way: Callable[[], storage.Storager], caplog: pytest.LogCaptureFixture
) -> None:
    store = way()
    assert config(store) == {}
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("storewright", logging.WARNING)
    assert record.getMessage().startswith("open: memory: ")
    assert ", ignored" in record.getMessage()


KEY = "server_side_encryption_customer_key"
PROTECTING: dict[str, Callable[[], storage.Storager]] = {
    "string": lambda: storage.open(f"memory://?default_{KEY}=czNjcjN0"),
    "mapping": lambda: storage.open({"type": "memory", f"default_{KEY}": b"s3cr3t"}),
    "keyword": lambda: storage.open("memory://", **{f"default_{KEY}": b"s3cr3t"}),
    "plain": lambda: storage.open(f"memory://?{KEY}=czNjcjN0"),
    "pair": lambda: storage.open(
        "memory://", s3.with_server_side_encryption_customer_key(b"s3cr3t" * 5 + b"12")
    ),
}


@pytest.mark.parametrize("way", PROTECTING.values(), ids=PROTECTING)
def test_an_option_that_protects_data_is_never_ignored(
    way: Callable[[], storage.Storager],
) -> None:
    with pytest.raises(storage.PairUnsupported) as caught:
        way()
    text = one_line(caught.value)
    assert KEY in text
    assert "s3cr3t" not in text
    assert "czNjcjN0" not in text


@pytest.mark.parametrize(
    "target",
    [
        "s3://b?credential=hmac:s3cr3t",
        "s3://b?credential=s3cr3t",
        "s3://b?credential=basic:user:s3cr3t%zz",
        "s3://b?endpoint=http://user:s3cr3t@h",
        "s3://b?pool_size=s3cr3t",
        "s3://b?proxy=http://user:s3cr3t@h&proxy=x",
        "s3://b?default_server_side_encryption_customer_key=s3cr3t!",
        {"type": "s3", "name": "b", "credential": "hmac:s3cr3t"},
        {"type": "s3", "name": "b", "credential": ["s3cr3t"]},
    ],
)
def test_no_error_repeats_a_value(target: Target) -> None:
    with pytest.raises(storage.StorageError) as caught:
        storage.open(target)
    error: BaseException | None = caught.value
    while error is not None:
        assert "s3cr3t" not in one_line(error)
        error = error.__cause__ or error.__context__


def test_what_is_no_pair_is_refused() -> None:
    stranger: Any = {"location": "eu"}
    with pytest.raises(storage.PairTypeInvalid, match="open: memory: expected a Pair, got dict"):
        storage.open("memory://", stranger)


def test_a_required_option_is_asked_for() -> None:
    with pytest.raises(storage.PairRequired, match=r"open: s3: required: name \(pass name=…\)"):
        storage.open("s3://")
