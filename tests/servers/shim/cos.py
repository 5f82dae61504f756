"""Tencent Cloud COS, as its API reference describes it (tencentcloud.com/document/product/436).

Requests come as to a proxy, with the host of the bucket in the URL, or with that host as header.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Final
from urllib.parse import quote, unquote, urlsplit

from typing_extensions import override

from tests.servers.shim import cos_listing, cos_signature
from tests.servers.shim.append import append, is_appendable
from tests.servers.shim.backend import Answer, plain
from tests.servers.shim.dialect import Dialect, refuse_method, xml
from tests.servers.shim.facts import Fact
from tests.servers.shim.message import Refused, Request, Response, words

__all__ = ["CosDialect"]

_ENCRYPTION: Final = "server-side-encryption"
_ALGORITHMS: Final[Mapping[str, str]] = {"AES256": "AES256", "cos/kms": "aws:kms"}
_DIRECTIVES: Final[Mapping[str, str]] = {"Copy": "COPY", "Replaced": "REPLACE"}
_ARCHIVED: Final = ("ARCHIVE", "DEEP_ARCHIVE")
_TRAFFIC: Final = range(819_200, 838_860_800 + 1)
_ACLS: Final = words(
    """default private public-read authenticated-read bucket-owner-read bucket-owner-full-control"""
)
_BUCKET_ACLS: Final = words("""private public-read public-read-write authenticated-read""")


class CosDialect(Dialect):
    """COS with its own names, and what it adds: appending, CRC-64, parts without gaps."""

    prefix = "x-cos-"
    part_minimum = 1024 * 1024
    codes: ClassVar[Mapping[str, str]] = {
        "InvalidTag": "InvalidTag",
        "KeyTooLongError": "KeyTooLong",
        "RequestTimeout": "RequestTimeOut",
    }
    storage_classes: ClassVar[Mapping[str, str]] = {
        "STANDARD": "STANDARD",
        "STANDARD_IA": "STANDARD_IA",
        "INTELLIGENT_TIERING": "INTELLIGENT_TIERING",
        "ARCHIVE": "GLACIER",
        "DEEP_ARCHIVE": "DEEP_ARCHIVE",
        "MAZ_STANDARD": "REDUCED_REDUNDANCY",
        "MAZ_STANDARD_IA": "ONEZONE_IA",
    }

    @override
    def locate(self, request: Request) -> tuple[str, str]:
        if request.raw_path.startswith("http://"):  # as to a proxy
            request.raw_path = urlsplit(request.raw_path).path or "/"
        host = request.headers.get("host", "").partition(":")[0]
        bucket, dot, _ = host.removeprefix("service.cos.").partition(".cos.")
        return (bucket if dot else "", unquote(request.raw_path.removeprefix("/")))

    @override
    def authorize(self, request: Request) -> None:
        if cos_signature.check(request, self.accounts):
            return
        state = self.facts.buckets[request.bucket]
        fact = state.objects.get(request.key)
        acl = state.acl if fact is None or fact.acl == "default" else fact.acl
        reads = request.method in ("GET", "HEAD") and bool(request.key)
        if not ((reads and acl.startswith("public-read")) or acl == "public-read-write"):
            raise Refused(403, "AccessDenied", "Access Denied.")

    @override
    def route(self, request: Request) -> Response:
        if not request.bucket:
            return cos_listing.list_buckets(self, request)
        chosen = self._of_object(request) if request.key else self._of_bucket(request)
        return chosen(request)

    @override
    def _refusal(self, request: Request, refused: Refused) -> Response:
        response = super()._refusal(request, refused)
        if request.method == "HEAD" or refused.status == 304:
            response.body = b""
            response.headers.pop("content-type", None)
        else:
            response.body = _error(request, refused, response.headers["x-cos-request-id"])
        return response

    def _of_bucket(self, request: Request) -> Callable[[Request], Response]:
        special: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "uploads"): lambda r: cos_listing.list_uploads(self, r),
            ("GET", "versions"): lambda r: cos_listing.list_versions(self, r),
            ("GET", "versioning"): self.passed,
            ("PUT", "versioning"): self.passed,
            ("POST", "delete"): lambda r: cos_listing.delete_objects(self, r),
        }
        plain_ones: dict[str, Callable[[Request], Response]] = {
            "GET": lambda r: cos_listing.list_objects(self, r),
            "PUT": self._create_bucket,
            "HEAD": self._head_bucket,
            "DELETE": self.delete_bucket,
        }
        return self._chosen(request, special, plain_ones)

    def _of_object(self, request: Request) -> Callable[[Request], Response]:
        special: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("POST", "append"): self._append,
            ("POST", "uploads"): self._begin_upload,
            ("PUT", "partNumber"): self._upload_part,
            ("POST", "uploadId"): self._complete_upload,
            ("DELETE", "uploadId"): self.abort_upload,
            ("GET", "uploadId"): lambda r: cos_listing.list_parts(self, r),
            ("GET", "tagging"): self.passed,
            ("PUT", "tagging"): self.passed,
            ("DELETE", "tagging"): self.passed,
            ("GET", "acl"): self._object_acl,
            ("POST", "restore"): self._restore,
        }
        copies = "x-cos-copy-source" in request.headers
        plain_ones: dict[str, Callable[[Request], Response]] = {
            "PUT": self._copy_object if copies else self._put_object,
            "GET": self._get_object,
            "HEAD": self._get_object,
            "DELETE": self.delete_object,
        }
        return self._chosen(request, special, plain_ones)

    def _chosen(
        self,
        request: Request,
        special: Mapping[tuple[str, str], Callable[[Request], Response]],
        plain_ones: Mapping[str, Callable[[Request], Response]],
    ) -> Callable[[Request], Response]:
        for (method, name), handler in special.items():
            if request.method == method and name in request.params:
                return handler
        return plain_ones.get(request.method, refuse_method)

    # ------------------------------------------------------------------------------------- headers

    @override
    def describe(self, fact: Fact) -> dict[str, str]:
        told = {"x-cos-object-type": "appendable" if fact.type == "Appendable" else "normal"}
        return told if fact.crc is None else {**told, "x-cos-hash-crc64ecma": str(fact.crc)}

    @override
    def header_to_s3(self, name: str, value: str) -> dict[str, str]:
        self._check(name, value)
        if name == "acl":
            return {}  # kept beside: S3 has others
        if name == "copy-source":
            return {"x-amz-copy-source": _source_to_s3(value)}
        if name in ("metadata-directive", "tagging-directive"):
            return {f"x-amz-{name}": _DIRECTIVES[value]}
        if name.startswith(_ENCRYPTION):
            theirs = _ALGORITHMS[value] if name == _ENCRYPTION else value
            return {f"x-amz-{name.replace('cos-kms', 'aws-kms')}": theirs}
        return super().header_to_s3(name, value)

    def _check(self, name: str, value: str) -> None:
        """Refuse a value that the header cannot have."""
        allowed = {
            _ENCRYPTION: value in _ALGORITHMS,
            "metadata-directive": value in _DIRECTIVES,
            "tagging-directive": value in _DIRECTIVES,
            "traffic-limit": value.isdecimal() and int(value) in _TRAFFIC,
        }
        if not allowed.get(name, True):
            raise Refused(400, "InvalidArgument", f"x-cos-{name} is invalid: {value}")
        if name == "storage-class" and value not in self.storage_classes:
            raise Refused(400, "NotSupportedStorageClass", f"no such storage class: {value}")

    @override
    def header_from_s3(self, name: str, value: str) -> dict[str, str]:
        if name == _ENCRYPTION:
            known = {theirs: ours for ours, theirs in _ALGORITHMS.items()}
            return {f"x-cos-{name}": known.get(value, value)}
        if name == f"{_ENCRYPTION}-aws-kms-key-id":
            return {f"x-cos-{_ENCRYPTION}-cos-kms-key-id": value}
        if name.startswith(f"{_ENCRYPTION}-customer"):
            return {f"x-cos-{name}": value}
        if name == "storage-class" and value == "STANDARD":
            return {}
        return super().header_from_s3(name, value)

    @override
    def from_s3(self, headers: Mapping[str, str]) -> dict[str, str]:
        """COS's ETags are in lower case, as S3's are."""
        found = super().from_s3(headers)
        return found | ({"etag": headers["etag"]} if "etag" in headers else {})

    @override
    def document(
        self, root: ET.Element, change: Callable[[ET.Element], None] | None = None
    ) -> Response:
        def lowered(root: ET.Element) -> None:
            for element in root.iter("ETag"):
                element.text = (element.text or "").lower()
            if change is not None:
                change(root)

        return super().document(root, lowered)

    def _acl(self, request: Request) -> str:
        acl = request.headers.get("x-cos-acl", "default")
        if acl not in _ACLS:
            raise Refused(400, "InvalidArgument", f"no such ACL: {acl}")
        return acl

    # ------------------------------------------------------------------------------------- objects

    def _put_object(self, request: Request) -> Response:
        acl, headers = self._acl(request), self.to_s3(request)
        with _unless_there(request, headers):
            answer, fact = self.put(request, headers)
        fact.acl = acl
        self.facts.keep(request.bucket, request.key, fact)
        return Response(200, self.from_s3(answer.headers) | self._crc(fact))

    def _crc(self, fact: Fact) -> dict[str, str]:
        """What writes tell: HEAD says more."""
        return {} if fact.crc is None else {"x-cos-hash-crc64ecma": str(fact.crc)}

    def _append(self, request: Request) -> Response:
        acl, headers = self._acl(request), self.to_s3(request)
        try:
            response = append(self, request, headers)
        except Refused as refused:
            code = {"PositionNotEqualToLength": "AppendPositionErr", "InvalidDigest": "BadDigest"}
            refused.code = code.get(refused.code, refused.code)
            raise
        if request.params["position"] == "0":
            self.facts.buckets[request.bucket].objects[request.key].acl = acl
        response.headers.pop("x-cos-object-type", None)
        return response

    def _copy_object(self, request: Request) -> Response:
        bucket, key, version = _source(request.headers["x-cos-copy-source"])
        same = (bucket, key) == (request.bucket, request.key)
        if same and request.headers.get("x-cos-metadata-directive", "Copy") == "Copy":
            raise Refused(400, "InvalidRequest", "An object is not copied to itself unchanged.")
        source = self.head(bucket, key, version)
        if source is not None and is_appendable(source):
            raise Refused(400, "InvalidRequest", "Appendable objects cannot be copied.")
        answer = self.forward(request)
        root = answer.document()
        etag = root.findtext("ETag", "").strip('"')
        known = self.facts.find(bucket, key, source.etag).crc if source else None
        fact = Fact(etag, known, acl=self._acl(request))
        self.facts.keep(request.bucket, request.key, fact)
        if known is not None:
            ET.SubElement(root, "CRC64").text = str(known)
        response = self.document(root)
        response.headers |= self.from_s3(answer.headers) | {"content-type": "application/xml"}
        return response

    def _get_object(self, request: Request) -> Response:
        answer = self.forward(request)
        fact = self.facts.find(request.bucket, request.key, answer.etag)
        if is_appendable(answer):
            fact.type = "Appendable"
        found = self.from_s3(answer.headers) | self.describe(fact)
        if fact.restore:
            found["x-cos-restore"] = fact.restore
        elif found.get("x-cos-storage-class") in _ARCHIVED and request.method == "GET":
            answer.content()
            raise Refused(403, "InvalidObjectState", "The object must be restored first.")
        return Response(answer.status, found, answer.body, answer.length)

    def _known(self, request: Request) -> Fact:
        found = self.head(request.bucket, request.key)
        if found is None:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        return self.facts.find(request.bucket, request.key, found.etag)

    def _object_acl(self, request: Request) -> Response:
        response = cos_listing.acl_document(self._known(request).acl)
        response.headers["x-cos-acl"] = self._known(request).acl
        return response

    def _restore(self, request: Request) -> Response:
        request.content()
        fact = self._known(request)
        if fact.restore:
            raise Refused(409, "RestoreAlreadyInProgress", "Object restore is already in progress.")
        fact.restore = 'ongoing-request="true"'
        self.facts.keep(request.bucket, request.key, fact)
        return Response(202)

    # ------------------------------------------------------------------------------------- uploads

    def _begin_upload(self, request: Request) -> Response:
        acl, headers = self._acl(request), self.to_s3(request)
        root = self.forward(request, headers).document()
        self.uploads.begin(root.findtext("UploadId", ""), headers, acl)
        return xml(root)

    def _upload_part(self, request: Request) -> Response:
        number = int(request.params["partNumber"])
        if not 1 <= number <= 10_000:
            raise Refused(400, "InvalidArgument", "partNumber must be from 1 to 10000.")
        if "x-cos-copy-source" in request.headers:
            return self._copy_part(request, number)
        query, headers = self.query_to_s3(request), self.to_s3(request)
        names = (request.bucket, request.key)
        answer, crc = self.uploads.write(*names, query, headers, request.body, request.length)
        self.accepted(answer).content()
        return Response(200, {**self.from_s3(answer.headers), "x-cos-hash-crc64ecma": str(crc)})

    def _copy_part(self, request: Request, number: int) -> Response:
        answer = self.forward(request)
        root = answer.document()
        span = request.headers.get("x-cos-copy-source-range", "").rpartition("=")[2]
        first, _, last = span.partition("-")
        source = self.head(*_source(request.headers["x-cos-copy-source"]))
        size = int(last) - int(first) + 1 if last else (source.length if source else 0) or 0
        etag = root.findtext("ETag", "").strip('"')
        self.uploads.copied(request.params["uploadId"], number, etag, size)
        return self.document(root)

    def _complete_upload(self, request: Request) -> Response:
        upload = request.params["uploadId"]
        headers = self.to_s3(request)
        headers.pop("content-type", None)
        listed = _parts(request.content())
        acl = self.uploads.acl(upload)
        with _unless_there(request, headers):
            found = self.uploads.complete(request.bucket, request.key, upload, listed, headers)
            root = self.accepted(found[0]).document()
        etag = root.findtext("ETag", "").strip('"')
        fact = Fact(etag, found[1], "Multipart", acl)
        self.facts.keep(request.bucket, request.key, fact)
        response = self.document(root)
        told = self.from_s3(found[0].headers) | self._crc(fact)
        response.headers |= {**told, "content-type": "application/xml"}
        return response

    # ------------------------------------------------------------------------------------- buckets

    def _create_bucket(self, request: Request) -> Response:
        request.content()
        acl = request.headers.get("x-cos-acl", "private")
        if acl not in _BUCKET_ACLS:
            raise Refused(400, "InvalidArgument", f"no such ACL: {acl}")
        if self._there(request).ok:
            raise Refused(409, "BucketAlreadyOwnedByYou", "The bucket is yours already.")
        self.accepted(self.backend.send("PUT", request.bucket)).content()
        self.facts.buckets[request.bucket].acl = acl
        return Response(200)

    def _there(self, request: Request) -> Answer:
        answer = self.backend.send("HEAD", request.bucket)
        answer.content()
        return answer

    def _head_bucket(self, request: Request) -> Response:
        if not self._there(request).ok:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        region = next(iter(self.accounts.values())).region
        return Response(200, {"x-cos-bucket-region": region})


@contextmanager
def _unless_there(request: Request, headers: dict[str, str]) -> Generator[None]:
    """Do not replace what is there, if that is wanted; COS has a code of its own for it."""
    wanted = request.headers.get("x-cos-forbid-overwrite", "false") == "true"
    if wanted:
        headers["if-none-match"] = "*"
    try:
        yield
    except Refused as refused:
        if wanted and refused.status == 412:
            raise Refused(409, "FileAlreadyExists", "The file already exists.") from None
        raise


def _source(text: str) -> tuple[str, str, str]:
    """Bucket, key and version of a source: ``<bucket>.cos.<region>.myqcloud.com/<key>``."""
    address, _, version = text.partition("?versionId=")
    host, _, key = address.partition("/")
    return host.partition(".cos.")[0], unquote(key), version


def _source_to_s3(text: str) -> str:
    bucket, key, version = _source(text)
    return f"{bucket}/{quote(key)}" + (f"?versionId={version}" if version else "")


def _parts(content: bytes) -> list[tuple[int, str]]:
    """The parts that the body lists; raises Refused if their numbers have gaps."""
    entries = plain(content).iter("Part")
    parts = [(int(e.findtext("PartNumber", "0")), e.findtext("ETag", "")) for e in entries]
    if [number for number, _ in parts] != [*range(1, len(parts) + 1)]:
        raise Refused(400, "InvalidPartOrder", "The parts' numbers are not continuous.")
    return [(number, etag.strip('"').lower()) for number, etag in parts]


def _error(request: Request, refused: Refused, id: str) -> bytes:
    root = ET.Element("Error")
    told = {
        "Code": refused.code,
        "Message": refused.message,
        "Resource": f"/{request.key}",
        "RequestId": id,
        "TraceId": id,
    }
    for name, text in told.items():
        ET.SubElement(root, name).text = text
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return body
