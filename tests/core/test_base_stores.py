"""Stores: how they are put together, what they are, and what their errors tell."""

import logging
import pickle
import threading
from types import ModuleType
from typing import Any

import pytest

from storewright.core import compose as composing
from storewright.core.errors import (
    CredentialInvalid,
    ObjectNotExist,
    OperationUnsupported,
    PairConflict,
    PairRequired,
    PairTypeInvalid,
    PairUnsupported,
    PairValueInvalid,
    PathInvalid,
    PermissionDenied,
    RestrictionDissatisfied,
)
from storewright.core.interceptors import Call, Finish, chain, log_calls
from storewright.core.pairs import Pair
from storewright.generated.interfaces import Copier, Direr, Mover
from storewright.generated.objects import Object
from storewright.generated.pairs import with_name, with_work_dir

FOREIGN = Pair("redundancy", "high", "elsewhere")
SECURITY = Pair("lock", "on", "elsewhere", security=True)
SECRET = "hmac:who:s3cr3t-key"


# --------------------------------------------------------------------------------- construction


def test_construction_takes_keywords_and_pairs(adapter: Any, probe: ModuleType) -> None:
    by_keyword = adapter(name="here", work_dir="/a", volume=0.7)
    by_pair = adapter(with_name("here"), with_work_dir("/a"), probe.with_volume(0.7))
    assert by_keyword.connected == by_pair.connected
    assert by_keyword.metadata() == by_pair.metadata()
    first = adapter(with_name("first"), with_name("second"))
    assert first.metadata().name == "first"


def test_construction_is_checked(adapter: Any) -> None:
    for error, pairs, options in (
        (PairRequired, (), {}),
        (PairConflict, (with_name("a"),), {"name": "a"}),
        (PairTypeInvalid, (), {"name": 7}),
        (PairTypeInvalid, (), {"name": "a", "volume": "loud"}),
        (PairTypeInvalid, ("name",), {}),
        (PairValueInvalid, (), {"name": "a", "profile": "wisper"}),
        (PathInvalid, (), {"name": "a", "work_dir": "relative"}),
    ):
        with pytest.raises(error) as caught:
            adapter(*pairs, **options)
        assert (caught.value.op, caught.value.service) == ("open", "probe")


