"""The guarantee: in the writer's own `with` all or nothing; elsewhere what is documented, aloud.

tests/guarantees/scenarios.py lists every outcome once, for real services; here are the variations
of them (kinds of exceptions and wrappers), and what only a service that can be looked into shows.

A file whose close is a publication has nine traps. "Trap 1" to "Trap 9" stand in the names and
docstrings of the tests of this folder that fail where one of them is fallen into.
"""

import asyncio
import contextlib
import csv
import gc
import gzip
import io
import signal
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator
from typing import Any, cast

import pytest

from storewright.core.errors import ConnectionFailed, StorageError, WriterAborted
from storewright.core.files import TextWriter
from storewright.core.writer import Writer
from tests.processes import PATIENCE
from tests.writer.support import Service, fails_at

DATA = b"all of it, " * 20
HALF = DATA[: len(DATA) // 2]


class Oops(Exception):
    """What a body raises."""


@pytest.fixture
def service() -> Service:
    return Service()


# --- ways to write HALF into a writer, each leaving its wrapper as the name says ------------------

Body = Callable[[Writer], object]


def bare(writer: Writer) -> None:
    writer.write(HALF)


def text_open(writer: Writer) -> object:
    text = io.TextIOWrapper(cast("Any", writer), "utf-8")
    text.write(HALF.decode())
    text.flush()
    return text


def text_closed(writer: Writer) -> None:
    with io.TextIOWrapper(cast("Any", writer), "utf-8") as text:
        text.write(HALF.decode())


def text_dropped(writer: Writer) -> None:
    io.TextIOWrapper(cast("Any", writer), "utf-8").write(HALF.decode())


def buffered_closed(writer: Writer) -> None:
    with io.BufferedWriter(cast("Any", writer), 32) as buffered:
        buffered.write(HALF)


def buffered_dropped(writer: Writer) -> None:
    io.BufferedWriter(cast("Any", writer), 32).write(HALF)


def gzip_closed(writer: Writer) -> None:
    with gzip.GzipFile(fileobj=writer, mode="wb") as file:
        file.write(HALF)


def gzip_open(writer: Writer) -> object:
    file = gzip.GzipFile(fileobj=writer, mode="wb")
    file.write(HALF)
    return file


def in_a_cycle(writer: Writer) -> None:
    writer.write(HALF)
    cast("Any", writer).itself = writer


def zip_closed(writer: Writer) -> None:
    with zipfile.ZipFile(cast("Any", writer), "w") as archive:
        archive.writestr("a", HALF)


def csv_over_text(writer: Writer) -> object:
    text = io.TextIOWrapper(cast("Any", writer), "utf-8", newline="")
    csv.writer(text).writerows([["a", "b"]] * 20)
    return text


def text_over_buffered(writer: Writer) -> None:
    with io.TextIOWrapper(cast("Any", io.BufferedWriter(cast("Any", writer)))) as text:
        text.write(HALF.decode())


BODIES = [
    bare,
    text_open,
    text_closed,
    text_dropped,
    buffered_closed,
    buffered_dropped,
    gzip_closed,
    gzip_open,
    zip_closed,
    csv_over_text,
    text_over_buffered,
]


# --- wrappers -------------------------------------------------------------------------------------

Wrap = Callable[[Writer], Any]


def as_text(writer: Writer) -> Any:
    return io.TextIOWrapper(cast("Any", writer))


def as_buffered(writer: Writer) -> Any:
    return io.BufferedWriter(cast("Any", writer))


def as_text_over_buffered(writer: Writer) -> Any:
    return io.TextIOWrapper(as_buffered(writer))


def as_gzip(writer: Writer) -> Any:
    return gzip.GzipFile(fileobj=writer, mode="wb")


def as_buffered_gzip(writer: Writer) -> Any:
    return io.BufferedWriter(as_gzip(writer))


def as_closing(writer: Writer) -> Any:
    return contextlib.closing(writer)


ERRORS = [Oops, KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError]


# --- inside the writer's own with: exact ----------------------------------------------------------


# From 3.13 on, a dropped GzipFile tells that it could not write its end.
GZIP_TELLS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@GZIP_TELLS
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("body", BODIES)
def test_own_with_that_raises_leaves_nothing_and_aborts_once(
    service: Service, body: Body, error: type[BaseException]
) -> None:
    def run() -> None:
        with service.writer() as writer:
            kept.append(body(writer))
            raise error

    kept: list[object] = []
    with pytest.raises(error):
        run()
    kept.clear()
    gc.collect()
    assert service.empty
    assert service.calls.count("abort") == 1


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(
    "wrap",
    [
        as_buffered,
        as_gzip,
        as_buffered_gzip,
        as_closing,
    ],
)
def test_own_with_whose_wrapper_is_closed_by_the_exception(
    service: Service, wrap: Wrap, error: type[BaseException]
) -> None:
    """Trap 1: the inner wrapper closes the writer before its own exit. That only seals it."""
    with pytest.raises(error), service.writer() as writer, wrap(writer) as wrapper:
        wrapper.write(HALF)
        raise error
    assert service.empty
    assert service.calls.count("abort") == 1


@pytest.mark.parametrize("error", ERRORS)
def test_own_with_whose_text_or_archive_is_closed_by_the_exception(
    service: Service, error: type[BaseException]
) -> None:
    with pytest.raises(error), service.writer() as writer:
        with io.TextIOWrapper(cast("Any", writer)) as text:
            text.write(HALF.decode())
            raise error
    with pytest.raises(error), service.writer() as writer:
        with zipfile.ZipFile(cast("Any", writer), "w") as archive:
            archive.writestr("a", HALF)
            raise error
    assert service.empty
    assert service.calls.count("abort") == 2


@pytest.mark.parametrize(
    "body", [bare, text_open, text_closed, buffered_closed, text_over_buffered]
)
def test_own_with_that_ends_well_publishes_everything(service: Service, body: Body) -> None:
    with service.writer() as writer:
        kept = body(writer)
    del kept
    assert service.objects == {"a": HALF}
    assert not service.uploads
    assert "abort" not in service.calls


@pytest.mark.parametrize("body", [text_dropped, buffered_dropped])
def test_a_wrapper_dropped_inside_the_own_with_has_written_everything(
    service: Service, body: Body
) -> None:
    with service.writer():
        body_writer = service.writer("b")
        with body_writer:
            body(body_writer)
    assert service.objects["b"] == HALF


def test_wrapper_closed_inside_an_except_block_publishes(service: Service) -> None:
    try:
        raise Oops
    except Oops:
        with service.writer() as writer, io.TextIOWrapper(cast("Any", writer)) as text:
            text.write("fallback")
    assert service.objects == {"a": b"fallback"}


def test_nested_own_withs_seal_when_the_inner_one_ends(service: Service) -> None:
    with service.writer() as writer:
        with writer:
            writer.write(HALF)
        assert writer.closed
        assert not service.objects
        with pytest.raises(ValueError, match="closed writer of 'a'"):
            writer.write(HALF)
    assert service.objects == {"a": HALF}


def test_nested_own_with_that_raises_aborts_even_if_that_is_swallowed(service: Service) -> None:
    with service.writer() as writer:
        with contextlib.suppress(Oops), writer:
            writer.write(HALF)
            raise Oops
        assert writer.closed
        assert service.empty
    assert service.empty


def test_explicit_commit_and_abort_inside_the_own_with_stand(service: Service) -> None:
    with pytest.raises(Oops), service.writer("kept") as writer:
        writer.write(HALF)
        assert writer.commit().size == len(HALF)
        raise Oops
    with service.writer("gone") as writer:
        writer.write(HALF)
        writer.abort()
    assert service.objects == {"kept": HALF}
    assert not service.uploads


def test_a_wrapper_that_nobody_flushes_keeps_its_bytes(service: Service) -> None:
    """Residue: the writer cannot know them. Flush or close the wrapper inside the `with`."""
    with service.writer() as writer:
        text = io.TextIOWrapper(cast("Any", writer))
        text.write("never flushed")
    assert service.objects == {"a": b""}
    assert text.closed


def test_exit_stack_is_an_own_with(service: Service) -> None:
    with pytest.raises(Oops), contextlib.ExitStack() as stack:
        writer = stack.enter_context(service.writer())
        stack.enter_context(io.TextIOWrapper(cast("Any", writer))).write("half")
        raise Oops
    assert service.empty


def test_generator_closed_inside_the_own_with_leaves_nothing(service: Service) -> None:
    def body() -> Generator[None]:
        with service.writer() as writer, io.BufferedWriter(cast("Any", writer)) as buffered:
            buffered.write(HALF)
            yield
            buffered.write(HALF)

    running = body()
    next(running)
    running.close()
    assert service.empty
    assert service.calls.count("abort") == 1


def test_generator_that_is_dropped_leaves_nothing(service: Service) -> None:
    def body() -> Generator[None]:
        with service.writer() as writer:
            writer.write(HALF)
            yield

    running = body()
    next(running)
    del running
    gc.collect()
    assert service.empty


def test_cancelled_task_leaves_nothing(service: Service) -> None:
    async def body() -> None:
        with service.writer() as writer:
            writer.write(HALF)
            await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(body())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert service.empty


def test_text_writer_has_the_same_guarantee(service: Service) -> None:
    with TextWriter(service.writer()) as text:
        text.write("höhe\n")
    assert service.objects == {"a": "höhe\n".encode()}
    assert text.result is not None
    with pytest.raises(Oops), TextWriter(service.writer("b")) as text:
        text.write("half")
        raise Oops
    assert "b" not in service.objects
    text = TextWriter(service.writer("c"))
    text.write("half")
    text.abort()
    assert "c" not in service.objects
    text = TextWriter(service.writer("d"))
    text.write("whole")
    assert text.commit().size == 5
    assert service.objects["d"] == b"whole"
    assert not service.uploads


def test_text_writer_whose_last_flush_fails_leaves_nothing(service: Service) -> None:
    service.before = fails_at("write_part", 1)
    with pytest.raises(ConnectionFailed), TextWriter(service.writer()) as text:
        text.write("x" * 100)
    assert service.empty


# --- elsewhere: the documented outcome ------------------------------------------------------------


@pytest.mark.parametrize("body", [text_closed, buffered_closed, text_over_buffered])
def test_the_with_of_a_wrapper_alone_publishes(service: Service, body: Body) -> None:
    body(service.writer())
    assert service.objects == {"a": HALF}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(
    "wrap",
    [
        as_text,
        as_buffered,
        as_text_over_buffered,
        as_closing,
    ],
)
def test_the_with_of_a_wrapper_alone_that_raises_leaves_nothing_and_says_so(
    service: Service, error: type[BaseException], wrap: Wrap
) -> None:
    writer = service.writer()
    with (
        pytest.warns(RuntimeWarning, match="'a' was closed while an exception"),
        pytest.raises(error),
        wrap(writer) as wrapper,
    ):
        wrapper.write("half" if isinstance(wrapper, io.TextIOBase) else HALF)
        raise error
    assert service.empty


def test_close_in_a_finally_after_success_publishes(service: Service) -> None:
    writer = service.writer()
    try:
        writer.write(DATA)
    finally:
        writer.close()
    assert service.objects == {"a": DATA}


def test_close_in_the_handler_around_the_one_it_was_opened_in_publishes(
    service: Service,
) -> None:
    """The exception handled at the end is older than the one handled at opening, not newer."""
    try:
        raise Oops
    except Oops:
        try:
            raise ValueError
        except ValueError:
            writer = service.writer()
        writer.write(DATA)
        writer.close()
    assert service.objects == {"a": DATA}


def test_trap_3_an_exception_at_the_address_of_the_one_at_opening_is_newer(
    service: Service,
) -> None:
    """The id of an exception that has been handled is reused: only a reference identifies it."""

    def opened() -> tuple[Writer, int]:
        try:
            raise Oops
        except Oops as error:
            return service.writer(), id(error)

    writer, address = opened()
    others = [Oops() for _ in range(1000)]  # before anything else gets that address
    newer = next((error for error in others if id(error) == address), others[0])
    writer.write(HALF)
    with pytest.warns(RuntimeWarning, match="nothing is published"), pytest.raises(Oops):
        try:
            raise newer
        finally:
            writer.close()
    assert service.empty


def test_an_exception_that_equals_the_one_at_opening_is_newer(service: Service) -> None:
    class Same(Oops):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Same)

        __hash__ = Oops.__hash__

    try:
        raise Same
    except Same:
        writer = service.writer()
        writer.write(HALF)
        with pytest.warns(RuntimeWarning, match="nothing is published"), pytest.raises(Same):
            try:
                raise Same
            finally:
                writer.close()
    assert service.empty


