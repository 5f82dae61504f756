"""Where the writer's bytes go: one request for a small object, an upload of parts for a large."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from botocore.exceptions import ClientError

from storewright.core.bodies import MemoryBody
from storewright.core.deadline import Deadline, within
from storewright.core.errors import Unexpected
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.services.s3 import uploads
from storewright.services.s3.confirming import put_object
from storewright.services.s3.errors import code_of, exclusive
from storewright.services.s3.parts import PartSender

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from storewright.core.digests import Md5Check
    from storewright.generated.objects import Limits

__all__ = ["Arguments", "S3Sink", "part_limits"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user's options say in each of the calls that an upload makes."""

    put: dict[str, Any]
    create: dict[str, Any]
    upload: dict[str, Any]
    complete: dict[str, Any]
    abort: dict[str, Any]
    list: dict[str, Any]
    head: dict[str, Any]


@final
class S3Sink:
    """Puts one object, whole or in parts. See storewright.core.sink.ConfirmingSink."""

    concurrent = True

    def __init__(
        self,
        client: Callable[[], S3Client],
        where: dict[str, Any],
        limits: PartLimits,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> None:
        """``check`` knows what the whole content must be; it is asked before an upload is done."""
        self.limits = limits
        self._client, self._where = client, where
        self._arguments = arguments
        self._deadline = None if timeout is None else Deadline(timeout)
        self._check = check
        self._upload_id = ""
        self._parts = PartSender()
        self._demanded: Mapping[str, Any] = arguments.create
        """The encryption that the store has yet to confirm."""

    def put(self, data: memoryview) -> WriteResult:
        """Send the object in one request."""
        args: dict[str, Any] = {**self._where, **self._arguments.put, "Body": MemoryBody(data)}
        with within(self._deadline), exclusive(args):
            answer = put_object(self._client(), args)
        return _result(answer, data.nbytes)

    def start(self) -> str:
        """Begin an upload."""
        args = {**self._where, **self._arguments.create}
        with within(self._deadline):
            self._upload_id, self._demanded = uploads.begin(self._client(), args)
        return self._upload_id

    def write_part(self, index: int, data: memoryview) -> Part:
        """Send one part."""
        args = {**self._upload, **self._arguments.upload}
        with within(self._deadline):
            return self._parts.send(self._client(), args, index, data, self._demanded)

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object."""
        if self._check is not None:
            self._check.finish()
        args = {**self._upload, **self._arguments.complete}
        try:
            with within(self._deadline):
                answer = uploads.complete(self._client(), args, parts)
        except ClientError as error:
            result = self.published(parts) if _was_repeated(error) else None
            if result is None:
                raise
            return result
        return _result(answer, _size(parts))

    def abort(self) -> None:
        """Drop the upload, if one was begun and is still there."""
        if self._upload_id:
            uploads.abort(self._client(), {**self._upload, **self._arguments.abort})

    def resume(self, upload_id: str) -> Sequence[Part]:
        """Take up an upload; raises the vendor's error if it is gone."""
        self._upload_id = upload_id
        return uploads.all_parts(self._client(), {**self._upload, **self._arguments.list})

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        """The result if the object there is made of these parts; its ETag is made of theirs."""
        try:
            answer = self._client().head_object(**{**self._where, **self._arguments.head})
        except ClientError as error:
            if code_of(error) in ("404", "NoSuchKey"):
                return None
            raise
        etag, size = answer["ETag"], answer["ContentLength"]
        if etag == uploads.tag_of(parts):
            return _result(answer, size)
        if size == _size(parts) and etag.strip('"').endswith(f"-{len(parts)}"):
            raise Unexpected("an object like it is there, but its ETag does not tell if it is new")
        return None

    @property
    def _upload(self) -> dict[str, Any]:
        return {**self._where, "UploadId": self._upload_id}


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


def _result(answer: Mapping[str, Any], size: int) -> WriteResult:
    return WriteResult(size, answer.get("ETag"), answer.get("VersionId"), uploads.checksum(answer))


def _size(parts: Sequence[Part]) -> int:
    return sum(part.size for part in parts)


def _was_repeated(error: ClientError) -> bool:
    """Whether an earlier attempt may have succeeded, so that this one found no upload."""
    attempts = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
    return code_of(error) == "NoSuchUpload" and attempts > 0
