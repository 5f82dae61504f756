"""A server that records what it is sent, and answers as OSS's documents say."""

from typing import Final

from typing_extensions import override

from tests.services import stub as recording
from tests.services.stub import Answer, Answers, sent_at, xml

__all__ = ["ENTRIES", "ETAG", "Answer", "Request", "Stub", "page", "sent_at"]

ETAG: Final = '"0123456789ABCDEF0123456789ABCDEF"'
_MOMENT: Final = "2021-03-04T05:06:07.000Z"


class Request(recording.Request):
    """A request to OSS, whose bucket is in the path."""

    @property
    @override
    def kind(self) -> str:
        """The operation of OSS's API, by method, path, query and headers."""
        if "/" not in self.path.strip("/"):
            return self._bucket_kind()
        query, copies = self.query, "x-oss-copy-source" in self.headers
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
            if self.method == method and name in query:
                return kind
        copied = self.method == "PUT" and copies
        return "CopyObject" if copied else f"{self.method.capitalize()}Object"

    def _bucket_kind(self) -> str:
        if self.path.strip("/") == "":
            return "ListBuckets"
        names = {
            "list-type": "ListObjectsV2",
            "uploads": "ListMultipartUploads",
            "versions": "ListObjectVersions",
            "delete": "DeleteMultipleObjects",
            "bucketInfo": "GetBucketInfo",
        }
        found = next((kind for name, kind in names.items() if name in self.query), None)
        return found or {"PUT": "PutBucket"}.get(self.method, "DeleteBucket")


def page(entries: str, more: str = "") -> Answer:
    """A page of some listing; ``more`` is what an unfinished one says."""
    truncated = "true" if more else "false"
    always = "<Name/><Prefix/><KeyMarker/><VersionIdMarker/><MaxKeys>1</MaxKeys><Delimiter/>"
    if not more:
        more = "<NextKeyMarker/><NextUploadIdMarker/><NextPartNumberMarker/>"
    return xml(f"<R>{always}<IsTruncated>{truncated}</IsTruncated>{more}{entries}</R>")


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


class Stub(recording.Recorder[Request]):
    """Records requests, and answers as OSS would."""

    requests_are = Request

    @override
    def usual(self) -> Answers:
        """What OSS answers when all is well."""
        tags = "<Tag><Key>k &amp;</Key><Value>v</Value></Tag>"
        deleted = "<Deleted><Key>one</Key></Deleted>"
        return {
            "PutObject": Answer(headers={"ETag": ETAG}),
            "GetObject": Answer(b"content", headers={"ETag": ETAG}),
            "HeadObject": Answer(headers={"ETag": ETAG, "Content-Length": "7"}),
            "DeleteObject": Answer(status=204),
            "DeleteMultipleObjects": xml(f"<DeleteResult>{deleted}</DeleteResult>"),
            "CopyObject": xml(f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>"),
            "UploadPartCopy": Answer(headers={"ETag": ETAG}),
            "AppendObject": Answer(headers={"ETag": ETAG, "x-oss-next-append-position": "12"}),
            "InitiateMultipartUpload": xml("<R><UploadId>upload-1</UploadId></R>"),
            "UploadPart": Answer(headers={"ETag": ETAG}),
            "CompleteMultipartUpload": Answer(headers={"ETag": ETAG}),
            "AbortMultipartUpload": Answer(status=204),
            "PutSymlink": Answer(),
            "GetSymlink": Answer(headers={"x-oss-symlink-target": "some%2Ftarget"}),
            "GetObjectTagging": xml(f"<Tagging><TagSet>{tags}</TagSet></Tagging>"),
            "ListBuckets": xml(f"<R><Buckets><Bucket>{_BUCKET}</Bucket></Buckets></R>"),
            "GetBucketInfo": xml(
                f"<BucketInfo><Bucket>{_BUCKET}{_OWNER}<AccessControlList><Grant>private</Grant>"
                "</AccessControlList></Bucket></BucketInfo>"
            ),
            "PutBucket": Answer(),
            "DeleteBucket": Answer(status=204),
            **{kind: page(entry) for kind, entry in ENTRIES.items()},
        }
