"""The writer: a binary (or text) file whose close is a publication, or nothing at all.

The guarantee. Inside the writer's own ``with`` the outcome is exact, whatever wrappers are closed
in there: ``close()`` only seals; leaving the block publishes the object whole, or, when the block
raises, leaves neither the object nor parts of it. (A wrapper that is never flushed keeps its bytes
to itself, as it does with every file.)

Elsewhere ``close()`` publishes, unless a *newer* exception than at opening is being handled: then
it aborts and warns. A writer that is dropped, or left at the interpreter's exit, is aborted with a
warning. ``commit()`` and ``abort()`` are the explicit verbs. A process that SIGTERM ends aborts its
writers first: see ``storewright.core.signals``. Nothing can help against ``kill -9``.
"""

import codecs
import io
import sys
import threading
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from typing_extensions import Buffer, override

from storewright.core.alarm import warn_each_time
from storewright.core.compress import Compressor, codec_for, compressor
from storewright.core.data import Callback, SupportsRead, advice, flat
from storewright.core.deadline import Deadline
from storewright.core.ending import check_not_ending, closed, opened
from storewright.core.errors import PairConflict, PairTypeInvalid
from storewright.core.parts import WriteResult
from storewright.core.plan import DEFAULT_CONCURRENCY, Request
from storewright.core.publish import MapError
from storewright.core.resume import Resume, skip_parts
from storewright.core.sink import Sink
from storewright.core.streams import Source
from storewright.core.upload import Progress, Upload

__all__ = ["Writer", "write_through"]

# A destructor may run in a thread that holds a lock which the abort needs.
_PATIENCE: Final = 5.0
_CHUNK: Final = 1024 * 1024


