"""The lists that OSS gives: buckets, objects, versions, uploads, parts, and what was deleted."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from tests.servers.shim.backend import plain
from tests.servers.shim.dialect import xml
from tests.servers.shim.message import Refused, Request, Response
from tests.servers.shim.pages import ask_newly, tell_marker

if TYPE_CHECKING:
    from tests.servers.shim.dialect import Dialect

__all__ = [
    "bucket_info",
    "delete_objects",
    "list_buckets",
    "list_objects",
    "list_parts",
    "list_uploads",
    "list_versions",
]

_OWNER: Final = "shim"
_PAGE: Final = 1000
_HOST: Final = "oss-{}.aliyuncs.com"


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _own(parent: ET.Element) -> None:
    owner = ET.SubElement(parent, "Owner")
    _add(owner, "ID", _OWNER)
    _add(owner, "DisplayName", _OWNER)


def _check_size(request: Request, name: str, default: int = 100) -> int:
    text = request.params.get(name, "") or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= _PAGE:
        raise Refused(400, "InvalidArgument", f"Argument {name} must be an integer from 1 to 1000.")
    return int(text)


def _ensure(parent: ET.Element, *names: str) -> None:
    """The elements that OSS always sends, empty where there is nothing to say."""
    for name in names:
        if parent.find(name) is None:
            _add(parent, name)


# --------------------------------------------------------------------------------------- objects


def list_objects(dialect: Dialect, request: Request) -> Response:
    """Both versions of the list of objects."""
    _check_size(request, "max-keys")
    second = request.params.get("list-type") == "2"
    owned = not second or request.params.get("fetch-owner") == "true"
    marker = request.params.get("marker", "")
    encoded = request.params.get("encoding-type") == "url"
    if not second:
        ask_newly(request)
    root = _asked(dialect, request)
    if not second:
        tell_marker(root, marker, encoded=encoded)

    def change(root: ET.Element) -> None:
        for entry in root.iter("Contents"):
            _complete(dialect, request, entry, owned=owned)
        for token in root.findall("NextContinuationToken") if encoded else ():
            token.text = quote(token.text or "", safe="")

    return dialect.document(root, change)


def _asked(dialect: Dialect, request: Request) -> ET.Element:
    """The store's list. An empty parameter is none for OSS, but not for every store."""
    request.query = [(name, value) for name, value in request.query if value or name in _FLAGS]
    return dialect.forward(request).document()


_FLAGS: Final = ("uploads", "versions", "delete")


def _complete(dialect: Dialect, request: Request, entry: ET.Element, *, owned: bool) -> None:
    key = unquote(entry.findtext("Key", ""))
    etag = entry.findtext("ETag", "").strip('"').lower()
    _add(entry, "Type", dialect.facts.find(request.bucket, key, etag).type)
    if entry.find("StorageClass") is None:
        _add(entry, "StorageClass", "Standard")
    for owner in entry.findall("Owner"):
        entry.remove(owner)
    if owned:
        _own(entry)


def list_versions(dialect: Dialect, request: Request) -> Response:
    """Every version of the objects, and the marks of deleted ones."""
    _check_size(request, "max-keys")

    def change(root: ET.Element) -> None:
        _ensure(root, "Name", "Prefix", "KeyMarker", "VersionIdMarker", "MaxKeys", "Delimiter")
        for entry in root.iter("Version"):
            _complete(dialect, request, entry, owned=True)
        for entry in root.iter("DeleteMarker"):
            for owner in entry.findall("Owner"):
                entry.remove(owner)
            _own(entry)

    return dialect.document(_asked(dialect, request), change)


