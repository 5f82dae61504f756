"""What the vendors behind the shim have in common: S3's requests and documents in their words.

A subclass names its vendor's headers, storage classes and codes, checks its signatures, and adds
what S3 lacks. See oss.py for one.
"""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Final
from urllib.parse import quote, unquote_plus

from tests.servers.shim.backend import Answer, Backend
from tests.servers.shim.facts import Counted, Fact, Facts
from tests.servers.shim.message import Account, Refused, Request, Response, words
from tests.servers.shim.spool import Spool
from tests.servers.shim.uploads import Uploads

__all__ = ["HIDDEN", "Dialect", "refuse_method", "xml"]

HIDDEN: Final = "x-amz-meta-shim-"
"""User metadata of the store's that the shim keeps for itself."""
_MOMENT: Final = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z$")
_SENT_ON: Final = words(
    """cache-control content-disposition content-encoding content-language content-type
    content-md5 expires range if-match if-none-match if-modified-since if-unmodified-since"""
)
_SENT_BACK: Final = words(
    """accept-ranges cache-control content-disposition content-encoding content-language
    content-range content-type etag expires last-modified"""
)
_ENCODED: Final = words(
    """Key Prefix Marker NextMarker KeyMarker NextKeyMarker Delimiter StartAfter"""
)


