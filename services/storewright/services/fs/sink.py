"""How the writer puts files on the disk."""

from collections.abc import Sequence
from typing import Any, final

from storewright.core.deadline import Deadline
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.services.fs.draft import Draft
from storewright.services.fs.multipart import Multipart

__all__ = ["FileSink"]


@final
class FileSink:
    """A sink whose parts arrive in order, each at the end of one file, which is then renamed."""

    concurrent = False

    def __init__(
        self,
        target: str,
        path: str,
        values: dict[str, Any],
        limits: PartLimits,
        *,
        exclusive: bool,
        sync: bool,
        timeout: float | None,
    ) -> None:
        self.limits = limits
        self._target, self._path, self._values = target, path, values
        self._exclusive, self._sync = exclusive, sync
        self._deadline = Deadline.after(timeout)
        self._upload: Multipart | None = None

    def put(self, data: memoryview) -> WriteResult:
        """Publish the whole file."""
        with Draft(self._target, self._values, sync=self._sync) as draft:
            draft.write(data)
            draft.publish(exclusive=self._exclusive)
        return WriteResult(len(data), path=self._path)

    def start(self) -> str:
        """Begin an upload, beside the file that it will become."""
        self._upload = Multipart.begin(self._target, self._values)
        return self._upload.id

    def write_part(self, index: int, data: memoryview) -> Part:
        """Store a part."""
        return self._begun().put(index, [data], len(data), sync=self._sync, deadline=self._deadline)

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the file made of the parts."""
        size = self._begun().complete(
            parts, exclusive=self._exclusive, sync=self._sync, deadline=self._deadline
        )
        return WriteResult(size, parts=tuple(parts), path=self._path)

    def abort(self) -> None:
        """Remove the upload."""
        if self._upload is not None:
            self._upload.remove()

    def resume(self, upload_id: str) -> Sequence[Part]:
        """Go on with an upload."""
        self._upload = Multipart.find(self._target, upload_id)
        return self._upload.take_up()

    def _begun(self) -> Multipart:
        if self._upload is None:
            raise RuntimeError("no upload was started")
        return self._upload