def delete_objects(dialect: Dialect, request: Request) -> Response:
    """Delete many objects; what could not be deleted is not in the answer."""
    if "content-md5" not in request.headers:
        raise Refused(400, "MissingArgument", "Missing Some Required Arguments.")
    content = request.content()
    wanted = plain(content)
    if len(wanted.findall("Object")) > _PAGE:
        raise Refused(400, "MalformedXML", "The XML you provided was not well-formed.")
    quiet = wanted.findtext("Quiet") == "true"
    headers = {"content-md5": request.headers["content-md5"]}
    answer = dialect.backend.send("POST", request.bucket, "", [("delete", "")], headers, content)
    told = dialect.accepted(answer).document()
    if quiet:
        return Response(200)
    root = ET.Element("DeleteResult")
    _add(root, "EncodingType", "url")
    for entry in told.findall("Deleted"):
        copied = ET.SubElement(root, "Deleted")
        for child in entry:
            encoded = quote(child.text or "", safe="") if child.tag == "Key" else child.text
            _add(copied, child.tag, encoded or "")
    return xml(root)


# --------------------------------------------------------------------------------------- uploads


def list_uploads(dialect: Dialect, request: Request) -> Response:
    """The uploads in progress."""
    _check_size(request, "max-uploads", _PAGE)
    encoded = request.params.get("encoding-type") == "url"
    request.query = [pair for pair in request.query if pair[0] != "encoding-type"]

    def change(root: ET.Element) -> None:
        _ensure(root, "NextKeyMarker", "NextUploadIdMarker")
        for entry in root.iter() if encoded else ():  # the store does not encode these
            if entry.tag in ("Key", "KeyMarker", "NextKeyMarker", "Prefix"):
                entry.text = quote(entry.text or "", safe="")
        if encoded:
            for old in root.findall("EncodingType"):
                root.remove(old)
            _add(root, "EncodingType", "url")

    return dialect.document(_asked(dialect, request), change)


def list_parts(dialect: Dialect, request: Request) -> Response:
    """The parts of one upload."""
    _check_size(request, "max-parts", _PAGE)
    return dialect.document(
        _asked(dialect, request), lambda root: _ensure(root, "NextPartNumberMarker")
    )


# --------------------------------------------------------------------------------------- buckets


def list_buckets(dialect: Dialect, request: Request) -> Response:
    """The buckets, in pages."""
    most = _check_size(request, "max-keys")
    prefix, marker = request.params.get("prefix", ""), request.params.get("marker", "")
    answer = dialect.accepted(dialect.backend.send("GET")).document()
    made = {b.findtext("Name", ""): b.findtext("CreationDate", "") for b in answer.iter("Bucket")}
    names = sorted(name for name in made if name.startswith(prefix) and name > marker)
    root = ET.Element("ListAllMyBucketsResult")
    _own(root)
    _add(root, "IsTruncated", str(len(names) > most).lower())
    if len(names) > most:
        _add(root, "NextMarker", names[most - 1])
    buckets = ET.SubElement(root, "Buckets")
    for name in names[:most]:
        _describe(dialect, ET.SubElement(buckets, "Bucket"), name, made[name])
    return dialect.document(root)


def _describe(dialect: Dialect, entry: ET.Element, name: str, made: str) -> None:
    region = next(iter(dialect.accounts.values())).region
    _add(entry, "Name", name)
    _add(entry, "Location", f"oss-{region}")
    _add(entry, "Region", region)
    _add(entry, "CreationDate", made)
    _add(entry, "ExtranetEndpoint", _HOST.format(region))
    _add(entry, "IntranetEndpoint", _HOST.format(f"{region}-internal"))
    _add(entry, "StorageClass", dialect.facts.buckets[name].storage_class)


def bucket_info(dialect: Dialect, name: str) -> ET.Element:
    """What is known of one bucket."""
    root = ET.Element("BucketInfo")
    entry = ET.SubElement(root, "Bucket")
    _describe(dialect, entry, name, "2026-01-01T00:00:00.000Z")
    _own(entry)
    _add(ET.SubElement(entry, "AccessControlList"), "Grant", dialect.facts.buckets[name].acl)
    return root
