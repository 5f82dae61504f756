"""Where the writer's bytes go: one request for a small object, a resumable upload for a large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

from storewright.core.deadline import Deadline
from storewright.core.errors import IntegrityFailed
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.services.gcs import inserting
from storewright.services.gcs.checksums import Crc32c
from storewright.services.gcs.errors import exclusive
from storewright.services.gcs.place import Place
from storewright.services.gcs.resources import result_of
from storewright.services.gcs.session import Session, begin

if TYPE_CHECKING:
    from storewright.core.digests import Md5Check
    from storewright.generated.objects import Limits
    from storewright.services.gcs.calls import Calls

__all__ = ["Arguments", "GcsSink", "part_limits"]

_GRAIN: Final = 256 * 1024
"""Chunks but the last are multiples of this."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user's options say in each of the calls that an upload makes."""

    insert: dict[str, Any]
    chunk: dict[str, Any]
    condition: Callable[[Calls], dict[str, Any]]
    """What if_match comes to, once the upload begins."""


@final
class GcsSink:
    """Puts one object, whole or in chunks. See storewright.core.sink.ConfirmingSink.

    A resumable upload takes bytes in order, in multiples of 256 KiB; the rest of each part is kept
    back for the next, and the last bytes go with the request that publishes.
    """

    concurrent = False

    def __init__(
        self,
        place: Place,
        key: str,
        limits: PartLimits,
        arguments: Arguments,
        timeout: float | None,
        check: Md5Check | None = None,
    ) -> None:
        """``check`` knows what the whole content must be; it is asked before an upload is done."""
        self.limits = limits
        self._place, self._key, self._arguments = place, key, arguments
        self._deadline = None if timeout is None else Deadline(timeout)
        self._check = check
        self._session: Session | None = None
        self._checksum: Crc32c | None = Crc32c()
        self._kept = b""
        self._skip = 0

    def put(self, data: memoryview) -> WriteResult:
        """Send the object in one request."""
        calls = self._calls()
        args = self._arguments.insert | self._arguments.condition(calls)
        found = inserting.insert(calls, self._place, self._key, args, data)
        return result_of(found, data.nbytes)

    def start(self) -> str:
        """Begin an upload; its id is the address of its session."""
        calls = self._calls()
        args = self._arguments.insert | self._arguments.condition(calls)
        url = begin(calls, self._place, self._key, args)
        self._session = self._resumed(url)
        return url

    def write_part(self, index: int, data: memoryview) -> Part:
        """Send one part, and keep back what is no multiple of 256 KiB."""
        size, session = data.nbytes, self._begun()
        if self._checksum is not None:
            self._checksum.update(data)
        skipped = min(self._skip, size)
        self._skip -= skipped
        data = data[skipped:]
        ready = (len(self._kept) + data.nbytes - 1) // _GRAIN * _GRAIN
        if ready > 0:
            cut = ready - len(self._kept)
            session.send(self._kept, data[:cut])
            self._kept, data = b"", data[cut:]
        self._kept += bytes(data)
        return Part(index, size)

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object, with the last bytes."""
        if self._check is not None:
            self._check.finish()
        if self._skip:
            raise IntegrityFailed(f"the service has {self._skip} bytes more than there are")
        session = self._begun()
        with exclusive(self._arguments.insert):
            found = session.finish(self._kept, self._checksum)
        inserting.check_answer(found, self._checksum, session.sent)
        return result_of(found, session.sent)

    def abort(self) -> None:
        """Drop the upload, if one was begun and is still there."""
        if self._session is not None:
            self._session.drop(self._place.calls())

    def resume(self, upload_id: str) -> Sequence[Part]:
        """What is stored, as one part; the writer asks :meth:`resume_cut` instead."""
        return self.resume_cut(upload_id, None)

    def resume_cut(self, upload_id: str, size_of: Callable[[int], int] | None) -> Sequence[Part]:
        """Take up an upload whose parts were to have the sizes that ``size_of`` tells.

        The service knows how many bytes it has, not where they were cut. Those of a part that did
        not come whole are not sent again. Raises the vendor's error if the upload is gone.
        """
        self._session = session = self._resumed(upload_id)
        session.ask()
        parts, left = list[Part](), session.sent
        if size_of is None:
            return [Part(0, left)]
        while left >= (size := size_of(len(parts))):
            parts.append(Part(len(parts), size))
            left -= size
        self._skip = left
        self._checksum = None  # of the whole: nobody has the bytes that are stored
        return parts

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        """What the session says: it knows whether its object was published, and which it is."""
        session = self._begun()
        found = session.ask()
        return None if found is None else result_of(found, session.sent)

    def _calls(self) -> Calls:
        return self._place.calls(self._deadline)

    def _resumed(self, url: str) -> Session:
        return Session(self._calls(), url, self._arguments.chunk)

    def _begun(self) -> Session:
        if self._session is None:
            raise RuntimeError("no upload was started")
        return self._session


def part_limits(limits: Limits) -> PartLimits:
    """The limits as the writer plans with them: a resumable upload has none of parts."""
    return PartLimits(
        part_minimum=_GRAIN,
        size_maximum=limits.multipart_total_size_maximum,
        put_maximum=limits.write_size_maximum,
    )
