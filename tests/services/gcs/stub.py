"""An HTTP server that records what it is sent, and answers as Google's documents say.

It checks nothing and stores nothing: what a request carried is for the test to compare.
"""

import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

__all__ = ["Answer", "Request", "Stub", "resource_of", "sent_at", "stub"]

_MOMENT: Final = "2021-03-04T05:06:07.123Z"
_JSON_KINDS: Final = {"GET": "GetObject", "DELETE": "DeleteObject"}
_UPLOAD_KINDS: Final = {"multipart": "InsertObject", "resumable": "StartUpload"}
_BUCKET_KINDS: Final = {"GET": "GetBucket", "DELETE": "DeleteBucket"}


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
        """The operation of the JSON API, or of the XML API after ``Xml``."""
        if self.path.startswith("/upload/"):
            return self._upload_kind()
        if self.path.startswith("/download/"):
            return "GetMedia"
        if self.path == "/batch/storage/v1":
            return "Batch"
        return self._json_kind() if self.path.startswith("/storage/v1/") else self._xml_kind()

    def _upload_kind(self) -> str:
        if self.method == "POST":
            return _UPLOAD_KINDS[self.query["uploadType"]]
        if self.method == "DELETE":
            return "AbortUpload"
        span = self.headers["content-range"]
        if span == "bytes */*":
            return "AskUpload"
        return "UploadChunk" if span.endswith("/*") else "FinishUpload"

    def _json_kind(self) -> str:
        pieces = self.path.removeprefix("/storage/v1/").split("/")
        if len(pieces) == 1:
            return "ListBuckets" if self.method == "GET" else "InsertBucket"
        if len(pieces) == 2:
            return _BUCKET_KINDS[self.method]
        if len(pieces) == 3:
            return "ListObjects"
        if "rewriteTo" in pieces:
            return "RewriteObject"
        return "MoveObject" if "moveTo" in pieces else _JSON_KINDS[self.method]

    def _xml_kind(self) -> str:
        if "/" not in self.path.strip("/"):
            return "XmlListUploads"
        if "uploads" in self.query:
            return "XmlCreate"
        if "uploadId" in self.query:
            kinds = {"PUT": "Part", "POST": "Complete", "DELETE": "Abort", "GET": "ListParts"}
            return f"Xml{kinds[self.method]}"
        return f"Xml{self.method.capitalize()}"

    @property
    def pieces(self) -> list[bytes]:
        """The contents of a body that has several."""
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        parts: Any = BytesParser().parsebytes(head + self.body).get_payload()
        return [cast("bytes", part.get_payload(decode=True)) for part in parts]

    @property
    def resource(self) -> dict[str, Any]:
        """The fields that are sent."""
        related = self.headers.get("content-type", "").startswith("multipart/related")
        text = self.pieces[0] if related else self.body
        found: dict[str, Any] = json.loads(text) if text.startswith(b"{") else {}
        return found


@dataclass
class Answer:
    """What the stub says to one kind of request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: int | None = None
    """Close the connection after so many bytes of the body, although all were promised."""


def resource_of(**fields: Any) -> Answer:
    """An object's resource."""
    known = {"name": "key", "size": "7", "generation": "1717", "metageneration": "18"}
    return Answer(json.dumps({**known, "updated": _MOMENT, **fields}).encode())


def _xml(text: str) -> Answer:
    return Answer(f'<?xml version="1.0"?>{text}'.encode())


