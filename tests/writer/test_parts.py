"""How data reaches the sink: whole, in parts, several at once, in bounded memory."""

import array
import io
import logging
import mmap
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from storewright.core.deadline import Deadline
from storewright.core.errors import (
    ConditionFailed,
    ConnectionFailed,
    IntegrityFailed,
    OperationTimeout,
    PairTypeInvalid,
    PermissionDenied,
    RestrictionDissatisfied,
    SizeMismatch,
    StorageError,
    WriterAborted,
)
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.core.streams import Source
from storewright.core.writer import Writer, write_through
from tests.processes import PATIENCE, await_true
from tests.writer.conftest import Clock
from tests.writer.support import (
    SMALL,
    ConfirmingMemorySink,
    Hook,
    MemorySink,
    Service,
    fails_at,
    nothing,
)

DATA = bytes(range(256)) * 2


@pytest.fixture
def service() -> Service:
    return Service()


# --- one request or parts -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 7, 8])
def test_what_fits_into_one_part_is_one_request(service: Service, size: int) -> None:
    with service.writer() as writer:
        writer.write(DATA[:size])
    assert service.calls == ["put"]
    assert service.objects == {"a": DATA[:size]}
    assert writer.result is not None
    assert (writer.result.size, writer.result.parts, writer.result.path) == (size, (), "a")


def test_nothing_written_is_an_empty_object(service: Service) -> None:
    service.writer().close()
    assert service.objects == {"a": b""}


def test_one_byte_more_is_an_upload_of_two_parts(service: Service) -> None:
    with service.writer() as writer:
        writer.write(DATA[:9])
    assert sorted(service.calls) == ["complete", "start", "write_part", "write_part"]
    assert writer.result is not None
    assert [(part.index, part.size) for part in writer.result.parts] == [(0, 8), (1, 1)]
    assert writer.result.etag


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_exact_multiple_has_no_empty_last_part(service: Service, concurrency: int) -> None:
    with service.writer(concurrency=concurrency) as writer:
        for _ in range(2):
            writer.write(DATA[:8])
    assert service.calls.count("write_part") == 2
    assert service.objects == {"a": DATA[:8] * 2}


def test_what_one_request_cannot_carry_is_an_upload_of_one_part(service: Service) -> None:
    limits = PartLimits(part_minimum=1, parts_maximum=100, put_maximum=4)
    with service.writer(limits=limits) as writer:
        writer.write(DATA[:6])
    assert service.calls == ["start", "write_part", "complete"]
    assert service.objects == {"a": DATA[:6]}


def test_parts_grow_before_they_run_out(service: Service) -> None:
    with service.writer() as writer:
        for _ in range(4):
            writer.write(DATA[:400])
    sizes = [part.size for part in writer.result.parts] if writer.result else []
    assert len(sizes) <= 50
    assert max(sizes) <= 64
    assert service.objects == {"a": DATA[:400] * 4}


def test_a_write_that_cannot_fit_is_refused_before_a_byte_of_it_is_sent(service: Service) -> None:
    with pytest.raises(RestrictionDissatisfied), service.writer() as writer:
        writer.write(bytes(10_000))
    assert service.calls == ["abort"]


def test_a_hint_that_cannot_fit_is_refused_at_the_start(service: Service) -> None:
    with pytest.raises(RestrictionDissatisfied, match="open_writer: memory: a: 10000 bytes"):
        service.writer(size_hint=10_000)
    assert not service.calls


# --- what can be written --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        bytearray(DATA),
        memoryview(DATA),
        array.array("I", range(100)),
        memoryview(DATA)[::3],
        memoryview(DATA).cast("H"),
        memoryview(b""),
    ],
    ids=["bytearray", "memoryview", "array", "strided", "shorts", "empty"],
)
@pytest.mark.parametrize("concurrency", [1, 3])
def test_anything_like_bytes(service: Service, data: Any, concurrency: int) -> None:
    expected = memoryview(data).tobytes()
    with service.writer(concurrency=concurrency) as writer:
        assert writer.write(data) == len(expected)
        assert writer.tell() == len(expected)
    assert service.objects == {"a": expected}


