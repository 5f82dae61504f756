"""Every metadatum, from the bytes that the service sends."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from storewright.services.azblob import AzblobObjectMetadata, AzblobStorage, object_metadata
from storewright.storage import ObjectMode
from tests.services.wire_answers import HTTP_HEADERS, MODIFIED, AnswerSuite

from .stub import Answer, Stub, xml

TEXT: Final = "Thu, 04 Mar 2021 05:06:07 GMT"
LATER: Final = datetime(2022, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER_TEXT: Final = "Fri, 04 Mar 2022 05:06:07 GMT"

HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    **HTTP_HEADERS,
    "content_md5": ("Content-MD5", "bWQ1LTY1", "bWQ1LTY1"),
    "user_metadata": ("x-ms-meta-Wire", "value 68", {"Wire": "value 68"}),
    "version_id": ("x-ms-version-id", "version69", "version69"),
}
"""Field of Object -> header, its text, and the value it becomes."""
SYSTEM_HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    "access_tier": ("x-ms-access-tier", "Cool", "Cool"),
    "access_tier_change_time": ("x-ms-access-tier-change-time", LATER_TEXT, LATER),
    "access_tier_inferred": ("x-ms-access-tier-inferred", "true", True),
    "archive_status": ("x-ms-archive-status", "rehydrate70", "rehydrate70"),
    "blob_type": ("x-ms-blob-type", "BlockBlob", "BlockBlob"),
    "committed_block_count": ("x-ms-blob-committed-block-count", "71", 71),
    "copy_completion_time": ("x-ms-copy-completion-time", LATER_TEXT, LATER),
    "copy_id": ("x-ms-copy-id", "copy72", "copy72"),
    "copy_progress": ("x-ms-copy-progress", "7/73", "7/73"),
    "copy_source": ("x-ms-copy-source", "https://x/74", "https://x/74"),
    "copy_status": ("x-ms-copy-status", "success", "success"),
    "creation_time": ("x-ms-creation-time", LATER_TEXT, LATER),
    "encryption_key_sha256": ("x-ms-encryption-key-sha256", "sha75", "sha75"),
    "encryption_scope": ("x-ms-encryption-scope", "scope76", "scope76"),
    "has_legal_hold": ("x-ms-legal-hold", "true", True),
    "immutability_policy_mode": ("x-ms-immutability-policy-mode", "locked", "locked"),
    "immutability_policy_until": ("x-ms-immutability-policy-until-date", LATER_TEXT, LATER),
    "is_current_version": ("x-ms-is-current-version", "true", True),
    "is_sealed": ("x-ms-blob-sealed", "false", False),
    "last_access_time": ("x-ms-last-access-time", LATER_TEXT, LATER),
    "lease_duration": ("x-ms-lease-duration", "infinite", "infinite"),
    "lease_state": ("x-ms-lease-state", "leased", "leased"),
    "lease_status": ("x-ms-lease-status", "locked", "locked"),
    "rehydrate_priority": ("x-ms-rehydrate-priority", "High", "High"),
    "sequence_number": ("x-ms-blob-sequence-number", "77", 77),
    "server_encrypted": ("x-ms-server-encrypted", "true", True),
    "tag_count": ("x-ms-tag-count", "78", 78),
}
"""Field of AzblobObjectMetadata -> the same."""


class TestAnswers(AnswerSuite):
    headers = HEADERS
    system_headers = SYSTEM_HEADERS
    never_told = frozenset({"append_offset", "link_target", "multipart_id"})
    system = AzblobObjectMetadata
    system_of = object_metadata
    head = "GetBlobProperties"
    put = "PutBlob"
    of_listings = frozenset({"snapshot"})
    written: ClassVar = {"x-ms-version-id": "v99"}
    version = "v99"


ENTRY: Final = f"""
<Blob><Name>k</Name><Snapshot>snap79</Snapshot><VersionId>v80</VersionId>
<IsCurrentVersion>true</IsCurrentVersion><Properties>
<Creation-Time>{LATER_TEXT}</Creation-Time><Last-Modified>{TEXT}</Last-Modified>
<Etag>0x81</Etag><Content-Length>82</Content-Length><Content-Type>text/x-83</Content-Type>
<Content-Encoding>x-enc84</Content-Encoding><Content-Language>de-85</Content-Language>
<Content-MD5>bWQ1LTg2</Content-MD5><Content-Disposition>inline87</Content-Disposition>
<Cache-Control>max-age=88</Cache-Control><x-ms-blob-sequence-number>89</x-ms-blob-sequence-number>
<BlobType>PageBlob</BlobType><LeaseStatus>locked</LeaseStatus><LeaseState>leased</LeaseState>
<LeaseDuration>fixed</LeaseDuration><CopyId>copy90</CopyId><CopyStatus>success</CopyStatus>
<CopySource>https://x/91</CopySource><CopyProgress>9/92</CopyProgress>
<CopyCompletionTime>{LATER_TEXT}</CopyCompletionTime><ServerEncrypted>true</ServerEncrypted>
<AccessTier>P10</AccessTier><AccessTierInferred>true</AccessTierInferred>
<AccessTierChangeTime>{LATER_TEXT}</AccessTierChangeTime>
<ArchiveStatus>rehydrate-pending-to-hot</ArchiveStatus>
<EncryptionScope>scope94</EncryptionScope><RehydratePriority>High</RehydratePriority>
<Sealed>true</Sealed><TagCount>95</TagCount><LastAccessTime>{LATER_TEXT}</LastAccessTime>
<ImmutabilityPolicyUntilDate>{LATER_TEXT}</ImmutabilityPolicyUntilDate>
<ImmutabilityPolicyMode>unlocked</ImmutabilityPolicyMode><LegalHold>true</LegalHold>
</Properties><Metadata><wire>value 96</wire></Metadata></Blob>"""
LISTED: Final[dict[str, Any]] = {
    "cache_control": "max-age=88",
    "content_disposition": "inline87",
    "content_encoding": "x-enc84",
    "content_language": "de-85",
    "content_length": 82,
    "content_md5": "bWQ1LTg2",
    "content_type": "text/x-83",
    "etag": '"0x81"',
    "last_modified": MODIFIED,
    "user_metadata": {"wire": "value 96"},
    "version_id": "v80",
}
LISTED_SYSTEM: Final = AzblobObjectMetadata(
    access_tier="P10",
    access_tier_change_time=LATER,
    access_tier_inferred=True,
    archive_status="rehydrate-pending-to-hot",
    blob_type="PageBlob",
    copy_completion_time=LATER,
    copy_id="copy90",
    copy_progress="9/92",
    copy_source="https://x/91",
    copy_status="success",
    creation_time=LATER,
    encryption_scope="scope94",
    has_legal_hold=True,
    immutability_policy_mode="unlocked",
    immutability_policy_until=LATER,
    is_current_version=True,
    is_sealed=True,
    last_access_time=LATER,
    lease_duration="fixed",
    lease_state="leased",
    lease_status="locked",
    rehydrate_priority="High",
    sequence_number=89,
    server_encrypted=True,
    snapshot="snap79",
    tag_count=95,
)


def listing(*entries: str) -> Answer:
    return xml(
        '<EnumerationResults ServiceEndpoint="https://x/" ContainerName="c">'
        f"<Blobs>{''.join(entries)}</Blobs><NextMarker /></EnumerationResults>"
    )


def test_a_listing_tells_all_but_two() -> None:
    assert set(LISTED) == set(HEADERS)
    silent = {n for n in AzblobObjectMetadata.__annotations__ if getattr(LISTED_SYSTEM, n) is None}
    assert silent == {"committed_block_count", "encryption_key_sha256"}


def test_list_tells_what_the_listing_says(wire: Stub, wired: AzblobStorage) -> None:
    wire.answers["ListBlobs"] = listing(ENTRY)
    (item,) = wired.list()
    assert {name: getattr(item, name) for name in LISTED} == LISTED
    assert object_metadata(item) == LISTED_SYSTEM
    assert (item.path, item.mode) == ("k", ObjectMode.READ | ObjectMode.PAGE)


def test_list_tells_nothing_that_the_listing_does_not_say(wire: Stub, wired: AzblobStorage) -> None:
    wire.answers["ListBlobs"] = listing(
        "<Blob><Name>k</Name><Properties><BlobType>BlockBlob</BlobType></Properties></Blob>"
    )
    (item,) = wired.list()
    assert all(getattr(item, name) is None for name in LISTED)


def test_kind_of_blob_is_told(wire: Stub, wired: AzblobStorage) -> None:
    told = {"Content-Length": "97", "x-ms-blob-type": "AppendBlob"}
    wire.answers["GetBlobProperties"] = Answer(headers=told)
    found = wired.stat("log")
    assert (found.mode, found.append_offset) == (ObjectMode.READ | ObjectMode.APPEND, 97)


def test_name_that_xml_cannot_hold(wire: Stub, wired: AzblobStorage) -> None:
    wire.answers["ListBlobs"] = listing(
        '<Blob><Name Encoded="true">a%01%20b</Name><Properties><BlobType>BlockBlob</BlobType>'
        "</Properties></Blob>"
    )
    assert [item.path for item in wired.list()] == ["a\x01 b"]