def test_generator_that_handles_its_own_exception_publishes(service: Service) -> None:
    def body() -> Iterator[None]:
        with contextlib.suppress(Oops):
            yield
            raise Oops
        writer = service.writer()
        writer.write(DATA)
        writer.close()

    assert list(body()) == [None]
    assert service.objects == {"a": DATA}


# --- dropped --------------------------------------------------------------------------------------


@GZIP_TELLS
@pytest.mark.parametrize(
    "body",
    [
        bare,
        in_a_cycle,
        text_open,
        text_dropped,
        buffered_dropped,
        gzip_closed,
        gzip_open,
        zip_closed,
    ],
)
def test_dropped_leaves_nothing_and_says_so(service: Service, body: Body) -> None:
    """Trap 2: a wrapper that is dropped tells the writer by `_dealloc_warn`, and then closes it."""
    with pytest.warns(RuntimeWarning, match="'a' was dropped without"):
        body(service.writer())
        gc.collect()
    assert service.empty
    assert service.calls.count("abort") == 1


def test_dropped_text_writer_leaves_nothing_and_says_so(service: Service) -> None:
    with pytest.warns(RuntimeWarning, match="dropped"):
        TextWriter(service.writer()).write("x" * 100)
        gc.collect()
    assert service.empty


def test_dropped_by_the_frame_of_an_exception(service: Service) -> None:
    def body() -> None:
        writer = service.writer()
        writer.write(HALF)
        raise Oops

    with pytest.warns(RuntimeWarning, match="dropped"):
        with contextlib.suppress(Oops):
            body()
        gc.collect()
    assert service.empty


