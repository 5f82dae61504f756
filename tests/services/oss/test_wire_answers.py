"""Every metadatum, from the bytes on the wire."""

import io
from typing import Any, ClassVar, Final

import pytest

from storewright.core.encoders import encode_base64
from storewright.core.errors import IntegrityFailed, ServiceInternal
from storewright.services.oss import OssObjectMetadata, OssStorage, checksums, object_metadata
from storewright.storage import ObjectMode
from tests.services.wire_answers import HTTP_HEADERS, MODIFIED, AnswerSuite
from tests.services.wire_downloads import DownloadSuite

from .stub import Answer, Stub, page

MIB: Final = 1024 * 1024
HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    "append_offset": ("x-oss-next-append-position", "59", 59),
    **HTTP_HEADERS,
    "content_md5": ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", "1B2M2Y8AsgTpgAmY7PhCfg=="),
    "user_metadata": ("x-oss-meta-wire", "value 67", {"wire": "value 67"}),
    "version_id": ("x-oss-version-id", "version68", "version68"),
}
"""Field of Object -> header, its text, and the value it becomes."""
SYSTEM_HEADERS: Final[dict[str, tuple[str, str, Any]]] = {
    "crc64ecma": ("x-oss-hash-crc64ecma", "3231342946509354535", "3231342946509354535"),
    "expiration": ("x-oss-expiration", 'rule-id="75"', 'rule-id="75"'),
    "object_type": ("x-oss-object-type", "Appendable", "Appendable"),
    "restore": ("x-oss-restore", 'ongoing-request="true"', 'ongoing-request="true"'),
    "server_side_data_encryption": ("x-oss-server-side-data-encryption", "SM4-77", "SM4-77"),
    "server_side_encryption": ("x-oss-server-side-encryption", "KMS78", "KMS78"),
    "server_side_encryption_key_id": ("x-oss-server-side-encryption-key-id", "key79", "key79"),
    "storage_class": ("x-oss-storage-class", "Class82", "Class82"),
    "tag_count": ("x-oss-tagging-count", "83", 83),
    "transition_time": ("x-oss-transition-time", "Thu, 31 Oct 2024", "Thu, 31 Oct 2024"),
}
"""Field of OssObjectMetadata -> the same."""


CRC: Final = checksums.crc(b"12345")


class TestAnswers(AnswerSuite):
    headers = HEADERS
    system_headers = SYSTEM_HEADERS
    never_told = frozenset({"link_target", "multipart_id"})
    system = OssObjectMetadata
    system_of = object_metadata
    written: ClassVar = {"x-oss-version-id": "v93", checksums.HEADER: str(CRC)}
    version = "v93"
    checksum = "crc64ecma:" + encode_base64(CRC.to_bytes(8, "big"))


def test_an_object_that_grows_can_be_appended_to(wire: Stub, wired: OssStorage) -> None:
    wire.answers["HeadObject"] = Answer(headers={"x-oss-object-type": "Appendable"})
    assert wired.stat("key").mode == ObjectMode.READ | ObjectMode.APPEND


def test_stat_asks_a_link_for_its_target(wire: Stub, wired: OssStorage) -> None:
    wire.answers["HeadObject"] = Answer(headers={"x-oss-object-type": "Symlink"})
    found = wired.stat("key")
    assert (found.mode, found.link_target) == (ObjectMode.LINK, "some/target")
    assert len(wire.take()) == 2


def test_stat_of_what_is_no_link_is_one_request(wire: Stub, wired: OssStorage) -> None:
    wired.stat("key")
    assert len(wire.take()) == 1


CONTENT: Final = (
    "<Contents><Key>k</Key><Size>85</Size><ETag>tag86</ETag><Type>{}</Type>"
    "<LastModified>2021-03-04T05:06:07.000Z</LastModified>"
    "<StorageClass>CLASS87</StorageClass><RestoreInfo>info88</RestoreInfo></Contents>"
)


@pytest.mark.parametrize(
    ("kind", "mode", "offset"),
    [
        ("Normal", ObjectMode.READ, None),
        ("Multipart", ObjectMode.READ, None),
        ("Appendable", ObjectMode.READ | ObjectMode.APPEND, 85),
        ("Symlink", ObjectMode.LINK, None),
    ],
)
def test_list_tells_what_the_listing_says(
    wire: Stub, wired: OssStorage, kind: str, mode: int, offset: int | None
) -> None:
    wire.answers["ListObjectsV2"] = page(CONTENT.format(kind))
    (item,) = wired.list()
    assert (item.path, item.content_length, item.etag) == ("k", 85, '"tag86"')
    assert (item.mode, item.append_offset, item.last_modified) == (mode, offset, MODIFIED)
    assert object_metadata(item) == OssObjectMetadata(
        object_type=kind, restore="info88", storage_class="CLASS87"
    )


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>"),
        Answer(b"<ListBucketResult/>"),
        page("<Contents><Key>k</Key></Contents>"),
        page(CONTENT.format("Normal").replace("2021-", "then-")),
    ],
)
def test_what_is_no_list_is_the_services_fault(
    wire: Stub, wired: OssStorage, answer: Answer
) -> None:
    wire.answers["ListObjectsV2"] = answer
    with pytest.raises(ServiceInternal, match="no list of objects"):
        list(wired.list())


