"""Ready sinks for adapters: over multipart calls, and for services that only have one request."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from storewright.core.errors import OperationUnsupported, RestrictionDissatisfied
from storewright.core.parts import Part, PartLimits, WriteResult

__all__ = ["BufferSink", "MultipartSink"]


@dataclass(slots=True, kw_only=True)
class MultipartSink:
    """A sink made of a service's multipart calls, each given as a function.

    The functions are those of an adapter that has Multiparter, with the object's path and options
    bound. They take the upload's id as text and may be called by several threads, unless
    ``concurrent`` is false.
    """

    limits: PartLimits
    """What the service demands of parts."""
    put: Callable[[memoryview], WriteResult]
    """Publish a whole object in one request."""
    create: Callable[[], str]
    """Begin an upload and return its id."""
    part: Callable[[str, int, memoryview], Part]
    """Store the part of an upload with an index from zero."""
    finish: Callable[[str, Sequence[Part]], WriteResult]
    """Publish the object made of the parts."""
    discard: Callable[[str], object]
    """Abort an upload; one that does not exist any more is no error."""
    list: Callable[[str], Iterable[Part]]
    """The parts of an upload, in any order."""
    confirm: Callable[[str, Sequence[Part]], WriteResult | None] | None = None
    """The result if exactly these parts were published, else None: when an answer was lost."""
    concurrent: bool = True
    upload_id: str = field(default="", init=False)
    """The upload's id once it has begun, else empty."""

    def start(self) -> str:
        """Begin an upload and return its id."""
        self.upload_id = self.create()
        return self.upload_id

    def write_part(self, index: int, data: memoryview) -> Part:
        """Store a part."""
        return self.part(self.upload_id, index, data)

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object."""
        return self.finish(self.upload_id, parts)

    def abort(self) -> None:
        """Remove the upload, if it has begun."""
        if self.upload_id:
            self.discard(self.upload_id)

    def resume(self, upload_id: str) -> Sequence[Part]:
        """Take up an upload and list its parts."""
        parts = sorted(self.list(upload_id), key=lambda part: part.index)
        self.upload_id = upload_id
        return parts

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        """Whether ``complete`` has published although its answer was lost.

        Raises OperationUnsupported where the adapter cannot tell.
        """
        if self.confirm is None:
            raise OperationUnsupported("published", "this sink")
        return self.confirm(self.upload_id, parts)


@dataclass(slots=True, kw_only=True)
class BufferSink:
    """A sink that keeps everything in memory until one request publishes it.

    For services without multipart uploads. Memory is the whole object, so ``limits`` must name a
    ``put_maximum`` (or ``size_maximum``) that is bearable; more is refused before it is kept.
    """

    publish: Callable[[memoryview], WriteResult]
    """Publish the whole object in one request."""
    limits: PartLimits
    concurrent: bool = field(default=False, init=False)
    _data: bytearray = field(default_factory=bytearray, init=False, repr=False)

    def put(self, data: memoryview) -> WriteResult:
        """Publish the object at once."""
        return self.publish(data)

    def start(self) -> str:
        """Begin; there is nothing to resume later."""
        return ""

    def write_part(self, index: int, data: memoryview) -> Part:
        """Keep a part. Raises RestrictionDissatisfied when the object becomes too large."""
        most = self.limits.put_maximum
        if most is not None and len(self._data) + len(data) > most:
            message = f"object exceeds the {most} bytes that the service takes in one request"
            raise RestrictionDissatisfied(message)
        self._data += data
        return Part(index, len(data))

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object."""
        with memoryview(self._data) as view, view.toreadonly() as data:
            return self.publish(data)

    def abort(self) -> None:
        """Forget everything."""
        self._data = bytearray()

    def resume(self, upload_id: str) -> Sequence[Part]:
        """Raise OperationUnsupported: nothing outlives the process."""
        raise OperationUnsupported("resume", "this sink")