def test_construction_is_loose_but_not_about_protection(
    adapter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    adapter(FOREIGN, name="a")
    assert "redundancy" in caplog.text
    assert "high" not in caplog.text
    with pytest.raises(PairUnsupported):
        adapter(SECURITY, name="a")


def test_features_as_keyword_pair_and_class(adapter: Any, probe: ModuleType) -> None:
    features = probe.StorageFeatures(virtual_dir=True)
    for store in (
        adapter(name="a", enable_virtual_dir=True),
        adapter(probe.with_enable_virtual_dir(True), name="a"),
        adapter(name="a", storage_features=features),
        adapter(probe.with_storage_features(features), name="a"),
    ):
        assert store.features == features
        assert isinstance(store, Direr)
    store = adapter(name="a", storage_features=features, enable_virtual_dir=False)
    assert not store.features.virtual_dir


def test_features_are_fixed(adapter: Any) -> None:
    store = adapter(name="a")
    with pytest.raises(AttributeError):
        store.features.virtual_dir = True
    with pytest.raises(TypeError):
        adapter(name="a", enable_virtual_dri=True)


def test_profile_is_a_difference(adapter: Any, probe: ModuleType) -> None:
    store = adapter(name="a", profile="whisper")
    assert store.connected["volume"] == 0.5
    assert adapter(name="a", profile="whisper", volume=0.9).connected["volume"] == 0.9
    assert not isinstance(store, Copier)
    with pytest.raises(OperationUnsupported):
        store.copy("a", "b", tone="loud")
    with pytest.raises(PairUnsupported):
        store.write("a", b"1", tone="loud")
    with pytest.raises(PairUnsupported):
        store.write("a", b"1", probe.with_tone("loud"))
    assert store.metadata().limits.write_size_maximum == 5
    with pytest.raises(RestrictionDissatisfied):
        store.write("a", bytes(6))
    plain = adapter(name="a")
    assert issubclass(type(plain), Copier)
    assert plain.write("a", bytes(6), tone="loud") == 6


# ---------------------------------------------------------------------------------------- class


def test_class_is_honest(adapter: Any) -> None:
    plain, enabled = adapter(name="a"), adapter(name="a", enable_virtual_operation_move=True)
    assert (isinstance(plain, Mover), isinstance(enabled, Mover)) == (False, True)
    assert (hasattr(plain, "move"), hasattr(enabled, "move")) == (False, True)
    assert "mover" in enabled.interfaces()
    assert "mover" not in plain.interfaces()
    with pytest.raises(OperationUnsupported, match="virtual_operation_move"):
        plain.move("a", "b")
    assert enabled.move("a", "b") is None


def test_class_keeps_its_name_and_is_made_once(adapter: Any) -> None:
    stores = [adapter(name=n, enable_virtual_dir=True) for n in "ab"]
    assert type(stores[0]) is type(stores[1])
    assert type(stores[0]) is not adapter
    assert isinstance(stores[0], adapter)
    assert (type(stores[0]).__name__, type(stores[0]).__module__) == ("Probe", adapter.__module__)
    assert type(adapter(name="a", profile="whisper")) is not type(adapter(name="a"))


def test_threads_make_one_class(adapter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "_composed", {})
    barrier, found = threading.Barrier(8), list[object]()

    def work() -> None:
        barrier.wait()
        store: object = adapter(name="a", enable_virtual_operation_all=True)
        found.append(store.__class__)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (8, 1)


def test_settings_of_one_store_never_leak(adapter: Any) -> None:
    adapter(name="a", enable_loose_operation_all=True, default_tone="loud", profile="whisper")
    store = adapter(name="b")
    assert not store.features.loose_operation_all
    store.write("a", bytes(10))
    assert store.calls == [("write", "a", {})]


# ------------------------------------------------------------------------- showing and pickling


def test_secrets_are_not_shown(adapter: Any, probe: ModuleType) -> None:
    defaults = probe.DefaultStoragePairs(read=(probe.with_cipher_key(b"s3cr3t-key"),))
    store = adapter(
        name="a",
        credential=SECRET,
        default_cipher_key=b"s3cr3t-key",
        default_storage_pairs=defaults,
    )
    for text in (repr(store), str(store)):
        assert "s3cr3t" not in text
        assert "name='a'" in text
        assert "default_cipher_key=***" in text


def test_pickle_keeps_configuration(adapter: Any) -> None:
    store = adapter(name="a", work_dir="/w", enable_virtual_dir=True, default_tone="soft")
    again = pickle.loads(pickle.dumps(store))
    assert type(again) is type(store)
    assert (again.features, again.metadata()) == (store.features, store.metadata())
    again.write("a", b"1")
    assert again.calls == [("write", "a", {"tone": "soft"})]


def test_pickle_has_no_secret(adapter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pickle.dumps(adapter(name="a", credential=SECRET))
    assert b"s3cr3t" not in data
    with pytest.raises(CredentialInvalid, match="STOREWRIGHT_PROBE_CREDENTIAL"):
        pickle.loads(data)
    monkeypatch.setenv("STOREWRIGHT_PROBE_CREDENTIAL", SECRET)
    assert pickle.loads(data).connected["credential"].secret_key == "s3cr3t-key"


def test_pickle_never_drops_a_default_that_protects(
    adapter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pickle.dumps(adapter(name="a", default_cipher_key=b"s3cr3t-key"))
    assert b"s3cr3t" not in data
    with pytest.raises(CredentialInvalid, match="STOREWRIGHT_PROBE_DEFAULT_CIPHER_KEY"):
        pickle.loads(data)
    monkeypatch.setenv("STOREWRIGHT_PROBE_DEFAULT_CIPHER_KEY", "czNjcjN0LWtleQ==")
    again = pickle.loads(data)
    again.write("a", b"1")
    assert again.calls == [("write", "a", {"cipher_key": b"s3cr3t-key"})]


def test_pickle_refuses_secrets_that_no_variable_can_hold(adapter: Any, probe: ModuleType) -> None:
    defaults = probe.DefaultStoragePairs(read=(probe.with_cipher_key(b"s3cr3t-key"),))
    data = pickle.dumps(adapter(name="a", default_storage_pairs=defaults))
    assert b"s3cr3t" not in data
    with pytest.raises(CredentialInvalid, match="give each pair as default_<pair>"):
        pickle.loads(data)


# --------------------------------------------------------------------------------------- errors


def test_vendor_errors_are_mapped(opened: Any) -> None:
    with pytest.raises(PermissionDenied) as caught:
        opened().write("vendor", b"1")
    error = caught.value
    assert (error.op, error.service, error.path) == ("write", "probe", "vendor")
    assert type(error.__cause__).__name__ == "VendorError"
    assert str(error) == "write: probe: vendor: the vendor says: no"


def test_own_errors_of_the_adapter_are_located(opened: Any) -> None:
    with pytest.raises(ObjectNotExist) as caught:
        opened().read_bytes("missing")
    error = caught.value
    assert (error.op, error.service, error.path) == ("read_bytes", "probe", "missing")
    assert error.filename == "missing"


def test_errors_of_the_users_own_pass_through(opened: Any) -> None:
    with pytest.raises(PermissionError, match="the user's own") as caught:
        opened().write("own", b"1")
    assert type(caught.value) is PermissionError


def test_errors_of_a_page_are_mapped_and_located(opened: Any) -> None:
    store = opened()
    for path, kind in (("broken", PermissionDenied), ("gone", ObjectNotExist)):
        items = store.list(path)
        assert [next(items).path, next(items).path] == ["a", "d"]
        for _ in range(2):
            with pytest.raises(kind) as caught:
                next(items)
            assert (caught.value.op, caught.value.path) == ("list", path)
            assert caught.value.service == "probe"


def test_list_hands_items_to_callbacks(opened: Any) -> None:
    dirs, files = list[Object](), list[Object]()
    store = opened()
    assert store.list(dir_func=dirs.append, file_func=files.append) is None
    assert ([item.path for item in dirs], [item.path for item in files]) == (["d"], ["a"])


def test_error_of_a_callback_passes_through(opened: Any) -> None:
    def refuse(_: Object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        opened().list(file_func=refuse)


# ---------------------------------------------------------------------------------- interceptors


class Watch:
    """Notes what an interceptor is told."""

    def __init__(self, name: str = "", log: list[str] | None = None) -> None:
        self.name, self.log = name, [] if log is None else log
        self.errors: list[BaseException | None] = []

    def __call__(self, call: Call) -> Finish:
        self.log.append(f"{self.name}>{call.service}.{call.op}({call.path})")

        def finish(error: BaseException | None) -> None:
            self.log.append(f"{self.name}<{call.op}")
            self.errors.append(error)

        return finish


def test_interceptor_is_called_around_each_request(opened: Any) -> None:
    watch = Watch()
    store = opened(interceptor=watch)
    store.write("a", b"1")
    store.create("a")
    store.metadata()
    assert watch.log == [">probe.write(a)", "<write"]
    assert watch.errors == [None]


def test_interceptor_sees_objects_by_path(opened: Any) -> None:
    watch = Watch()
    store = opened("virtual_operation_all", interceptor=watch)
    store.copy("src", "dst", tone="loud")
    store.move("src", "dst")
    assert watch.log[::2] == [">probe.copy(src)", ">probe.move(src)"]


def test_interceptor_sees_the_error_of_the_user(opened: Any) -> None:
    watch = Watch()
    store = opened(interceptor=watch)
    for path, kind in (("vendor", PermissionDenied), ("own", PermissionError)):
        with pytest.raises(kind) as caught:
            store.write(path, b"1")
        assert watch.errors[-1] is caught.value


def test_interceptor_is_not_called_for_refused_options(opened: Any) -> None:
    watch = Watch()
    store = opened(interceptor=watch)
    with pytest.raises(PairUnsupported):
        store.write("a", b"1", if_not_exists=True)
    with pytest.raises(RestrictionDissatisfied):
        store.write("a", bytes(11))
    assert watch.log == []


def test_interceptors_nest(opened: Any) -> None:
    log: list[str] = []
    store = opened(interceptor=chain(Watch("outer", log), Watch("inner", log), lambda _: None))
    store.write("a", b"1")
    assert log == ["outer>probe.write(a)", "inner>probe.write(a)", "inner<write", "outer<write"]


def test_log_of_calls(opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = opened(interceptor=log_calls(), credential=SECRET)
    with caplog.at_level(logging.DEBUG, "storewright"):
        store.write("a", b"1", cipher_key=b"s3cr3t-key")
        with pytest.raises(PermissionDenied):
            store.write("vendor", b"1")
        with pytest.raises(PermissionError):
            store.write("own", b"1")
    outcomes = ["a: ok", "vendor: permission_denied", "own: PermissionError"]
    texts = [record.getMessage() for record in caplog.records]
    assert [text.partition(" in ")[0] for text in texts] == [f"probe write {o}" for o in outcomes]
    assert "s3cr3t" not in caplog.text
    caplog.clear()
    store.write("a", b"1")
    assert caplog.records == []


def test_store_can_be_used_again_after_its_block(opened: Any) -> None:
    with opened() as store:
        assert store.write("a", b"1") == 1
    store.close()
    assert store.write("a", b"1") == 1
