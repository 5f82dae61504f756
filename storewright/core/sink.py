"""What an adapter gives the writer: six calls that move bytes, and the limits they have."""

from collections.abc import Callable, Sequence
from typing import Protocol

from storewright.core.parts import Part, PartLimits, WriteResult

__all__ = ["ConfirmingSink", "Sink", "UncutSink"]


class Sink(Protocol):
    """Where one object goes. A sink is used for one object and ends with one of three calls.

    ``put``, ``complete`` or ``abort`` ends it, and only ``abort`` may follow a ``put`` or
    ``complete`` that failed. ``data`` is a flat, read-only view of bytes that is valid only during
    the call: copy what is needed later. Errors are those of the adapter; the writer maps vendor
    exceptions with its ``map_error``. No call is made in a forked child.
    """

    @property
    def limits(self) -> PartLimits:
        """What the service demands; parts keep to it."""
        ...

    @property
    def concurrent(self) -> bool:
        """Whether several threads may send parts at the same time and in any order.

        If not, parts arrive in order, one after the other, in the threads that call the writer.
        """
        ...

    def put(self, data: memoryview, /) -> WriteResult:
        """Publish the whole object at once: it appears whole or not at all."""
        ...

    def start(self) -> str:
        """Begin an upload and return its id, which must be enough to resume it."""
        ...

    def write_part(self, index: int, data: memoryview, /) -> Part:
        """Store part ``index``, counted from zero; a part sent again replaces the former one."""
        ...

    def complete(self, parts: Sequence[Part], /) -> WriteResult:
        """Publish the object made of ``parts``, in that order: whole or not at all."""
        ...

    def abort(self) -> None:
        """Leave nothing behind: neither the object nor its parts.

        Called at most once, from any thread, when no other call is under way; perhaps before
        ``start``, and perhaps after a ``complete`` whose answer was lost. It never removes an
        object that was published, nor the one that was there before.
        """
        ...

    def resume(self, upload_id: str, /) -> Sequence[Part]:
        """Take up an upload and list its parts; ``write_part`` and ``complete`` then go on."""
        ...


class ConfirmingSink(Sink, Protocol):
    """A sink that can tell what became of a ``complete`` whose answer was lost."""

    def published(self, parts: Sequence[Part], /) -> WriteResult | None:
        """The result if the object made of exactly these ``parts`` is there, else None.

        Asked after ``complete`` failed in a way that leaves its outcome open. Compare what tells
        this object from an older one at the same path (an ETag made from the parts', a version),
        not merely the size. Raise if it cannot be told.
        """
        ...


class UncutSink(Sink, Protocol):
    """A sink whose service keeps bytes in order, and not where they were cut into parts."""

    def resume_cut(self, upload_id: str, size_of: Callable[[int], int], /) -> Sequence[Part]:
        """Take up an upload whose part ``index`` was to have ``size_of(index)`` bytes.

        Called instead of :meth:`resume`. Returns the parts that are stored whole; what is stored of
        the next one is the sink's to make use of.
        """
        ...
