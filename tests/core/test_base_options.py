"""The options of calls: where a value comes from, and what is refused before the adapter runs."""

import io
import logging
from types import ModuleType
from typing import Any

import pytest

from storewright.core.errors import (
    ListModeInvalid,
    ObjectModeInvalid,
    OperationUnsupported,
    PairConflict,
    PairRequired,
    PairTypeInvalid,
    PairUnsupported,
    PairValueInvalid,
    RestrictionDissatisfied,
)
from storewright.core.pairs import Pair
from storewright.generated.objects import Object
from storewright.generated.pairs import with_content_type, with_size, with_timeout

SECURITY = Pair("lock", "on", "elsewhere", security=True)


def given(store: Any) -> dict[str, Any]:
    """The options that the adapter got last."""
    found: dict[str, Any] = store.calls[-1][2]
    return found


# ------------------------------------------------------------------------------------- sources


def test_keyword_pair_and_default_arrive_alike(opened: Any, probe: ModuleType) -> None:
    store = opened()
    store.write("a", b"1", tone="loud", timeout=5)
    by_keyword = given(store)
    store.write("a", b"1", probe.with_tone("loud"), with_timeout(5))
    assert given(store) == by_keyword == {"tone": "loud", "timeout": 5.0}
    store = opened(default_tone="loud")
    store.write("a", b"1", timeout=5)
    assert given(store) == by_keyword


def test_explicit_wins_over_default(opened: Any, probe: ModuleType) -> None:
    store = opened(default_tone="loud")
    store.write("a", b"1", tone="soft")
    assert given(store) == {"tone": "soft"}
    store.write("a", b"1", probe.with_tone("soft"))
    assert given(store) == {"tone": "soft"}


def test_default_of_the_operation_wins_over_that_of_the_pair(
    opened: Any, probe: ModuleType
) -> None:
    defaults = probe.DefaultStoragePairs(write=(probe.with_tone("soft"), probe.with_tone("loud")))
    store = opened(default_tone="loud", default_storage_pairs=defaults)
    store.write("a", b"1")
    assert given(store) == {"tone": "soft"}
    store.copy("a", "b")
    assert given(store) == {"tone": "loud"}


def test_default_of_a_pair_is_for_operations_that_take_it(opened: Any) -> None:
    store = opened(default_cipher_key=b"k")
    store.write("a", b"1")
    assert given(store) == {"cipher_key": b"k"}
    store.delete("a")
    assert given(store) == {}


def test_a_required_option_may_come_from_a_default(opened: Any) -> None:
    with pytest.raises(PairRequired) as caught:
        opened().copy("a", "b")
    assert (caught.value.pair, caught.value.op, caught.value.path) == ("tone", "copy", "a")
    store = opened(default_tone="soft")
    store.copy("a", "b")
    assert given(store) == {"tone": "soft"}


def test_first_pair_wins_and_the_callers_pairs_stay(opened: Any, probe: ModuleType) -> None:
    pairs = [probe.with_tone("soft"), probe.with_tone("loud")]
    store = opened()
    store.write("a", b"1", *pairs)
    assert given(store) == {"tone": "soft"}
    assert [pair.value for pair in pairs] == ["soft", "loud"]


def test_each_store_has_its_own_defaults(opened: Any, probe: ModuleType) -> None:
    defaults = probe.DefaultStoragePairs(write=(probe.with_tone("soft"),))
    first, second = opened(default_storage_pairs=defaults), opened(default_tone="loud")
    plain = opened()
    for store in (first, second, plain):
        store.write("a", b"1")
    assert [given(s).get("tone") for s in (first, second, plain)] == ["soft", "loud", None]


def test_read_bytes_shares_the_options_of_read(opened: Any, probe: ModuleType) -> None:
    store = opened(default_storage_pairs=probe.DefaultStoragePairs(read=(with_size(3),)))
    store.read_bytes("a")
    assert given(store) == {"size": 3}


# ------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("value", ["loud", "soft"])
def test_keyword_and_pair_conflict_even_if_equal(
    opened: Any, probe: ModuleType, value: str
) -> None:
    with pytest.raises(PairConflict, match="tone") as caught:
        opened().write("a", b"1", probe.with_tone("soft"), tone=value)
    assert (caught.value.pair, caught.value.op, caught.value.path) == ("tone", "write", "a")


