"""An HTTP proxy that records what it is sent, and answers as Tencent's documents say.

COS has the bucket in the host's name: what the SDK sends to names that nobody resolves comes here,
because this is its proxy.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from typing_extensions import override

from tests.services.s3.stub import ETAG, Answer, Request, Stub, sent_at, stub

__all__ = ["ENDPOINT", "ETAG", "Answer", "CosRequest", "Request", "Stub", "cos_stub", "sent_at"]

ENDPOINT: Final = "http://cos.ap-wire.example"
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_MOMENT: Final = "2021-03-04T05:06:07.000Z"


class CosRequest(Request):
    """A request whose bucket is in the host."""

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

    @override
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

    @override
    def _upload_kind(self) -> str:
        if "partNumber" in self.query:
            return "UploadPartCopy" if "x-cos-copy-source" in self.headers else "UploadPart"
        return {
            "POST": "CompleteMultipartUpload",
            "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }[self.method]


def _xml(text: str) -> Answer:
    return Answer((_XML + text).encode(), headers={"Content-Type": "application/xml"})


def _answers() -> dict[str, Answer]:
    """What COS answers when all is well."""
    entry = f"<Size>7</Size><ETag>{ETAG}</ETag><LastModified>{_MOMENT}</LastModified>"
    return {
        "PutObject": Answer(headers={"ETag": ETAG}),
        "GetObject": Answer(b"content", headers={"ETag": ETAG}),
        "HeadObject": Answer(headers={"ETag": ETAG, "Content-Length": "7"}),
        "DeleteObject": Answer(status=204),
        "AppendObject": Answer(headers={"ETag": ETAG}),
        "DeleteMultipleObjects": _xml("<DeleteResult></DeleteResult>"),
        "CopyObject": _xml(f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>"),
        "UploadPartCopy": _xml(f"<CopyPartResult><ETag>{ETAG}</ETag></CopyPartResult>"),
        "InitiateMultipartUpload": _xml(
            "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId>"
            "</InitiateMultipartUploadResult>"
        ),
        "UploadPart": Answer(headers={"ETag": ETAG}),
        "CompleteMultipartUpload": _xml(
            f"<CompleteMultipartUploadResult><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>"
        ),
        "AbortMultipartUpload": Answer(status=204),
        "ListParts": _xml(
            "<ListPartsResult><IsTruncated>false</IsTruncated>"
            f"<Part><PartNumber>1</PartNumber>{entry}</Part></ListPartsResult>"
        ),
        "GetBucket": _xml(
            "<ListBucketResult><IsTruncated>false</IsTruncated>"
            f"<Contents><Key>listed</Key>{entry}</Contents></ListBucketResult>"
        ),
        "GetBucketObjectVersions": _xml(
            "<ListVersionsResult><IsTruncated>false</IsTruncated>"
            f"<Version><Key>listed</Key>{entry}</Version></ListVersionsResult>"
        ),
        "ListMultipartUploads": _xml(
            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>"
            "<Upload><Key>listed</Key><UploadId>upload-1</UploadId></Upload>"
            "</ListMultipartUploadsResult>"
        ),
        "GetObjectTagging": _xml(
            "<Tagging><TagSet><Tag><Key>k &amp;</Key><Value>v</Value></Tag></TagSet></Tagging>"
        ),
        "GetService": _xml(
            "<ListAllMyBucketsResult><IsTruncated>false</IsTruncated><Buckets></Buckets>"
            "</ListAllMyBucketsResult>"
        ),
        "PutBucket": Answer(),
        "HeadBucket": Answer(),
        "DeleteBucket": Answer(status=204),
    }


@contextmanager
def cos_stub() -> Generator[Stub]:
    """A running stub; its ``endpoint`` is a proxy's."""
    with stub(_answers(), CosRequest) as found:
        yield found
