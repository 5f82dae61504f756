"""Every metadatum, from the bytes on the wire."""

from typing import Any, ClassVar, Final

from storewright.services.cos import CosObjectMetadata, CosStorage, object_metadata
from storewright.storage import ObjectMode
from tests.services.wire_answers import HTTP_HEADERS, MODIFIED, VersionSuite

from .stub import Answer, Stub

HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    **HTTP_HEADERS,
    "user_metadata": ("x-cos-meta-wire", "value 67", {"wire": "value 67"}),
    "version_id": ("x-cos-version-id", "version68", "version68"),
}
"""Field of Object -> header, its text, and the value it becomes."""
SYSTEM_HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    "hash_crc64ecma": ("x-cos-hash-crc64ecma", "69696969", "69696969"),
    "object_type": ("x-cos-object-type", "normal", "normal"),
    "replication_status": ("x-cos-replication-status", "Complete", "Complete"),
    "restore": ("x-cos-restore", 'ongoing-request="77"', 'ongoing-request="77"'),
    "server_side_encryption": ("x-cos-server-side-encryption", "cos/kms78", "cos/kms78"),
    "server_side_encryption_cos_kms_key_id": (
        "x-cos-server-side-encryption-cos-kms-key-id",
        "key79",
        "key79",
    ),
    "server_side_encryption_customer_algorithm": (
        "x-cos-server-side-encryption-customer-algorithm",
        "AES80",
        "AES80",
    ),
    "server_side_encryption_customer_key_md5": (
        "x-cos-server-side-encryption-customer-key-MD5",
        "md81",
        "md81",
    ),
    "storage_class": ("x-cos-storage-class", "CLASS82", "CLASS82"),
    "storage_tier": ("x-cos-storage-tier", "TIER84", "TIER84"),
    "tag_count": ("x-cos-tagging-count", "83", 83),
}
"""Field of CosObjectMetadata -> the same."""


class TestAnswers(VersionSuite):
    headers = HEADERS
    system_headers = SYSTEM_HEADERS
    never_told = frozenset({"append_offset", "content_md5", "link_target", "multipart_id"})
    system = CosObjectMetadata
    system_of = object_metadata
    versions = "GetBucketObjectVersions"
    written: ClassVar = {"x-cos-version-id": "v93", "x-cos-hash-crc64ecma": "9494"}
    version = "v93"
    checksum = "crc64ecma:9494"


def test_stat_tells_where_an_append_would_go(wire: Stub, wired: CosStorage) -> None:
    headers = {"Content-Length": "103", "x-cos-object-type": "appendable"}
    wire.answers["HeadObject"] = Answer(headers=headers)
    found = wired.stat("log")
    assert found.mode == ObjectMode.READ | ObjectMode.APPEND
    assert found.append_offset == 103


def test_list_tells_what_the_listing_says(wire: Stub, wired: CosStorage) -> None:
    entry = (
        "<Contents><Key>k</Key><Size>85</Size><ETag>tag86</ETag>"
        "<LastModified>2021-03-04T05:06:07.000Z</LastModified>"
        "<StorageClass>CLASS87</StorageClass><StorageTier>TIER104</StorageTier></Contents>"
    )
    body = f"<R><IsTruncated>false</IsTruncated>{entry}</R>"
    wire.answers["GetBucket"] = Answer(body.encode())
    (item,) = wired.list()
    assert (item.path, item.content_length, item.etag) == ("k", 85, "tag86")
    assert item.last_modified == MODIFIED
    expected = CosObjectMetadata(storage_class="CLASS87", storage_tier="TIER104")
    assert object_metadata(item) == expected


def test_headers_have_no_case(wire: Stub, wired: CosStorage) -> None:
    """Proxies write them as they like."""
    wire.answers["HeadObject"] = Answer(headers={"etag": '"x"', "X-COS-META-Wire": "v"})
    found = wired.stat("key")
    assert (found.etag, found.user_metadata) == ('"x"', {"wire": "v"})
