"""Every metadatum, from the bytes on the wire."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from storewright.core.errors import IntegrityFailed
from storewright.generated.objects import Object
from storewright.services.gcs import GcsObjectMetadata, GcsStorage, object_metadata
from storewright.storage import ListMode
from tests.services.wire_downloads import DownloadSuite

from .stub import Answer, Stub, resource_of

MOMENT: Final = "2021-03-04T05:06:07.123Z"
PARSED: Final = datetime(2021, 3, 4, 5, 6, 7, 123000, tzinfo=UTC)
FIELDS: Final[dict[str, tuple[str, Any, Any]]] = {
    "cache_control": ("cacheControl", "max-age=60", "max-age=60"),
    "content_disposition": ("contentDisposition", "inline; n=61", "inline; n=61"),
    "content_encoding": ("contentEncoding", "enc62", "enc62"),
    "content_language": ("contentLanguage", "tlh-63", "tlh-63"),
    "content_length": ("size", "64", 64),
    "content_md5": ("md5Hash", "md65", "md65"),
    "content_type": ("contentType", "text/x-66", "text/x-66"),
    "etag": ("etag", "tag67", "tag67"),
    "last_modified": ("updated", MOMENT, PARSED),
    "user_metadata": ("metadata", {"wire": "value 68"}, {"wire": "value 68"}),
    "version_id": ("generation", "6969", "6969"),
}
"""Field of Object -> field of the resource, its value, and what it becomes."""
SYSTEM_FIELDS: Final[dict[str, tuple[str, Any, Any]]] = {
    "checksum_crc32c": ("crc32c", "crc70", "crc70"),
    "component_count": ("componentCount", 71, 71),
    "custom_time": (
        "customTime",
        "2022-03-04T05:06:07Z",
        datetime(2022, 3, 4, 5, 6, 7, tzinfo=UTC),
    ),
    "event_based_hold": ("eventBasedHold", True, True),
    "kms_key_name": ("kmsKeyName", "key72", "key72"),
    "metageneration": ("metageneration", "73", 73),
    "retention_expiration_time": ("retentionExpirationTime", MOMENT, PARSED),
    "storage_class": ("storageClass", "CLASS74", "CLASS74"),
    "temporary_hold": ("temporaryHold", False, False),
    "time_created": ("timeCreated", MOMENT, PARSED),
    "time_deleted": ("timeDeleted", MOMENT, PARSED),
    "time_storage_class_updated": ("timeStorageClassUpdated", MOMENT, PARSED),
}
ENCRYPTION: Final = {"encryptionAlgorithm": "AES75", "keySha256": "sha76"}
NEVER_TOLD: Final = {"append_offset", "link_target", "multipart_id"}
"""What no resource says."""


def resource() -> dict[str, Any]:
    rows = [*FIELDS.values(), *SYSTEM_FIELDS.values()]
    told = {name: value for name, value, _ in rows}
    return {"name": "key", "customerEncryption": ENCRYPTION, **told}


def check(found: Object) -> None:
    system = object_metadata(found)
    assert {name: getattr(found, name) for name in FIELDS} == {
        name: value for name, (_, _, value) in FIELDS.items()
    }
    assert {name: getattr(system, name) for name in SYSTEM_FIELDS} == {
        name: value for name, (_, _, value) in SYSTEM_FIELDS.items()
    }
    assert system.server_side_encryption_customer_algorithm == "AES75"
    assert system.server_side_encryption_customer_key_sha256 == "sha76"


def test_the_tables_have_every_metadatum() -> None:
    keyed = {
        "server_side_encryption_customer_algorithm",
        "server_side_encryption_customer_key_sha256",
    }
    assert set(GcsObjectMetadata.__annotations__) == set(SYSTEM_FIELDS) | keyed
    known = {"path", "id", "mode", "system_metadata"}
    assert set(Object.__slots__) - known == set(FIELDS) | NEVER_TOLD


def test_stat_tells_every_metadatum(wire: Stub, wired: GcsStorage) -> None:
    wire.answers["GetObject"] = Answer(json.dumps(resource()).encode())
    check(wired.stat("key"))


@pytest.mark.parametrize("mode", [ListMode.PREFIX, ListMode.DIR])
def test_listings_tell_every_metadatum(wire: Stub, wired: GcsStorage, mode: ListMode) -> None:
    wire.answers["ListObjects"] = Answer(json.dumps({"items": [resource()]}).encode())
    (found,) = wired.list("", list_mode=mode)
    check(found)
    assert [request.kind for request in wire.take()] == ["ListObjects"]


def test_nothing_is_told_that_no_field_says(wire: Stub, wired: GcsStorage) -> None:
    wire.answers["GetObject"] = Answer(b"{}")
    found = wired.stat("key")
    assert all(getattr(found, name) is None for name in FIELDS)
    assert all(getattr(object_metadata(found), name) is None for name in SYSTEM_FIELDS)


def test_links_are_told_by_listings(wire: Stub, wired: GcsStorage) -> None:
    metadata = {"storewright-link-target": "a%20b", "other": "x"}
    body = json.dumps({"items": [{"name": "link", "metadata": metadata}]}).encode()
    wire.answers["ListObjects"] = Answer(body)
    (found,) = wired.list()
    assert (found.link_target, found.user_metadata) == ("a b", {"other": "x"})


def test_uploads_are_told_with_their_beginning(wire: Stub, wired: GcsStorage) -> None:
    (found,) = wired.list(list_mode=ListMode.PART)
    assert (found.path, found.multipart_id, found.last_modified) == ("listed", "upload-1", PARSED)


def test_the_writer_tells_what_was_answered(wire: Stub, wired: GcsStorage) -> None:
    fields = {"size": "5", "etag": "tag92", "generation": "9393", "crc32c": "mnG7TA=="}
    wire.answers["InsertObject"] = resource_of(**fields)
    with wired.open_writer("key") as writer:
        writer.write(b"hello")
    result = writer.result
    assert result is not None
    assert (result.size, result.etag, result.version) == (5, "tag92", "9393")
    assert result.checksum == "crc32c:mnG7TA=="


def test_content_that_was_changed_on_its_way_in(wire: Stub, wired: GcsStorage) -> None:
    wire.answers["InsertObject"] = resource_of(size="5", crc32c="AAAAAA==")
    with pytest.raises(IntegrityFailed, match="CRC32C"):
        wired.write("key", b"hello")
    wire.answers["InsertObject"] = resource_of(size="4")
    with pytest.raises(IntegrityFailed, match="4 of 5 bytes"):
        wired.write("key", b"hello")


def test_content_that_was_changed_on_its_way_out(wire: Stub, wired: GcsStorage) -> None:
    right = {"x-goog-hash": "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg=="}
    wire.answers["GetMedia"] = Answer(b"hello", headers=right)
    assert wired.read_bytes("key") == b"hello"
    wire.answers["GetMedia"] = Answer(b"jello", headers=right)
    with pytest.raises(IntegrityFailed, match="CRC32C"):
        wired.read_bytes("key")
    assert wired.read_bytes("key", size=5) == b"jello"  # of a part nobody knows the checksum


def test_compressed_content_is_read_as_it_is(wire: Stub, wired: GcsStorage) -> None:
    wire.answers["GetMedia"] = Answer(b"not gzip at all", headers={"content-encoding": "gzip"})
    assert wired.read_bytes("key") == b"not gzip at all"
    (request,) = wire.take()
    assert request.headers["accept-encoding"] == "gzip"


class TestDownloads(DownloadSuite):
    get = "GetMedia"
    tag = ("x-goog-generation", "95")
    condition = "query:ifGenerationMatch"
