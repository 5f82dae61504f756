"""A server that records what it is sent, and answers as OSS's documents say."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from tests.services.s3.stub import Answer, Request, Stub, stub

__all__ = ["ETAG", "Wire", "kind_of", "recording"]

ETAG: Final = '"0123456789ABCDEF0123456789ABCDEF"'
_MOMENT: Final = "2021-03-04T05:06:07.000Z"


def kind_of(request: Request) -> str:
    """The operation of OSS's API, by method, path, query and headers."""
    if "/" not in request.path.strip("/"):
        return _bucket_kind(request)
    query, copies = request.query, "x-oss-copy-source" in request.headers
    special = {
        ("POST", "append"): "AppendObject",
        ("POST", "uploads"): "InitiateMultipartUpload",
        ("PUT", "symlink"): "PutSymlink",
        ("GET", "symlink"): "GetSymlink",
        ("GET", "tagging"): "GetObjectTagging",
        ("PUT", "uploadId"): "UploadPartCopy" if copies else "UploadPart",
        ("POST", "uploadId"): "CompleteMultipartUpload",
        ("DELETE", "uploadId"): "AbortMultipartUpload",
        ("GET", "uploadId"): "ListParts",
    }
    for (method, name), kind in special.items():
        if request.method == method and name in query:
            return kind
    copied = request.method == "PUT" and copies
    return "CopyObject" if copied else f"{request.method.capitalize()}Object"


def _bucket_kind(request: Request) -> str:
    if request.path.strip("/") == "":
        return "ListBuckets"
    names = {
        "list-type": "ListObjectsV2",
        "uploads": "ListMultipartUploads",
        "versions": "ListObjectVersions",
        "delete": "DeleteMultipleObjects",
        "bucketInfo": "GetBucketInfo",
    }
    found = next((kind for name, kind in names.items() if name in request.query), None)
    return found or {"PUT": "PutBucket"}.get(request.method, "DeleteBucket")


def _xml(text: str) -> Answer:
    return Answer(text.encode(), headers={"Content-Type": "application/xml"})


def listing(entries: str, more: str = "") -> Answer:
    """A page of some listing; ``more`` is what an unfinished one says."""
    truncated = "true" if more else "false"
    always = "<Name/><Prefix/><KeyMarker/><VersionIdMarker/><MaxKeys>1</MaxKeys><Delimiter/>"
    if not more:
        more = "<NextKeyMarker/><NextUploadIdMarker/><NextPartNumberMarker/>"
    return _xml(f"<R>{always}<IsTruncated>{truncated}</IsTruncated>{more}{entries}</R>")


_OWNER: Final = "<Owner><ID>1</ID><DisplayName>1</DisplayName></Owner>"
_ENTRY: Final = (
    f"<Size>7</Size><ETag>{ETAG}</ETag><LastModified>{_MOMENT}</LastModified><Type>Normal</Type>"
    "<StorageClass>Standard</StorageClass>"
)
ENTRIES: Final = {
    "ListObjectsV2": f"<Contents><Key>listed</Key>{_ENTRY}</Contents>",
    "ListObjectVersions": "<Version><Key>listed</Key><VersionId>v</VersionId>"
    f"<IsLatest>true</IsLatest>{_OWNER}{_ENTRY}</Version>",
    "ListMultipartUploads": "<Upload><Key>listed</Key><UploadId>upload-1</UploadId>"
    f"<Initiated>{_MOMENT}</Initiated></Upload>",
    "ListParts": f"<Part><PartNumber>1</PartNumber>{_ENTRY}</Part>",
}
_BUCKET: Final = (
    "<Name>some-bucket</Name><Location>oss-cn-hangzhou</Location><Region>cn-hangzhou</Region>"
    f"<CreationDate>{_MOMENT}</CreationDate><ExtranetEndpoint>e</ExtranetEndpoint>"
    "<IntranetEndpoint>i</IntranetEndpoint><StorageClass>IA</StorageClass>"
)


def _answers() -> dict[str, Answer | list[Answer]]:
    """What OSS answers when all is well."""
    tags = "<Tag><Key>k &amp;</Key><Value>v</Value></Tag>"
    deleted = "<Deleted><Key>one</Key></Deleted>"
    return {
        "PutObject": Answer(headers={"ETag": ETAG}),
        "GetObject": Answer(b"content", headers={"ETag": ETAG}),
        "HeadObject": Answer(headers={"ETag": ETAG, "Content-Length": "7"}),
        "DeleteObject": Answer(status=204),
        "DeleteMultipleObjects": _xml(f"<DeleteResult>{deleted}</DeleteResult>"),
        "CopyObject": _xml(f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>"),
        "UploadPartCopy": Answer(headers={"ETag": ETAG}),
        "AppendObject": Answer(headers={"ETag": ETAG, "x-oss-next-append-position": "12"}),
        "InitiateMultipartUpload": _xml("<R><UploadId>upload-1</UploadId></R>"),
        "UploadPart": Answer(headers={"ETag": ETAG}),
        "CompleteMultipartUpload": Answer(headers={"ETag": ETAG}),
        "AbortMultipartUpload": Answer(status=204),
        "PutSymlink": Answer(),
        "GetSymlink": Answer(headers={"x-oss-symlink-target": "some%2Ftarget"}),
        "GetObjectTagging": _xml(f"<Tagging><TagSet>{tags}</TagSet></Tagging>"),
        "ListBuckets": _xml(f"<R><Buckets><Bucket>{_BUCKET}</Bucket></Buckets></R>"),
        "GetBucketInfo": _xml(
            f"<BucketInfo><Bucket>{_BUCKET}{_OWNER}<AccessControlList><Grant>private</Grant>"
            "</AccessControlList></Bucket></BucketInfo>"
        ),
        "PutBucket": Answer(),
        "DeleteBucket": Answer(status=204),
        **{kind: listing(entry) for kind, entry in ENTRIES.items()},
    }


class Wire:
    """Records requests. ``answers`` may be changed; a list is given out one after the other."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self.answers = _answers()
        self.other: Callable[[Request], Answer] | None = None
        """Asked instead."""
        stub.other = self._answer

    @property
    def endpoint(self) -> str:
        """Where requests go."""
        return self._stub.endpoint

    def take(self) -> list[Request]:
        """All requests until now; the record begins anew."""
        return self._stub.take()

    def of(self, kind: str) -> list[Request]:
        """The requests of one kind."""
        return [request for request in self._stub.requests if kind_of(request) == kind]

    def _answer(self, request: Request) -> Answer:
        if self.other is not None:
            return self.other(request)
        found = self.answers[kind_of(request)]
        if isinstance(found, Answer):
            return found
        return found.pop(0) if len(found) > 1 else found[0]


@contextmanager
def recording() -> Generator[Wire]:
    """A running server."""
    with stub() as found:
        yield Wire(found)
