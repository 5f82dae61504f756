"""What every option of every operation looks like on the wire.

The vendor's names here are written by hand from Microsoft's REST reference, not from the spec:
https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from tests.services.wire_proof import Row

__all__ = ["CONTAINER", "LOCAL", "TABLE"]

CONTAINER: Final = "wire-container"
MOMENT: Final = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
MOMENT_TEXT: Final = "Mon, 03 Feb 2031 04:05:06 GMT"
KEY: Final = bytes(range(100, 132))
SOURCE_KEY: Final = bytes(range(50, 82))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _md5(data: bytes) -> str:
    return _base64(hashlib.md5(data).digest())


REWRITE: Final = "PutBlobFromURL PutBlockList"
CONTENT: Final[dict[str, str]] = {
    "write": "PutBlob PutBlockList",
    "open_writer": "PutBlob PutBlockList",
    "copy": REWRITE,
    "create_append": "PutAppendBlob",
    "create_block": "PutBlockList",
    "create_page": "PutPageBlob",
    "query_sign_http_write": "PutBlob",
}
WHOLE: Final[dict[str, str]] = {
    **{op: kinds for op, kinds in CONTENT.items() if op != "create_block"},
    "copy": "CopyBlob",
    "combine_block": "PutBlockList",
}
MARKS: Final[dict[str, str]] = {"create_dir": "PutBlob", "create_link": "PutBlob"}
TIERED: Final[dict[str, str]] = {
    **{op: kinds for op, kinds in WHOLE.items() if op not in ("create_append", "combine_block")},
    **MARKS,
    "create_block": "PutBlockList",
    "move": "CopyBlob",
}
REWRITTEN: Final = "PutBlobFromURL PutBlockFromURL PutBlockList"
SCOPED: Final[dict[str, str]] = {
    **MARKS,
    "write": "PutBlob PutBlock PutBlockList",
    "open_writer": "PutBlob PutBlock PutBlockList",
    "write_append": "AppendBlock",
    "write_block": "PutBlock",
    "combine_block": "PutBlockList",
    "copy": REWRITTEN,
    "move": REWRITTEN,
    "create_append": "PutAppendBlob",
    "create_page": "PutPageBlob",
    "write_page": "PutPage",
    "query_sign_http_write": "PutBlob",
}
KEYED: Final[dict[str, str]] = {
    **SCOPED,
    "write": f"{SCOPED['write']} GetBlobProperties",
    "open_writer": f"{SCOPED['open_writer']} GetBlobProperties",
    "write_page": "PutPage GetBlobProperties SetBlobProperties",
    "read": "GetBlob GetBlobProperties",
    "stat": "GetBlobProperties",
    "query_sign_http_read": "GetBlob",
}
LEASED: Final[dict[str, str]] = {
    "write": "PutBlob PutBlock PutBlockList",
    "open_writer": "PutBlob PutBlock PutBlockList",
    "write_append": "AppendBlock",
    "write_block": "PutBlock",
    "combine_block": "PutBlockList",
    "copy": "CopyBlob",
    "create_append": "PutAppendBlob",
    "create_page": "PutPageBlob",
    "write_page": "PutPage SetBlobProperties",
    "delete": "DeleteBlob",
    "query_sign_http_write": "PutBlob",
    "query_sign_http_delete": "DeleteBlob",
}
READS: Final[dict[str, str]] = {"read": "GetBlob GetBlobProperties", "stat": "GetBlobProperties"}
SIGNED_READS: Final[dict[str, str]] = {"reach": "GetBlob", "query_sign_http_read": "GetBlob"}
NAMED: Final[dict[str, str]] = {
    **READS,
    **SIGNED_READS,
    "delete": "DeleteBlob",
    "query_sign_http_delete": "DeleteBlob",
}
SOURCE: Final[dict[str, str]] = {"copy": "CopyBlob"}
STAMP: Final = "2031-02-03T04:05:06.1234567Z"


def _keyed(prefix: str, key: bytes) -> dict[str, str]:
    digest = _base64(hashlib.sha256(key).digest())
    return {
        f"header:{prefix}-key": _base64(key),
        f"header:{prefix}-key-sha256": digest,
        f"header:{prefix}-algorithm": "AES256",
    }


TABLE: Final[Mapping[str, Row]] = {
    "access_tier": Row("Cool", {"header:x-ms-access-tier": "Cool"}, TIERED),
    "cache_control": Row("max-age=1", {"header:x-ms-blob-cache-control": "max-age=1"}, CONTENT),
    "content_disposition": Row(
        "attachment; filename=x2.sql",
        {"header:x-ms-blob-content-disposition": "attachment; filename=x2.sql"},
        CONTENT,
    ),
    "content_encoding": Row("x-enc3", {"header:x-ms-blob-content-encoding": "x-enc3"}, CONTENT),
    "content_language": Row("de-1996", {"header:x-ms-blob-content-language": "de-1996"}, CONTENT),
    "content_md5": Row(
        _md5(b"some content"),
        {"header:content-md5": _md5(b"some content")},
        {
            "write": "PutBlob",
            "write_append": "AppendBlock",
            "write_block": "PutBlock",
            "query_sign_http_write": "PutBlob",
        },
    ),
    "content_type": Row("text/x-wire4", {"header:x-ms-blob-content-type": "text/x-wire4"}, CONTENT),
    "copy_source_encryption_key": Row(
        SOURCE_KEY,
        _keyed("x-ms-source-encryption", SOURCE_KEY),
        dict.fromkeys(("copy", "move"), "PutBlobFromURL PutBlockFromURL GetBlobProperties"),
        other={"GetBlobProperties": _keyed("x-ms-encryption", SOURCE_KEY)},
    ),
    "copy_source_if_match": Row('"tag5"', {"header:x-ms-source-if-match": '"tag5"'}, SOURCE),
    "copy_source_if_modified_since": Row(
        MOMENT, {"header:x-ms-source-if-modified-since": MOMENT_TEXT}, SOURCE
    ),
    "copy_source_if_none_match": Row(
        '"tag6"', {"header:x-ms-source-if-none-match": '"tag6"'}, SOURCE
    ),
    "copy_source_if_unmodified_since": Row(
        MOMENT, {"header:x-ms-source-if-unmodified-since": MOMENT_TEXT}, SOURCE
    ),
    "copy_source_snapshot": Row(STAMP, {"source": f"snapshot={STAMP}"}, SOURCE),
    "copy_source_version_id": Row(STAMP, {"source": f"versionid={STAMP}"}, SOURCE),
    "delete_snapshots": Row(
        "include",
        {"header:x-ms-delete-snapshots": "include"},
        {"delete": "DeleteBlob", "query_sign_http_delete": "DeleteBlob", "delete_batch": "*"},
        other={"BlobBatch": {"body:x-ms-delete-snapshots: include": ""}},
    ),
    "encryption_key": Row(KEY, _keyed("x-ms-encryption", KEY), KEYED),
    "encryption_scope": Row("scope-7", {"header:x-ms-encryption-scope": "scope-7"}, SCOPED),
    "if_match": Row(
        '"tag8"',
        {"header:if-match": '"tag8"'},
        {**WHOLE, **READS, "delete": "DeleteBlob"},
    ),
    "if_modified_since": Row(MOMENT, {"header:if-modified-since": MOMENT_TEXT}, READS),
    "if_none_match": Row('"tag9"', {"header:if-none-match": '"tag9"'}, READS),
    "if_not_exists": Row(True, {"header:if-none-match": "*"}, WHOLE),
    "if_unmodified_since": Row(MOMENT, {"header:if-unmodified-since": MOMENT_TEXT}, READS),
    "lease_id": Row("lease-10", {"header:x-ms-lease-id": "lease-10"}, LEASED),
    "limit": Row(11, {"query:maxresults": "11"}, {"list": "ListBlobs"}),
    "list_metadata": Row(True, {"query:include": "metadata"}, {"list": "ListBlobs"}),
    "list_snapshots": Row(True, {"query:include": "snapshots"}, {"list": "ListBlobs"}),
    "list_versions": Row(True, {"query:include": "versions"}, {"list": "ListBlobs"}),
    "offset": Row(
        12,
        {"header:x-ms-range": "bytes=12-"},
        {"read": "GetBlob", "query_sign_http_read": "GetBlob"},
        other={"GetBlob": {}},
    ),
    "response_cache_control": Row("no-store13", {"query:rscc": "no-store13"}, SIGNED_READS),
    "response_content_disposition": Row("inline14", {"query:rscd": "inline14"}, SIGNED_READS),
    "response_content_encoding": Row("x-enc15", {"query:rsce": "x-enc15"}, SIGNED_READS),
    "response_content_language": Row("de-16", {"query:rscl": "de-16"}, SIGNED_READS),
    "response_content_type": Row("text/x-17", {"query:rsct": "text/x-17"}, SIGNED_READS),
    "size": Row(
        12,
        {"header:content-length": "12"},
        {
            "write": "PutBlob",
            "write_append": "AppendBlock",
            "write_block": "PutBlock",
            "write_page": "PutPage",
            "read": "GetBlob",
            "query_sign_http_read": "GetBlob",
            "query_sign_http_write": "PutBlob",
        },
        other={
            "GetBlob": {"header:x-ms-range": "bytes=0-11"},
            "PutPage": {"header:content-length": "512", "header:x-ms-range": "bytes=512-1023"},
        },
        values={"write_page": 512},
    ),
    "snapshot": Row(STAMP, {"query:snapshot": STAMP}, NAMED),
    "tagging": Row({"a b": "18&"}, {"header:x-ms-tags": "a%20b=18%26"}, {**WHOLE, **MARKS}),
    "user_metadata": Row(
        {"wire": "value 19"}, {"header:x-ms-meta-wire": "value 19"}, {**CONTENT, "copy": "CopyBlob"}
    ),
    "version_id": Row(STAMP, {"query:versionid": STAMP}, NAMED),
}
"""Option -> what it becomes."""

LOCAL: Final = {
    "compression": "changes the content: tests/writer",
    "concurrency": "how many requests at once: tests/writer",
    "continuation_token": "comes from an earlier listing: test_token_goes_on",
    "dir_func": "gets items: the conformance suite",
    "encoding": "changes the content: tests/writer",
    "file_func": "gets items: the conformance suite",
    "io_callback": "gets bytes: the conformance suite",
    "list_mode": "chooses the request: test_list_modes",
    "max_memory": "how many requests at once: tests/writer",
    "object_mode": "is a slash at the end of the key: test_object_mode",
    "part_size": "cuts the content: test_blocks_are_cut",
    "resume": "names an upload: tests/guarantees",
    "size_hint": "cuts the content: tests/writer",
    "timeout": "is no part of a request: test_timeouts",
}
"""Options that no header or parameter carries, and where they are shown to work."""