def test_dropped_writer_is_collected_at_once_although_its_threads_live(service: Service) -> None:
    gc.disable()
    try:
        with pytest.warns(RuntimeWarning):
            bare(service.writer())
        assert service.empty
    finally:
        gc.enable()


def enter(writer: Writer) -> None:
    with writer:
        assert writer._handled == ()


@pytest.mark.parametrize("end", [Writer.close, Writer.commit, Writer.abort, Writer.suspend, enter])
def test_trap_3_the_exception_at_opening_is_not_kept_after_the_outcome(
    service: Service, end: Callable[[Writer], object]
) -> None:
    """A strong reference would delay the collection of everything in its traceback."""
    try:
        raise Oops
    except Oops:
        writer = service.writer()
        writer.write(DATA)
        assert writer._handled
        end(writer)
    assert writer._handled == ()


def test_trap_3_dropped_where_it_was_opened_in_a_handler_is_collected(service: Service) -> None:
    """The exception it keeps refers to the frame that refers to it."""

    def body() -> None:
        try:
            raise Oops
        except Oops:
            writer = service.writer()
            writer.write(HALF)

    with pytest.warns(RuntimeWarning, match="'a' was dropped without"):
        body()
        gc.collect()
    assert service.empty


def test_collected_inside_one_of_its_own_threads(service: Service) -> None:
    """A destructor must not wait for the very part whose thread it runs in."""
    released = threading.Event()
    box: list[Writer] = []
    threads: list[str] = []

    def drop(op: str, index: int) -> None:
        if op == "write_part":
            assert released.wait(PATIENCE)
            threads.append(threading.current_thread().name)
            box.clear()

    service.before = drop
    with pytest.warns(RuntimeWarning, match="dropped"):
        box.append(service.writer(concurrency=2))
        upload = box[0]._upload
        box[0].write(HALF[:9])
        released.set()
        assert upload._aborted.wait(PATIENCE)
    assert threads == ["storewright-part-1"]
    assert service.empty