class Writer(io.BufferedIOBase):
    """Writes one object of any length to a sink.

    Memory is at most the current part size times (concurrency + 1). An object that fits into one
    part is sent in one request.

    :param path: of the object, for ``name`` and messages; ``service`` likewise.
    :param part_size: bytes of the first parts; they grow before the service runs out of parts.
    :param concurrency: parts under way at once; with 1, parts are sent by the calling thread.
    :param max_memory: bytes that the buffers may take.
    :param size_hint: expected length in bytes; refused now if it cannot be stored.
    :param encoding: take ``str`` in this encoding (and bytes, unchanged). Line ends are kept.
    :param compression: ``"gzip"``, ``"zstd"``, ``"none"`` or ``"infer"`` (from the path).
    :param progress: called with the bytes of each part once it is stored, from any thread.
    :param io_callback: called with each chunk of bytes that is written, in order.
    :param timeout: seconds from now until the object must be published; then OperationTimeout.
    :param resume: what :meth:`state` of an earlier writer returned: go on with its upload. First
        :meth:`skip` what is stored already.
    :param map_error: makes a StorageError of a vendor's exception, and returns others unchanged.

    Raises RestrictionDissatisfied for sizes that the service does not allow, PairValueInvalid for a
    state that does not fit, MissingExtra where zstd is not installed. One thread at a time writes;
    :meth:`abort` may be called from any.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        path: str,
        service: str = "",
        part_size: int | None = None,
        concurrency: int | None = None,
        max_memory: int | None = None,
        size_hint: int | None = None,
        encoding: str | None = None,
        errors: str = "strict",
        compression: str | None = None,
        progress: Progress | None = None,
        io_callback: Callback | None = None,
        timeout: float | None = None,
        resume: Any = None,
        map_error: MapError | None = None,
    ) -> None:
        check_not_ending(service, path)
        self._path, self._service = path, service
        self._depth = 0
        self._sealed = self._dropped = False
        self._aborter: int | None = None
        self._keeps = False
        self._turn = threading.RLock()
        self._io_callback = io_callback
        self._encoder = codecs.getincrementalencoder(encoding)(errors) if encoding else None
        codec = codec_for(compression, path)
        self._compressor: Compressor | None = compressor(codec) if codec else None
        saved = None if resume is None else self._read_state(resume)
        request = Request(
            limits=sink.limits,
            part_size=part_size,
            concurrency=_concurrency(concurrency, sink),
            max_memory=max_memory,
            size_hint=None if codec else size_hint,
            service=service,
            path=path,
        )
        self._upload = Upload(
            sink,
            request.plan() if saved is None else request.restore(saved.plan),
            service=service,
            path=path,
            deadline=Deadline(timeout),
            progress=progress,
            map_error=map_error,
            resume=saved,
        )
        self._position = self._upload.taken
        self._handled = _exceptions_being_handled()
        opened(self)

    # ------------------------------------------------------------------------------------ writing

    @override
    def write(self, data: Buffer | str, /) -> int:
        """Take all of ``data``, and send the parts that are full; returns its length.

        Nothing of ``data`` is used after the call, except bytes, which cannot change. Raises the
        failure of an earlier part, OperationTimeout, WriterAborted after an abort from anywhere,
        and ValueError once closed. Whatever it raises, nothing will be published.
        """
        if type(data) is bytes:
            self._take(data)
        elif isinstance(data, str):
            self._take(self._encoded(data))
        else:
            view = self._viewed(data)
            self._take(view)
            return len(view)
        return len(data)

    def write_from(self, source: Source) -> int:
        """Write all that ``source`` still has; returns how many bytes that is."""
        before = self._position
        if source.view is not None:
            self.write(source.read_all())
        else:
            while chunk := source.read(self._chunk_size):
                self.write(chunk)
        return self._position - before

    @property
    def _chunk_size(self) -> int:
        """What is read at once: a copy of little costs less than new memory for a whole part."""
        return _CHUNK if self._compressor else min(_CHUNK, self._upload.part_size)

    def _take(self, data: bytes | memoryview) -> None:
        with self._turn:
            if self._sealed:
                raise ValueError(f"write to closed writer of {self._path!r}")
            if self._dropped:
                return
            try:
                if self._compressor is None:
                    self._upload.write(data, owned=type(data) is bytes)
                else:
                    self._compress(self._compressor, data)
                self._position += len(data)
                if self._io_callback is not None:
                    self._io_callback(bytes(data))
            except BaseException as error:
                self._upload.fail(error)
                raise

    def _compress(self, compressor: Compressor, data: bytes | memoryview) -> None:
        self._upload.check()
        self._upload.write(compressor.compress(data), owned=True)

    def _encoded(self, text: str) -> bytes:
        if self._encoder is None:
            self._refuse_data(text)
        return self._encoder.encode(text)

    def _viewed(self, data: Buffer) -> memoryview:
        try:
            return flat(data)
        except (TypeError, ValueError, BufferError):
            self._refuse_data(data)

    def _refuse_data(self, data: object) -> NoReturn:
        message = f"expected bytes, got {type(data).__name__}"
        hint = "open the writer with encoding=" if isinstance(data, str) else advice(data)
        raise PairTypeInvalid(
            message, pair="data", op="write", service=self._service, path=self._path, hint=hint
        )

    @override
    def flush(self) -> None:
        """Do nothing, and never raise: libraries flush at will, and parts have their own size."""

    # ------------------------------------------------------------------------------------ outcome

    @property
    def result(self) -> WriteResult | None:
        """What was published (size, etag, version, checksum, parts); None before."""
        return self._upload.result

    def commit(self) -> WriteResult:
        """Publish the object. Published already, it returns the same result again.

        If it fails, nothing is left, and the failure is raised: of an earlier part too, even if a
        ``write`` has raised it before. Raises WriterAborted after an abort or in a forked child.
        """
        if self._upload.result is not None:
            return self._upload.result
        self._upload.own("commit")
        with self._turn:
            try:
                self._write_tail()
                return self._upload.commit()
            except BaseException:
                self._upload.abort()
                raise
            finally:
                self._forget()

    def _write_tail(self) -> None:
        """What the encoding and the compression still hold back."""
        tail = b"" if self._encoder is None else self._encoder.encode("", final=True)
        if self._compressor is not None:
            tail = self._compressor.compress(tail) + self._compressor.flush()
        if tail:
            self._upload.write(tail, owned=True)

    def abort(self) -> None:
        """Leave neither the object nor its parts; nothing happens once it is published.

        May be called from any thread, any number of times. Returns when parts under way have ended
        and all is cleaned up; a failure to do so is logged, not raised. In a forked child nothing
        happens.
        """
        if not self._upload.over:
            self._aborter = threading.get_ident()
        try:
            self._upload.abort()
        finally:  # whoever presses Ctrl-C again does not wait for it
            self._forget()

    @property
    @override
    def closed(self) -> bool:
        """Whether nothing more can be written: sealed, published, aborted or suspended."""
        return self._sealed or self._upload.over

    @override
    def close(self) -> None:
        """Seal the writer inside its own ``with``; elsewhere publish it.

        Elsewhere it aborts, with a RuntimeWarning, while an exception is being handled that was not
        when the writer was opened. Closing again does nothing.
        """
        if self.closed:
            return
        if self._depth or self._upload.foreign:
            self._sealed = True
        elif self._dropped:
            self.abandon("was dropped without commit() or close()", _PATIENCE)
        elif self._handles_newer_exception():
            self.abandon("was closed while an exception was being handled")
        else:
            self.commit()

    @override
    def __enter__(self) -> Self:
        if self._upload.over:
            self._upload.check()
        if self._sealed:
            raise ValueError(f"I/O operation on closed writer of {self._path!r}")
        self._depth += 1
        self._handled = ()
        return self

    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is not None:
                self.abort()
            elif self._depth > 1:
                self._sealed = True
            elif not self._upload.foreign:
                self._leave()
        finally:  # until now whoever has the `with` is told by what it raises
            self._depth -= 1

    def _leave(self) -> None:
        """The block ended well: publish, unless the outcome is decided."""
        if not self._upload.over:
            self.commit()
            return
        self._upload.abort()  # one that was asked for inside a part could not be waited for there
        if self._aborter not in {None, threading.get_ident()}:
            self._upload.check()

    def __del__(self) -> None:
        if hasattr(self, "_upload"):
            self._dropped = True  # what wraps it may be dropped after it, and write then
            self.abandon("was dropped without commit() or close()", _PATIENCE)

    def _dealloc_warn(self, source: object) -> None:
        """Called by a wrapper of the standard library that is dropped, before it closes us."""
        self._dropped = not self._depth

    def _handles_newer_exception(self) -> bool:
        """Whether an exception is being handled here that was not when the writer was opened."""
        current = sys.exception()
        return current is not None and not any(current is known for known in self._handled)

    def abandon(self, why: str, patience: float | None = None, *, stacklevel: int = 3) -> None:
        """Abort because nobody said what to do, and warn of it; for the end of the interpreter."""
        if self._upload.over or self._upload.foreign:
            return
        try:
            self._upload.abort(patience)
        finally:
            self._forget()
        message = f"writer of {self._path!r} {why}: aborted, nothing is published"
        warn_each_time(message, stacklevel)

    def interrupt(self, why: str) -> bool:
        """Abort without waiting for it, from any thread; whether somebody should be told.

        Whoever has a ``with`` is told by the exception that ends it, as is who suspends the writer.
        """
        if self._keeps:
            self._forget()
            return False
        told = self._upload.over or self._upload.foreign or self._depth > 0
        if not self._upload.over:
            self._aborter = threading.get_ident()
            self._upload.abort(0, why)
        self._forget()
        return not told

    def _forget(self) -> None:
        """Let go of what only an open writer needs."""
        closed(self)
        self._handled = ()

    def disown(self) -> None:
        """In a forked child: the upload is the parent's, and a lock may never be released."""
        self._turn = threading.RLock()
        self._upload.disown()

    # ------------------------------------------------------------------------------------ resuming

    @property
    def resumed(self) -> int:
        """Bytes that were stored by the writer which this one resumes; skip them in the source."""
        return sum(part.size for part in self._upload.resumed)

    def skip(self, source: SupportsRead) -> int:
        """Position ``source`` after what is stored already; returns :attr:`resumed`.

        Compares the bytes where the service knows checksums of parts. Raises IntegrityFailed if it
        is another source, SizeMismatch if it is too short.
        """
        return skip_parts(source, self._upload.resumed, self._service, self._path)

    def state(self) -> dict[str, Any]:
        """What another process needs to go on with this upload (``resume=``), fit for json.

        Keep it where it survives: it is worth most while the writer is open. From any thread.
        Raises PairConflict for a writer with encoding or compression.
        """
        self._check_resumable()
        return self._upload.state().to_state()

    def keep_on_signal(self) -> None:
        """Let a signal that ends the process leave what is stored.

        For whoever answers every exception, :class:`storage.Signalled` too, by :meth:`suspend`:
        otherwise the writer would be aborted meanwhile. Raises PairConflict as :meth:`state` does.
        """
        self._check_resumable()
        self._keeps = True

    def finish(self) -> None:
        """Seal the writer, and wait until every part is stored; only publishing is left then.

        A failure until here can be answered by :meth:`suspend`, while one of :meth:`commit` leaves
        nothing. Raises the failure of a part, and PairConflict with encoding or compression.
        """
        self._check_resumable()
        with self._turn:
            self._sealed = True
            try:
                self._upload.finish()
            except BaseException as error:
                self._upload.fail(error)
                raise

    def suspend(self) -> dict[str, Any]:
        """Close without publishing and without aborting; returns the :meth:`state`.

        Waits for parts under way. What is stored stays at the service (and may cost money) until
        a writer resumes the upload or somebody aborts it.
        """
        self._check_resumable()
        saved = self._upload.suspend()
        self._forget()
        return saved.to_state()

    def _read_state(self, state: Any) -> Resume:
        self._check_resumable()
        return Resume.from_state(state, self._service, self._path)

    def _check_resumable(self) -> None:
        if self._encoder is not None or self._compressor is not None:
            message = "a writer with encoding or compression cannot be resumed"
            raise PairConflict(message, pair="resume", service=self._service, path=self._path)

    # ---------------------------------------------------------------------------------- as a file

    @property
    def name(self) -> str:
        """The object's path."""
        return self._path

    @property
    def mode(self) -> str:
        """``"wb"``."""
        return "wb"

    @override
    def writable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        """Bytes written so far (encoded, not compressed), those of a resumed writer included."""
        return self._position

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle a writer: its state() can be passed on")

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Writer of {self._path!r} on {self._service or 'a sink'}: {state}>"


