"""Stores that speak S3's protocol with differences: what they would ignore is refused instead."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from storewright import storage
from storewright.core.errors import OperationUnsupported, PairUnsupported
from storewright.services.s3 import S3Service, S3Storage, StorageFeatures
from storewright.storage import Segmenter

from .stub import Stub
from .wire_calls import Callers
from .wire_table import BUCKET, TABLE

PROFILES: Final = sorted(S3Storage._profiles)
MIB: Final = 1024 * 1024


def opened(wire: Stub, profile: str, **options: Any) -> S3Storage:
    given = dict[str, Any](
        name=BUCKET,
        endpoint=wire.endpoint,
        credential="hmac:a:s",
        profile=profile,
        addressing_style="path",
        enable_virtual_operation_all=True,
    )
    return S3Storage(**given | options)


def test_the_stores_that_matter_have_profiles() -> None:
    assert {"ceph", "garage", "gcs_xml", "minio_gateway", "moto", "oss_s3"} < set(PROFILES)
    assert {"cos_s3", "ministack", "r2", "rclone", "seaweedfs", "swift"} < set(PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_store_ignores_is_refused(wire: Stub, profile: str) -> None:
    store = opened(wire, profile)
    callers = Callers(wire, store)
    for op, pairs in S3Storage._profiles[profile].unsupported.items():
        for pair in pairs if hasattr(store, op) else ():
            value = TABLE[pair].value if pair in TABLE else True
            with pytest.raises(PairUnsupported) as caught:
                callers.once(op, **{pair: value})
            assert (caught.value.op, caught.value.pair) == (op, pair)
    assert wire.take() == []


@pytest.mark.parametrize("profile", ["moto", "rclone", "swift", "gcs_xml", "oss_s3"])
def test_a_key_is_never_ignored_however_loose_the_store(wire: Stub, profile: str) -> None:
    loose = opened(wire, profile, storage_features=StorageFeatures(loose_operation_all=True))
    with pytest.raises(PairUnsupported):
        loose.write("a", b"secret", server_side_encryption_customer_key=bytes(32))
    with pytest.raises(PairUnsupported):
        opened(wire, profile, default_server_side_encryption_customer_key=bytes(32)).write(
            "a", b"secret"
        )
    assert wire.take() == []


def test_a_loose_store_ignores_what_protects_nothing(wire: Stub) -> None:
    loose = opened(wire, "swift", storage_features=StorageFeatures(loose_operation_write=True))
    loose.write("a", b"1", storage_class="COLD", tagging={"a": "b"})
    (request,) = wire.take()
    assert not {"x-amz-storage-class", "x-amz-tagging"} & set(request.headers)


@pytest.mark.parametrize("profile", ["r2", "garage"])
def test_parts_are_equal_where_they_must_be(wire: Stub, profile: str) -> None:
    store = opened(wire, profile)
    assert store.metadata().limits.equal_parts
    with store.open_writer("a", part_size=5 * MIB, concurrency=1) as writer:
        for _ in range(3):
            writer.write(bytes(4 * MIB))
    sizes = [len(request.body) for request in wire.of("UploadPart")]
    assert sizes == [5 * MIB, 5 * MIB, 2 * MIB]


def test_a_profile_without_directories_has_no_mode_for_them(wire: Stub) -> None:
    store = opened(wire, "rclone", enable_virtual_dir=True)
    assert not store.features.virtual_dir
    calls: list[Callable[..., object]] = [store.stat, store.delete, store.create]
    for call in calls:
        with pytest.raises(PairUnsupported, match="profile 'rclone' rules it out"):
            call("a", object_mode=storage.ObjectMode.DIR)
    assert wire.take() == []
    other = opened(wire, "swift", enable_virtual_dir=True)
    assert other.stat("a", object_mode=storage.ObjectMode.DIR).mode == storage.ObjectMode.DIR


def test_a_profile_without_an_interface(wire: Stub) -> None:
    assert isinstance(opened(wire, "ceph"), Segmenter)
    store: Any = opened(wire, "oss_s3")
    assert not isinstance(store, Segmenter)
    with pytest.raises(OperationUnsupported):
        store.init_segment("a")


def test_a_store_that_deletes_one_by_one(wire: Stub) -> None:
    assert opened(wire, "gcs_xml").delete_batch(["a", "b"]) == 2
    assert [request.kind for request in wire.take()] == ["DeleteObject", "DeleteObject"]


@pytest.mark.parametrize("profile", PROFILES)
def test_defaults_hold_until_the_user_says_otherwise(wire: Stub, profile: str) -> None:
    defaults = S3Storage._profiles[profile].defaults
    store = S3Storage(name=BUCKET, endpoint=wire.endpoint, credential="hmac:a:s", profile=profile)
    style: Any = store.client.meta.config
    wanted = defaults.get("addressing_style", "auto")
    assert style.s3["addressing_style"] == wanted
    assert store.client.meta.region_name == defaults.get("location", "us-east-1")
    assert opened(wire, profile, location="xx-1").client.meta.region_name == "xx-1"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_service_level_knows_the_profile(wire: Stub, profile: str) -> None:
    service = S3Service(endpoint=wire.endpoint, credential="hmac:a:s", profile=profile)
    service.delete("some")
    store: Any = service.get("some")
    assert f"profile='{profile}'" in repr(store)


def test_a_connection_string_names_the_store_by_its_profile(wire: Stub) -> None:
    endpoint = wire.endpoint.replace(":", "%3A").replace("/", "%2F")
    rest = f"{BUCKET}?endpoint={endpoint}&credential=hmac:a:s"
    for text in (f"ceph://{rest}", f"s3://{rest}&profile=ceph"):
        store = storage.open(text, type=S3Storage)
        with pytest.raises(PairUnsupported):
            store.write("a", b"1", server_side_encryption="AES256")
