"""Multipart uploads: what each of their calls wants and answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from storewright.core.bodies import MemoryBody
from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Part
from storewright.services.s3.confirming import check_part, unconfirmed
from storewright.services.s3.errors import code_of, exclusive

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

__all__ = [
    "CHECKSUMS",
    "abort",
    "all_parts",
    "begin",
    "checksum",
    "complete",
    "completed",
    "part_of",
    "stored",
    "tag_of",
    "upload_part",
]

CHECKSUMS: Final = ("CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256", "SHA512", "MD5")
"""As boto3 writes them."""


def checksum(answer: Mapping[str, Any]) -> str | None:
    """The checksum in an answer as ``algorithm:base64``, if there is one."""
    for name in CHECKSUMS:
        value = answer.get(f"Checksum{name}")
        if value:
            return f"{name.lower()}:{value}"
    return None


def begin(client: S3Client, args: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Begin an upload: its id, and the encryption that the store has yet to confirm."""
    answer = client.create_multipart_upload(**args)
    return answer["UploadId"], unconfirmed(args, answer)


def upload_part(
    client: S3Client,
    args: dict[str, Any],
    index: int,
    data: bytes | memoryview,
    demanded: Mapping[str, Any] | None = None,
) -> Part:
    """Send one part; S3 counts from one.

    Raises PairUnsupported unless the answer confirms the encryption ``demanded``, or else that of
    the part itself.
    """
    body: Any = MemoryBody(data)
    answer = client.upload_part(**args, PartNumber=index + 1, Body=body)
    return stored(index, len(data), answer, args if demanded is None else demanded)


def stored(index: int, size: int, answer: Mapping[str, Any], demanded: Mapping[str, Any]) -> Part:
    """The part that was sent. Raises PairUnsupported as `upload_part` does."""
    if size:
        check_part(demanded, answer)
    return Part(index, size, answer["ETag"], checksum(answer))


def complete(client: S3Client, args: dict[str, Any], parts: Sequence[Part]) -> Mapping[str, Any]:
    """Publish the object made of the parts, which may come in any order."""
    with exclusive(args):
        return client.complete_multipart_upload(**args, MultipartUpload={"Parts": completed(parts)})


def completed(parts: Sequence[Part]) -> list[Any]:
    """The parts as Complete wants them: in order, with the checksums they were stored with."""
    if not parts:
        raise RestrictionDissatisfied("an upload needs at least one part")
    return [_completed(part) for part in sorted(parts, key=_index)]


def _index(part: Part) -> int:
    return part.index


def _completed(part: Part) -> Any:
    entry: dict[str, Any] = {"PartNumber": part.index + 1, "ETag": part.etag}
    if part.checksum:
        algorithm, _, value = part.checksum.partition(":")
        entry[f"Checksum{algorithm.upper()}"] = value
    return entry


def abort(client: S3Client, args: dict[str, Any]) -> None:
    """Abort an upload; one that is gone is no error."""
    try:
        client.abort_multipart_upload(**args)
    except ClientError as error:
        if code_of(error) != "NoSuchUpload":
            raise


def part_of(entry: Mapping[str, Any]) -> Part:
    """A part as ListParts tells of it."""
    return Part(entry["PartNumber"] - 1, entry["Size"], entry["ETag"], checksum(entry))


def all_parts(client: S3Client, args: dict[str, Any]) -> list[Part]:
    """Every part of an upload, in order."""
    pages = client.get_paginator("list_parts").paginate(**args)
    return [part_of(entry) for page in pages for entry in page.get("Parts", ())]


def tag_of(parts: Sequence[Part]) -> str | None:
    """The ETag of an object made of the parts, where a part's is the MD5 of its content."""
    try:
        digests = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    except ValueError:
        return None
    return f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"'
