"""How the writer puts objects into memory."""

from collections.abc import Callable, Sequence

from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.services.memory.entries import Attributes, Entry
from storewright.services.memory.space import Space, find_upload
from storewright.services.memory.uploads import Multipart

__all__ = ["MemorySink"]


class MemorySink:
    """A sink whose parts may come in any order and from several threads at once."""

    concurrent = True

    def __init__(
        self,
        space: Space,
        key: str,
        path: str,
        attributes: Attributes,
        limits: PartLimits,
        publish: Callable[[Entry], None],
    ) -> None:
        self.limits = limits
        self._space, self._key, self._path = space, key, path
        self._attributes, self._publish = attributes, publish
        self._upload: Multipart | None = None

    def put(self, data: memoryview) -> WriteResult:
        """Publish the whole object."""
        return self._published(Entry(bytes(data), self._attributes))

    def start(self) -> str:
        """Begin an upload."""
        self._upload = self._space.begin(Multipart(self._key, self._attributes))
        return self._upload.id

    def write_part(self, index: int, data: memoryview) -> Part:
        """Keep a part."""
        return self._open().put(index, bytes(data))

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object made of the parts."""
        upload = self._open()
        entry = Entry(upload.join(parts), upload.attributes, upload=upload.id)
        result = self._published(entry, parts)
        self._space.multiparts.pop(upload.id, None)
        return result

    def abort(self) -> None:
        """Forget the parts."""
        if self._upload is not None:
            self._space.multiparts.pop(self._upload.id, None)

    def resume(self, upload_id: str) -> Sequence[Part]:
        """Go on with an upload that is still there."""
        self._upload = find_upload(self._space.multiparts, self._key, upload_id)
        return self._upload.parts

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        """Tell whether the object under the key was made by this very upload."""
        entry = self._space.objects.get(self._key)
        if entry is None or self._upload is None or entry.upload != self._upload.id:
            return None
        return self._result(entry, parts)

    def _open(self) -> Multipart:
        if self._upload is None:
            raise RuntimeError("no upload was started")
        return find_upload(self._space.multiparts, self._key, self._upload.id)

    def _published(self, entry: Entry, parts: Sequence[Part] = ()) -> WriteResult:
        self._publish(entry)
        return self._result(entry, parts)

    def _result(self, entry: Entry, parts: Sequence[Part]) -> WriteResult:
        size = len(entry.content)
        return WriteResult(size, entry.etag, parts=tuple(parts), path=self._path)
