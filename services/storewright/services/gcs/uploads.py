"""Multipart uploads, which only the XML API has: what each of their calls wants and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from google.api_core.exceptions import GoogleAPICallError

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Part
from storewright.services.gcs.checksums import crc32c_of, stored_crc32c
from storewright.services.gcs.errors import parsed, status_of

if TYPE_CHECKING:
    from requests import Response

    from storewright.services.gcs.calls import Calls

__all__ = ["abort", "complete", "complete_body", "create", "list_parts", "part_of", "upload_part"]

_XML: Final[Mapping[str, str]] = {"content-type": "application/xml"}


def create(calls: Calls, path: str, args: dict[str, Any]) -> str:
    """Begin an upload of the object at ``path``; returns its id."""
    answer = calls.send("POST", f"{path}?uploads", args)
    return parsed(answer.content).findtext("UploadId") or ""


def upload_part(
    calls: Calls, path: str, args: dict[str, Any], index: int, data: bytes | memoryview
) -> Part:
    """Send one part; the service counts from one, and refuses content with another CRC32C."""
    checksum = crc32c_of(data)
    answer = calls.send(
        "PUT",
        path,
        {"partNumber": index + 1, **args},
        headers={"x-goog-hash": f"crc32c={checksum.text}"},
        body=data if len(data) else b"",
    )
    return Part(index, len(data), answer.headers.get("etag", ""), _checksum(answer))


def _checksum(answer: Response) -> str | None:
    found = stored_crc32c(answer.headers.get("x-goog-hash", ""))
    return None if found is None else f"crc32c:{found}"


def complete(
    calls: Calls, path: str, args: dict[str, Any], parts: Sequence[Part]
) -> Mapping[str, str]:
    """Publish the object made of the parts, which may come in any order.

    Returns its ETag and the generation, if the service tells.
    """
    answer = calls.send("POST", path, args, headers=_XML, body=complete_body(parts))
    found = {"etag": parsed(answer.content).findtext("ETag") or ""}
    generation = answer.headers.get("x-goog-generation")
    return found if generation is None else {**found, "generation": generation}


def complete_body(parts: Sequence[Part]) -> bytes:
    """The body of the request that completes an upload."""
    if not parts:
        raise RestrictionDissatisfied("an upload needs at least one part")
    entries = "".join(map(_entry, sorted(parts, key=_index)))
    return f"<CompleteMultipartUpload>{entries}</CompleteMultipartUpload>".encode()


def _index(part: Part) -> int:
    return part.index


def _entry(part: Part) -> str:
    number, tag = part.index + 1, escape(part.etag)
    return f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"


def abort(calls: Calls, path: str, args: dict[str, Any]) -> None:
    """Abort an upload; one that is gone is no error."""
    try:
        calls.send("DELETE", path, args)
    except GoogleAPICallError as error:
        if status_of(error) != 404:
            raise


def list_parts(calls: Calls, path: str, args: dict[str, Any]) -> Element:
    """One page of the parts of an upload."""
    return parsed(calls.send("GET", path, args).content)


def part_of(entry: Element) -> Part:
    """A part as a listing tells of it."""
    number, size = int(entry.findtext("PartNumber") or 0), int(entry.findtext("Size") or 0)
    return Part(number - 1, size, entry.findtext("ETag") or "")
