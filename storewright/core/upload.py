"""The transfer of one object of any length: buffers, parts, and its single outcome.

Data is copied once, into a part-sized buffer, or not at all where that is safe. Buffers are reused;
there are never more than parts under way plus one. This is the engine of the writer, which adds
the manners of a file.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast, final

from storewright.core.buffers import Buffer
from storewright.core.crew import Crew, in_background
from storewright.core.deadline import Deadline
from storewright.core.errors import IntegrityFailed, WriterAborted
from storewright.core.parts import Part, WriteResult
from storewright.core.plan import Plan
from storewright.core.publish import MapError, Publisher
from storewright.core.resume import Resume
from storewright.core.sink import Sink, UncutSink

__all__ = ["Progress", "Upload", "aborting", "finish_aborts"]

Progress = Callable[[int], object]
"""Called with the bytes of each part once it is stored: a difference, not the total."""

_log = logging.getLogger("storewright")
_discarding: Final[set["Upload"]] = set()


def aborting() -> bool:
    """Whether aborts go on in the background."""
    return any(not upload.foreign for upload in list(_discarding))


def finish_aborts(patience: float | None = None) -> None:
    """Wait for aborts that go on in the background; for the end of the process."""
    deadline = Deadline(patience)
    for upload in list(_discarding):
        if not upload.foreign:
            upload.await_abort(deadline.remaining())


@final
class Upload:
    """One object on its way. ``write`` and ``commit`` belong to one thread at a time.

    ``abort`` may come from anywhere at any time. Nothing
    is done in a forked child: the upload belongs to the process that opened it.
    """

    def __init__(
        self,
        sink: Sink,
        plan: Plan,
        *,
        service: str = "",
        path: str = "",
        deadline: Deadline | None = None,
        progress: Progress | None = None,
        map_error: MapError | None = None,
        resume: Resume | None = None,
    ) -> None:
        self.service, self.path = service, path
        self.suspended = False
        self._sink, self._plan = sink, plan
        self._publisher = Publisher(sink, service, path, map_error)
        self._progress = progress
        self._pid = os.getpid()
        self._crew = Crew(deadline or Deadline(), ("write", service, path))
        self._reporting = threading.Lock()
        self._aborted = threading.Event()
        self._upload_id = ""
        self._begun = False
        self._parts: dict[int, Part] = {}
        self._stored: dict[int, Part] = {}
        self._borrowed: set[int] = set()
        self._spare: list[Buffer] = []
        self._inline = plan.concurrency(plan.size(0)) == 1
        self._turn_to(0)
        self._buffer = Buffer(self._size)
        self.taken = 0
        self.resumed: list[Part] = []
        if resume is not None and resume.upload_id:
            self._take_up(resume)

    # ------------------------------------------------------------------------------------ state

    @property
    def result(self) -> WriteResult | None:
        """What was published; None before."""
        return self._publisher.result

    @property
    def over(self) -> bool:
        """Whether the outcome is decided: published, aborted or suspended."""
        return self._crew.stopped

    @property
    def foreign(self) -> bool:
        """Whether this is a forked child of the process that owns the upload."""
        return self._pid != os.getpid()

    @property
    def failed(self) -> bool:
        """Whether something went wrong, so that nothing can be published."""
        return self._crew.trouble is not None and self.result is None

    def check(self) -> None:
        """Raise what went wrong, if anything."""
        self._crew.check()

    def fail(self, error: BaseException) -> None:
        """Make sure that nothing is published: ``error`` left a gap in the data.

        In a forked child nothing is, and whoever had the crew's lock may be gone.
        """
        if self.foreign:
            return
        if not isinstance(error, Exception):
            broken = WriterAborted("interrupted in the middle of a write")
            broken.__cause__ = error
            error = broken.at("write", self.service, self.path)
        self._crew.fail(error)

    def state(self) -> Resume:
        """What is stored so far, and how to go on with it."""
        return Resume(
            self.service, self.path, self._upload_id, self._plan.save(), dict(self._parts)
        )

    @property
    def part_size(self) -> int:
        """Bytes of the part that is being filled."""
        return self._size

    def disown(self) -> None:
        """Refuse everything, in a forked child whose locks may never be released."""
        self._crew.trouble = WriterAborted(
            self._foreign_message(), op="write", service=self.service, path=self.path
        )

    def _foreign_message(self) -> str:
        return f"the writer belongs to process {self._pid}, which opened it"

    def own(self, op: str) -> None:
        """Raise WriterAborted in a forked child."""
        if self.foreign:
            raise WriterAborted(
                self._foreign_message(), op=op, service=self.service, path=self.path
            )

    # ------------------------------------------------------------------------------------ writing

    def write(self, data: bytes | memoryview, *, owned: bool = False) -> None:
        """Take ``data``, and send the parts that are full.

        ``owned`` data is immutable and may be used after the call; anything else is copied, or
        sent before the call returns. Raises the failure of an earlier part. Whatever it raises has
        left a gap: the caller must :meth:`fail`.
        """
        crew = self._crew
        if crew.trouble is not None or crew.timed:
            crew.check()
        total = self.taken + len(data)
        if total > self._plan.admitted:
            self._plan.admit(total)
        if self._buffer.used + len(data) < self._size:
            self._buffer.append(data)
        else:
            self._fill(memoryview(data), owned)
        self.taken = total

    def _fill(self, data: memoryview, owned: bool) -> None:
        """Cut ``data`` into parts; what is left over stays in the buffer."""
        try:
            while data:
                room = self._size - self._buffer.used
                # An object that fits into one part is sent at once by commit: it is kept whole.
                if len(data) < room or (len(data) == room and not self._begun):
                    self._buffer.append(data)
                    break
                self._send_next(data[:room], len(data), owned)
                data = data[room:]
        finally:
            if self._borrowed:
                self._crew.settle(self._returned)

    def _send_next(self, piece: memoryview, left: int, owned: bool) -> None:
        """Send the next part, which ends with ``piece``; ``left`` bytes are at hand with it."""
        if self._buffer.used or not self._may_lend(len(piece), left, owned):
            self._buffer.append(piece)
            self._send_buffer()
            return
        if not owned and not self._inline:
            self._borrowed.add(self._index)
        self._send(piece, None)
        if self._buffer.size < self._size:
            self._buffer = self._fresh()

    def _may_lend(self, size: int, left: int, owned: bool) -> bool:
        """Whether to send from the caller's memory.

        This thread always may; otherwise the last parts are copied, to be under way after the call.
        """
        return self._inline or (owned and left == size) or left > (self._limit + 1) * size

    def _returned(self) -> bool:
        """Whether no thread looks at the caller's memory any more."""
        return not self._borrowed or (self._crew.trouble is not None and not self._crew.under_way)

    def _send_buffer(self) -> None:
        self._send(self._buffer.view(), self._buffer)
        self._buffer = self._fresh()

    def _fresh(self) -> Buffer:
        while self._spare:
            if (buffer := self._spare.pop()).size >= self._size:
                return buffer
        return Buffer(self._size)

    def _send(self, data: memoryview, buffer: Buffer | None) -> None:
        """Send one part; waits while as many as allowed are under way."""
        index = self._index
        self._begin()
        self._turn_to(index + 1)
        if (stored := self._stored.get(index)) is not None and stored.size == len(data):
            self._parts[index] = stored
            self._release(index, data, buffer)
        elif self._inline:
            self._crew.call(self._transfer, index, data, buffer)
        else:
            self._crew.submit(partial(self._transfer, index, data, buffer), self._limit)

    def _turn_to(self, index: int) -> None:
        self._index = index
        self._size = self._plan.size(index)
        self._limit = self._plan.concurrency(self._size)
        if self._spare:
            self._spare = [buffer for buffer in self._spare if buffer.size >= self._size]

    def _begin(self) -> None:
        self.own("write")
        if not self._begun:
            self._upload_id = self._crew.call(self._publisher.ask, self._sink.start)
            self._begun = True

    def _transfer(self, index: int, data: memoryview, buffer: Buffer | None) -> None:
        """Send one part, in whatever thread this is."""
        size = len(data)
        try:
            part = self._publisher.ask(self._sink.write_part, index, data)
        finally:
            self._release(index, data, buffer)
        if part.size != size:
            message = f"{part.size} of the {size} bytes of part {index} were stored"
            raise IntegrityFailed(message, op="write", service=self.service, path=self.path)
        self._parts[index] = part
        self._report(size)

    def _release(self, index: int, data: memoryview, buffer: Buffer | None) -> None:
        """Give memory back: to the caller, or for the next part."""
        with suppress(BufferError):  # a sink that still holds it keeps it
            data.release()
        self._borrowed.discard(index)
        if buffer is not None and buffer.size >= self._size:
            buffer.reuse()
            self._spare.append(buffer)

    def _report(self, size: int) -> None:
        if self._progress is not None:
            with self._reporting:
                self._progress(size)

    # ------------------------------------------------------------------------------------ resuming

    def _take_up(self, resume: Resume) -> None:
        """Go on with an earlier upload after the parts that are stored without a gap."""
        self._upload_id = resume.upload_id
        stored = self._crew.call(self._publisher.ask, self._stored_parts, resume.upload_id)
        self._begun = True
        self._stored = {part.index: part for part in stored}
        index = 0
        while (part := self._stored.get(index)) and part.size == self._plan.size(index):
            self._parts[index] = part
            self.resumed.append(part)
            self.taken += part.size
            index += 1
        self._turn_to(index)
        self._buffer = Buffer(self._size)

    def _stored_parts(self, upload_id: str) -> Sequence[Part]:
        if hasattr(self._sink, "resume_cut"):
            return cast("UncutSink", self._sink).resume_cut(upload_id, self._plan.size)
        return self._sink.resume(upload_id)

    def suspend(self) -> Resume:
        """Stop without publishing or aborting: what is stored stays, for :meth:`state`."""
        self.own("suspend")
        self._crew.settle(lambda: self._crew.trouble is not None or not self._crew.busy)
        self._crew.quiesce()
        if not self.over:
            self.suspended = True
            self._crew.stop(self._reason("the writer was suspended"))
        return self.state()

    # ------------------------------------------------------------------------------------ outcome

    def finish(self) -> None:
        """Send the last part, and wait until all are stored; for :meth:`commit` to publish."""
        self.own("write")
        self._crew.check()
        if self._begun:
            if self._buffer.used:
                self._send_buffer()
            self._crew.drain()

    def commit(self) -> WriteResult:
        """Publish the object; if that fails, abort and raise."""
        self.own("commit")
        try:
            self._crew.check()
            result = self._publish()
        except BaseException:
            self.abort()
            raise
        self._crew.stop(ValueError(f"write to closed writer of {self.path!r}"))
        for buffer in (self._buffer, *self._spare):
            buffer.release()
        self._forget()
        return result

    def _publish(self) -> WriteResult:
        most = self._sink.limits.put_maximum
        if not self._begun and (most is None or self._buffer.used <= most):
            data = self._buffer.view()
            result = self._crew.call(self._publisher.put, data)
            self._report(len(data))
            return result
        if self._buffer.used or not self._index:
            self._send_buffer()
        self._crew.drain()
        parts = [self._parts[index] for index in range(self._index)]
        return self._crew.call(self._publisher.complete, parts)

    def abort(self, patience: float | None = None, why: str = "the writer was aborted") -> None:
        """Leave nothing behind, unless it is published already.

        Waits for parts under way, in this thread at most ``patience`` seconds: the abort itself
        runs in a thread of its own, so that neither a second interrupt nor a destructor in an
        unfortunate place can stop it.
        """
        if self.foreign or self.suspended:
            return
        if self._crew.stop(self._reason(why)):
            _discarding.add(self)
            in_background(self._discard, "storewright-abort")
        if not self._crew.calling and self.result is None:
            self._aborted.wait(patience)

    def await_abort(self, patience: float | None = None) -> None:
        """Wait for an abort at the end of the process, when this thread is in no call."""
        self._crew.leave()
        self._aborted.wait(patience)

    def _discard(self) -> None:
        self._crew.quiesce()
        try:
            if self.result is None:
                self._sink.abort()
        except BaseException as error:  # noqa: BLE001 - it must not hide why the writer aborts
            message = "%s: %r: abort failed, parts of the upload may be left: %s"
            _log.warning(message, self.service, self.path, error, exc_info=True)
        finally:
            self._forget()
            _discarding.discard(self)
            self._aborted.set()

    def _forget(self) -> None:
        """Give memory back, however long the writer is kept."""
        self._crew.strip()
        self._buffer = Buffer(0)
        self._spare.clear()

    def _reason(self, message: str) -> WriterAborted:
        return WriterAborted(message, op="write", service=self.service, path=self.path)

    def __repr__(self) -> str:
        context: dict[str, Any] = {"path": self.path, "taken": self.taken, "over": self.over}
        return f"Upload({context})"
