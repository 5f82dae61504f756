"""An HTTPS server that records what it is sent, and answers as Azure's documents say."""

from typing import Final

from typing_extensions import override

from tests.services import stub as recording
from tests.services.stub import Answer, Answers, xml

__all__ = ["ETAG", "Answer", "Request", "Stub", "sent_at", "xml"]

ETAG: Final = '"0x8D0123456789ABC"'
_MOMENT: Final = "Thu, 04 Mar 2021 05:06:07 GMT"
_PUTS: Final = {
    "block": "PutBlock",
    "blocklist": "PutBlockList",
    "appendblock": "AppendBlock",
    "page": "PutPage",
    "properties": "SetBlobProperties",
    "copy": "AbortCopyBlob",
}
_TYPES: Final = {"BlockBlob": "PutBlob", "AppendBlob": "PutAppendBlob", "PageBlob": "PutPageBlob"}


class Request(recording.Request):
    """A request to an account."""

    @property
    @override
    def kind(self) -> str:
        """The operation of Azure's REST interface, by method, path, query and headers."""
        depth = len(self.path.strip("/").split("/", 2))
        comp = self.query.get("comp", "")
        if depth == 1:
            return "ListContainers" if comp == "list" else "GetUserDelegationKey"
        if depth == 2:
            return self._container_kind(comp)
        if self.method == "PUT":
            return self._put_kind(comp)
        if comp == "blocklist":
            return "GetBlockList"
        return {"GET": "GetBlob", "HEAD": "GetBlobProperties"}.get(self.method, "DeleteBlob")

    def _container_kind(self, comp: str) -> str:
        if comp:
            return {"list": "ListBlobs", "batch": "BlobBatch"}[comp]
        names = {"PUT": "CreateContainer", "DELETE": "DeleteContainer"}
        return names.get(self.method, "GetContainerProperties")

    def _put_kind(self, comp: str) -> str:
        copies = "x-ms-copy-source" in self.headers
        if comp:
            return _PUTS[comp] + ("FromURL" if copies else "")
        if copies:
            return "PutBlobFromURL" if "x-ms-blob-type" in self.headers else "CopyBlob"
        return _TYPES[self.headers["x-ms-blob-type"]]


def _created(**more: str) -> Answer:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return Answer(status=201, headers={"ETag": ETAG, "Last-Modified": _MOMENT, **headers})


def _batch() -> Answer:
    parts = "".join(
        f"--b\r\nContent-Type: application/http\r\nContent-ID: {n}\r\n\r\n"
        "HTTP/1.1 202 Accepted\r\nx-ms-request-id: r\r\n\r\n"
        for n in range(2)
    )
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    return Answer(f"{parts}--b--".encode(), 202, headers)


class Stub(recording.Recorder[Request]):
    """Records requests, and answers as Azure would."""

    requests_are = Request
    host = "localhost"
    root = "/account"

    @override
    def usual(self) -> Answers:
        """What Azure answers when all is well."""
        told = {"ETag": ETAG, "Last-Modified": _MOMENT, "x-ms-blob-type": "BlockBlob"}
        block = "<Block><Name>c3ctMDAwMDA=</Name><Size>7</Size></Block>"
        return {
            **dict.fromkeys(
                (*_TYPES.values(), "PutBlock", "PutBlockList", "PutPage", "PutBlobFromURL"),
                _created(),
            ),
            "PutBlockFromURL": _created(),
            "AppendBlock": _created(
                x_ms_blob_append_offset="0", x_ms_blob_committed_block_count="1"
            ),
            "SetBlobProperties": Answer(headers={"ETag": ETAG}),
            "CopyBlob": Answer(
                status=202,
                headers={"ETag": ETAG, "x-ms-copy-id": "c1", "x-ms-copy-status": "success"},
            ),
            "AbortCopyBlob": Answer(status=204),
            "GetBlob": Answer(b"content", 206, {**told, "Content-Range": "bytes 0-6/7"}),
            "GetBlobProperties": Answer(headers={**told, "Content-Length": "7"}),
            "DeleteBlob": Answer(status=202),
            "GetBlockList": xml(
                f"<BlockList><CommittedBlocks></CommittedBlocks><UncommittedBlocks>{block}"
                "</UncommittedBlocks></BlockList>"
            ),
            "BlobBatch": _batch(),
            "ListBlobs": xml(
                '<EnumerationResults ServiceEndpoint="https://x/" ContainerName="c"><Blobs><Blob>'
                "<Name>listed</Name><Properties><Content-Length>0</Content-Length>"
                f"<Etag>{ETAG.strip(chr(34))}</Etag><BlobType>BlockBlob</BlobType></Properties></Blob>"
                "</Blobs><NextMarker /></EnumerationResults>"
            ),
            "ListContainers": xml(
                '<EnumerationResults ServiceEndpoint="https://x/"><Containers></Containers>'
                "<NextMarker /></EnumerationResults>"
            ),
            "CreateContainer": _created(),
            "GetContainerProperties": Answer(headers={"ETag": ETAG, "Last-Modified": _MOMENT}),
            "DeleteContainer": Answer(status=202),
        }


def sent_at(request: Request, place: str) -> str | None:
    """The text at ``header:name`` or ``query:name``, or that of ``body:text`` if it is in there."""
    where, _, name = place.partition(":")
    if where == "body":
        return name if name in request.body.decode("latin-1") else None
    return recording.sent_at(request, place)
