"""Where the writer's bytes go: one request for a small object, an upload of parts for a large."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from storewright.core.bodies import MemoryBody
from storewright.core.deadline import Deadline, within
from storewright.core.errors import Unexpected
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.services.oss import checksums, uploads
from storewright.services.oss.errors import code_of
from storewright.services.oss.sdk import Bucket, errors

if TYPE_CHECKING:
    from storewright.core.digests import Md5Check
    from storewright.generated.objects import Limits

__all__ = ["Arguments", "OssSink", "part_limits", "put"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user's options say in each of the calls that an upload makes: headers."""

    put: dict[str, str]
    init: dict[str, str]
    upload: dict[str, str]
    complete: dict[str, str]
    abort: dict[str, str]
    list: dict[str, str]
    head: dict[str, str]


def put(bucket: Bucket, key: str, data: memoryview, headers: Mapping[str, str]) -> WriteResult:
    """Send a whole object in one request, and compare checksums."""
    expected = checksums.crc(data)
    answer = bucket.put_object(key, MemoryBody(data), headers)
    return _result(answer.headers, data.nbytes, checksums.check(answer.headers, expected, "write"))


@final
class OssSink:
    """Puts one object, whole or in parts. See storewright.core.sink.ConfirmingSink."""

    concurrent = True

    def __init__(
        self,
        bucket: Callable[[], Bucket],
        key: str,
        limits: PartLimits,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> None:
        """``check`` knows what the whole content must be; it is asked before an upload is done."""
        self.limits = limits
        self._bucket, self._key, self._arguments = bucket, key, arguments
        self._deadline = None if timeout is None else Deadline(timeout)
        self._check = check
        self._upload_id = ""

    def put(self, data: memoryview) -> WriteResult:
        """Send the object in one request."""
        with within(self._deadline):
            return put(self._bucket(), self._key, data, self._arguments.put)

    def start(self) -> str:
        """Begin an upload."""
        with within(self._deadline):
            answer = self._bucket().init_multipart_upload(self._key, self._arguments.init)
        self._upload_id = str(answer.upload_id)
        return self._upload_id

    def write_part(self, index: int, data: memoryview) -> Part:
        """Send one part."""
        headers, id = self._arguments.upload, self._upload_id  # noqa: A001
        with within(self._deadline):
            return uploads.upload_part(self._bucket(), self._key, id, index, data, headers)

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object."""
        if self._check is not None:
            self._check.finish()
        with within(self._deadline):
            headers, checksum = uploads.complete(
                self._bucket(), self._key, self._upload_id, parts, self._arguments.complete
            )
        return _result(headers, _size(parts), checksum)

    def abort(self) -> None:
        """Drop the upload, if one was begun and is still there."""
        if self._upload_id:
            uploads.abort(self._bucket(), self._key, self._upload_id, self._arguments.abort)

    def resume(self, upload_id: str) -> Sequence[Part]:
        """Take up an upload; raises the vendor's error if it is gone."""
        self._upload_id = upload_id
        return uploads.all_parts(self._bucket(), self._key, upload_id, self._arguments.list)

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        """The result if the object there is made of these parts: its checksum is made of theirs."""
        try:
            answer = self._bucket().head_object(self._key, self._arguments.head, {})
        except errors.OssError as error:
            if code_of(error) in ("404", "NoSuchKey"):
                return None
            raise
        size = int(answer.headers["content-length"])
        told, expected = answer.headers.get(checksums.HEADER), checksums.of_parts(parts)
        if size != _size(parts):
            return None
        if told is None or expected is None:
            raise Unexpected("an object like it is there, but nothing tells if it is new")
        if int(told) != expected:
            return None
        return _result(answer.headers, size, checksums.text_of(expected))


def part_limits(limits: Limits) -> PartLimits:
    """The limits as the writer plans with them."""
    return PartLimits(
        part_minimum=limits.multipart_size_minimum or 0,
        part_maximum=limits.multipart_size_maximum,
        parts_maximum=limits.multipart_number_maximum,
        size_maximum=limits.multipart_total_size_maximum,
        equal_parts=bool(limits.equal_parts),
        put_maximum=limits.write_size_maximum,
    )


def _result(headers: Mapping[str, str], size: int, checksum: str | None) -> WriteResult:
    return WriteResult(size, headers.get("etag"), headers.get("x-oss-version-id"), checksum)


def _size(parts: Sequence[Part]) -> int:
    return sum(part.size for part in parts)
