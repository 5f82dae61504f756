"""What every option of every operation looks like on the wire.

The vendor's names here are written by hand from Google's documents, not taken from the spec:
https://cloud.google.com/storage/docs/json_api/v1 and https://cloud.google.com/storage/docs/xml-api
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from tests.services.wire_proof import Kinds, Row

__all__ = ["BUCKET", "LOCAL", "TABLE"]

BUCKET: Final = "wire-bucket"
MOMENT: Final = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
KEY: Final = bytes(range(100, 132))
SOURCE_KEY: Final = bytes(range(50, 82))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


MD5: Final = _base64(hashlib.md5(b"some content").digest())


NEW: Final = "InsertObject StartUpload"
WRITES: Final[dict[str, str]] = {"write": NEW, "open_writer": NEW}
COPY: Final[dict[str, str]] = {"copy": "RewriteObject"}
MOVE: Final[dict[str, str]] = {"move": "MoveObject"}
MARKS: Final[dict[str, str]] = {"create_dir": "*", "create_link": "*"}
READS: Final[dict[str, str]] = {"read": "GetMedia GetObject", "stat": "GetObject"}
DELETE: Final[dict[str, str]] = {"delete": "DeleteObject"}
CREATES: Final[dict[str, str]] = {
    "create_multipart": "*",
    "query_sign_http_create_multipart": "*",
}
CONTENT: Final[dict[str, str]] = {**WRITES, **COPY, **CREATES, "query_sign_http_write": "*"}
SIGNED_READS: Final[dict[str, str]] = {"reach": "*", "query_sign_http_read": "*"}
CONDITIONS: Final[dict[str, str]] = {**WRITES, **COPY, **MOVE, **READS, **DELETE}
SIGNED_CONDITIONS: Final[dict[str, str]] = {
    "query_sign_http_write": "*",
    "query_sign_http_delete": "XmlDelete",
}
_EVERYWHERE: Final = """
    complete_multipart copy create_dir create_link create_multipart delete delete_batch list
    list_multipart move query_sign_http_complete_multipart query_sign_http_create_multipart
    query_sign_http_delete query_sign_http_list_multipart query_sign_http_read
    query_sign_http_write query_sign_http_write_multipart reach read stat write_multipart"""
EVERY: Final[dict[str, str]] = {**dict.fromkeys(_EVERYWHERE.split(), "*"), **WRITES}
SESSION: Final = f"{NEW} UploadChunk FinishUpload"


def _in_xml(places: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """What is sent by the calls of the XML API that make objects."""
    return {"XmlCreate": places, "XmlPut": places}


def _header(field: str, header: str, text: str, kinds: Kinds = CONTENT) -> Row:
    """A field of the resource that the XML API has a header for."""
    return Row(text, {f"resource:{field}": text}, kinds, _in_xml({f"header:{header}": text}))


def _condition(name: str, value: int, kinds: Kinds, header: str = "") -> Row:
    places = {f"header:{header}": str(value)}
    other = {"XmlPut": places, "XmlDelete": places} if header else {}
    return Row(value, {f"query:{name}": str(value)}, kinds, other)


def _keyed(prefix: str, key: bytes) -> dict[str, str]:
    return {
        f"header:{prefix}-algorithm": "AES256",
        f"header:{prefix}-key": _base64(key),
        f"header:{prefix}-key-sha256": _base64(hashlib.sha256(key).digest()),
    }


TABLE: Final[Mapping[str, Row]] = {
    "acl": Row(
        "bucketOwnerRead",
        {"query:predefinedAcl": "bucketOwnerRead"},
        {**CONTENT, **MARKS},
        {
            "RewriteObject": {"query:destinationPredefinedAcl": "bucketOwnerRead"},
            **_in_xml({"header:x-goog-acl": "bucket-owner-read"}),
        },
    ),
    "cache_control": _header("cacheControl", "cache-control", "max-age=1717"),
    "content_disposition": _header(
        "contentDisposition", "content-disposition", "attachment; filename=x18.sql"
    ),
    "content_encoding": _header("contentEncoding", "content-encoding", "x-enc19"),
    "content_language": _header("contentLanguage", "content-language", "de-1996"),
    "content_md5": Row(
        MD5,
        {"header:content-md5": MD5},
        {
            "write": NEW,
            "write_multipart": "*",
            "query_sign_http_write": "*",
            "query_sign_http_write_multipart": "*",
        },
        {kind: {"resource:md5Hash": MD5} for kind in NEW.split()},
    ),
    "content_type": _header("contentType", "content-type", "text/x-wire20"),
    "copy_source_if_generation_match": _condition("ifSourceGenerationMatch", 21, {**COPY, **MOVE}),
    "copy_source_if_generation_not_match": _condition(
        "ifSourceGenerationNotMatch", 22, {**COPY, **MOVE}
    ),
    "copy_source_if_match": Row(
        "tag28",
        {"query:ifSourceGenerationMatch": "1717", "query:ifSourceMetagenerationMatch": "18"},
        COPY,
    ),
    "copy_source_if_metageneration_match": _condition(
        "ifSourceMetagenerationMatch", 23, {**COPY, **MOVE}
    ),
    "copy_source_if_metageneration_not_match": _condition(
        "ifSourceMetagenerationNotMatch", 24, {**COPY, **MOVE}
    ),
    "copy_source_server_side_encryption_customer_key": Row(
        SOURCE_KEY, _keyed("x-goog-copy-source-encryption", SOURCE_KEY), COPY
    ),
    "copy_source_version_id": Row("2525", {"query:sourceGeneration": "2525"}, COPY),
    "custom_time": Row(
        MOMENT,
        {"resource:customTime": "2031-02-03T04:05:06Z"},
        CONTENT,
        _in_xml({"header:x-goog-custom-time": "2031-02-03T04:05:06Z"}),
    ),
    "event_based_hold": Row(True, {"resource:eventBasedHold": "true"}, {**WRITES, **COPY}),
    "if_generation_match": _condition(
        "ifGenerationMatch", 26, {**CONDITIONS, **SIGNED_CONDITIONS}, "x-goog-if-generation-match"
    ),
    "if_generation_not_match": _condition("ifGenerationNotMatch", 27, CONDITIONS),
    "if_match": Row(
        "tag28",
        {"query:ifGenerationMatch": "1717", "query:ifMetagenerationMatch": "18"},
        {**WRITES, **COPY, **READS, **DELETE},
        {kind: {"header:if-match": "tag28"} for kind in ("GetMedia", "GetObject")},
    ),
    "if_metageneration_match": _condition(
        "ifMetagenerationMatch",
        29,
        {**CONDITIONS, **SIGNED_CONDITIONS},
        "x-goog-if-metageneration-match",
    ),
    "if_metageneration_not_match": _condition("ifMetagenerationNotMatch", 30, CONDITIONS),
    "if_none_match": Row("tag31", {"header:if-none-match": "tag31"}, READS),
    "if_not_exists": Row(
        True,
        {"query:ifGenerationMatch": "0"},
        {**WRITES, **COPY, **MOVE, "query_sign_http_write": "*"},
        {"XmlPut": {"header:x-goog-if-generation-match": "0"}},
    ),
    "kms_key_name": Row(
        "projects/p/key-32",
        {"query:kmsKeyName": "projects/p/key-32"},
        {**CONTENT, **MARKS},
        {
            "RewriteObject": {"query:destinationKmsKeyName": "projects/p/key-32"},
            **_in_xml({"header:x-goog-encryption-kms-key-name": "projects/p/key-32"}),
        },
    ),
    "limit": Row(
        17,
        {"query:maxResults": "17"},
        {"list": "*", "list_multipart": "*"},
        {"XmlListUploads": {"query:max-uploads": "17"}, "XmlListParts": {"query:max-parts": "17"}},
    ),
    "match_glob": Row("**/*.33", {"query:matchGlob": "**/*.33"}, {"list": "ListObjects"}),
    "multipart_id": Row(
        "upload34",
        {"query:uploadId": "upload34"},
        {"delete": "XmlAbort", "stat": "XmlListParts", "query_sign_http_delete": "XmlAbort"},
    ),
    "offset": Row(
        1234,
        {"header:range": "bytes=1234-"},
        {"read": "GetMedia", "query_sign_http_read": "*"},
    ),
    "response_content_disposition": Row(
        "inline; n=35", {"query:response-content-disposition": "inline; n=35"}, SIGNED_READS
    ),
    "response_content_type": Row(
        "text/x-36", {"query:response-content-type": "text/x-36"}, SIGNED_READS
    ),
    "server_side_encryption_customer_key": Row(
        KEY,
        _keyed("x-goog-encryption", KEY),
        {
            "write": SESSION,
            "open_writer": f"{SESSION} AskUpload",
            **READS,
            **COPY,
            **MARKS,
            **CREATES,
            "write_multipart": "*",
            "query_sign_http_read": "*",
            "query_sign_http_write": "*",
            "query_sign_http_write_multipart": "*",
        },
    ),
    "size": Row(
        9,
        {"header:content-length": "9"},
        {
            "write": "InsertObject",
            "write_multipart": "*",
            "query_sign_http_write": "*",
            "query_sign_http_write_multipart": "*",
            "read": "GetMedia",
            "query_sign_http_read": "*",
        },
        {
            "InsertObject": {"data:length": "9"},
            "GetMedia": {"header:range": "bytes=0-8"},
            "XmlGet": {"header:range": "bytes=0-8"},
        },
    ),
    "storage_class": _header(
        "storageClass", "x-goog-storage-class", "CLASS40", {**CONTENT, **MARKS}
    ),
    "temporary_hold": Row(True, {"resource:temporaryHold": "true"}, {**WRITES, **COPY}),
    "user_metadata": Row(
        {"wire": "value 42"},
        {"resource:metadata": '{"wire": "value 42"}'},
        CONTENT,
        _in_xml({"header:x-goog-meta-wire": "value 42"}),
    ),
    "user_project": Row("payer-43", {"query:userProject": "payer-43"}, EVERY),
    "version_id": Row(
        "4444",
        {"query:generation": "4444"},
        {**READS, **DELETE, **SIGNED_READS, "query_sign_http_delete": "XmlDelete"},
    ),
}

LOCAL: Final = {
    "compression": "changes the content: tests/writer",
    "concurrency": "how many requests at once: tests/writer",
    "continuation_token": "comes from an earlier listing: test_token_goes_on",
    "dir_func": "gets items: the conformance suite",
    "encoding": "changes the content: tests/writer",
    "file_func": "gets items: the conformance suite",
    "io_callback": "gets bytes: the conformance suite",
    "list_mode": "chooses the request: test_list_modes",
    "list_versions": "chooses the request: test_list_versions",
    "max_memory": "how many requests at once: tests/writer",
    "object_mode": "is a slash at the end of the key: test_object_mode",
    "part_size": "cuts the content: test_part_size",
    "resume": "names an upload: test_resume",
    "size_hint": "cuts the content: tests/writer",
    "timeout": "is no part of a request: test_timeouts.py",
}
"""Options that no header or parameter carries, and where they are shown to work."""
