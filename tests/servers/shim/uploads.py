"""Multipart uploads of vendors whose parts may be smaller than S3's.

The store checks and keeps the parts. Only where one of them is too small for it to publish them,
the same bytes are sent to it once more in parts that it takes.
"""

from __future__ import annotations

import importlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.servers.shim.backend import Answer, Backend
from tests.servers.shim.facts import Counted
from tests.servers.shim.message import Readable, Refused
from tests.servers.shim.spool import S3_MINIMUM, Joined, Kept, Slice, Spool, Upload

__all__ = ["Uploads"]

_PIECE: Final = 8 * 1024 * 1024


class Uploads:
    """The multipart uploads of one emulated vendor."""

    def __init__(self, backend: Backend, spool: Spool, minimum: int) -> None:
        self._backend, self._spool, self._minimum = backend, spool, minimum

    def begin(self, id: str, headers: dict[str, str], acl: str) -> None:
        """An upload was begun in the store."""
        self._spool.uploads[id] = Upload(headers, acl)

    def acl(self, id: str) -> str:
        """The ACL that the object shall have."""
        upload = self._spool.uploads.get(id)
        return upload.acl if upload else "default"

    def end(self, id: str) -> None:
        """The upload was aborted."""
        self._spool.forget(id)

    def write(
        self,
        bucket: str,
        key: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: Readable,
        length: int | None,
    ) -> tuple[Answer, int]:
        """Store a part, and a copy of it beside; the store's answer and the part's CRC-64."""
        params = dict(query)
        with self._spool.file() as file:
            counted = Counted(body, file.write)
            answer = self._backend.send("PUT", bucket, key, query, headers, counted, length)
        path = Path(file.name)
        if not answer.ok:
            path.unlink()
            return answer, 0
        kept = Kept(answer.etag, counted.size, counted.crc, path)
        self._spool.keep(params["uploadId"], int(params["partNumber"]), kept)
        return answer, counted.crc

    def copied(self, id: str, number: int, etag: str, size: int) -> None:
        """A part was copied inside the store."""
        self._spool.keep(id, number, Kept(etag, size, None, None))

    def complete(
        self,
        bucket: str,
        key: str,
        id: str,
        listed: Sequence[tuple[int, str]],
        headers: dict[str, str],
    ) -> tuple[Answer, int | None]:
        """Publish the object; the store's answer, and its CRC-64 if that is known."""
        upload = self._spool.uploads.get(id)
        if upload is None:
            raise Refused(404, "NoSuchUpload", "The specified upload does not exist.")
        parts = self._check(upload, listed)
        if any(part.size < S3_MINIMUM for part in parts[:-1]):
            answer = self._again(bucket, key, id, upload, parts, headers)
        else:
            answer = self._complete(bucket, key, id, listed, headers)
        if answer.ok:
            self._spool.forget(id)
        return answer, _combined(parts)

    def _check(self, upload: Upload, listed: Sequence[tuple[int, str]]) -> list[Kept]:
        numbers = [number for number, _ in listed]
        if numbers != sorted(set(numbers)):
            raise Refused(400, "InvalidPartOrder", "The parts must be in ascending order.")
        found = [upload.parts.get(number) for number in numbers]
        parts = [part for part in found if part is not None]
        if not parts or [part.etag for part in parts] != [etag for _, etag in listed]:
            raise Refused(400, "InvalidPart", "One or more of the specified parts is not there.")
        if any(part.size < self._minimum for part in parts[:-1]):
            raise Refused(400, "EntityTooSmall", "A part is smaller than the minimum.")
        return parts

    def _complete(
        self,
        bucket: str,
        key: str,
        id: str,
        listed: Sequence[tuple[int, str]],
        headers: dict[str, str],
    ) -> Answer:
        root = ET.Element("CompleteMultipartUpload")
        for number, etag in listed:
            part = ET.SubElement(root, "Part")
            ET.SubElement(part, "PartNumber").text = str(number)
            ET.SubElement(part, "ETag").text = f'"{etag}"'
        body = ET.tostring(root, encoding="UTF-8")
        return self._backend.send("POST", bucket, key, [("uploadId", id)], headers, body)

    def _again(
        self,
        bucket: str,
        key: str,
        id: str,
        upload: Upload,
        parts: Sequence[Kept],
        headers: dict[str, str],
    ) -> Answer:
        answer = self._backend.send("POST", bucket, key, [("uploads", "")], upload.headers)
        other = answer.document().findtext("UploadId", "")
        keys = {name: value for name, value in upload.headers.items() if "-customer-" in name}
        joined, left, listed = (
            Joined(parts),
            sum(part.size for part in parts),
            list[tuple[int, str]](),
        )
        while left or not listed:
            size, number = min(_PIECE, left), len(listed) + 1
            query = [("partNumber", str(number)), ("uploadId", other)]
            body = Slice(joined, size)
            sent = self._backend.send("PUT", bucket, key, query, keys, body, size)
            sent.content()
            listed.append((number, sent.etag))
            left -= size
        answer = self._complete(bucket, key, other, listed, headers)
        content = answer.content()  # on this connection, the next request must wait for it
        gone = id if answer.ok else other
        self._backend.send("DELETE", bucket, key, [("uploadId", gone)]).content()
        return _Told(answer, content)


class _Told(Answer):
    """An answer whose body was read already."""

    def __init__(self, answer: Answer, content: bytes) -> None:
        super().__init__(answer.status, answer.headers, answer.body)
        self._content = content

    def content(self) -> bytes:
        return self._content


def _combined(parts: Sequence[Kept]) -> int | None:
    """The CRC-64 of the whole, by the vendor's own arithmetic."""
    vendor: Any = importlib.import_module("oss2.crc64_combine")
    combine = vendor.mkCombineFun(0x142F0E1EBA9EA3693, 0, True, 0xFFFFFFFFFFFFFFFF)
    crcs = [(part.crc, part.size) for part in parts if part.crc is not None]
    if len(crcs) < len(parts):
        return None
    total = 0
    for crc, size in crcs:
        total = int(combine(total, crc, size))
    return total
