"""An HTTP proxy that records what it is sent, and answers as Tencent's documents say.

COS has the bucket in the host's name: what the SDK sends to names that nobody resolves comes here,
because this is its proxy.
"""

from typing import Final

from typing_extensions import override

from tests.services import stub as recording
from tests.services.stub import Answer, Answers, sent_at, xml

__all__ = ["ENDPOINT", "ETAG", "Answer", "Request", "Stub", "sent_at"]

ENDPOINT: Final = "http://cos.ap-wire.example"
ETAG: Final = '"0123456789abcdef0123456789abcdef"'
_MOMENT: Final = "2021-03-04T05:06:07.000Z"


class Request(recording.Request):
    """A request to COS, whose bucket is in the host."""

    @property
    @override
    def kind(self) -> str:
        """The operation of COS's XML API, by method, host, path, query and headers."""
        if self.path == "/":
            return self._bucket_kind()
        if "uploadId" in self.query:
            return self._upload_kind()
        for name, kind in (
            ("uploads", "InitiateMultipartUpload"),
            ("append", "AppendObject"),
            ("tagging", "GetObjectTagging"),
        ):
            if name in self.query:
                return kind
        copies = self.method == "PUT" and "x-cos-copy-source" in self.headers
        return "CopyObject" if copies else f"{self.method.capitalize()}Object"

    def _bucket_kind(self) -> str:
        if self.headers["host"].startswith("cos."):
            return "GetService"
        names = {
            "uploads": "ListMultipartUploads",
            "versions": "GetBucketObjectVersions",
            "delete": "DeleteMultipleObjects",
        }
        found = next((kind for name, kind in names.items() if name in self.query), None)
        return found or f"{self.method.capitalize()}Bucket"

    def _upload_kind(self) -> str:
        if "partNumber" in self.query:
            return "UploadPartCopy" if "x-cos-copy-source" in self.headers else "UploadPart"
        return {
            "POST": "CompleteMultipartUpload",
            "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }[self.method]


class Stub(recording.Recorder[Request]):
    """Records requests, and answers as COS would."""

    requests_are = Request

    @override
    def usual(self) -> Answers:
        """What COS answers when all is well."""
        entry = f"<Size>7</Size><ETag>{ETAG}</ETag><LastModified>{_MOMENT}</LastModified>"
        return {
            "PutObject": Answer(headers={"ETag": ETAG}),
            "GetObject": Answer(b"content", headers={"ETag": ETAG}),
            "HeadObject": Answer(headers={"ETag": ETAG, "Content-Length": "7"}),
            "DeleteObject": Answer(status=204),
            "AppendObject": Answer(headers={"ETag": ETAG}),
            "DeleteMultipleObjects": xml("<DeleteResult></DeleteResult>"),
            "CopyObject": xml(f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>"),
            "UploadPartCopy": xml(f"<CopyPartResult><ETag>{ETAG}</ETag></CopyPartResult>"),
            "InitiateMultipartUpload": xml(
                "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId>"
                "</InitiateMultipartUploadResult>"
            ),
            "UploadPart": Answer(headers={"ETag": ETAG}),
            "CompleteMultipartUpload": xml(
                f"<CompleteMultipartUploadResult><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>"
            ),
            "AbortMultipartUpload": Answer(status=204),
            "ListParts": xml(
                "<ListPartsResult><IsTruncated>false</IsTruncated>"
                f"<Part><PartNumber>1</PartNumber>{entry}</Part></ListPartsResult>"
            ),
            "GetBucket": xml(
                "<ListBucketResult><IsTruncated>false</IsTruncated>"
                f"<Contents><Key>listed</Key>{entry}</Contents></ListBucketResult>"
            ),
            "GetBucketObjectVersions": xml(
                "<ListVersionsResult><IsTruncated>false</IsTruncated>"
                f"<Version><Key>listed</Key>{entry}</Version></ListVersionsResult>"
            ),
            "ListMultipartUploads": xml(
                "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>"
                "<Upload><Key>listed</Key><UploadId>upload-1</UploadId></Upload>"
                "</ListMultipartUploadsResult>"
            ),
            "GetObjectTagging": xml(
                "<Tagging><TagSet><Tag><Key>k &amp;</Key><Value>v</Value></Tag></TagSet></Tagging>"
            ),
            "GetService": xml(
                "<ListAllMyBucketsResult><IsTruncated>false</IsTruncated><Buckets></Buckets>"
                "</ListAllMyBucketsResult>"
            ),
            "PutBucket": Answer(),
            "HeadBucket": Answer(),
            "DeleteBucket": Answer(status=204),
        }