def test_wrong_types_and_values_name_the_call(opened: Any) -> None:
    store = opened()
    for error, options in ((PairTypeInvalid, {"tone": 1}), (PairValueInvalid, {"tone": "shrill"})):
        with pytest.raises(error) as caught:
            store.write("a", b"1", **options)
        assert (caught.value.pair, caught.value.op, caught.value.path) == ("tone", "write", "a")
    with pytest.raises(PairTypeInvalid):
        store.write("a", b"1", Pair("size", "many"))
    assert store.calls == []


def test_what_is_no_pair_is_refused(opened: Any) -> None:
    store = opened()
    for value in ("tone", None, ("tone", "loud"), 7):
        with pytest.raises(PairTypeInvalid, match="expected a Pair"):
            store.write("a", b"1", value)
    assert store.calls == []


def test_a_pair_knows_its_service(opened: Any, probe: ModuleType) -> None:
    store = opened()
    for pair in (Pair("tone", "loud", "elsewhere"), Pair("tone", "loud"), Pair("size", 1, "probe")):
        with pytest.raises(PairUnsupported):
            store.write("a", b"1", pair)
    assert store.calls == []
    store.write("a", b"1", Pair("tone", "loud", "probe"))
    assert given(store) == {"tone": "loud"}


def test_neutral_keywords_that_the_service_lacks_are_refused(opened: Any) -> None:
    store = opened()
    with pytest.raises(PairUnsupported, match="'if_not_exists' is not supported"):
        store.write("a", b"1", if_not_exists=True)
    with pytest.raises(PairUnsupported, match="'version_id' is not supported"):
        store.delete("a", version_id="1")
    with pytest.raises(PairUnsupported, match="'if_match' is not supported"):
        store.read_bytes("a", if_match="x")
    assert store.calls == []


# ---------------------------------------------------------------------------------------- loose