def _answers() -> dict[str, Answer]:
    """What the service answers when all is well."""
    plain = Answer(b"{}")
    return {
        "InsertObject": Answer(b'{"generation": "1717", "etag": "tag28"}'),
        "FinishUpload": Answer(b'{"generation": "1717", "etag": "tag28"}'),
        "UploadChunk": Answer(status=308),
        "AskUpload": Answer(status=308),
        "AbortUpload": Answer(status=499),
        "GetObject": resource_of(etag="tag28"),
        "GetMedia": Answer(b"content"),
        "DeleteObject": Answer(status=204),
        "RewriteObject": Answer(b'{"done": true}'),
        "MoveObject": plain,
        "ListObjects": Answer(b'{"items": [{"name": "listed", "size": "7"}]}'),
        "InsertBucket": plain,
        "GetBucket": Answer(b'{"location": "EU-100"}'),
        "DeleteBucket": Answer(status=204),
        "ListBuckets": plain,
        "XmlCreate": _xml("<R><UploadId>upload-1</UploadId></R>"),
        "XmlPart": Answer(headers={"ETag": '"part"'}),
        "XmlComplete": _xml('<R><ETag>"whole"</ETag></R>'),
        "XmlAbort": Answer(status=204),
        "XmlListParts": _xml(
            "<R><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber>"
            '<ETag>"part"</ETag><Size>7</Size></Part></R>'
        ),
        "XmlListUploads": _xml(
            "<R><IsTruncated>false</IsTruncated><Upload><Key>listed</Key>"
            f"<UploadId>upload-1</UploadId><Initiated>{_MOMENT}</Initiated></Upload></R>"
        ),
        "XmlGet": Answer(b"content"),
        "XmlPut": Answer(),
        "XmlDelete": Answer(status=204),
    }


class Stub:
    """Records requests. ``answers`` may be changed; a list is given out one after the other."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, Answer | list[Answer]] = {**_answers()}
        self.other: Callable[[Request], Answer | None] | None = None
        """Asked first."""
        self.endpoint = ""
        self._lock = threading.Lock()

    def of(self, kind: str) -> list[Request]:
        """The requests of one kind."""
        return [request for request in self.requests if request.kind == kind]

    def take(self) -> list[Request]:
        """All requests until now; the record begins anew."""
        with self._lock:
            taken, self.requests = self.requests, []
        return taken

    def answer(self, request: Request) -> Answer:
        """Record a request, and say what it is answered."""
        with self._lock:
            self.requests.append(request)
        chosen = None if self.other is None else self.other(request)
        return self._usual(request) if chosen is None else chosen

    def _usual(self, request: Request) -> Answer:
        kind = request.kind
        if kind == "Batch":
            return _batch(len(request.pieces))
        if kind == "StartUpload":
            address = f"{self.endpoint}/upload/storage/v1/b/b/o?upload_id=u1"
            return Answer(headers={"Location": address})
        with self._lock:
            found = self.answers[kind]
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
        if kind == "UploadChunk" and found.status == 308 and not found.headers:
            last = request.headers["content-range"].removeprefix("bytes ").partition("/")[0]
            return Answer(status=308, headers={"Range": f"bytes=0-{last.rpartition('-')[2]}"})
        return found


def _batch(count: int) -> Answer:
    part = "--B\r\ncontent-type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=B"}
    return Answer(f"{part * count}--B--".encode(), headers=headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def handle_one_request(self) -> None:
        """Any method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self._respond(self.stub.answer(self._request()))

    def _request(self) -> Request:
        address = urlsplit(self.path)  # of a proxy it is asked for whole URLs
        query = parse_qs(address.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        plain = {name: values[0] for name, values in query.items()}
        return Request(self.command, address.path, plain, headers, body)

    def _respond(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:  # or a client that asked for it takes the connection again
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])
        if answer.cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def stub() -> Generator[Stub]:
    """A running stub."""
    recorder = Stub()
    handler = type("Handler", (_Handler,), {"stub": recorder})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        recorder.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()


def sent_at(request: Request, place: str) -> str | None:
    """The text at ``header:name``, ``query:name``, ``resource:field`` or ``data:length``."""
    where, _, name = place.partition(":")
    if where == "data":
        return str(len(request.pieces[1]))
    if where == "resource":
        value = request.resource.get(name)
        return value if value is None or isinstance(value, str) else json.dumps(value)
    if where == "query" and request.kind == "Batch":
        return _in_all(request, name)
    return request.headers.get(name) if where == "header" else request.query.get(name)


def _in_all(request: Request, name: str) -> str | None:
    """A parameter of the requests in a batch, if it is the same in each."""
    lines = [piece.split(b" ")[1].decode() for piece in request.pieces]
    texts = {parse_qs(urlsplit(line).query).get(name, [""])[0] for line in lines}
    return texts.pop() or None if len(texts) == 1 else None
