"""Alibaba Cloud OSS, as its API reference describes it: https://www.alibabacloud.com/help/en/oss."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Final

from typing_extensions import override

from tests.servers.shim import oss_listing, oss_signature
from tests.servers.shim.append import append, is_appendable
from tests.servers.shim.backend import plain
from tests.servers.shim.dialect import HIDDEN, Dialect, refuse_method, xml
from tests.servers.shim.facts import Fact
from tests.servers.shim.message import Refused, Request, Response
from tests.servers.shim.symlink import followed, get_symlink, put_symlink

__all__ = ["OssDialect"]

_ENCRYPTION: Final = "server-side-encryption"
_ALGORITHMS: Final = ("AES256", "KMS", "SM4")
_KEY_ID: Final = "x-amz-server-side-encryption-aws-kms-key-id"
_DEFAULT_KEY: Final = "oss-default-key"
"""The service's own key: KMS encryption where the user names none."""
_ARCHIVED: Final = ("Archive", "ColdArchive", "DeepColdArchive")
_ACLS: Final = ("default", "private", "public-read", "public-read-write")


class OssDialect(Dialect):
    """OSS with its own names, and what it adds: appending, links, CRC-64, ranges of its own."""

    prefix = "x-oss-"
    part_minimum = 100 * 1024
    codes: ClassVar[Mapping[str, str]] = {
        "BadDigest": "InvalidDigest",
        "BucketAlreadyOwnedByYou": "BucketAlreadyExists",
        "InvalidTag": "InvalidArgument",
        "KeyTooLongError": "InvalidObjectName",
        "MalformedXML": "MalformedXML",
        "RequestTimeout": "RequestTimeout",
    }
    storage_classes: ClassVar[Mapping[str, str]] = {
        "Standard": "STANDARD",
        "IA": "STANDARD_IA",
        "Archive": "GLACIER",
        "ColdArchive": "DEEP_ARCHIVE",
        "DeepColdArchive": "GLACIER_IR",
    }

    @override
    def locate(self, request: Request) -> tuple[str, str]:
        return request.split_path()

    @override
    def authorize(self, request: Request) -> None:
        if oss_signature.check(request, self.accounts):
            return
        state = self.facts.buckets[request.bucket]
        fact = state.objects.get(request.key)
        acl = state.acl if fact is None or fact.acl == "default" else fact.acl
        reads = request.method in ("GET", "HEAD") and bool(request.key)
        if not ((reads and acl != "private") or acl == "public-read-write"):
            raise Refused(403, "AccessDenied", "The bucket you access does not belong to you.")

    @override
    def route(self, request: Request) -> Response:
        if not request.bucket:
            return oss_listing.list_buckets(self, request)
        chosen = self._of_object(request) if request.key else self._of_bucket(request)
        return chosen(request)

    @override
    def _refusal(self, request: Request, refused: Refused) -> Response:
        response = super()._refusal(request, refused)
        if refused.status == 304:
            response.body = b""
        elif request.method == "HEAD" and isinstance(response.body, bytes):
            response.headers["x-oss-err"] = base64.b64encode(response.body).decode()
        return response

    def _of_bucket(self, request: Request) -> Callable[[Request], Response]:
        params, method = request.params, request.method
        if method == "GET":
            special: dict[str, Callable[[Request], Response]] = {
                "bucketInfo": self._bucket_info,
                "acl": self._bucket_acl,
                "uploads": lambda r: oss_listing.list_uploads(self, r),
                "versions": lambda r: oss_listing.list_versions(self, r),
                "versioning": self.passed,
            }
            for name, handler in special.items():
                if name in params:
                    return handler
            return lambda r: oss_listing.list_objects(self, r)
        if method == "PUT":
            return self.passed if "versioning" in params else self._create_bucket
        if method == "POST" and "delete" in params:
            return lambda r: oss_listing.delete_objects(self, r)
        return self.delete_bucket if method == "DELETE" else refuse_method

    def _of_object(self, request: Request) -> Callable[[Request], Response]:
        params = request.params
        special: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("POST", "append"): lambda r: append(self, r, self._new(r)),
            ("PUT", "symlink"): lambda r: put_symlink(self, r, self._exclusive(r, self._new(r))),
            ("GET", "symlink"): lambda r: get_symlink(self, r),
            ("GET", "acl"): self._object_acl,
            ("PUT", "acl"): self._put_object_acl,
            ("GET", "tagging"): self.passed,
            ("PUT", "tagging"): self.passed,
            ("DELETE", "tagging"): self.passed,
            ("POST", "restore"): self._restore,
            ("POST", "uploads"): self._begin_upload,
            ("POST", "uploadId"): self._complete_upload,
            ("PUT", "uploadId"): self._upload_part,
            ("GET", "uploadId"): lambda r: oss_listing.list_parts(self, r),
            ("DELETE", "uploadId"): self.abort_upload,
        }
        for (method, name), handler in special.items():
            if request.method == method and name in params:
                return handler
        plain: dict[str, Callable[[Request], Response]] = {
            "GET": self._get_object,
            "HEAD": self._get_object,
            "DELETE": self.delete_object,
            "PUT": self._put_object,
        }
        return plain.get(request.method, refuse_method)

    # ------------------------------------------------------------------------------------- headers

    @override
    def header_to_s3(self, name: str, value: str) -> dict[str, str]:
        if name == _ENCRYPTION:
            return self._encryption_to_s3(value)
        if name == "server-side-data-encryption":
            if value != "SM4":
                raise Refused(400, "InvalidEncryptionAlgorithmError", "The algorithm is not valid.")
            return {f"{HIDDEN}data-encryption": value}
        return {} if name == "acl" else super().header_to_s3(name, value)

    def _encryption_to_s3(self, value: str) -> dict[str, str]:
        if value not in _ALGORITHMS:
            raise Refused(400, "InvalidEncryptionAlgorithmError", "The algorithm is not valid.")
        if value == "SM4":  # only the vendor has it
            return {f"{HIDDEN}encryption": value}
        if value == "AES256":
            return {"x-amz-server-side-encryption": value}
        return {
            "x-amz-server-side-encryption": "aws:kms",
            _KEY_ID: _DEFAULT_KEY,
        }

    @override
    def from_s3(self, headers: Mapping[str, str]) -> dict[str, str]:
        found = super().from_s3(headers)
        for ours, theirs in (
            ("encryption", _ENCRYPTION),
            ("data-encryption", "server-side-data-encryption"),
        ):
            if f"{HIDDEN}{ours}" in headers:
                found[f"x-oss-{theirs}"] = headers[f"{HIDDEN}{ours}"]
        return found

    @override
    def header_from_s3(self, name: str, value: str) -> dict[str, str]:
        if name == _ENCRYPTION:
            return {f"x-oss-{name}": "KMS" if value == "aws:kms" else value}
        if name == f"{_ENCRYPTION}-aws-kms-key-id":
            return {f"x-oss-{_ENCRYPTION}-key-id": value}
        return super().header_from_s3(name, value)

    @override
    def describe(self, fact: Fact) -> dict[str, str]:
        found = {"x-oss-object-type": fact.type}
        if fact.crc is not None:
            found["x-oss-hash-crc64ecma"] = str(fact.crc)
        return found

    def _new(self, request: Request) -> dict[str, str]:
        """S3's headers for a new object."""
        acl = request.headers.get("x-oss-object-acl", "default")
        if acl not in _ACLS:
            raise Refused(400, "InvalidArgument", "no such acl is supported")
        found, key = self.to_s3(request), request.headers.get(f"x-oss-{_ENCRYPTION}-key-id")
        return found if key is None else {**found, _KEY_ID: key}

    def _exclusive(self, request: Request, headers: dict[str, str]) -> dict[str, str]:
        """The same for an object that must not be there yet, if that was asked for."""
        if request.headers.get("x-oss-forbid-overwrite", "").lower() == "true":
            if self.head(request.bucket, request.key) is not None:
                raise _exists()
            return {**headers, "if-none-match": "*"}
        return headers

    def _kept(self, request: Request, fact: Fact) -> dict[str, str]:
        fact.acl = request.headers.get("x-oss-object-acl", "default")
        self.facts.keep(request.bucket, request.key, fact)
        return self.describe(fact)

    # ------------------------------------------------------------------------------------- objects

    def _put_object(self, request: Request) -> Response:
        if "x-oss-copy-source" in request.headers:
            return self._copy_object(request)
        headers = self._exclusive(request, self._new(request))
        with _unless_there(headers):
            answer, fact = self.put(request, headers)
        described = self._kept(request, fact)
        return Response(200, self.from_s3(answer.headers) | described)

    def _copy_object(self, request: Request) -> Response:
        bucket, key, version = self._source(request)
        source = self.head(bucket, key, version)
        if source is not None and is_appendable(source):
            raise Refused(400, "OperationNotSupported", "Appendable objects cannot be copied.")
        headers = self._exclusive(request, self._new(request))
        answer = self.forward(request, headers)
        root = answer.document()
        etag = root.findtext("ETag", "").strip('"')
        crc = self.facts.find(bucket, key, source.etag).crc if source else None
        described = self._kept(request, Fact(etag, crc))
        response = self.document(root)
        response.headers |= self.from_s3({**answer.headers, "etag": f'"{etag}"'}) | described
        return response

    def _source(self, request: Request) -> tuple[str, str, str]:
        text, _, version = request.headers["x-oss-copy-source"].partition("?versionId=")
        found = Request("GET", "/" + text.removeprefix("/"), [], {}, request.body, 0).split_path()
        return (*found, version)

    def _get_object(self, request: Request) -> Response:
        headers = self.to_s3(request)
        if "range" in headers and request.headers.get("x-oss-range-behavior") != "standard":
            self._relax(request, headers)
        answer = self.forward(request, headers)
        linked = followed(self, request, answer)
        if linked is not None:
            return linked
        fact = self.facts.find(request.bucket, request.key, answer.etag)
        if is_appendable(answer):
            fact.type = "Appendable"
        found = {"x-oss-storage-class": "Standard"} | self.from_s3(answer.headers)
        if fact.restore:
            found["x-oss-restore"] = fact.restore
        elif found["x-oss-storage-class"] in _ARCHIVED and request.method == "GET":
            answer.content()
            raise Refused(
                403, "InvalidObjectState", "The operation is not valid for the object's state"
            )
        if fact.type == "Appendable":
            found["x-oss-next-append-position"] = str(answer.length or 0)
        return Response(answer.status, found | self.describe(fact), answer.body, answer.length)

    def _relax(self, request: Request, headers: dict[str, str]) -> None:
        """Ignore a range that is not all inside the object, as OSS does unless told otherwise."""
        known = self.head(request.bucket, request.key, request.params.get("versionId", ""))
        if known is None:
            return
        first, _, last = headers["range"].removeprefix("bytes=").partition("-")
        length = known.length or 0
        if any(text.isdecimal() and int(text) >= length for text in (first, last) if first):
            del headers["range"]

    def _object_acl(self, request: Request) -> Response:
        return _acl_document(self._known(request).acl)

    def _put_object_acl(self, request: Request) -> Response:
        fact = self._known(request)
        fact.acl = request.headers.get("x-oss-object-acl", "default")
        self.facts.keep(request.bucket, request.key, fact)
        return Response(200)

    def _known(self, request: Request) -> Fact:
        found = self.head(request.bucket, request.key, request.params.get("versionId", ""))
        if found is None:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        return self.facts.find(request.bucket, request.key, found.etag)

    def _restore(self, request: Request) -> Response:
        request.content()
        fact = self._known(request)
        if fact.restore:
            raise Refused(409, "RestoreAlreadyInProgress", "The restore operation is in progress.")
        fact.restore = 'ongoing-request="true"'
        self.facts.keep(request.bucket, request.key, fact)
        return Response(202)

    # ------------------------------------------------------------------------------------- uploads

    def _begin_upload(self, request: Request) -> Response:
        headers = self._new(request)
        self._exclusive(request, headers)
        answer = self.forward(request, headers)
        root = answer.document()
        acl = request.headers.get("x-oss-object-acl", "default")
        self.uploads.begin(root.findtext("UploadId", ""), headers, acl)
        return xml(root)

    def _upload_part(self, request: Request) -> Response:
        number = int(request.params["partNumber"])
        if not 1 <= number <= 10_000:
            raise Refused(400, "InvalidArgument", "Part number must be an integer from 1 to 10000.")
        if "x-oss-copy-source" in request.headers:
            return self._copy_part(request, number)
        query = self.query_to_s3(request)
        names = (request.bucket, request.key)
        sent = self.uploads.write(*names, query, self.to_s3(request), request.body, request.length)
        self.accepted(sent[0]).content()
        found = self.from_s3(sent[0].headers)
        return Response(200, {**found, "x-oss-hash-crc64ecma": str(sent[1])})

    def _copy_part(self, request: Request, number: int) -> Response:
        answer = self.forward(request)
        root = answer.document()
        etag = root.findtext("ETag", "").strip('"')
        first, _, last = (
            request.headers.get("x-oss-copy-source-range", "").rpartition("=")[2].partition("-")
        )
        if last:
            size = int(last) - int(first) + 1
        else:
            source = self.head(*self._source(request))
            size = (source.length if source else 0) or 0
        self.uploads.copied(request.params["uploadId"], number, etag, size)
        response = self.document(root)
        response.headers["etag"] = f'"{etag.upper()}"'
        return response

    def _complete_upload(self, request: Request) -> Response:
        upload, headers = request.params["uploadId"], self._exclusive(request, {})
        listed = [
            (int(part.findtext("PartNumber", "0")), part.findtext("ETag", "").strip('"').lower())
            for part in plain(request.content()).iter("Part")
        ]
        acl = self.uploads.acl(upload)
        answer, crc = self.uploads.complete(request.bucket, request.key, upload, listed, headers)
        with _unless_there(headers):
            root = self.accepted(answer).document()
        etag = root.findtext("ETag", "").strip('"')
        fact = Fact(etag, crc, "Multipart", request.headers.get("x-oss-object-acl", acl))
        self.facts.keep(request.bucket, request.key, fact)
        response = self.document(root)
        response.headers |= {
            **self.from_s3(answer.headers),
            "etag": f'"{etag.upper()}"',
            "content-type": "application/xml",
            **self.describe(fact),
        }
        return response

    # ------------------------------------------------------------------------------------- buckets

    def _create_bucket(self, request: Request) -> Response:
        content = request.content()
        chosen = plain(content).findtext("StorageClass", "Standard") if content else "Standard"
        answer = self.backend.send("PUT", request.bucket)
        self.accepted(answer).content()
        state = self.facts.buckets[request.bucket]
        state.acl = request.headers.get("x-oss-acl", "private")
        state.storage_class = chosen
        return Response(200)

    def _bucket_info(self, request: Request) -> Response:
        answer = self.backend.send("HEAD", request.bucket)
        answer.content()
        if not answer.ok:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        return xml(oss_listing.bucket_info(self, request.bucket))

    def _bucket_acl(self, request: Request) -> Response:
        return _acl_document(self.facts.buckets[request.bucket].acl)


@contextmanager
def _unless_there(headers: Mapping[str, str]) -> Generator[None]:
    """Say in the vendor's words that the object is there, which must not be replaced."""
    try:
        yield
    except Refused as refused:
        raise (
            _exists() if refused.status == 412 and "if-none-match" in headers else refused
        ) from None


def _exists() -> Refused:
    return Refused(409, "FileAlreadyExists", "The object you specified already exists.")


def _acl_document(acl: str) -> Response:
    root = ET.Element("AccessControlPolicy")
    owner = ET.SubElement(root, "Owner")
    ET.SubElement(owner, "ID").text = ET.SubElement(owner, "DisplayName").text = "shim"
    ET.SubElement(ET.SubElement(root, "AccessControlList"), "Grant").text = acl
    return xml(root)
