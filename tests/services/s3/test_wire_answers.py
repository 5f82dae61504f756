"""Every metadatum, from the bytes on the wire."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from storewright.services.s3 import S3ObjectMetadata, S3Storage, object_metadata
from tests.services.wire_answers import HTTP_HEADERS, MODIFIED, VersionSuite

from .stub import Answer, Stub

RETAINED: Final = datetime(2032, 3, 4, 5, 6, 7, tzinfo=UTC)
HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    **HTTP_HEADERS,
    "user_metadata": ("x-amz-meta-wire", "value 67", {"wire": "value 67"}),
    "version_id": ("x-amz-version-id", "version68", "version68"),
}
"""Field of Object -> header, its text, and the value it becomes."""
SYSTEM_HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    "archive_status": ("x-amz-archive-status", "ARCHIVE69", "ARCHIVE69"),
    "checksum_crc32": ("x-amz-checksum-crc32", "crc70", "crc70"),
    "checksum_crc32c": ("x-amz-checksum-crc32c", "crc71", "crc71"),
    "checksum_crc64nvme": ("x-amz-checksum-crc64nvme", "crc72", "crc72"),
    "checksum_sha1": ("x-amz-checksum-sha1", "sha73", "sha73"),
    "checksum_sha256": ("x-amz-checksum-sha256", "sha74", "sha74"),
    "checksum_type": ("x-amz-checksum-type", "COMPOSITE", "COMPOSITE"),
    "expiration": ("x-amz-expiration", 'rule-id="75"', 'rule-id="75"'),
    "missing_metadata": ("x-amz-missing-meta", "76", 76),
    "object_lock_legal_hold": ("x-amz-object-lock-legal-hold", "OFF", "OFF"),
    "object_lock_mode": ("x-amz-object-lock-mode", "COMPLIANCE", "COMPLIANCE"),
    "object_lock_retain_until": (
        "x-amz-object-lock-retain-until-date",
        "2032-03-04T05:06:07.000Z",
        RETAINED,
    ),
    "replication_status": ("x-amz-replication-status", "REPLICA", "REPLICA"),
    "restore": ("x-amz-restore", 'ongoing-request="77"', 'ongoing-request="77"'),
    "server_side_encryption": ("x-amz-server-side-encryption", "aws:78", "aws:78"),
    "server_side_encryption_aws_kms_key_id": (
        "x-amz-server-side-encryption-aws-kms-key-id",
        "key79",
        "key79",
    ),
    "server_side_encryption_bucket_key_enabled": (
        "x-amz-server-side-encryption-bucket-key-enabled",
        "true",
        True,
    ),
    "server_side_encryption_customer_algorithm": (
        "x-amz-server-side-encryption-customer-algorithm",
        "AES80",
        "AES80",
    ),
    "server_side_encryption_customer_key_md5": (
        "x-amz-server-side-encryption-customer-key-MD5",
        "md81",
        "md81",
    ),
    "storage_class": ("x-amz-storage-class", "CLASS82", "CLASS82"),
    "tag_count": ("x-amz-tagging-count", "83", 83),
    "website_redirect_location": ("x-amz-website-redirect-location", "/84", "/84"),
}
"""Field of S3ObjectMetadata -> the same."""


class TestAnswers(VersionSuite):
    headers = HEADERS
    system_headers = SYSTEM_HEADERS
    never_told = frozenset({"append_offset", "content_md5", "link_target", "multipart_id"})
    system = S3ObjectMetadata
    system_of = object_metadata
    versions = "ListObjectVersions"
    written: ClassVar = {"x-amz-version-id": "v93", "x-amz-checksum-sha256": "sha94"}
    version = "v93"
    checksum = "sha256:sha94"


def test_list_tells_what_the_listing_says(wire: Stub, wired: S3Storage) -> None:
    entry = (
        "<Contents><Key>k</Key><Size>85</Size><ETag>tag86</ETag>"
        "<LastModified>2021-03-04T05:06:07.000Z</LastModified>"
        "<StorageClass>CLASS87</StorageClass></Contents>"
    )
    body = f"<R><IsTruncated>false</IsTruncated>{entry}</R>"
    wire.answers["ListObjectsV2"] = Answer(body.encode())
    (item,) = wired.list()
    assert (item.path, item.content_length, item.etag) == ("k", 85, "tag86")
    assert item.last_modified == MODIFIED
    assert object_metadata(item) == S3ObjectMetadata(storage_class="CLASS87")