def test_versions_are_told_apart(wire: Stub, wired: OssStorage) -> None:
    who = "<Owner><ID>1</ID><DisplayName>1</DisplayName></Owner>"
    moment = "<LastModified>2021-03-04T05:06:07.000Z</LastModified>"
    wire.answers["ListObjectVersions"] = page(
        f"<Version><Key>k</Key><VersionId>v88</VersionId><IsLatest>false</IsLatest>{moment}{who}"
        "<Size>89</Size><ETag>e</ETag><Type>Normal</Type><StorageClass>CLASS90</StorageClass>"
        f"</Version><DeleteMarker><Key>k</Key><VersionId>v91</VersionId>{moment}{who}"
        "<IsLatest>true</IsLatest></DeleteMarker>"
    )
    mark, old = wired.list(list_versions=True)
    assert (old.version_id, old.content_length, mark.version_id) == ("v88", 89, "v91")
    assert object_metadata(old) == OssObjectMetadata(
        is_latest=False, object_type="Normal", storage_class="CLASS90"
    )
    assert object_metadata(mark) == OssObjectMetadata(is_latest=True, delete_marker=True)


# ------------------------------------------------------------------------------------- integrity

WRONG: Final = {checksums.HEADER: "1", "ETag": '"E"'}


def test_a_damaged_object_is_noticed(wire: Stub, wired: OssStorage) -> None:
    wire.answers["PutObject"] = Answer(headers=WRONG)
    with pytest.raises(IntegrityFailed, match="CRC-64"):
        wired.write("key", b"content")


def test_a_damaged_part_is_noticed(wire: Stub, wired: OssStorage) -> None:
    wire.answers["UploadPart"] = Answer(headers=WRONG)
    upload = wired.create("key", multipart_id="upload-0")
    with pytest.raises(IntegrityFailed, match="part 0"):
        wired.write_multipart(upload, b"content", 0)


def test_a_damaged_append_is_noticed(wire: Stub, wired: OssStorage) -> None:
    made = wired.create_append("key")
    wire.answers["AppendObject"] = Answer(headers={**WRONG, "x-oss-next-append-position": "7"})
    with pytest.raises(IntegrityFailed, match="append"):
        wired.write_append(made, b"content")


def test_an_object_of_other_parts_is_noticed(wire: Stub, wired: OssStorage) -> None:
    upload = wired.create("key", multipart_id="upload-0")
    parts = [wired.write_multipart(upload, text, n) for n, text in enumerate((b"a" * 9, b"b"))]
    whole = checksums.crc(b"a" * 9 + b"b")
    wire.answers["CompleteMultipartUpload"] = Answer(headers={checksums.HEADER: str(whole)})
    wired.complete_multipart(wired.create("key", multipart_id="upload-0"), parts)
    wire.answers["CompleteMultipartUpload"] = Answer(headers=WRONG)
    with pytest.raises(IntegrityFailed, match="delete it"):
        wired.complete_multipart(wired.create("key", multipart_id="upload-0"), parts)


def test_damaged_content_is_noticed(wire: Stub, wired: OssStorage) -> None:
    told = {"ETag": '"E"', checksums.HEADER: str(checksums.crc(b"content"))}
    wire.answers["GetObject"] = Answer(b"content", headers=told)
    assert wired.read_bytes("key") == b"content"
    wire.answers["GetObject"] = Answer(b"kontent", headers=told)
    with pytest.raises(IntegrityFailed, match="read"):
        wired.read_bytes("key")
    assert wired.read_bytes("key", offset=1, size=3) == b"kontent"  # a range has no checksum


def test_a_broken_download_goes_on_where_it_broke(wire: Stub, wired: OssStorage) -> None:
    content = bytes(range(256)) * 3 * 4096
    told = {"ETag": '"E"', checksums.HEADER: str(checksums.crc(content))}
    broken = Answer(content, headers=told, cut=2 * MIB)
    span = {"Content-Range": f"bytes {2 * MIB}-{len(content) - 1}/{len(content)}"}
    rest = Answer(content[2 * MIB :], status=206, headers={**told, **span})
    wire.answers["GetObject"] = [broken, rest]
    target = io.BytesIO()
    assert wired.read("key", target) == len(content)
    assert target.getvalue() == content
    _, again = wire.take()
    assert (again.headers["range"], again.headers["if-match"]) == (f"bytes={2 * MIB}-", '"E"')


class TestDownloads(DownloadSuite):
    """As OSS does it."""
