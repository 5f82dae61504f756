"""What every option of every operation looks like on the wire.

The vendor's names here are written by hand from Amazon's API reference, not taken from the spec:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from tests.services.wire_proof import Row

__all__ = ["BUCKET", "LOCAL", "TABLE"]

BUCKET: Final = "wire-bucket"
MOMENT: Final = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
KEY: Final = bytes(range(100, 132))
SOURCE_KEY: Final = bytes(range(50, 82))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _md5(data: bytes) -> str:
    return _base64(hashlib.md5(data).digest())


UPLOAD: Final = "CreateMultipartUpload UploadPart CompleteMultipartUpload"
WHOLE: Final[dict[str, str]] = {
    "write": "PutObject CreateMultipartUpload",
    "open_writer": "PutObject CreateMultipartUpload",
    "create_multipart": "CreateMultipartUpload",
    "copy": "CopyObject CreateMultipartUpload",
}
SIGNED_WHOLE: Final[dict[str, str]] = {
    "query_sign_http_write": "PutObject",
    "query_sign_http_create_multipart": "CreateMultipartUpload",
}
MARKS: Final[dict[str, str]] = {"create_dir": "PutObject", "create_link": "PutObject"}
INIT: Final[dict[str, str]] = {"init_segment": "CreateMultipartUpload"}
MOVE: Final[dict[str, str]] = {"move": "CopyObject CreateMultipartUpload"}
READS: Final[dict[str, str]] = {"read": "GetObject HeadObject", "stat": "HeadObject"}
CONTENT: Final[dict[str, str]] = {**WHOLE, **INIT, **SIGNED_WHOLE}
KEYS_OF_SERVICE: Final[dict[str, str]] = {**WHOLE, **MARKS, **MOVE, **INIT, **SIGNED_WHOLE}
OWN_KEY: Final[dict[str, str]] = {
    "write": f"PutObject {UPLOAD} HeadObject",
    "open_writer": f"PutObject {UPLOAD} HeadObject ListParts",
    "read": "*",
    "stat": "*",
    "copy": f"CopyObject UploadPartCopy {UPLOAD.replace('UploadPart ', '')}",
    "move": f"CopyObject UploadPartCopy {UPLOAD.replace('UploadPart ', '')}",
    "create_dir": "*",
    "create_link": "*",
    "create_multipart": "*",
    "write_multipart": "*",
    "complete_multipart": "*",
    "list_multipart": "*",
    "init_segment": "*",
    "write_segment": "*",
    "complete_segment": "*",
    "query_sign_http_read": "*",
    "query_sign_http_write": "*",
    "query_sign_http_create_multipart": "*",
    "query_sign_http_write_multipart": "*",
}
HEADED_SOURCE: Final[dict[str, str]] = {
    "copy": "CopyObject UploadPartCopy HeadObject",
    "move": "CopyObject UploadPartCopy HeadObject",
}
_REQUESTING: Final = """
    abort_segment complete_multipart complete_segment copy create_dir create_link create_multipart
    delete delete_batch init_segment list list_multipart list_segments move
    open_writer query_sign_http_complete_multipart query_sign_http_create_multipart
    query_sign_http_delete query_sign_http_list_multipart query_sign_http_read
    query_sign_http_write query_sign_http_write_multipart read stat write write_multipart
    write_segment"""
EVERY: Final[dict[str, str]] = dict.fromkeys(_REQUESTING.split(), "*")
OVERRIDES: Final[dict[str, str]] = {"reach": "GetObject", "query_sign_http_read": "GetObject"}
SSE: Final = "x-amz-server-side-encryption"
SOURCE_SSE: Final = "x-amz-copy-source-server-side-encryption"
LENGTHS: Final[dict[str, str]] = {
    "write": "PutObject",
    "write_multipart": "UploadPart",
    "write_segment": "UploadPart",
    "query_sign_http_write": "PutObject",
    "query_sign_http_write_multipart": "UploadPart",
}


def _keyed(prefix: str, key: bytes) -> dict[str, str]:
    return {
        f"header:{prefix}-customer-algorithm": "AES256",
        f"header:{prefix}-customer-key": _base64(key),
        f"header:{prefix}-customer-key-md5": _md5(key),
    }


TABLE: Final[Mapping[str, Row]] = {
    "acl": Row(
        "bucket-owner-read",
        {"header:x-amz-acl": "bucket-owner-read"},
        {**WHOLE, **MARKS, **MOVE, **INIT, **SIGNED_WHOLE},
    ),
    "bypass_governance_retention": Row(
        True,
        {"header:x-amz-bypass-governance-retention": "true"},
        {"delete": "DeleteObject", "delete_batch": "*"},
    ),
    "cache_control": Row("max-age=1717", {"header:cache-control": "max-age=1717"}, CONTENT),
    "checksum_algorithm": Row(
        "SHA256",
        {"header:x-amz-sdk-checksum-algorithm": "SHA256"},
        {
            **WHOLE,
            "write": f"{WHOLE['write']} UploadPart",
            "open_writer": f"{WHOLE['open_writer']} UploadPart",
            "write_multipart": "UploadPart",
        },
        other={
            "CreateMultipartUpload": {"header:x-amz-checksum-algorithm": "SHA256"},
            "CopyObject": {"header:x-amz-checksum-algorithm": "SHA256"},
        },
    ),
    "checksum_enabled": Row(
        True,
        {"header:x-amz-checksum-mode": "ENABLED"},
        {"read": "GetObject", "stat": "HeadObject"},
    ),
    "checksum_type": Row(
        "COMPOSITE",
        {"header:x-amz-checksum-type": "COMPOSITE"},
        {
            "open_writer": "CreateMultipartUpload CompleteMultipartUpload",
            "create_multipart": "*",
            "complete_multipart": "*",
        },
    ),
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
            "write_multipart": "UploadPart",
            "query_sign_http_write": "PutObject",
            "query_sign_http_write_multipart": "UploadPart",
        },
    ),
    "content_type": Row("text/x-wire20", {"header:content-type": "text/x-wire20"}, CONTENT),
    "copy_source_if_match": Row(
        '"tag45"',
        {"header:x-amz-copy-source-if-match": '"tag45"'},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-match": '"tag45"'}},
    ),
    "copy_source_if_modified_since": Row(
        MOMENT,
        {"header:x-amz-copy-source-if-modified-since": "Mon, 03 Feb 2031 04:05:06 GMT"},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-modified-since": "Mon, 03 Feb 2031 04:05:06 GMT"}},
    ),
    "copy_source_if_none_match": Row(
        '"tag21"',
        {"header:x-amz-copy-source-if-none-match": '"tag21"'},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-none-match": '"tag21"'}},
    ),
    "copy_source_if_unmodified_since": Row(
        MOMENT,
        {"header:x-amz-copy-source-if-unmodified-since": "Mon, 03 Feb 2031 04:05:06 GMT"},
        {"copy": "CopyObject HeadObject"},
        other={"HeadObject": {"header:if-unmodified-since": "Mon, 03 Feb 2031 04:05:06 GMT"}},
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
        {"header:x-amz-copy-source": f"{BUCKET}/source?versionId=version23"},
        {"copy": "CopyObject UploadPartCopy HeadObject GetObjectTagging"},
        other={
            "HeadObject": {"query:versionId": "version23"},
            "GetObjectTagging": {"query:versionId": "version23"},
        },
    ),
    "expected_bucket_owner": Row(
        "111122223333", {"header:x-amz-expected-bucket-owner": "111122223333"}, EVERY
    ),
    "expected_source_bucket_owner": Row(
        "444455556666",
        {"header:x-amz-source-expected-bucket-owner": "444455556666"},
        HEADED_SOURCE,
        other={"HeadObject": {"header:x-amz-expected-bucket-owner": "444455556666"}},
    ),
    "grant_full_control": Row("id=24", {"header:x-amz-grant-full-control": "id=24"}, WHOLE),
    "grant_read": Row("id=25", {"header:x-amz-grant-read": "id=25"}, WHOLE),
    "grant_read_acp": Row("id=26", {"header:x-amz-grant-read-acp": "id=26"}, WHOLE),
    "grant_write_acp": Row("id=27", {"header:x-amz-grant-write-acp": "id=27"}, WHOLE),
    "if_match": Row(
        '"tag28"',
        {"header:if-match": '"tag28"'},
        {
            "write": "PutObject CompleteMultipartUpload",
            "open_writer": "PutObject CompleteMultipartUpload",
            "complete_multipart": "*",
            "complete_segment": "CompleteMultipartUpload",
            "copy": "CopyObject CompleteMultipartUpload",
            "delete": "DeleteObject",
            "query_sign_http_write": "*",
            **READS,
        },
    ),
    "if_modified_since": Row(
        MOMENT, {"header:if-modified-since": "Mon, 03 Feb 2031 04:05:06 GMT"}, READS
    ),
    "if_none_match": Row('"tag29"', {"header:if-none-match": '"tag29"'}, READS),
    "if_not_exists": Row(
        True,
        {"header:if-none-match": "*"},
        {
            "write": "PutObject CompleteMultipartUpload",
            "open_writer": "PutObject CompleteMultipartUpload",
            "complete_multipart": "*",
            "complete_segment": "CompleteMultipartUpload",
            "copy": "CopyObject CompleteMultipartUpload",
            "query_sign_http_write": "*",
            "query_sign_http_complete_multipart": "*",
        },
    ),
    "if_unmodified_since": Row(
        MOMENT, {"header:if-unmodified-since": "Mon, 03 Feb 2031 04:05:06 GMT"}, READS
    ),
    "limit": Row(
        17,
        {"query:max-keys": "17"},
        {"list": "*", "list_multipart": "*", "list_segments": "*"},
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
    "object_lock_legal_hold": Row("ON", {"header:x-amz-object-lock-legal-hold": "ON"}, WHOLE),
    "object_lock_mode": Row("GOVERNANCE", {"header:x-amz-object-lock-mode": "GOVERNANCE"}, WHOLE),
    "object_lock_retain_until": Row(
        MOMENT, {"header:x-amz-object-lock-retain-until-date": "2031-02-03T04:05:06Z"}, WHOLE
    ),
    "offset": Row(
        1234,
        {"header:range": "bytes=1234-"},
        {"read": "GetObject", "query_sign_http_read": "*"},
    ),
    "request_payer": Row("requester", {"header:x-amz-request-payer": "requester"}, EVERY),
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
    "server_side_encryption": Row("aws:kms:36", {f"header:{SSE}": "aws:kms:36"}, KEYS_OF_SERVICE),
    "server_side_encryption_aws_kms_key_id": Row(
        "key-37", {f"header:{SSE}-aws-kms-key-id": "key-37"}, KEYS_OF_SERVICE
    ),
    "server_side_encryption_bucket_key_enabled": Row(
        True, {f"header:{SSE}-bucket-key-enabled": "true"}, KEYS_OF_SERVICE
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
        {**LENGTHS, "read": "GetObject", "query_sign_http_read": "*"},
        other={"GetObject": {"header:range": "bytes=0-8"}},
    ),
    "storage_class": Row("CLASS40", {"header:x-amz-storage-class": "CLASS40"}, KEYS_OF_SERVICE),
    "tagging": Row(
        {"a b": "c&d", "e": "41"}, {"header:x-amz-tagging": "a%20b=c%26d&e=41"}, {**WHOLE, **MARKS}
    ),
    "user_metadata": Row({"wire": "value 42"}, {"header:x-amz-meta-wire": "value 42"}, CONTENT),
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
    "website_redirect_location": Row(
        "/else/44", {"header:x-amz-website-redirect-location": "/else/44"}, WHOLE
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
