"""A server that records what it is sent, and answers as Google's documents say."""

import json
from email.parser import BytesParser
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from tests.services import stub as recording
from tests.services.stub import Answer, Answers, xml

__all__ = ["Answer", "Request", "Stub", "resource_of", "sent_at"]

_MOMENT: Final = "2021-03-04T05:06:07.123Z"
_JSON_KINDS: Final = {"GET": "GetObject", "DELETE": "DeleteObject"}
_UPLOAD_KINDS: Final = {"multipart": "InsertObject", "resumable": "StartUpload"}
_BUCKET_KINDS: Final = {"GET": "GetBucket", "DELETE": "DeleteBucket"}


class Request(recording.Request):
    """A request to the JSON or the XML API."""

    @property
    @override
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


def resource_of(**fields: Any) -> Answer:
    """An object's resource."""
    known = {"name": "key", "size": "7", "generation": "1717", "metageneration": "18"}
    return Answer(json.dumps({**known, "updated": _MOMENT, **fields}).encode())


class Stub(recording.Recorder[Request]):
    """Records requests, and answers as Google would."""

    requests_are = Request
    reads = "GetMedia"

    @override
    def usual(self) -> Answers:
        """What the service answers when all is well."""
        plain = Answer(b"{}")
        return {
            "InsertObject": Answer(b'{"generation": "1717", "etag": "tag28"}'),
            "FinishUpload": Answer(b'{"generation": "1717", "etag": "tag28"}'),
            "UploadChunk": Answer(status=308),
            "AskUpload": Answer(status=308),
            "AbortUpload": Answer(status=499),
            "StartUpload": Answer(),
            "Batch": Answer(),
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
            "XmlCreate": xml("<R><UploadId>upload-1</UploadId></R>"),
            "XmlPart": Answer(headers={"ETag": '"part"'}),
            "XmlComplete": xml('<R><ETag>"whole"</ETag></R>'),
            "XmlAbort": Answer(status=204),
            "XmlListParts": xml(
                "<R><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber>"
                '<ETag>"part"</ETag><Size>7</Size></Part></R>'
            ),
            "XmlListUploads": xml(
                "<R><IsTruncated>false</IsTruncated><Upload><Key>listed</Key>"
                f"<UploadId>upload-1</UploadId><Initiated>{_MOMENT}</Initiated></Upload></R>"
            ),
            "XmlGet": Answer(b"content"),
            "XmlPut": Answer(),
            "XmlDelete": Answer(status=204),
        }

    @override
    def refined(self, request: Request, answer: Answer) -> Answer:
        kind = request.kind
        if kind == "Batch":
            return _batch(len(request.pieces))
        if kind == "StartUpload":
            address = f"{self.endpoint}/upload/storage/v1/b/b/o?upload_id=u1"
            return Answer(headers={"Location": address})
        if kind == "UploadChunk" and answer.status == 308 and not answer.headers:
            last = request.headers["content-range"].removeprefix("bytes ").partition("/")[0]
            return Answer(status=308, headers={"Range": f"bytes=0-{last.rpartition('-')[2]}"})
        return super().refined(request, answer)


def _batch(count: int) -> Answer:
    part = "--B\r\ncontent-type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=B"}
    return Answer(f"{part * count}--B--".encode(), headers=headers)


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
    return recording.sent_at(request, place)


def _in_all(request: Request, name: str) -> str | None:
    """A parameter of the requests in a batch, if it is the same in each."""
    lines = [piece.split(b" ")[1].decode() for piece in request.pieces]
    texts = {parse_qs(urlsplit(line).query).get(name, [""])[0] for line in lines}
    return texts.pop() or None if len(texts) == 1 else None