# --- failures that the body swallows --------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_swallowed_part_failure_raises_at_exit(service: Service, concurrency: int) -> None:
    """Trap 7: the body catches what `write` raises, and ends well."""
    service.before = fails_at("write_part", 2)
    writer = service.writer(concurrency=concurrency)
    with pytest.raises(ConnectionFailed, match="write_part 2 failed"), writer:
        for _ in range(20):
            with contextlib.suppress(StorageError):
                writer.write(DATA[:11])
    assert service.empty
    assert writer.result is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, Oops])
def test_a_swallowed_interruption_of_a_write_raises_at_exit(
    service: Service, error: type[BaseException]
) -> None:
    def interrupt(op: str, index: int) -> None:
        if index == 2:
            raise error

    service.before = interrupt
    expected = Oops if error is Oops else WriterAborted
    with pytest.raises(expected), service.writer(concurrency=1) as writer:
        with contextlib.suppress(error):
            writer.write(DATA)
        service.before = lambda op, index: None
    assert service.empty


def test_a_refused_write_that_is_swallowed_publishes_nothing(service: Service) -> None:
    limits = 50 * 64
    with pytest.raises(ValueError, match="exceeds"), service.writer() as writer:
        writer.write(DATA)
        with contextlib.suppress(StorageError):
            writer.write(b"x" * (limits * 100))
    assert service.empty