def test_loose_ignores_and_logs_once_per_call(
    opened: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened("loose_operation_write")
    for _ in range(2):
        store.write("a", b"1", if_not_exists=True, content_language="de")
        assert given(store) == {}
    texts = [record.getMessage() for record in caplog.records]
    assert sum("if_not_exists" in text for text in texts) == 2
    assert sum("content_language" in text for text in texts) == 2
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert {record.name for record in caplog.records} == {"storewright"}


def test_loose_is_for_the_operation_named(opened: Any) -> None:
    store = opened("loose_operation_write")
    with pytest.raises(PairUnsupported):
        store.delete("a", version_id="1")
    opened("loose_operation_all").delete("a", version_id="1")


def test_loose_never_ignores_what_protects_data(opened: Any, probe: ModuleType) -> None:
    store = opened("loose_operation_all")
    for pair in (SECURITY, Pair("cipher_key", b"k", "elsewhere", security=True)):
        with pytest.raises(PairUnsupported):
            store.write("a", b"1", pair)
    with pytest.raises(PairUnsupported):
        store.delete("a", probe.with_cipher_key(b"k"))
    assert store.calls == []


def test_loose_never_ignores_a_wrong_value(opened: Any) -> None:
    with pytest.raises(PairValueInvalid):
        opened("loose_operation_all").write("a", b"1", tone="shrill")


# --------------------------------------------------------------------------------------- virtual


def test_virtual_pair_is_refused_with_the_feature_that_allows_it(opened: Any) -> None:
    store = opened()
    with pytest.raises(PairUnsupported, match="virtual_object_metadata=True"):
        store.write("a", b"1", content_type="text/x")
    with pytest.raises(PairUnsupported):
        store.write("a", b"1", with_content_type("text/x"))
    assert store.calls == []


@pytest.mark.parametrize(
    "feature",
    [
        "virtual_pair_all",
        "virtual_pair_write_all",
        "virtual_pair_write_content_type",
        "virtual_object_metadata",
    ],
)
def test_each_gate_allows_a_virtual_pair(opened: Any, feature: str) -> None:
    store = opened(feature)
    store.write("a", b"1", content_type="text/x")
    assert given(store) == {"content_type": "text/x"}


def test_a_member_allows_no_other_pair(opened: Any) -> None:
    store = opened("virtual_pair_write_user_metadata")
    with pytest.raises(PairUnsupported):
        store.write("a", b"1", content_type="text/x")


def test_loose_ignores_a_virtual_pair(opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = opened("loose_operation_write")
    store.write("a", b"1", content_type="text/x", tone="loud")
    assert given(store) == {"tone": "loud"}
    assert "content_type" in caplog.text


def test_default_of_a_virtual_pair_needs_the_feature_too(opened: Any, probe: ModuleType) -> None:
    defaults = probe.DefaultStoragePairs(write=(with_content_type("text/x"),))
    with pytest.raises(PairUnsupported):
        opened(default_storage_pairs=defaults)
    store = opened("virtual_object_metadata", default_storage_pairs=defaults)
    store.write("a", b"1")
    assert given(store) == {"content_type": "text/x"}


def test_general_default_needs_an_operation_that_honours_it(opened: Any) -> None:
    with pytest.raises(PairUnsupported, match="content_type"):
        opened(default_content_type="text/x")
    store = opened("virtual_object_metadata", default_content_type="text/x")
    store.write("a", b"1")
    store.read_bytes("a")
    assert [options for _, _, options in store.calls] == [{"content_type": "text/x"}, {}]


def test_general_default_may_be_loose(opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = opened("loose_operation_write", default_content_type="text/x")
    store.write("a", b"1")
    assert given(store) == {}
    assert "content_type" in caplog.text


def test_default_that_protects_data_is_never_dropped(opened: Any) -> None:
    for features in ([], ["loose_operation_all"]):
        with pytest.raises(PairUnsupported, match="cipher_key"):
            opened(*features, profile="plain", default_cipher_key=b"k")


@pytest.mark.parametrize("wrong", ["tone", b"tone", with_size(1), ("tone",), (None,), 7])
def test_default_pairs_must_be_pairs(opened: Any, probe: ModuleType, wrong: object) -> None:
    with pytest.raises(PairTypeInvalid, match="default pairs of write") as caught:
        opened(default_storage_pairs=probe.DefaultStoragePairs(write=wrong))
    assert (caught.value.op, caught.value.service) == ("open", "probe")


def test_simulated_base_operation_stays_and_raises(opened: Any) -> None:
    store = opened()
    with pytest.raises(OperationUnsupported) as caught:
        store.stat("a")
    error = caught.value
    assert (error.op, error.service, error.feature) == ("stat", "probe", "virtual_operation_stat")
    assert opened("virtual_operation_stat").stat("a").path == "a"
    assert opened("virtual_operation_all").stat("a").path == "a"


def test_object_mode_of_a_feature_needs_it(opened: Any) -> None:
    store = opened()
    for call in (store.create, store.delete):
        with pytest.raises(PairUnsupported, match="enable_virtual_dir"):
            call("a", object_mode=1)
    assert opened("virtual_dir").create("a", object_mode=1).mode == 1
    with pytest.raises(PairUnsupported):
        opened("virtual_operation_create_dir").create("a", object_mode=1)


# ---------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize("data", [bytes(11), bytearray(11), io.BytesIO(bytes(11))])
def test_too_much_data_is_refused_before_the_adapter_runs(opened: Any, data: Any) -> None:
    store = opened()
    with pytest.raises(RestrictionDissatisfied, match="11 bytes are more than the 10") as caught:
        store.write("a", data)
    assert "open_writer" in caught.value.hint
    assert store.calls == []


def test_size_limit_counts_what_will_be_sent(opened: Any) -> None:
    store = opened()
    assert store.write("a", bytes(10)) == 10
    store.write("a", bytes(11), size=10)
    with pytest.raises(RestrictionDissatisfied):
        store.write("a", b"", size=11)
    assert len(store.calls) == 2


def test_limits_of_parts(opened: Any) -> None:
    store, part = opened(), Object("a", "a", 8, multipart_id="1")
    for index in (-1, 3, 99):
        with pytest.raises(RestrictionDissatisfied, match="range 0 to 2"):
            store.write_multipart(part, b"1", index)
    with pytest.raises(RestrictionDissatisfied):
        store.write_multipart(part, bytes(11), 0)
    with pytest.raises(PairTypeInvalid):
        store.write_multipart(part, b"1", "first")


def test_object_of_another_mode_is_refused(opened: Any) -> None:
    store = opened()
    with pytest.raises(ObjectModeInvalid) as caught:
        store.write_append(Object("a", "a", 2), b"1")
    error = caught.value
    assert (error.op, error.path, error.expected, error.actual) == ("write_append", "a", 64, 2)
    assert "append" in str(error)


def test_list_modes(opened: Any) -> None:
    store = opened()
    store.list()
    assert given(store) == {"list_mode": 2}
    store.list(list_mode=1)
    assert given(store) == {"list_mode": 1}
    with pytest.raises(ListModeInvalid, match="prefix, dir"):
        store.list(list_mode=4)