def write_through(
    sink: Sink,
    source: Source,
    *,
    path: str,
    service: str = "",
    part_size: int | None = None,
    concurrency: int | None = None,
    max_memory: int | None = None,
    progress: Progress | None = None,
    timeout: float | None = None,
    map_error: MapError | None = None,
) -> int:
    """Read ``source`` to its end, publish that, and return how many bytes it was.

    For the write operation of a store, where the length may be unknown. Any error, the source's
    included, leaves nothing behind and is raised.
    """
    writer = Writer(
        sink,
        path=path,
        service=service,
        part_size=part_size,
        concurrency=concurrency,
        max_memory=max_memory,
        size_hint=source.size,
        progress=progress,
        timeout=timeout,
        map_error=map_error,
    )
    with writer:
        return writer.write_from(source)


def _concurrency(wanted: int | None, sink: Sink) -> int:
    number = DEFAULT_CONCURRENCY if wanted is None else wanted
    return number if sink.concurrent else min(number, 1)


def _exceptions_being_handled() -> tuple[BaseException, ...]:
    """The exception that is being handled now, and those in whose handling it was raised."""
    found: list[BaseException] = []
    error = sys.exception()
    while error is not None and not any(error is known for known in found):
        found.append(error)
        error = error.__context__
    return tuple(found)
