"""An HTTP server that records what it is sent, and answers as S3's documents say.

It checks nothing and stores nothing: what a request carried is for the test to compare.
"""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

__all__ = ["ETAG", "Answer", "Request", "Stub", "sent_at", "stub"]

ETAG: Final = '"0123456789abcdef0123456789abcdef"'
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_MOMENT: Final = "2021-03-04T05:06:07.000Z"


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Under lower-case names."""
    body: bytes

    @property
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


@dataclass
class Answer:
    """What the stub says to one kind of request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: int | None = None
    """Close the connection after so many bytes of the body, although all were promised."""
    takes: int | None = None
    """Close the connection, without a word, after so many bytes of the request's body."""


def _xml(text: str) -> Answer:
    return Answer((_XML + text).encode(), headers={"Content-Type": "application/xml"})


def _answers() -> dict[str, Answer]:
    """What S3 answers when all is well."""
    entry = f"<Size>7</Size><ETag>{ETAG}</ETag><LastModified>{_MOMENT}</LastModified>"
    return {
        "PutObject": Answer(headers={"ETag": ETAG}),
        "GetObject": Answer(b"content", headers={"ETag": ETAG}),
        "HeadObject": Answer(headers={"ETag": ETAG, "Content-Length": "7"}),
        "DeleteObject": Answer(status=204),
        "DeleteObjects": _xml("<DeleteResult></DeleteResult>"),
        "CopyObject": _xml(f"<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>"),
        "UploadPartCopy": _xml(f"<CopyPartResult><ETag>{ETAG}</ETag></CopyPartResult>"),
        "CreateMultipartUpload": _xml(
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
        "ListObjectsV2": _xml(
            "<ListBucketResult><IsTruncated>false</IsTruncated>"
            f"<Contents><Key>listed</Key>{entry}</Contents></ListBucketResult>"
        ),
        "ListObjectVersions": _xml(
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
        "ListBuckets": _xml("<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"),
        "CreateBucket": Answer(),
        "HeadBucket": Answer(),
        "DeleteBucket": Answer(status=204),
    }


def _ranged(request: Request, answer: Answer) -> Answer:
    """``answer`` as that to a range of some object, where a range was asked for."""
    wanted = request.headers.get("range")
    if request.kind != "GetObject" or wanted is None or answer.status != 200:
        return answer
    start = wanted.removeprefix("bytes=").partition("-")[0]
    return replace(
        answer, status=206, headers={**answer.headers, "Content-Range": f"bytes {start}-9999/10000"}
    )


_ENCRYPTION: Final = "x-amz-server-side-encryption"
_ENCRYPTING: Final = ("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart")


def _confirmed(request: Request, answer: Answer) -> Answer:
    """``answer`` with the encryption that was asked for."""
    names = (_ENCRYPTION, f"{_ENCRYPTION}-customer-algorithm")
    said = {name: request.headers[name] for name in names if name in request.headers}
    if request.kind not in _ENCRYPTING or answer.status != 200 or not said:
        return answer
    return replace(answer, headers={**said, **answer.headers})


class Stub:
    """Records requests. ``answers`` may be changed; a list is given out one after the other."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, Answer | list[Answer]] = {**(answers or _answers())}
        self.other: Callable[[Request], Answer] | None = None
        self.endpoint = ""
        self.peers: set[object] = set()
        """The other end of each connection."""
        self._lock = threading.Lock()

    def of(self, kind: str) -> list[Request]:
        """The requests of one kind."""
        return [request for request in self.requests if request.kind == kind]

    def take(self) -> list[Request]:
        """All requests until now; the record begins anew."""
        with self._lock:
            taken, self.requests = self.requests, []
        return taken

    def takes(self, request: Request) -> int | None:
        """How much of the request's body is read before the connection is closed."""
        with self._lock:
            found = self.answers.get(request.kind) if self.other is None else None
            first = found[0] if isinstance(found, list) else found
            return None if first is None else first.takes

    def answer(self, request: Request) -> Answer:
        """Record a request, and say what it is answered."""
        with self._lock:
            self.requests.append(request)
            other = self.other
        if other is not None:
            return other(request)
        with self._lock:
            found = self.answers[request.kind]
            if isinstance(found, Answer):
                return _confirmed(request, _ranged(request, found))
            return found.pop(0) if len(found) > 1 else found[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub
    kind: type[Request]

    def handle_one_request(self) -> None:
        """Any method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.stub.peers.add(self.client_address)
        request = self._head()
        takes = self.stub.takes(request)
        length = int(self.headers.get("Content-Length", 0))
        request = replace(request, body=self.rfile.read(length if takes is None else takes))
        answer = self.stub.answer(request)
        if takes is None:
            self._respond(answer)
        else:
            self.close_connection = True

    def _head(self) -> Request:
        address = urlsplit(self.path)  # of a proxy it is asked for whole URLs
        query = parse_qs(address.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        plain = {name: values[0] for name, values in query.items()}
        return self.kind(self.command, address.path, plain, headers, b"")

    def _respond(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: answer.cut])
        if answer.cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def stub(
    answers: Mapping[str, Answer] | None = None, kind: type[Request] = Request
) -> Generator[Stub]:
    """A running stub. ``kind`` knows what the requests of another vendor are called."""
    recorder = Stub(answers)
    handler = type("Handler", (_Handler,), {"stub": recorder, "kind": kind})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        recorder.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()


def sent_at(request: Request, place: str) -> str | None:
    """The text at ``header:name`` or ``query:name``."""
    where, _, name = place.partition(":")
    return request.headers.get(name) if where == "header" else request.query.get(name)
