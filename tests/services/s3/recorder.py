"""An HTTP server that answers like S3 and remembers every request, byte for byte."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["Answer", "Recorder", "Request", "recording"]

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    @property
    def call(self) -> str:
        """The vendor's name of the operation, from "Amazon S3 API Reference, Actions"."""
        is_bucket = self.path.count("/") == 1
        for method, bucket, key, name in _CALLS:
            if (method, bucket) == (self.method, is_bucket) and (not key or key in self.query):
                return name if self.path != "/" else "ListBuckets"
        raise AssertionError(self)

    def find(self, place: str) -> str | None:
        """What stands at ``header:name``, ``query:name``, ``path`` or ``body``."""
        kind, _, name = place.partition(":")
        match kind:
            case "header":
                return self.headers.get(name)
            case "query":
                return self.query.get(name)
            case "path":
                return self.path
            case _:
                return self.body.decode()


# method, on the bucket, a query key that tells it, the action; the first that fits counts
_CALLS = (
    ("GET", True, "list-type", "ListObjectsV2"),
    ("GET", True, "uploads", "ListMultipartUploads"),
    ("GET", True, "", "ListBuckets"),
    ("HEAD", True, "", "HeadBucket"),
    ("PUT", True, "", "CreateBucket"),
    ("DELETE", True, "", "DeleteBucket"),
    ("POST", True, "delete", "DeleteObjects"),
    ("POST", False, "uploads", "CreateMultipartUpload"),
    ("POST", False, "uploadId", "CompleteMultipartUpload"),
    ("PUT", False, "partNumber", "UploadPart"),
    ("PUT", False, "", "PutObject"),
    ("GET", False, "uploadId", "ListParts"),
    ("GET", False, "", "GetObject"),
    ("HEAD", False, "", "HeadObject"),
    ("DELETE", False, "uploadId", "AbortMultipartUpload"),
    ("DELETE", False, "", "DeleteObject"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the recorder says to one kind of call."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


def _xml(root: str, inner: str) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NAMESPACE}>{inner}</{root}>'
    return Answer(headers={"Content-Type": "application/xml"}, body=text.encode())


_MODIFIED = "Sat, 21 Nov 2026 07:36:00 GMT"
_CONTENT = bytes(range(100))
DEFAULTS: dict[str, Answer] = {
    "PutObject": Answer(headers={"ETag": '"put"'}),
    "UploadPart": Answer(headers={"ETag": '"part"'}),
    "DeleteObject": Answer(204),
    "AbortMultipartUpload": Answer(204),
    "CreateBucket": Answer(headers={"Location": "/bucket"}),
    "DeleteBucket": Answer(204),
    "HeadBucket": Answer(headers={"x-amz-bucket-region": "eu-west-7"}),
    "HeadObject": Answer(
        headers={"Content-Length": "100", "ETag": '"e"', "Last-Modified": _MODIFIED}
    ),
    "GetObject": Answer(headers={"ETag": '"e"', "Last-Modified": _MODIFIED}, body=_CONTENT),
    "CreateMultipartUpload": _xml(
        "InitiateMultipartUploadResult", "<Bucket>b</Bucket><Key>k</Key><UploadId>up-1</UploadId>"
    ),
    "CompleteMultipartUpload": _xml(
        "CompleteMultipartUploadResult", '<Bucket>b</Bucket><Key>k</Key><ETag>"whole"</ETag>'
    ),
    "ListParts": _xml(
        "ListPartsResult",
        "<UploadId>up-1</UploadId><IsTruncated>true</IsTruncated>"
        "<NextPartNumberMarker>7</NextPartNumberMarker>"
        '<Part><PartNumber>7</PartNumber><ETag>"p7"</ETag><Size>11</Size></Part>',
    ),
    "ListObjectsV2": _xml(
        "ListBucketResult",
        "<IsTruncated>true</IsTruncated><NextContinuationToken>vendor-token-7</NextContinuationToken>"
        '<Contents><Key>work/k</Key><Size>11</Size><ETag>"e"</ETag><StorageClass>GLACIER</StorageClass>'
        "<LastModified>2026-11-21T07:36:00.000Z</LastModified></Contents>",
    ),
    "ListMultipartUploads": _xml(
        "ListMultipartUploadsResult",
        "<IsTruncated>false</IsTruncated><Upload><Key>work/k</Key><UploadId>up-1</UploadId></Upload>",
    ),
    "ListBuckets": _xml(
        "ListAllMyBucketsResult", "<Buckets><Bucket><Name>one</Name></Bucket></Buckets>"
    ),
}


class Recorder:
    """Remembers requests and answers them; ``answers`` may be changed by a test."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers = dict(DEFAULTS)
        self.endpoint = ""

    def calls(self, name: str) -> list[Request]:
        """Every request of one action, in order."""
        return [request for request in self.requests if request.call == name]


@contextmanager
def recording() -> Generator[Recorder]:
    """A recorder that listens on loopback."""
    recorder = Recorder()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(recorder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    recorder.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.command, url.path, query, self.headers, body)
            recorder.requests.append(request)
            self._reply(_ranged(recorder.answers[request.call], request))

        def _reply(self, answer: Answer) -> None:
            self.send_response(answer.status)
            headers = {"Content-Length": str(len(answer.body)), **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay quiet."""

    for verb in ("GET", "PUT", "POST", "HEAD", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler._serve)
    return Handler


def _ranged(answer: Answer, request: Request) -> Answer:
    """The range of the content that was asked for."""
    asked = request.headers.get("Range")
    if asked is None or request.call != "GetObject":
        return answer
    first, _, last = asked.removeprefix("bytes=").partition("-")
    total = len(answer.body)
    end = min(int(last) + 1 if last else total, total)
    headers = {**answer.headers, "Content-Range": f"bytes {first}-{end - 1}/{total}"}
    return Answer(206, headers, answer.body[int(first) : end])
