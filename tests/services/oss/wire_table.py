"""What every option of every operation looks like on the wire.

The vendor's names here are written by hand from Alibaba Cloud's API reference, not taken from the
spec: https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function
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
WHEN: Final = "Mon, 03 Feb 2031 04:05:06 GMT"
INIT: Final = "InitiateMultipartUpload"
COMPLETE: Final = "CompleteMultipartUpload"


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


WHOLE: Final[dict[str, str]] = {
    "write": f"PutObject {INIT}",
    "open_writer": f"PutObject {INIT}",
    "create_multipart": INIT,
    "copy": f"CopyObject {INIT}",
}
SIGNED: Final[dict[str, str]] = {
    "query_sign_http_write": "PutObject",
    "query_sign_http_create_multipart": INIT,
}
MARK: Final[dict[str, str]] = {"create_dir": "PutObject"}
MOVE: Final[dict[str, str]] = {"move": f"CopyObject {INIT}"}
APPEND: Final[dict[str, str]] = {"create_append": "AppendObject"}
LINK: Final[dict[str, str]] = {"create_link": "PutSymlink"}
READS: Final[dict[str, str]] = {"read": "GetObject HeadObject", "stat": "HeadObject"}
CONTENT: Final[dict[str, str]] = {**WHOLE, **APPEND, **SIGNED}
KEPT: Final[dict[str, str]] = {**WHOLE, **MARK, **MOVE, **SIGNED}
DATA: Final[dict[str, str]] = {
    "write": "PutObject UploadPart",
    "open_writer": "PutObject UploadPart",
    "write_multipart": "UploadPart",
    "write_append": "AppendObject",
    "copy": "CopyObject UploadPartCopy",
    "move": "CopyObject UploadPartCopy",
    "read": "GetObject",
    "query_sign_http_read": "GetObject",
    "query_sign_http_write": "PutObject",
    "query_sign_http_write_multipart": "UploadPart",
}
_REQUESTING: Final = """
    complete_multipart copy create_append create_dir create_link create_multipart delete
    delete_batch list list_multipart move open_writer query_sign_http_complete_multipart
    query_sign_http_create_multipart query_sign_http_delete query_sign_http_list_multipart
    query_sign_http_read query_sign_http_write query_sign_http_write_multipart read stat write
    write_append write_multipart"""
EVERY: Final[dict[str, str]] = dict.fromkeys(_REQUESTING.split(), "*")
OVERRIDES: Final[Kinds] = {"reach": "GetObject", "query_sign_http_read": "GetObject"}
SOURCE: Final[Kinds] = {"copy": "CopyObject HeadObject"}
SSE: Final = "header:x-oss-server-side-encryption"


def _override(name: str, text: str) -> Row:
    return Row(text, {f"query:response-{name}": text}, OVERRIDES)


def _of_source(name: str, value: object, text: str) -> Row:
    sent = {f"header:x-oss-copy-source-{name}": text}
    return Row(value, sent, SOURCE, other={"HeadObject": {f"header:{name}": text}})


TABLE: Final[Mapping[str, Row]] = {
    "acl": Row(
        "public-read",
        {"header:x-oss-object-acl": "public-read"},
        {**WHOLE, **MARK, **MOVE, **APPEND, **LINK, **SIGNED},
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
            "write_multipart": "UploadPart",
            "write_append": "AppendObject",
            "query_sign_http_write": "PutObject",
            "query_sign_http_write_multipart": "UploadPart",
        },
    ),
    "content_type": Row("text/x-21", {"header:content-type": "text/x-21"}, CONTENT),
    "copy_source_if_match": _of_source("if-match", '"E22"', '"E22"'),
    "copy_source_if_modified_since": _of_source("if-modified-since", MOMENT, WHEN),
    "copy_source_if_none_match": _of_source("if-none-match", '"E24"', '"E24"'),
    "copy_source_if_unmodified_since": _of_source("if-unmodified-since", MOMENT, WHEN),
    "copy_source_version_id": Row(
        "version26",
        {"header:x-oss-copy-source": f"/{BUCKET}/source?versionId=version26"},
        {"copy": "CopyObject UploadPartCopy HeadObject"},
        other={"HeadObject": {"query:versionId": "version26"}},
    ),
    "extra": Row(
        {"x-oss-special": "special-54"},
        {"header:x-oss-special": "special-54"},
        {
            "write": "PutObject CompleteMultipartUpload",
            "open_writer": "PutObject CompleteMultipartUpload",
            "complete_multipart": "CompleteMultipartUpload",
            "query_sign_http_write": "PutObject",
            "read": "GetObject",
            "reach": "GetObject",
            "query_sign_http_read": "GetObject",
        },
        other={"GetObject": {"query:x-oss-special": "special-54"}},
    ),
    "if_match": Row('"E27"', {"header:if-match": '"E27"'}, READS),
    "if_modified_since": Row(MOMENT, {"header:if-modified-since": WHEN}, READS),
    "if_none_match": Row('"E28"', {"header:if-none-match": '"E28"'}, READS),
    "if_not_exists": Row(
        True,
        {"header:x-oss-forbid-overwrite": "true"},
        {
            "write": f"PutObject {INIT} {COMPLETE}",
            "open_writer": f"PutObject {INIT} {COMPLETE}",
            "copy": f"CopyObject {INIT} {COMPLETE}",
            "create_link": "*",
            "create_multipart": "*",
            "complete_multipart": "*",
            "query_sign_http_write": "*",
            "query_sign_http_create_multipart": "*",
            "query_sign_http_complete_multipart": "*",
        },
    ),
    "if_unmodified_since": Row(MOMENT, {"header:if-unmodified-since": WHEN}, READS),
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
        {"header:range": "bytes=1234-", "header:x-oss-range-behavior": "standard"},
        {"read": "GetObject", "query_sign_http_read": "*"},
    ),
    "request_payer": Row("requester", {"header:x-oss-request-payer": "requester"}, EVERY),
    "response_cache_control": _override("cache-control", "no-cache-31"),
    "response_content_disposition": _override("content-disposition", "inline; n=32"),
    "response_content_encoding": _override("content-encoding", "enc33"),
    "response_content_language": _override("content-language", "tlh-34"),
    "response_content_type": _override("content-type", "text/x-35"),
    "server_side_data_encryption": Row(
        "SM4", {"header:x-oss-server-side-data-encryption": "SM4"}, {**KEPT, **APPEND}
    ),
    "server_side_encryption": Row("KMS", {SSE: "KMS"}, {**KEPT, **APPEND}),
    "server_side_encryption_key_id": Row("key-37", {f"{SSE}-key-id": "key-37"}, KEPT),
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
        other={
            "GetObject": {"header:range": "bytes=0-8", "header:x-oss-range-behavior": "standard"}
        },
    ),
    "storage_class": Row(
        "Class40", {"header:x-oss-storage-class": "Class40"}, {**KEPT, **APPEND, **LINK}
    ),
    "tagging": Row(
        {"a b": "c&d", "e": "41"},
        {"header:x-oss-tagging": "a%20b=c%26d&e=41"},
        {**KEPT, **APPEND, **LINK},
    ),
    "traffic_limit": Row(
        819_200,
        {"header:x-oss-traffic-limit": "819200"},
        {**DATA, "reach": "GetObject"},
    ),
    "user_metadata": Row(
        {"wire": "value 42"}, {"header:x-oss-meta-wire": "value 42"}, {**CONTENT, **LINK}
    ),
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
