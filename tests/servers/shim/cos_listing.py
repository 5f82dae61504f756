"""The lists that COS gives: buckets, objects, versions, uploads, parts, and what was deleted."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tests.servers.shim.backend import plain
from tests.servers.shim.dialect import xml
from tests.servers.shim.message import Refused, Request, Response
from tests.servers.shim.pages import ask_newly, tell_marker

if TYPE_CHECKING:
    from tests.servers.shim.dialect import Dialect

__all__ = [
    "acl_document",
    "delete_objects",
    "list_buckets",
    "list_objects",
    "list_parts",
    "list_uploads",
    "list_versions",
]

_PAGE: Final = 1000
_FLAGS: Final = ("uploads", "versions")
_KEYS: Final = ("Delimiter", "Key", "KeyMarker", "NextKeyMarker", "Prefix")


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _check_size(request: Request, name: str, most: int = _PAGE) -> int:
    text = request.params.get(name, "") or str(_PAGE)
    if not text.isdecimal() or not 0 <= int(text) <= most:
        raise Refused(400, "InvalidArgument", f"{name} must be an integer from 0 to {most}.")
    return int(text)


def _asked(dialect: Dialect, request: Request) -> ET.Element:
    """The store's list. An empty parameter is none for COS, but not for every store."""
    request.query = [(name, value) for name, value in request.query if value or name in _FLAGS]
    return dialect.forward(request).document()


# --------------------------------------------------------------------------------------- objects


def list_objects(dialect: Dialect, request: Request) -> Response:
    """The objects, always with the marker of the next page."""
    _check_size(request, "max-keys")
    marker = request.params.get("marker", "")
    encoded = request.params.get("encoding-type") == "url"
    ask_newly(request)
    root = _asked(dialect, request)
    tell_marker(root, marker, encoded=encoded)

    def change(root: ET.Element) -> None:
        for entry in root.iter("Contents"):
            if entry.find("StorageClass") is None:
                _add(entry, "StorageClass", "STANDARD")

    return dialect.document(root, change)


def list_versions(dialect: Dialect, request: Request) -> Response:
    """Every version of the objects, and the marks of deleted ones."""
    _check_size(request, "max-keys")
    return dialect.document(_asked(dialect, request))


def delete_objects(dialect: Dialect, request: Request) -> Response:
    """Delete many objects; what could not be deleted is told."""
    if "content-md5" not in request.headers:
        raise Refused(400, "MissingContentMD5", "Missing Content-MD5.")
    content = request.content()
    wanted = plain(content)
    if len(wanted.findall("Object")) > _PAGE:
        raise Refused(400, "MalformedXML", "At most 1000 objects can be deleted at once.")
    headers = {"content-md5": request.headers["content-md5"]}
    answer = dialect.backend.send("POST", request.bucket, "", [("delete", "")], headers, content)
    return dialect.document(dialect.accepted(answer).document())


def acl_document(acl: str) -> Response:
    """Who may do what, of which only the canned name is known."""
    root = ET.Element("AccessControlPolicy")
    _add(_add(root, "Owner"), "ID", "qcs::cam::uin/1:uin/1")
    grant = _add(_add(root, "AccessControlList"), "Grant")
    _add(_add(grant, "Grantee"), "ID", "qcs::cam::uin/1:uin/1")
    _add(grant, "Permission", "FULL_CONTROL" if acl != "public-read" else "READ")
    return xml(root)


# --------------------------------------------------------------------------------------- uploads


def list_uploads(dialect: Dialect, request: Request) -> Response:
    """The uploads in progress. Not every store encodes their keys where it says it does."""
    _check_size(request, "max-uploads")
    encoded = request.params.get("encoding-type") == "url"
    request.query = [(name, value) for name, value in request.query if name != "encoding-type"]

    def change(root: ET.Element) -> None:
        for element in root.iter():
            if encoded and element.tag in _KEYS:
                element.text = quote(element.text or "", safe="")

    return dialect.document(_asked(dialect, request), change)


def list_parts(dialect: Dialect, request: Request) -> Response:
    """The parts of one upload."""
    _check_size(request, "max-parts")
    return dialect.document(_asked(dialect, request))


# --------------------------------------------------------------------------------------- buckets


def list_buckets(dialect: Dialect, request: Request) -> Response:
    """The buckets, in pages."""
    most = _check_size(request, "max-keys", 2000)
    account = next(iter(dialect.accounts.values()))
    marker, region = request.params.get("marker", ""), request.params.get("region", account.region)
    answer = dialect.accepted(dialect.backend.send("GET")).document()
    made = {b.findtext("Name", ""): b.findtext("CreationDate", "") for b in answer.iter("Bucket")}
    names = sorted(name for name in made if name > marker and region == account.region)
    root = ET.Element("ListAllMyBucketsResult")
    _add(_add(root, "Owner"), "ID", "qcs::cam::uin/1:uin/1")
    _add(root, "IsTruncated", str(len(names) > most).lower())
    if len(names) > most:
        _add(root, "NextMarker", names[most - 1])
    buckets = _add(root, "Buckets")
    for name in names[:most]:
        entry = _add(buckets, "Bucket")
        _add(entry, "Name", name)
        _add(entry, "Location", account.region)
        _add(entry, "CreationDate", made[name])
    return dialect.document(root)
