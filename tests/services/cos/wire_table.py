"""What every option of every operation looks like on the wire.

The vendor's names here are written by hand from Tencent's API reference, not taken from the spec:
https://www.tencentcloud.com/document/product/436/10111
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from tests.services.wire_proof import Row

__all__ = ["BUCKET", "LOCAL", "TABLE"]

BUCKET: Final = "wire-1250000000"
MOMENT: Final = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
KEY: Final = bytes(range(100, 132))
SOURCE_KEY: Final = bytes(range(50, 82))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _md5(data: bytes) -> str:
    return _base64(hashlib.md5(data).digest())


WHOLE: Final[dict[str, str]] = {
    "write": "PutObject InitiateMultipartUpload",
    "open_writer": "PutObject InitiateMultipartUpload",
    "create_multipart": "InitiateMultipartUpload",
    "copy": "CopyObject InitiateMultipartUpload",
}
APPEND: Final[dict[str, str]] = {"create_append": "AppendObject"}
SIGNED_WHOLE: Final[dict[str, str]] = {
    "query_sign_http_write": "PutObject",
    "query_sign_http_create_multipart": "InitiateMultipartUpload",
}
MARKS: Final[dict[str, str]] = {"create_dir": "PutObject", "create_link": "PutObject"}
MOVE: Final[dict[str, str]] = {"move": "CopyObject InitiateMultipartUpload"}
READS: Final[dict[str, str]] = {"read": "GetObject HeadObject", "stat": "HeadObject"}
CONTENT: Final[dict[str, str]] = {**WHOLE, **APPEND, **SIGNED_WHOLE}
GRANTS: Final[dict[str, str]] = {**WHOLE, **APPEND}
KEYS_OF_SERVICE: Final[dict[str, str]] = {**WHOLE, **MARKS, **MOVE, **SIGNED_WHOLE}
UPLOAD: Final = "InitiateMultipartUpload UploadPart CompleteMultipartUpload"
COPIED: Final = "CopyObject UploadPartCopy InitiateMultipartUpload CompleteMultipartUpload"
OWN_KEY: Final[dict[str, str]] = {
    "write": f"PutObject {UPLOAD} HeadObject",
    "open_writer": f"PutObject {UPLOAD} HeadObject ListParts",
    "read": "*",
    "stat": "*",
    "copy": COPIED,
    "move": COPIED,
    "create_dir": "*",
    "create_link": "*",
    "create_multipart": "*",
    "write_multipart": "*",
    "complete_multipart": "*",
    "list_multipart": "*",
    "query_sign_http_read": "*",
    "query_sign_http_write": "*",
    "query_sign_http_create_multipart": "*",
    "query_sign_http_write_multipart": "*",
}
HEADED_SOURCE: Final[dict[str, str]] = {
    "copy": "CopyObject UploadPartCopy HeadObject",
    "move": "CopyObject UploadPartCopy HeadObject",
}
OVERRIDES: Final[dict[str, str]] = {"reach": "GetObject", "query_sign_http_read": "GetObject"}
SSE: Final = "x-cos-server-side-encryption"
SOURCE_SSE: Final = "x-cos-copy-source-server-side-encryption"
HTTP_MOMENT: Final = "Mon, 03 Feb 2031 04:05:06 GMT"


def _keyed(prefix: str, key: bytes) -> dict[str, str]:
    return {
        f"header:{prefix}-customer-algorithm": "AES256",
        f"header:{prefix}-customer-key": _base64(key),
        f"header:{prefix}-customer-key-md5": _md5(key),
    }


TABLE: Final[Mapping[str, Row]] = {
    "acl": Row(
        "bucket-owner-read",
        {"header:x-cos-acl": "bucket-owner-read"},
        {**CONTENT, **MARKS, **MOVE},
    ),
    "cache_control": Row("max-age=1717", {"header:cache-control": "max-age=1717"}, CONTENT),
    "content_disposition": Row(
        "attachment; filename=x18.sql",
        {"header:content-disposition": "attachment; filename=x18.sql"},
        CONTENT,
    ),
    "content_encoding": Row("x-enc19", {"header:content-encoding": "x-enc19"}, CONTENT),
    "content_language": Row("de-1996", {"header:content-language": "de-1996"}, CONTENT),
    "content_md5": Row(
        _md5(b"some content"),
        {"header:content-md5": _md5(b"some content")},
        {
            "write": "PutObject",
            "write_append": "AppendObject",
            "write_multipart": "UploadPart",
            "query_sign_http_write": "PutObject",
            "query_sign_http_write_multipart": "UploadPart",
        },
    ),
    "content_type": Row("text/x-wire20", {"header:content-type": "text/x-wire20"}, CONTENT),
    "copy_source_if_match": Row(
        '"tag45"',
        {"header:x-cos-copy-source-if-match": '"tag45"'},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-match": '"tag45"'}},
    ),
    "copy_source_if_modified_since": Row(
        MOMENT,
        {"header:x-cos-copy-source-if-modified-since": HTTP_MOMENT},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-modified-since": HTTP_MOMENT}},
    ),
    "copy_source_if_none_match": Row(
        '"tag21"',
        {"header:x-cos-copy-source-if-none-match": '"tag21"'},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-none-match": '"tag21"'}},
    ),
    "copy_source_if_unmodified_since": Row(
        MOMENT,
        {"header:x-cos-copy-source-if-unmodified-since": HTTP_MOMENT},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-unmodified-since": HTTP_MOMENT}},
    ),
    "copy_source_server_side_encryption_customer_algorithm": Row(
        "AES256-22",
        {f"header:{SOURCE_SSE}-customer-algorithm": "AES256-22"},
        HEADED_SOURCE,
        other={"HeadObject": {f"header:{SSE}-customer-algorithm": "AES256-22"}},
        beside={"copy_source_server_side_encryption_customer_key": SOURCE_KEY},
    ),
    "copy_source_server_side_encryption_customer_key": Row(
        SOURCE_KEY,
        _keyed(SOURCE_SSE, SOURCE_KEY),
        HEADED_SOURCE,
        other={"HeadObject": _keyed(SSE, SOURCE_KEY)},
    ),
    "copy_source_version_id": Row(
        "version23",
        {"header:x-cos-copy-source": f"{BUCKET}.cos.ap-wire.example/source?versionId=version23"},
        {"copy": "CopyObject UploadPartCopy HeadObject GetObjectTagging"},
        other={
            "HeadObject": {"query:versionId": "version23"},
            "GetObjectTagging": {"query:versionId": "version23"},
        },
    ),
    "extra": Row(
        {"pic-operations": "op24"},
        {"header:pic-operations": "op24"},
        {
            "write": "PutObject CompleteMultipartUpload",
            "open_writer": "PutObject CompleteMultipartUpload",
            "complete_multipart": "*",
            "query_sign_http_write": "*",
            "read": "GetObject",
            "reach": "*",
            "query_sign_http_read": "*",
        },
        other={"GetObject": {"query:pic-operations": "op24"}},
    ),
    "grant_full_control": Row('id="24"', {"header:x-cos-grant-full-control": 'id="24"'}, GRANTS),
    "grant_read": Row('id="25"', {"header:x-cos-grant-read": 'id="25"'}, GRANTS),
    "grant_read_acp": Row('id="26"', {"header:x-cos-grant-read-acp": 'id="26"'}, GRANTS),
    "grant_write_acp": Row('id="27"', {"header:x-cos-grant-write-acp": 'id="27"'}, GRANTS),
    "if_match": Row('"tag28"', {"header:if-match": '"tag28"'}, READS),
    "if_modified_since": Row(MOMENT, {"header:if-modified-since": HTTP_MOMENT}, READS),
    "if_none_match": Row('"tag29"', {"header:if-none-match": '"tag29"'}, READS),
    "if_not_exists": Row(
        True,
        {"header:x-cos-forbid-overwrite": "true"},
        {
            "write": "PutObject CompleteMultipartUpload",
            "open_writer": "PutObject CompleteMultipartUpload",
            "complete_multipart": "*",
            "query_sign_http_write": "*",
            "query_sign_http_complete_multipart": "*",
        },
    ),
    "if_unmodified_since": Row(MOMENT, {"header:if-unmodified-since": HTTP_MOMENT}, READS),
    "limit": Row(
        17,
        {"query:max-keys": "17"},
        {"list": "*", "list_multipart": "*"},
        other={
            "ListMultipartUploads": {"query:max-uploads": "17"},
            "ListParts": {"query:max-parts": "17"},
        },
    ),
    "multipart_id": Row(
        "upload30",
        {"query:uploadId": "upload30"},
        {
            "delete": "AbortMultipartUpload",
            "stat": "ListParts",
            "query_sign_http_delete": "AbortMultipartUpload",
        },
    ),
    "offset": Row(
        1234,
        {"header:range": "bytes=1234-"},
        {"read": "GetObject", "query_sign_http_read": "*"},
    ),
    "response_cache_control": Row(
        "no-cache-31", {"query:response-cache-control": "no-cache-31"}, OVERRIDES
    ),
    "response_content_disposition": Row(
        "inline; n=32", {"query:response-content-disposition": "inline; n=32"}, OVERRIDES
    ),
    "response_content_encoding": Row(
        "enc33", {"query:response-content-encoding": "enc33"}, OVERRIDES
    ),
    "response_content_language": Row(
        "tlh-34", {"query:response-content-language": "tlh-34"}, OVERRIDES
    ),
    "response_content_type": Row(
        "text/x-35", {"query:response-content-type": "text/x-35"}, OVERRIDES
    ),
    "server_side_encryption": Row(
        "cos/kms-36", {f"header:{SSE}": "cos/kms-36"}, {**KEYS_OF_SERVICE, **APPEND}
    ),
    "server_side_encryption_cos_kms_key_id": Row(
        "key-37", {f"header:{SSE}-cos-kms-key-id": "key-37"}, KEYS_OF_SERVICE
    ),
    "server_side_encryption_context": Row(
        {"app": "38"}, {f"header:{SSE}-context": _base64(b'{"app":"38"}')}, KEYS_OF_SERVICE
    ),
    "server_side_encryption_customer_algorithm": Row(
        "AES256-39",
        {f"header:{SSE}-customer-algorithm": "AES256-39"},
        OWN_KEY,
        beside={"server_side_encryption_customer_key": KEY},
    ),
    "server_side_encryption_customer_key": Row(KEY, _keyed(SSE, KEY), OWN_KEY),
    "size": Row(
        9,
        {"header:content-length": "9"},
        {
            "write": "PutObject",
            "write_append": "AppendObject",
            "write_multipart": "UploadPart",
            "query_sign_http_write": "PutObject",
            "query_sign_http_write_multipart": "UploadPart",
            "read": "GetObject",
            "query_sign_http_read": "*",
        },
        other={"GetObject": {"header:range": "bytes=0-8"}},
    ),
    "storage_class": Row(
        "CLASS40", {"header:x-cos-storage-class": "CLASS40"}, {**KEYS_OF_SERVICE, **APPEND}
    ),
    "tagging": Row(
        {"a b": "c&d", "e": "41"}, {"header:x-cos-tagging": "a%20b=c%26d&e=41"}, {**WHOLE, **MARKS}
    ),
    "traffic_limit": Row(
        819442,
        {"header:x-cos-traffic-limit": "819442"},
        {
            "write": "PutObject UploadPart",
            "open_writer": "PutObject UploadPart",
            "write_append": "AppendObject",
            "write_multipart": "UploadPart",
            "read": "GetObject",
        },
    ),
    "user_metadata": Row({"wire": "value 42"}, {"header:x-cos-meta-wire": "value 42"}, CONTENT),
    "version_id": Row(
        "version43",
        {"query:versionId": "version43"},
        {
            "delete": "DeleteObject",
            "reach": "*",
            "query_sign_http_read": "*",
            "query_sign_http_delete": "DeleteObject",
            **READS,
        },
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
