"""Multipart uploads: what each of their calls wants and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storewright.core.bodies import MemoryBody
from storewright.core.errors import IntegrityFailed, RestrictionDissatisfied
from storewright.core.parts import Part
from storewright.services.oss import checksums, sdk
from storewright.services.oss.errors import code_of
from storewright.services.oss.sdk import Bucket, errors

__all__ = ["abort", "all_parts", "complete", "completed", "part_of", "upload_part"]


def upload_part(
    bucket: Bucket,
    key: str,
    id: str,
    index: int,
    data: bytes | memoryview,
    headers: Mapping[str, str],
) -> Part:
    """Send one part, and compare checksums; OSS counts from one."""
    view = memoryview(data)
    expected = checksums.crc(view)
    answer = bucket.upload_part(key, id, index + 1, MemoryBody(view), headers=headers)
    checksums.check(answer.headers, expected, f"part {index}")
    return Part(index, view.nbytes, answer.headers["etag"], checksums.text_of(expected))


def complete(
    bucket: Bucket, key: str, id: str, parts: Sequence[Part], headers: Mapping[str, str]
) -> tuple[Mapping[str, str], str | None]:
    """Publish the object made of the parts, in any order; its headers, and its checksum."""
    ordered = completed(parts)
    expected = checksums.of_parts(ordered)
    wanted = [sdk.part(part.index + 1, part.etag.strip('"')) for part in ordered]
    answer = bucket.complete_multipart_upload(key, id, wanted, headers)
    answer.resp.read()
    try:
        return answer.headers, checksums.check(answer.headers, expected, "complete")
    except IntegrityFailed as error:
        error.hint = "the object is there, but it is not what was sent: delete it"
        raise


def completed(parts: Sequence[Part]) -> list[Part]:
    """The parts in order, as Complete wants them."""
    if not parts:
        raise RestrictionDissatisfied("an upload needs at least one part")
    return sorted(parts, key=_index)


def _index(part: Part) -> int:
    return part.index


def abort(bucket: Bucket, key: str, id: str, headers: Mapping[str, str]) -> None:
    """Abort an upload; one that is gone is no error."""
    try:
        bucket.abort_multipart_upload(key, id, headers)
    except errors.OssError as error:
        if code_of(error) != "NoSuchUpload":
            raise


def part_of(entry: Any) -> Part:
    """A part as list_parts tells of it."""
    return Part(entry.part_number - 1, entry.size, f'"{entry.etag}"')


def all_parts(bucket: Bucket, key: str, id: str, headers: Mapping[str, str]) -> list[Part]:
    """Every part of an upload, in order."""
    found: list[Part] = []
    marker = ""
    while True:
        answer = bucket.list_parts(key, id, marker=marker, max_parts=1000, headers=headers)
        found += map(part_of, answer.parts)
        if not answer.is_truncated:
            return found
        marker = answer.next_marker
