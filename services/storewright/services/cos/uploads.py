"""Multipart uploads: what each of their calls wants and answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import qcloud_cos

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Part
from storewright.services.cos.bodies import body_of, md5_of
from storewright.services.cos.calls import headers_of
from storewright.services.cos.errors import code_of

__all__ = [
    "abort",
    "all_parts",
    "checksum",
    "complete",
    "completed",
    "part_of",
    "tag_of",
    "upload_part",
]

_sdk: Any = qcloud_cos


def checksum(headers: Mapping[str, Any]) -> str | None:
    """The checksum in an answer as ``algorithm:value``, if there is one."""
    value = headers.get("x-cos-hash-crc64ecma")
    return f"crc64ecma:{value}" if value else None


def upload_part(
    client: Any, args: dict[str, Any], index: int, data: bytes | memoryview, *, check: bool
) -> Part:
    """Send one part, with its MD5 if ``check``; COS counts from one."""
    if check and "ContentMD5" not in args:
        args = {**args, "ContentMD5": md5_of(data)}
    answer = headers_of(client.upload_part(**args, PartNumber=index + 1, Body=body_of(data)))
    return Part(index, len(data), answer["etag"], checksum(answer))


def complete(client: Any, args: dict[str, Any], parts: Sequence[Part]) -> dict[str, Any]:
    """Publish the object made of the parts, which may come in any order."""
    entries = completed(parts)
    return headers_of(client.complete_multipart_upload(**args, MultipartUpload={"Part": entries}))


def completed(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts as Complete wants them: in order.

    Raises RestrictionDissatisfied if there is none, or if numbers are missing: COS wants them
    without gaps, and some of its back ends would publish an object that lacks a part.
    """
    if not parts:
        raise RestrictionDissatisfied("an upload needs at least one part")
    ordered = sorted(parts, key=_index)
    for index, part in enumerate(ordered):
        if part.index != index:
            message = f"part {index} is missing, or part {part.index} is there twice"
            raise RestrictionDissatisfied(message, hint="COS wants parts from 0 on, without gaps")
    return [{"PartNumber": part.index + 1, "ETag": part.etag} for part in ordered]


def _index(part: Part) -> int:
    return part.index


def abort(client: Any, args: dict[str, Any]) -> None:
    """Abort an upload; one that is gone is no error."""
    try:
        client.abort_multipart_upload(**args)
    except _sdk.CosServiceError as error:
        if code_of(error) != "NoSuchUpload":
            raise


def part_of(entry: Mapping[str, Any]) -> Part:
    """A part as ListParts tells of it."""
    return Part(int(entry["PartNumber"]) - 1, int(entry["Size"]), entry["ETag"])


def all_parts(client: Any, args: dict[str, Any]) -> list[Part]:
    """Every part of an upload, in order."""
    found, marker = list[Part](), 0
    while True:
        answer = client.list_parts(**args, PartNumberMarker=marker)
        found += [part_of(entry) for entry in answer.get("Part") or ()]
        if answer.get("IsTruncated") != "true":
            return found
        marker = answer["NextPartNumberMarker"]


def tag_of(parts: Sequence[Part]) -> str | None:
    """The ETag of an object made of the parts, where a part's is the MD5 of its content."""
    try:
        digests = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    except ValueError:
        return None
    return f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"'
