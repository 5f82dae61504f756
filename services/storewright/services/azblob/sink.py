"""Where the writer's bytes go: one request for a small object, blocks for a large one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from azure.core.exceptions import HttpResponseError

from storewright.core.deadline import Deadline, within
from storewright.core.errors import ObjectNotExist
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.services.azblob import blocks, sending
from storewright.services.azblob.calls import headers_of
from storewright.services.azblob.errors import exclusive

if TYPE_CHECKING:
    from storewright.core.digests import Md5Check
    from storewright.generated.objects import Limits
    from storewright.services.azblob.place import Blob

__all__ = ["Arguments", "AzblobSink", "part_limits"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user's options say in each of the calls that an upload makes."""

    put: dict[str, Any]
    block: dict[str, Any]
    commit: dict[str, Any]
    head: dict[str, Any]


@final
class AzblobSink:
    """Puts one object, whole or in blocks. See storewright.core.sink.ConfirmingSink."""

    concurrent = True

    def __init__(
        self,
        blob: Blob,
        limits: PartLimits,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> None:
        """``check`` knows what the whole content must be; it is asked before an upload is done."""
        self.limits = limits
        self._blob, self._arguments = blob, arguments
        self._deadline = None if timeout is None else Deadline(timeout)
        self._check = check
        self._upload = ""

    def put(self, data: memoryview) -> WriteResult:
        """Send the object in one request."""
        with within(self._deadline):
            return sending.put(self._blob, bytes(data), self._arguments.put)

    def start(self) -> str:
        """Begin an upload: nobody needs to be told."""
        self._upload = blocks.new_upload()
        return self._upload

    def write_part(self, index: int, data: memoryview) -> Part:
        """Send one block."""
        with within(self._deadline):
            name = blocks.block_id(self._upload, index)
            sending.stage(self._blob, name, data, self._arguments.block)
        return Part(index, data.nbytes)

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object."""
        if self._check is not None:
            self._check.finish()
        args = self._arguments.commit
        with within(self._deadline), exclusive(args):
            try:
                answer = sending.commit(self._blob, self._ids(parts), args)
            except HttpResponseError as error:
                # The SDK may have asked before, and not have got the answer.
                result = self.published(parts) if error.status_code in (400, 409, 412) else None
                if result is None:
                    raise
                return result
        return WriteResult(_size(parts), answer.get("etag"), answer.get("version_id"))

    def abort(self) -> None:
        """Leave the blocks to the service, which throws them away; see storewright.….blocks.

        Nothing else could be done about them without publishing something.
        """

    def resume(self, upload_id: str) -> Sequence[Part]:
        """Take up an upload; raises ObjectNotExist if nothing is left of it."""
        self._upload = upload_id
        parts = list(blocks.parts_of(upload_id, self._blob))
        if not parts:
            message = "no block of the upload is left"
            hint = "it was completed, or another object was written, or it is a week old"
            raise ObjectNotExist(message, hint=hint)
        return parts

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        """The result if the object there is made of this upload's blocks, which have its name."""
        if [str(block.id) for block in blocks.committed(self._blob)] != self._ids(parts):
            return None
        head = self._blob.says(self._arguments.head)
        answer: Any = self._blob.client.get_blob_properties(cls=headers_of, raw_request_hook=head)
        return WriteResult(_size(parts), answer.get("etag"), answer.get("x-ms-version-id"))

    def _ids(self, parts: Sequence[Part]) -> list[str]:
        return [blocks.block_id(self._upload, part.index) for part in parts]


def part_limits(limits: Limits) -> PartLimits:
    """The limits as the writer plans with them."""
    return PartLimits(
        part_maximum=limits.multipart_size_maximum,
        parts_maximum=limits.multipart_number_maximum,
        size_maximum=limits.multipart_total_size_maximum,
        put_maximum=limits.write_size_maximum,
    )


def _size(parts: Sequence[Part]) -> int:
    return sum(part.size for part in parts)
