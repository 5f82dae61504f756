"""A server that records what it is sent, and answers as S3's documents say."""

from dataclasses import replace
from typing import Final

from typing_extensions import override

from tests.services import stub as recording
from tests.services.stub import Answer, Answers, sent_at, xml

__all__ = ["ETAG", "Answer", "Request", "Stub", "sent_at"]

ETAG: Final = '"0123456789abcdef0123456789abcdef"'
_MOMENT: Final = "2021-03-04T05:06:07.000Z"


class Request(recording.Request):
    """A request to S3."""

    @property
    @override
    def kind(self) -> str:
        """The operation of S3's API, by method, path, query and headers."""
        at_bucket = "/" not in self.path.strip("/")
        if at_bucket:
            return self._bucket_kind()
        if "uploadId" in self.query:
            return self._upload_kind()
        if self.method == "POST":
            return "CreateMultipartUpload"
        if "tagging" in self.query:
            return "GetObjectTagging"
        copies = self.method == "PUT" and "x-amz-copy-source" in self.headers
        return "CopyObject" if copies else f"{self.method.capitalize()}Object"

    def _bucket_kind(self) -> str:
        if self.path.strip("/") == "":
            return "ListBuckets"
        names = {
            "list-type": "ListObjectsV2",
            "uploads": "ListMultipartUploads",
            "versions": "ListObjectVersions",
            "delete": "DeleteObjects",
        }
        found = next((kind for name, kind in names.items() if name in self.query), None)
        return found or {"PUT": "CreateBucket", "HEAD": "HeadBucket"}.get(
            self.method, "DeleteBucket"
        )

    def _upload_kind(self) -> str:
        if "partNumber" in self.query:
            return "UploadPartCopy" if "x-amz-copy-source" in self.headers else "UploadPart"
        return {
            "POST": "CompleteMultipartUpload",
            "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }[self.method]


_ENCRYPTION: Final = "x-amz-server-side-encryption"
_ENCRYPTING: Final = ("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart")


def _confirmed(request: Request, answer: Answer) -> Answer:
    """``answer`` with the encryption that was asked for."""
    names = (_ENCRYPTION, f"{_ENCRYPTION}-customer-algorithm")
    said = {name: request.headers[name] for name in names if name in request.headers}
    if request.kind not in _ENCRYPTING or answer.status != 200 or not said:
        return answer
    return replace(answer, headers={**said, **answer.headers})


class Stub(recording.Recorder[Request]):
    """Records requests, and answers as S3 would."""

    requests_are = Request

    @override
    def usual(self) -> Answers:
        """What S3 answers when all is well."""
        entry = f"<Size>7</Size><ETag>{ETAG}</ETag><LastModified>{_MOMENT}</LastModified>"
        return {
            "PutObject": Answer(headers={"ETag": ETAG}),
            "GetObject": Answer(b"content", headers={"ETag": ETAG}),
            "HeadObject": Answer(headers={"ETag": ETAG, "Content-Length": "7"}),
            "DeleteObject": Answer(status=204),
            "DeleteObjects": xml("<DeleteResult></DeleteResult>"),
            "CopyObject": xml(f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>"),
            "UploadPartCopy": xml(f"<CopyPartResult><ETag>{ETAG}</ETag></CopyPartResult>"),
            "CreateMultipartUpload": xml(
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
            "ListObjectsV2": xml(
                "<ListBucketResult><IsTruncated>false</IsTruncated>"
                f"<Contents><Key>listed</Key>{entry}</Contents></ListBucketResult>"
            ),
            "ListObjectVersions": xml(
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
            "ListBuckets": xml(
                "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"
            ),
            "CreateBucket": Answer(),
            "HeadBucket": Answer(),
            "DeleteBucket": Answer(status=204),
        }

    @override
    def refined(self, request: Request, answer: Answer) -> Answer:
        return _confirmed(request, super().refined(request, answer))