def test_a_memory_map(service: Service, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    with (tmp_path / "data").open("rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            with service.writer() as writer:
                writer.write(mapped)
    assert service.objects == {"a": DATA}


@pytest.mark.parametrize("data", ["text", 3, None, [1]])
def test_anything_else_is_a_type_error_and_spoils_nothing(service: Service, data: Any) -> None:
    with service.writer() as writer:
        with pytest.raises(PairTypeInvalid, match="write: memory: a: expected bytes"):
            writer.write(data)
        writer.write(b"x")
    assert service.objects == {"a": b"x"}


@pytest.mark.parametrize("concurrency", [1, 2, 5])
@pytest.mark.parametrize("chunk", [1, 3, 8, 9, 24, 200, 512])
def test_memory_of_the_caller_is_not_used_after_the_call(
    service: Service, concurrency: int, chunk: int
) -> None:
    """Views die after write(), and wrappers reuse their buffers."""
    service.before = lambda op, index: time.sleep(0.001)
    with service.writer(concurrency=concurrency) as writer:
        for start in range(0, len(DATA), chunk):
            data = bytearray(DATA[start : start + chunk])
            writer.write(data)
            data[:] = b"\xff" * len(data)
            data.clear()  # BufferError if anybody still looked at it
    assert service.objects == {"a": DATA}


def slow_first_part(returned: threading.Event, hook: Hook = nothing) -> Hook:
    """The first part stays under way until ``write`` has returned, or long enough to be lent."""

    def before(op: str, index: int) -> None:
        if (op, index) == ("write_part", 0):
            returned.wait(0.3)
        hook(op, index)

    return before


def test_trap_8_a_call_returns_only_when_no_part_looks_at_the_callers_memory(
    service: Service,
) -> None:
    """Views die after write(): a part that is overtaken by all the others is waited for."""
    returned = threading.Event()
    service.before = slow_first_part(returned)
    data = bytearray(DATA)
    with service.writer(concurrency=2) as writer:
        writer.write(data)
        data[:] = b"\xff" * len(data)
        returned.set()
        data.clear()  # BufferError if anybody still looked at it
    assert service.objects == {"a": DATA}


def test_memory_of_the_caller_is_free_after_a_failure(service: Service) -> None:
    """Of a later part, while the first is still under way."""
    returned = threading.Event()
    service.before = slow_first_part(returned, fails_at("write_part", 3))
    data = bytearray(DATA)
    with service.writer(concurrency=2) as writer:
        with pytest.raises(ConnectionFailed):
            writer.write(data)
        assert service.busy == 0
        returned.set()
        writer.abort()
    data.clear()
    assert service.empty


def test_text_with_an_encoding(service: Service) -> None:
    with service.writer(encoding="utf-16") as writer:
        assert writer.write("grün ") == 5
        assert writer.write("und rot\r\n") == 9
        writer.write("bytes too".encode("utf-16-le"))
    assert service.objects["a"].decode("utf-16") == "grün und rot\r\nbytes too"


def test_io_callback_gets_every_chunk_once_in_order(service: Service) -> None:
    chunks: list[bytes] = []
    with service.writer(io_callback=chunks.append) as writer:
        writer.write(DATA)
        writer.write(memoryview(DATA)[:3])
    assert chunks == [DATA, DATA[:3]]


# --- as a file ------------------------------------------------------------------------------------


def test_the_manners_of_a_file(service: Service) -> None:
    """Trap 8: no RawIOBase, of which a TextIOWrapper loses what a short write leaves."""
    writer = service.writer("dir/a.txt")
    assert isinstance(writer, io.BufferedIOBase)
    assert (writer.name, writer.mode) == ("dir/a.txt", "wb")
    assert writer.writable()
    assert not writer.readable()
    assert not writer.seekable()
    assert not writer.closed
    for unsupported in (writer.fileno, writer.read, writer.detach, lambda: writer.seek(0)):
        with pytest.raises(io.UnsupportedOperation):
            unsupported()
    writer.writelines([b"a", b"b"])
    writer.close()
    writer.close()
    assert writer.closed
    with pytest.raises(ValueError, match=r"closed writer of 'dir/a\.txt'"):
        writer.write(b"")
    with pytest.raises(ValueError, match="closed"), writer:
        pass


def test_flush_never_raises(service: Service) -> None:
    writer = service.writer()
    writer.write(b"x")
    writer.flush()
    assert not service.calls
    writer.abort()
    writer.flush()


def test_repr_and_pickle(service: Service) -> None:
    import pickle

    with service.writer() as writer:
        assert repr(writer) == "<Writer of 'a' on memory: open>"
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(writer)
    assert repr(writer) == "<Writer of 'a' on memory: closed>"


# --- several parts at once ------------------------------------------------------------------------


def test_parts_are_sent_at_the_same_time_but_not_more_than_asked(service: Service) -> None:
    together = threading.Event()

    def meet(op: str, index: int) -> None:
        if service.busy == 3:
            together.set()
        if op == "write_part":
            assert together.wait(PATIENCE)

    service.before = meet
    with service.writer(concurrency=3) as writer:
        for start in range(0, len(DATA), 5):
            writer.write(DATA[start : start + 5])
    assert service.most_busy == 3
    assert len([name for name in service.threads if name.startswith("storewright-part")]) == 3
    assert service.objects == {"a": DATA}


def test_without_concurrency_there_is_no_thread(service: Service) -> None:
    with service.writer(concurrency=1) as writer:
        for start in range(0, len(DATA), 5):
            writer.write(DATA[start : start + 5])
    assert service.threads == {threading.current_thread().name}
    assert service.objects == {"a": DATA}


def test_a_sink_in_order_gets_parts_in_order_from_the_callers_thread(service: Service) -> None:
    indices: list[int] = []
    service.before = lambda op, index: indices.append(index) if op == "write_part" else None
    sink = service.sink(concurrent=False)
    with Writer(sink, path="a", part_size=8, concurrency=5) as writer:
        writer.write(DATA)
    assert service.threads == {threading.current_thread().name}
    assert indices == sorted(indices)


def test_threads_end_with_the_writer(service: Service) -> None:
    with service.writer(concurrency=3) as writer:
        writer.write(DATA)
    await_true("no thread is left", lambda: not _threads_of_parts())


def _threads_of_parts() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("storewright-part")]


class Views(MemorySink):
    """Remembers which memory each part came from."""

    def __init__(self, service: Service, concurrent: bool = True) -> None:
        super().__init__(service, "a", SMALL, concurrent)
        self.sources: list[object] = []

    def write_part(self, index: int, data: memoryview) -> Part:
        assert data.readonly
        assert data.format == "B"
        self.sources.append(data.obj)
        return super().write_part(index, data)


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_sink_that_keeps_a_view_is_told_rather_than_given_other_bytes(
    service: Service, concurrency: int
) -> None:
    kept: list[memoryview] = []

    class Keeper(MemorySink):
        def write_part(self, index: int, data: memoryview) -> Part:
            kept.append(data)
            return super().write_part(index, data)

    sink = Keeper(service, "a", SMALL, concurrent=True)
    with Writer(sink, path="a", part_size=8, concurrency=concurrency) as writer:
        writer.write(bytearray(DATA))
        for view in kept[:10]:
            with pytest.raises(ValueError, match="released"):
                view[0]


def test_without_concurrency_large_data_is_sent_without_a_copy(service: Service) -> None:
    sink = Views(service)
    with Writer(sink, path="a", part_size=8, concurrency=1) as writer:
        writer.write(memoryview(DATA))
    assert all(source is DATA for source in sink.sources[:-1])


def test_with_concurrency_only_the_last_parts_of_large_data_are_copied(service: Service) -> None:
    sink = Views(service)
    with Writer(sink, path="a", part_size=8, concurrency=2) as writer:
        writer.write(memoryview(DATA))
    copied = [source for source in sink.sources if source is not DATA]
    assert 1 <= len(copied) <= 4


def test_bytes_of_exactly_one_part_are_never_copied_again(service: Service) -> None:
    sink = Views(service)
    with Writer(sink, path="a", part_size=8, concurrency=3) as writer:
        for start in range(0, 40, 8):
            writer.write(DATA[start : start + 8])
    assert sum(isinstance(source, bytearray) for source in sink.sources) == 1  # the first, kept


def test_buffers_are_never_more_than_parts_under_way_and_one(service: Service) -> None:
    sink = Views(service)
    with Writer(sink, path="a", part_size=8, concurrency=3) as writer:
        for start in range(0, 48, 3):
            writer.write(DATA[start : start + 3])
    assert len({id(source) for source in sink.sources}) <= 4


def test_progress_is_told_of_every_stored_byte_once_and_never_twice_at_a_time(
    service: Service,
) -> None:
    told: list[int] = []
    inside = threading.Lock()

    def progress(size: int) -> None:
        assert inside.acquire(blocking=False)
        time.sleep(0.001)
        told.append(size)
        inside.release()

    with service.writer(concurrency=3, progress=progress) as writer:
        writer.write(DATA)
    assert sum(told) == len(DATA)
    assert len(told) == service.calls.count("write_part")
    told.clear()
    with service.writer(progress=progress) as writer:
        writer.write(b"abc")
    assert told == [3]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_error_of_the_callback_passes_unchanged_and_nothing_is_published(
    service: Service, concurrency: int
) -> None:
    def progress(size: int) -> None:
        raise KeyError("the user's own")

    with pytest.raises(KeyError), service.writer(concurrency=concurrency, progress=progress) as w:
        for _ in range(100):
            w.write(DATA[:8])
    assert service.empty


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("part", [0, 1, 5])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failed_part_surfaces_at_a_later_write_and_nothing_is_left(
    service: Service, concurrency: int, part: int, when: str
) -> None:
    setattr(service, when, fails_at("write_part", part))
    with (
        pytest.raises(ConnectionFailed, match=f"write: memory: a: write_part {part} failed"),
        service.writer(concurrency=concurrency) as writer,
    ):
        for _ in range(10):
            writer.write(DATA[:8])
        await_true("a write fails", lambda: writer.write(b""))
    assert service.empty
    assert service.calls.count("write_part") < 10


@pytest.mark.parametrize("op", ["put", "start", "complete"])
def test_a_failed_request_is_raised_and_nothing_is_left(service: Service, op: str) -> None:
    service.before = fails_at(op)
    with pytest.raises(ConnectionFailed), service.writer() as writer:
        writer.write(DATA[: 3 if op == "put" else 100])
    assert service.empty
    assert service.calls[-1] == "abort"


class VendorError(Exception):
    """What an SDK raises."""


def test_vendor_errors_are_mapped_once_with_their_cause(service: Service) -> None:
    def mapped(error: BaseException) -> BaseException:
        return PermissionDenied("denied") if isinstance(error, VendorError) else error

    service.before = fails_at("write_part", 1, VendorError)
    writer = service.writer(map_error=mapped)
    with pytest.raises(PermissionDenied, match="write: memory: a: denied") as caught:
        with writer:
            writer.write(DATA)
    assert isinstance(caught.value.__cause__, VendorError)
    assert service.empty

    service.before = fails_at("start", 0, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError), service.writer(map_error=mapped) as writer:
        writer.write(DATA)


def test_writes_after_a_failure_raise_it_again(service: Service) -> None:
    service.before = fails_at("write_part", 0)
    writer = service.writer(concurrency=1)
    for _ in range(3):
        with pytest.raises(ConnectionFailed):
            writer.write(DATA)
    with pytest.raises(ConnectionFailed):
        writer.commit()
    with pytest.raises(ConnectionFailed):
        writer.commit()
    assert service.empty
    assert service.calls.count("abort") == 1


class Short(MemorySink):
    """A sink that stores less than it is given."""

    def write_part(self, index: int, data: memoryview) -> Part:
        return super().write_part(index, data[:-1])

    def put(self, data: memoryview) -> WriteResult:
        return super().put(data[:-1])


def test_a_sink_that_stores_less_is_found_out(service: Service) -> None:
    def writer() -> Writer:
        return Writer(Short(service, "a", SMALL, concurrent=True), path="a", part_size=8)

    with pytest.raises(IntegrityFailed, match=r"7 of the 8 bytes of part \d"), writer() as w:
        w.write(DATA)
    assert service.empty
    with pytest.raises(IntegrityFailed, match="has 2 bytes instead of 3"), writer() as w:
        w.write(DATA[:3])


# --- a lost answer --------------------------------------------------------------------------------


def confirming(service: Service) -> Writer:
    sink = ConfirmingMemorySink(service, "a", SMALL, concurrent=True)
    return Writer(sink, path="a", service="memory", part_size=8)


def test_a_lost_answer_that_was_a_yes_is_published_and_said(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.after = fails_at("complete")
    with confirming(service) as writer:
        writer.write(DATA)
    assert service.objects == {"a": DATA}
    assert writer.result is not None
    assert len(writer.result.parts) == 64 or writer.result.size == len(DATA)
    assert "answer to the last request was lost, but the object is published" in caplog.text
    assert service.calls[-1] == "published"


def test_a_lost_answer_that_was_a_no_is_raised_and_nothing_is_left(service: Service) -> None:
    service.before = fails_at("complete")
    with pytest.raises(ConnectionFailed), confirming(service) as writer:
        writer.write(DATA)
    assert service.empty
    assert writer.result is None
    assert service.calls[-2:] == ["published", "abort"]


def test_a_lost_answer_that_nobody_can_tell_is_said_to_be_unknown(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.after = fails_at("complete")
    with pytest.raises(ConnectionFailed, match="may have been published"):
        with service.writer() as writer:
            writer.write(DATA)

    def both(op: str, index: int) -> None:
        if op in {"complete", "published"}:
            raise ConnectionFailed("the network is gone")

    service.before = both
    service.after = both
    with pytest.raises(ConnectionFailed, match="may have been published"), confirming(service) as w:
        w.write(DATA)
    assert "may have been published" in caplog.text


def test_a_definite_refusal_is_not_asked_about(service: Service) -> None:
    service.before = fails_at("complete", error=ConditionFailed)
    with pytest.raises(ConditionFailed) as caught, confirming(service) as writer:
        writer.write(DATA)
    assert "published" not in service.calls
    assert "published" not in str(caught.value)
    assert service.empty


def test_an_interrupted_complete_that_has_published_keeps_its_result(service: Service) -> None:
    """Trap 6: what was interrupted may be published all the same; that is no case for an abort."""

    def interrupt(op: str, index: int) -> None:
        if op == "complete":
            raise KeyboardInterrupt

    service.after = interrupt
    with pytest.raises(KeyboardInterrupt), confirming(service) as writer:
        writer.write(DATA)
    assert service.objects == {"a": DATA}
    assert writer.result is not None
    assert "abort" not in service.calls


# --- time and cancellation ------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 2])
def test_timeout_leaves_nothing(service: Service, concurrency: int) -> None:
    service.before = lambda op, index: time.sleep(0.02) if op == "write_part" else None
    with (
        pytest.raises(OperationTimeout, match=r"write: memory: a: not finished within 0\.1 s"),
        service.writer(concurrency=concurrency, timeout=0.1) as writer,
    ):
        while True:
            writer.write(DATA[:8])
    assert service.empty
    assert service.calls[-1] == "abort"


def test_timeout_while_waiting_for_the_last_parts(service: Service, clock: Clock) -> None:
    """The part under way is waited for."""
    gate, ended = threading.Event(), list[str]()

    def slow(op: str, index: int) -> None:
        if op == "write_part":
            assert gate.wait(PATIENCE)
            ended.append(op)

    def let_time_pass() -> None:
        clock.advance()
        await_true("the writer gives up", lambda: writer.closed)
        gate.set()

    service.before = slow
    writer = service.writer(timeout=0.05)
    writer.write(DATA[:9])
    threading.Timer(0.1, let_time_pass).start()
    with pytest.raises(OperationTimeout):
        writer.commit()
    assert ended
    assert service.calls[-1] == "abort"
    assert service.empty


def test_timeout_of_a_swallowed_write_raises_at_exit(service: Service) -> None:
    with pytest.raises(OperationTimeout), service.writer(timeout=0.01) as writer:
        writer.write(b"x")
        time.sleep(0.02)
    assert service.empty


@pytest.mark.parametrize("concurrency", [1, 2])
def test_abort_from_another_thread_ends_a_blocked_write(service: Service, concurrency: int) -> None:
    busy, gate = threading.Event(), threading.Event()

    def block(op: str, index: int) -> None:
        if op == "write_part":
            busy.set()
            gate.wait(PATIENCE)

    service.before = block
    writer = service.writer(concurrency=concurrency)

    def cancel() -> None:
        assert busy.wait(PATIENCE)
        threading.Timer(0.05, gate.set).start()
        writer.abort()
        service.calls.append("abort returned")

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(WriterAborted, match="the writer was aborted"), writer:
        while True:
            writer.write(DATA[:8])
    thread.join()
    assert service.empty
    assert service.calls[-2:] == ["abort", "abort returned"]
    assert service.calls.count("abort") == 1


def test_abort_waits_for_parts_under_way(service: Service) -> None:
    """Trap 9: a part that arrives after the abort would stay for ever."""
    ended: list[float] = []
    begun = threading.Event()

    def slow(op: str, index: int) -> None:
        if op == "write_part":
            begun.set()
            time.sleep(0.1)
            ended.append(time.monotonic())

    service.before = slow
    writer = service.writer()
    writer.write(DATA[:20])
    assert begun.wait(PATIENCE)
    writer.abort()
    assert ended
    assert time.monotonic() >= max(ended)
    assert service.calls[-1] == "abort"
    assert service.empty


def test_abort_from_another_thread_before_the_end_of_the_with(service: Service) -> None:
    with pytest.raises(WriterAborted), service.writer() as writer:
        writer.write(b"all")
        thread = threading.Thread(target=writer.abort)
        thread.start()
        thread.join()
    assert service.empty


def test_abort_from_the_progress_callback(service: Service) -> None:
    box: list[Writer] = []

    def abort(size: int) -> None:
        box[0].abort()

    with pytest.raises(WriterAborted):
        with service.writer(progress=abort, concurrency=2) as writer:
            box.append(writer)
            for _ in range(1000):
                writer.write(DATA[:8])
                time.sleep(0.001)
    assert service.empty
    assert service.calls.count("abort") == 1


def test_abort_from_the_progress_callback_without_threads(service: Service) -> None:
    box: list[Writer] = []

    def abort(size: int) -> None:
        box[0].abort()

    with service.writer(progress=abort, concurrency=1) as writer:
        box.append(writer)
        with pytest.raises(WriterAborted):
            for _ in range(1000):
                writer.write(DATA[:8])
    assert service.empty


def test_abort_during_complete_keeps_what_is_published(service: Service) -> None:
    inside, gate = threading.Event(), threading.Event()

    def block(op: str, index: int) -> None:
        if op == "complete":
            inside.set()
            assert gate.wait(PATIENCE)

    service.before = block
    writer = service.writer()
    writer.write(DATA)
    thread = threading.Thread(target=writer.commit)
    thread.start()
    assert inside.wait(PATIENCE)
    threading.Timer(0.05, gate.set).start()
    writer.abort()
    thread.join()
    assert service.objects == {"a": DATA}
    assert writer.result is not None
    assert "abort" not in service.calls


def test_abort_before_the_with_begins(service: Service) -> None:
    writer = service.writer()
    writer.abort()
    with pytest.raises(WriterAborted), writer:
        pass


def test_abort_is_idempotent_and_harmless_after_the_commit(service: Service) -> None:
    writer = service.writer()
    writer.write(DATA)
    result = writer.commit()
    writer.abort()
    assert writer.commit() is result
    assert service.objects == {"a": DATA}
    other = service.writer("b")
    other.abort()
    other.abort()
    other.close()
    with pytest.raises(WriterAborted):
        other.commit()
    with pytest.raises(WriterAborted):
        other.write(b"")
    assert service.calls.count("abort") == 1


# --- write_through --------------------------------------------------------------------------------


class Unseekable(io.RawIOBase):
    """A pipe."""

    def __init__(self, data: bytes, fail_at: int = -1) -> None:
        self._file, self._fail_at = io.BytesIO(data), fail_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if 0 <= self._fail_at <= self._file.tell():
            raise OSError("the source broke")
        return self._file.readinto(memoryview(buffer)[:5])


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("size", [0, 5, 8, 9, 100])
def test_write_through_reads_to_the_end(service: Service, concurrency: int, size: int) -> None:
    sources: Sequence[Any] = [DATA[:size], io.BytesIO(DATA[:size]), Unseekable(DATA[:size])]
    for source in sources:
        count = write_through(
            service.sink(), Source(source), path="a", part_size=8, concurrency=concurrency
        )
        assert count == size
        assert service.objects == {"a": DATA[:size]}
        assert not service.uploads


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (lambda: Source(Unseekable(DATA, fail_at=100)), OSError),
        (lambda: Source(Unseekable(DATA), 600), SizeMismatch),
        (lambda: Source(io.BytesIO(DATA), deadline=Deadline(0)), OperationTimeout),
    ],
    ids=["broken", "short", "late"],
)
def test_write_through_leaves_nothing_when_the_source_fails(
    service: Service, source: Callable[[], Source], error: type[Exception]
) -> None:
    with pytest.raises(error):
        write_through(service.sink(), source(), path="a", part_size=8)
    assert service.empty


def test_write_through_never_closes_the_callers_file(service: Service) -> None:
    file = io.BytesIO(DATA)
    write_through(service.sink(), Source(file), path="a", part_size=8)
    assert not file.closed


def test_write_through_plans_with_the_size_it_knows(service: Service) -> None:
    with pytest.raises(RestrictionDissatisfied):
        write_through(service.sink(), Source(io.BytesIO(bytes(10_000))), path="a", part_size=8)
    assert not service.calls


def test_nothing_is_logged_when_all_goes_well(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), service.writer() as writer:
        writer.write(DATA)
    assert not caplog.messages


def test_a_storage_error_says_where(service: Service) -> None:
    service.before = fails_at("put")
    with pytest.raises(StorageError) as caught:
        service.writer("dir/x").close()
    assert (caught.value.op, caught.value.service, caught.value.path) == (
        "write",
        "memory",
        "dir/x",
    )