class Dialect(ABC):
    """Answers a vendor's requests out of an S3 server."""

    prefix: ClassVar[str]
    """Of the vendor's headers: ``x-oss-``."""
    part_minimum: ClassVar[int]
    """Bytes in each part but the last."""
    codes: ClassVar[Mapping[str, str]] = {}
    """S3's code -> the vendor's, where they differ."""
    storage_classes: ClassVar[Mapping[str, str]]
    """The vendor's -> S3's."""
    headers_to_s3: ClassVar[Mapping[str, str]] = {}
    """Headers of the vendor's with another name in S3, without the prefixes."""

    def __init__(self, backend: Backend, accounts: Mapping[str, Account], spool: Spool) -> None:
        self.backend, self.accounts = backend, accounts
        self.facts = Facts()
        self.uploads = Uploads(backend, spool, self.part_minimum)
        self._ids = itertools.count(0x5F3A_0000_0000_0000_0000_0000)

    # ------------------------------------------------------------------------- for a vendor to say

    @abstractmethod
    def locate(self, request: Request) -> tuple[str, str]:
        """Bucket and key that a request is about; empty where there is none."""

    @abstractmethod
    def authorize(self, request: Request) -> None:
        """Raise Refused for a request that is not signed, or not well."""

    @abstractmethod
    def route(self, request: Request) -> Response:
        """The answer to an authorized request."""

    def describe(self, fact: Fact) -> dict[str, str]:
        """The headers that tell what is known of an object."""
        return {}

    # ----------------------------------------------------------------------------------- responder

    def respond(self, request: Request) -> Response:
        """The answer to a request."""
        request.bucket, request.key = self.locate(request)
        try:
            self.authorize(request)
            response = self.route(request)
        except Refused as refused:
            response = self._refusal(request, refused)
        response.headers.setdefault(f"{self.prefix}request-id", f"{next(self._ids):X}")
        return response

    def broken(self) -> Response:
        """What is said when the shim itself has failed."""
        return Response(
            500, {"content-type": "application/xml"}, _error("InternalError", "shim", "")
        )

    def _refusal(self, request: Request, refused: Refused) -> Response:
        request_id = f"{next(self._ids):X}"
        headers = {"content-type": "application/xml", f"{self.prefix}request-id": request_id}
        body = _error(refused.code, refused.message, request_id)
        return Response(refused.status, headers | refused.headers, body)

    # ------------------------------------------------------------------------------------- headers

    def to_s3(self, request: Request) -> dict[str, str]:
        """The request's headers as S3 knows them."""
        found: dict[str, str] = {}
        for name, value in request.headers.items():
            if name in _SENT_ON:
                found[name] = value
            elif name.startswith(self.prefix):
                found |= self.header_to_s3(name.removeprefix(self.prefix), value)
        for name in ("if-match", "if-none-match", "x-amz-copy-source-if-match"):
            if name in found:
                found[name] = found[name].lower()
        if "x-amz-copy-source-if-none-match" in found:
            found["x-amz-copy-source-if-none-match"] = found[
                "x-amz-copy-source-if-none-match"
            ].lower()
        return found

    def header_to_s3(self, name: str, value: str) -> dict[str, str]:
        """One header of the vendor's, without its prefix, as S3 knows it."""
        if name == "storage-class":
            if value not in self.storage_classes:
                raise Refused(400, "InvalidArgument", f"no such storage class: {value}")
            return {"x-amz-storage-class": self.storage_classes[value]}
        if name.startswith(("meta-", "copy-source")) or name in _SAME:
            return {f"x-amz-{name}": value}
        return {}

    def from_s3(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers of an answer as the vendor knows them."""
        found: dict[str, str] = {}
        for name, value in headers.items():
            if name in _SENT_BACK:
                found[name] = value.upper() if name == "etag" else value
            elif name.startswith("x-amz-") and not name.startswith(HIDDEN):
                found |= self.header_from_s3(name.removeprefix("x-amz-"), value)
        return found

    def header_from_s3(self, name: str, value: str) -> dict[str, str]:
        """One header of S3's, without its prefix, as the vendor knows it."""
        if name == "storage-class":
            return {f"{self.prefix}storage-class": self.class_from_s3(value)}
        if name.startswith("meta-") or name in _TOLD:
            return {f"{self.prefix}{name}": value}
        return {}

    def class_from_s3(self, name: str) -> str:
        """The vendor's name of a storage class."""
        return next((ours for ours, theirs in self.storage_classes.items() if theirs == name), name)

    # ------------------------------------------------------------------------------------ requests

    def forward(self, request: Request, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask the store for the same."""
        sent = self.to_s3(request) if headers is None else headers
        answer = self.backend.send(
            request.method,
            request.bucket,
            request.key,
            self.query_to_s3(request),
            sent,
            request.body,
            request.length,
        )
        return self.accepted(answer)

    def query_to_s3(self, request: Request) -> list[tuple[str, str]]:
        """The request's query without what only the vendor knows."""
        return [(name, value) for name, value in request.query if name in _QUERY]

    def accepted(self, answer: Answer) -> Answer:
        """The answer, if it is no error; raises Refused for one."""
        if answer.ok:
            return answer
        code, message = answer.error()
        if answer.status == 304:
            code = code or "NotModified"
        code = code or {404: "NoSuchKey", 412: "PreconditionFailed", 403: "AccessDenied"}.get(
            answer.status, "InvalidRequest"
        )
        kept = {name: answer.headers[name] for name in ("etag",) if name in answer.headers}
        raise Refused(answer.status, self.codes.get(code, code), message, kept)

    def head(self, bucket: str, key: str, version: str = "") -> Answer | None:
        """What the store knows of an object; None if it is not there."""
        query = [("versionId", version)] if version else []
        answer = self.backend.send("HEAD", bucket, key, query)
        answer.content()
        return answer if answer.ok else None

    def put(self, request: Request, headers: dict[str, str]) -> tuple[Answer, Fact]:
        """Store a whole object."""
        body = Counted(request.body)
        answer = self.backend.send(
            "PUT", request.bucket, request.key, (), headers, body, request.length
        )
        self.accepted(answer).content()
        return answer, Fact(answer.etag, body.crc)

    def get(self, request: Request, headers: Mapping[str, str] | None = None) -> Response:
        """The content of an object, or with HEAD what is known of it."""
        answer = self.forward(request, headers)
        fact = self.facts.find(request.bucket, request.key, answer.etag)
        found = self.from_s3(answer.headers) | self.describe(fact)
        return Response(answer.status, found, answer.body, answer.length)

    def passed(self, request: Request) -> Response:
        """The store's own answer: the vendor's differs in nothing but the names."""
        answer = self.forward(request)
        if answer.length == 0 or answer.status == 204:
            answer.content()
            return Response(answer.status)
        return self.document(answer.document())

    def delete_object(self, request: Request) -> Response:
        """Remove an object; S3's answer has no more than headers."""
        answer = self.forward(request)
        answer.content()
        return Response(204, self.from_s3(answer.headers))

    def abort_upload(self, request: Request) -> Response:
        """Drop an upload and its parts."""
        self.forward(request).content()
        self.uploads.end(request.params["uploadId"])
        return Response(204)

    def delete_bucket(self, request: Request) -> Response:
        """Remove a bucket, and what is known of its objects."""
        self.accepted(self.backend.send("DELETE", request.bucket)).content()
        self.facts.buckets.pop(request.bucket, None)
        return Response(204)

    # ----------------------------------------------------------------------------------- documents

    def document(
        self, root: ET.Element, change: Callable[[ET.Element], None] | None = None
    ) -> Response:
        """An XML answer in the vendor's words."""
        encoded = root.findtext("EncodingType") == "url"
        for element in root.iter():
            text = element.text or ""
            if element.tag == "ETag":
                tag = text.strip('"').upper()
                element.text = f'"{tag}"'
            elif element.tag == "StorageClass":
                element.text = self.class_from_s3(text)
            elif element.tag in _ENCODED and encoded:
                element.text = quote(unquote_plus(text), safe="")
            elif moment := _MOMENT.match(text):
                element.text = f"{moment[1]}.000Z"
        if change is not None:
            change(root)
        return xml(root)


def refuse_method(request: Request) -> Response:
    """Refuse a request that the vendor does not know."""
    raise Refused(405, "MethodNotAllowed", "The specified method is not allowed.")


def xml(root: ET.Element, status: int = 200) -> Response:
    """A document as an answer."""
    body = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Response(status, {"content-type": "application/xml"}, body)


def _error(code: str, message: str, id: str) -> bytes:
    root = ET.Element("Error")
    for name, text in (("Code", code), ("Message", message), ("RequestId", id)):
        ET.SubElement(root, name).text = text
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return body


_SAME: Final = frozenset(["acl", "metadata-directive", "tagging", "tagging-directive"])
"""Headers of requests that differ in nothing but the prefix."""
_TOLD: Final = words("""version-id delete-marker tagging-count restore copy-source-version-id""")
"""Headers of answers that differ in nothing but the prefix."""
_QUERY: Final = words(
    """acl continuation-token delete delimiter encoding-type fetch-owner key-marker list-type
    marker max-keys max-parts max-uploads part-number-marker partNumber prefix
    response-cache-control response-content-disposition response-content-encoding
    response-content-language
    response-content-type response-expires start-after tagging uploadId upload-id-marker
    uploads version-id-marker versionId versioning versions"""
)