def test_text_that_cannot_be_encoded_was_never_written(service: Service) -> None:
    with service.writer(encoding="ascii") as writer:
        with contextlib.suppress(UnicodeEncodeError):
            writer.write("é")
        writer.write("e")
    assert service.objects == {"a": b"e"}


def test_close_raises_a_failure_once(service: Service) -> None:
    service.before = fails_at("write_part", 1)
    writer = service.writer()
    with contextlib.suppress(ConnectionFailed):
        for _ in range(50):
            writer.write(DATA[:11])
    with pytest.raises(ConnectionFailed):
        writer.close()
    writer.close()
    assert service.empty


# --- a failing abort ------------------------------------------------------------------------------


def test_a_failing_abort_is_logged_and_hides_nothing(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 6: a failing abort must not mask the error of the block."""
    service.before = fails_at("abort")
    with pytest.raises(Oops), service.writer() as writer:
        writer.write(HALF)
        raise Oops
    [message] = caplog.messages
    assert "memory: 'a': abort failed, parts of the upload may be left" in message


def test_second_interrupt_during_the_abort_does_not_leave_the_upload(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 6: whoever presses Ctrl-C twice leaves no upload."""
    gate = threading.Event()

    def slow_abort(op: str, index: int) -> None:
        if op == "abort":
            gate.wait(PATIENCE)

    service.before = slow_abort
    writer = service.writer()
    aborted = writer._upload._aborted
    ordinary = aborted.wait

    def interrupted(timeout: float | None = None) -> bool:
        monkeypatch.setattr(aborted, "wait", ordinary)
        raise KeyboardInterrupt

    monkeypatch.setattr(aborted, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt), writer:
        writer.write(HALF)
        raise KeyboardInterrupt
    assert service.uploads
    gate.set()
    assert aborted.wait(PATIENCE)
    assert service.empty
    service.writer("next").abort()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "nothing is open any more"


# --- who is told of an abort by a signal ----------------------------------------------------------


def test_who_has_the_with_is_told_by_it_while_it_is_being_left(service: Service) -> None:
    """A signal that comes in the middle of publishing warns of nothing: the block raises."""
    writer = service.writer()
    told: list[bool] = []

    def interrupt(op: str, index: int) -> None:
        if op == "complete":
            told.append(writer.interrupt("SIGTERM"))

    service.before = interrupt
    with contextlib.suppress(WriterAborted), writer:
        writer.write(DATA)
    assert told == [False]
    assert service.uploads == {}


def test_who_has_the_with_is_told_by_it_while_it_is_being_aborted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = service.writer()
    told: list[bool] = []
    abort = writer.abort

    def interrupted_abort() -> None:
        told.append(writer.interrupt("SIGTERM"))
        abort()

    monkeypatch.setattr(writer, "abort", interrupted_abort)
    with pytest.raises(Oops), writer:
        writer.write(HALF)
        raise Oops
    assert told == [False]
    assert (service.objects, service.uploads) == ({}, {})
