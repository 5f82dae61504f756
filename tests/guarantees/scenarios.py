"""The 53 ways in which a write ends, each with its outcome: the guarantee, written out.

Each function is one of them; what stands above it is what docs/guides/writer.md tells the user, and
what test_scenarios.py finds at each service. "Half" is what was written before something failed.
"""

import asyncio
import contextlib
import functools
import gc
import gzip
import io
import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal, cast

from storewright import storage
from tests.guarantees.shapes import PATH, noise
from tests.guarantees.support import PATIENCE, Place, line_of, start
from tests.processes import signal_busy_or_blocked

__all__ = ["SCENARIOS", "Boom", "Scenario", "Stage", "markdown"]

Object = Literal["whole", "nothing", "half", "the old one"]
Said = Literal["", "RuntimeWarning", "log record"]


class Boom(Exception):
    """What a body raises."""


@dataclass
class Stage:
    """A place, and what is written there."""

    place: Place
    errors: str = ""
    """What a process of its own said."""

    @property
    def half(self) -> bytes:
        """Enough that an upload is under way."""
        return noise(self.place.part_size * 5 // 4)

    @property
    def data(self) -> bytes:
        return self.half + b"the end"

    def open(self, **options: Any) -> storage.Writer:
        return self.place.store.open_writer(PATH, part_size=self.place.part_size, **options)

    def run(self, program: str, number: int = 0) -> int:
        """Run a program of its own, which may be sent a signal once it says so; its exit code."""
        with start(_PRELUDE + program, self.place.connection, str(len(self.half))) as process:
            assert line_of(process) == "open"
            if number:
                signal_busy_or_blocked(process, number)
            _, self.errors = process.communicate(timeout=PATIENCE)
        return process.returncode


_PRELUDE = """
import sys, time
from storewright import storage
from tests.guarantees.shapes import PATH, noise
store, size = storage.open(sys.argv[1]), int(sys.argv[2])
writer = store.open_writer(PATH, part_size=size * 4 // 5, concurrency=1)
"""


@dataclass(frozen=True)
class Scenario:
    """What is done, and what comes of it."""

    group: str
    name: str
    does: str
    run: Callable[[Stage], object]
    object: Object
    raises: type[BaseException] | None
    says: Said
    upload: bool
    places: tuple[str, ...]
    decode: Callable[[bytes], bytes]


SCENARIOS: list[Scenario] = []
INSIDE = "Inside the writer's own `with`: exact"
OUTSIDE = "Without it"
DROPPED = "Dropped"
PROCESS = "When the process ends"
FAULTS = "When the service fails"
ALL = ("fs", "memory", "s3")
SHARED = ("fs", "s3")


def same(stored: bytes) -> bytes:
    return stored


def member(stored: bytes) -> bytes:
    return zipfile.ZipFile(io.BytesIO(stored)).read("member")


def scenario(
    group: str,
    does: str,
    object: Object,
    *,
    raises: type[BaseException] | None = None,
    says: Said = "",
    upload: bool = False,
    places: tuple[str, ...] = ALL,
    decode: Callable[[bytes], bytes] = same,
) -> Callable[[Callable[[Stage], Any]], Callable[[Stage], Any]]:
    """Put the function on the list."""

    def add(run: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
        name = run.__name__.replace("_", "-")
        SCENARIOS.append(
            Scenario(group, name, does, run, object, raises, says, upload, places, decode)
        )
        return run

    return add


def text(writer: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(writer, "latin-1", newline="")


def buffered(writer: Any) -> io.BufferedWriter:
    return io.BufferedWriter(writer)


def gzipped(writer: Any) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=writer, mode="wb", compresslevel=1)


def archive(writer: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(cast("IO[bytes]", writer), "w")


# --- inside the writer's own with, ending well ----------------------------------------------------


@scenario(INSIDE, "the block ends well", "whole")
def ends_well(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.data)


@scenario(INSIDE, "`store.open(path, 'w')`, and the block ends well", "whole")
def text_ends_well(stage: Stage) -> None:
    size = stage.place.part_size
    with stage.place.store.open(
        PATH, "w", encoding="latin-1", newline="", part_size=size
    ) as writer:
        writer.write(stage.data.decode("latin-1"))


@scenario(INSIDE, "a TextIOWrapper inside is closed", "whole")
def text_closed(stage: Stage) -> None:
    with stage.open() as writer, text(writer) as wrapper:
        wrapper.write(stage.data.decode("latin-1"))


@scenario(INSIDE, "a BufferedWriter inside is closed", "whole")
def buffered_closed(stage: Stage) -> None:
    with stage.open() as writer, buffered(writer) as wrapper:
        wrapper.write(stage.data)


@scenario(INSIDE, "a GzipFile inside is closed", "whole", decode=gzip.decompress)
def gzip_closed(stage: Stage) -> None:
    with stage.open() as writer, gzipped(writer) as wrapper:
        wrapper.write(stage.data)


@scenario(INSIDE, "a ZipFile inside is closed", "whole", decode=member)
def zip_closed(stage: Stage) -> None:
    with stage.open() as writer, archive(writer) as wrapper:
        wrapper.writestr("member", stage.data)


@scenario(INSIDE, "a TextIOWrapper inside is dropped before the end", "whole")
def wrapper_dropped_inside(stage: Stage) -> None:
    with stage.open() as writer:
        text(writer).write(stage.data.decode("latin-1"))


@scenario(INSIDE, "a wrapper inside is never flushed: it keeps its bytes to itself", "half")
def never_flushed(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.half)
        wrapper = buffered(writer)
        wrapper.write(b"never flushed")
    del wrapper


@scenario(INSIDE, "the whole `with` stands in an `except` block", "whole")
def inside_an_except_block(stage: Stage) -> None:
    try:
        raise Boom
    except Boom:
        with stage.open() as writer:
            writer.write(stage.data)


@scenario(INSIDE, "a second `with` of the same writer inside", "whole")
def nested(stage: Stage) -> None:
    with stage.open() as writer:
        with writer:
            writer.write(stage.data)
        assert stage.place.objects() == {}


@scenario(INSIDE, "`commit()` inside, then the block raises", "whole", raises=Boom)
def committed_then_raises(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.data)
        writer.commit()
        raise Boom


# --- inside the writer's own with, ending badly ---------------------------------------------------


@scenario(INSIDE, "the block raises", "nothing", raises=Boom)
def raises(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.half)
        raise Boom


@scenario(INSIDE, "Ctrl-C (KeyboardInterrupt)", "nothing", raises=KeyboardInterrupt)
def interrupted(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.half)
        raise KeyboardInterrupt


@scenario(INSIDE, "`sys.exit()` (SystemExit)", "nothing", raises=SystemExit)
def exits(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.half)
        raise SystemExit


def _suspended(stage: Stage) -> Generator[None]:
    with stage.open() as writer:
        writer.write(stage.half)
        yield


@scenario(INSIDE, "the generator that writes is closed", "nothing")
def generator_closed(stage: Stage) -> None:
    running = _suspended(stage)
    next(running)
    running.close()


@scenario(INSIDE, "the generator that writes is dropped", "nothing")
def generator_dropped(stage: Stage) -> None:
    next(_suspended(stage))


@scenario(INSIDE, "the asyncio task is cancelled", "nothing", raises=asyncio.CancelledError)
def task_cancelled(stage: Stage) -> None:
    async def body() -> None:
        with stage.open() as writer:
            writer.write(stage.half)
            await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(body())
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(main())


@scenario(INSIDE, "the exception closes a TextIOWrapper inside first", "nothing", raises=Boom)
def text_closed_by_exception(stage: Stage) -> None:
    with stage.open() as writer, text(writer) as wrapper:
        wrapper.write(stage.half.decode("latin-1"))
        raise Boom


@scenario(INSIDE, "the exception closes a BufferedWriter inside first", "nothing", raises=Boom)
def buffered_closed_by_exception(stage: Stage) -> None:
    with stage.open() as writer, buffered(writer) as wrapper:
        wrapper.write(stage.half)
        raise Boom


@scenario(INSIDE, "the exception closes a GzipFile inside first", "nothing", raises=Boom)
def gzip_closed_by_exception(stage: Stage) -> None:
    with stage.open() as writer, gzipped(writer) as wrapper:
        wrapper.write(stage.half)
        raise Boom


@scenario(INSIDE, "the exception closes a ZipFile inside first", "nothing", raises=Boom)
def zip_closed_by_exception(stage: Stage) -> None:
    with stage.open() as writer, archive(writer) as wrapper:
        wrapper.writestr("member", stage.half)
        raise Boom


@scenario(INSIDE, "the block closes the writer itself, then raises", "nothing", raises=Boom)
def closed_then_raises(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.data)
        writer.close()
        raise Boom


@scenario(INSIDE, "a `with` of the same writer inside raises, and that is caught", "nothing")
def nested_raises(stage: Stage) -> None:
    with stage.open() as writer:
        with contextlib.suppress(Boom), writer:
            writer.write(stage.half)
            raise Boom


@scenario(INSIDE, "it raises where an object of that name exists", "the old one", raises=Boom)
def overwriting_raises(stage: Stage) -> None:
    stage.place.store.write(PATH, b"old")
    with stage.open() as writer:
        writer.write(stage.half)
        raise Boom


@scenario(INSIDE, "`abort()` inside, and the block ends well", "nothing")
def aborted(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.half)
        writer.abort()


@scenario(INSIDE, "`abort()` by another thread", "nothing", raises=storage.WriterAborted)
def aborted_by_a_thread(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.half)
        _in_a_thread(writer.abort)


@scenario(INSIDE, "the `timeout` passes", "nothing", raises=storage.OperationTimeout)
def timed_out(stage: Stage) -> None:
    timeout = 1.5 if stage.place.kind == "s3" else 0.2
    with stage.open(timeout=timeout) as writer:
        writer.write(stage.half)
        time.sleep(timeout)


@scenario(
    INSIDE,
    "a part fails, and the block catches what `write` raises",
    "nothing",
    raises=storage.ConnectionFailed,
)
def swallowed_failure(stage: Stage) -> None:
    with stage.open(concurrency=1) as writer:
        _fail(writer, "write_part")
        with contextlib.suppress(storage.StorageError):
            writer.write(stage.half)
        _fail(writer, "abort", fails=False)


# --- without it -----------------------------------------------------------------------------------


@scenario(OUTSIDE, "`close()`", "whole")
def closed(stage: Stage) -> None:
    writer = stage.open()
    writer.write(stage.data)
    writer.close()


@scenario(OUTSIDE, "the `with` of a TextIOWrapper ends well", "whole")
def wrapper_alone(stage: Stage) -> None:
    with text(stage.open()) as wrapper:
        wrapper.write(stage.data.decode("latin-1"))


@scenario(OUTSIDE, "opened and closed in an `except` block", "whole")
def opened_and_closed_in_except(stage: Stage) -> None:
    try:
        raise Boom
    except Boom:
        closed(stage)


@scenario(OUTSIDE, "`commit()` in an `except` block", "whole")
def committed_in_except(stage: Stage) -> None:
    writer = stage.open()
    writer.write(stage.data)
    try:
        raise Boom
    except Boom:
        writer.commit()


@scenario(
    OUTSIDE, "`close()` in `finally` after a failure", "nothing", raises=Boom, says="RuntimeWarning"
)
def closed_in_finally(stage: Stage) -> None:
    writer = stage.open()
    try:
        writer.write(stage.half)
        raise Boom
    finally:
        writer.close()


@scenario(
    OUTSIDE,
    "opened in an `except` block, `close()` after a newer failure",
    "nothing",
    raises=KeyError,
    says="RuntimeWarning",
)
def newer_exception(stage: Stage) -> None:
    try:
        raise Boom
    except Boom:
        writer = stage.open()
        try:
            writer.write(stage.half)
            raise KeyError
        finally:
            writer.close()


@scenario(OUTSIDE, "the `with` of a wrapper raises", "nothing", raises=Boom, says="RuntimeWarning")
def wrapper_alone_raises(stage: Stage) -> None:
    with text(stage.open()) as wrapper:
        wrapper.write(stage.half.decode("latin-1"))
        raise Boom


@scenario(OUTSIDE, "the generator that writes is closed", "nothing", says="RuntimeWarning")
def generator_closed_outside(stage: Stage) -> None:
    def body() -> Generator[None]:
        writer = stage.open()
        try:
            writer.write(stage.half)
            yield
        finally:
            writer.close()

    running = body()
    next(running)
    running.close()


@scenario(
    OUTSIDE, "all is written, but `close()` in an `except` block", "nothing", says="RuntimeWarning"
)
def closed_in_except(stage: Stage) -> None:
    writer = stage.open()
    writer.write(stage.data)
    try:
        raise Boom
    except Boom:
        writer.close()


@scenario(
    OUTSIDE,
    "opened before, and a wrapper's `with` in an `except` block",
    "nothing",
    says="RuntimeWarning",
)
def wrapper_in_except(stage: Stage) -> None:
    wrapper = text(stage.open())
    try:
        raise Boom
    except Boom:
        with wrapper:
            wrapper.write(stage.data.decode("latin-1"))


@scenario(
    OUTSIDE,
    "a generator that closes it is resumed in an `except` block",
    "nothing",
    says="RuntimeWarning",
)
def generator_resumed_in_except(stage: Stage) -> None:
    def body() -> Iterator[None]:
        writer = stage.open()
        writer.write(stage.data)
        yield
        writer.close()

    running = body()
    next(running)
    try:
        raise Boom
    except Boom:
        list(running)


@scenario(OUTSIDE, "in an `except` block: opened, a bare `raise`, `close()`", "half", raises=Boom)
def bare_reraise(stage: Stage) -> None:
    try:
        raise Boom
    except Boom:
        writer = stage.open()
        try:
            writer.write(stage.half)
            raise
        finally:
            writer.close()


@scenario(OUTSIDE, "after a failure, `close()` by another thread", "half", raises=Boom)
def closed_by_a_thread(stage: Stage) -> None:
    writer = stage.open()
    try:
        writer.write(stage.half)
        raise Boom
    finally:
        _in_a_thread(writer.close)


@scenario(OUTSIDE, "after a failure, a wrapper's `close()` by another thread", "half", raises=Boom)
def wrapper_closed_by_a_thread(stage: Stage) -> None:
    wrapper = text(stage.open())
    try:
        wrapper.write(stage.half.decode("latin-1"))
        raise Boom
    finally:
        _in_a_thread(wrapper.close)


@scenario(OUTSIDE, "`suspend()`, and another writer resumes and commits", "whole")
def resumed(stage: Stage) -> None:
    writer = stage.open()
    writer.write(stage.half)
    state = writer.suspend()
    storage.resume_from(state, io.BytesIO(stage.data), stage.place.store)


# --- dropped --------------------------------------------------------------------------------------


@scenario(DROPPED, "the writer, by its last reference", "nothing", says="RuntimeWarning")
def dropped(stage: Stage) -> None:
    stage.open().write(stage.half)


@scenario(DROPPED, "the writer, in a cycle", "nothing", says="RuntimeWarning")
def dropped_in_a_cycle(stage: Stage) -> None:
    writer = stage.open()
    writer.write(stage.half)
    cast("Any", writer).itself = writer


@scenario(DROPPED, "a TextIOWrapper around it", "nothing", says="RuntimeWarning")
def text_dropped(stage: Stage) -> None:
    text(stage.open()).write(stage.half.decode("latin-1"))


@scenario(
    DROPPED,
    "a GzipFile around it, although its `with` ended well",
    "nothing",
    says="RuntimeWarning",
)
def gzip_alone(stage: Stage) -> None:
    with gzipped(stage.open()) as wrapper:
        wrapper.write(stage.data)


# --- when the process ends ------------------------------------------------------------------------


@scenario(PROCESS, "a forked child closes it, and the parent's block ends well", "whole")
def forked(stage: Stage) -> None:
    with stage.open() as writer:
        writer.write(stage.half)
        if not (pid := os.fork()):
            status = 1
            try:
                writer.close()
                writer.abort()
                del writer
                gc.collect()
                status = 0
            finally:  # never back to the tests
                os._exit(status)
        assert os.waitpid(pid, 0)[1] == 0
        writer.write(b"the end")


_WAIT = """
with writer:
    writer.write(noise(size))
    print("open", flush=True)
    time.sleep(600)
"""


@scenario(PROCESS, "SIGTERM", "nothing", places=SHARED)
def sigterm(stage: Stage) -> None:
    assert stage.run(_WAIT, signal.SIGTERM) == -signal.SIGTERM


@scenario(PROCESS, "the interpreter exits", "nothing", says="RuntimeWarning", places=SHARED)
def interpreter_exits(stage: Stage) -> None:
    assert stage.run("writer.write(noise(size)); print('open', flush=True)") == 0


@scenario(
    PROCESS,
    "`kill -9`: the upload stays, to be resumed, or for `storewright mpu abort`",
    "nothing",
    upload=True,
    places=SHARED,
)
def killed(stage: Stage) -> None:
    assert stage.run(_WAIT, signal.SIGKILL) == -signal.SIGKILL


# --- when the service fails -----------------------------------------------------------------------


@scenario(
    FAULTS,
    "the abort fails: the block's own error is raised all the same",
    "nothing",
    raises=Boom,
    says="log record",
    upload=True,
)
def abort_fails(stage: Stage) -> None:
    with stage.open() as writer:
        _fail(writer, "abort")
        writer.write(stage.half)
        raise Boom


@scenario(
    FAULTS,
    "the answer that it is published gets lost: the service is asked",
    "whole",
    says="log record",
    places=("memory", "s3"),
)
def lost_answer(stage: Stage) -> None:
    with stage.open() as writer:
        _fail(writer, "complete", late=True)
        writer.write(stage.data)


def _fail(writer: storage.Writer, call: str, *, late: bool = False, fails: bool = True) -> None:
    """Make one call to the service fail, before or after it has been done."""
    sink: Any = writer._upload._sink
    ordinary: Callable[..., Any] = functools.partial(getattr(sink.__class__, call), sink)

    def failing(*args: Any) -> Any:
        if late:
            ordinary(*args)
        raise storage.ConnectionFailed(f"{call} failed")

    setattr(sink, call, failing if fails else ordinary)


def _in_a_thread(action: Callable[[], object]) -> None:
    thread = threading.Thread(target=action)
    thread.start()
    thread.join()


# --- for the page ---------------------------------------------------------------------------------


def markdown() -> str:
    """The table of docs/guides/writer.md."""
    lines: list[str] = []
    for group in dict.fromkeys(each.group for each in SCENARIOS):
        lines += [
            f"### {group}",
            "",
            "| what is done | object | raised | seen |",
            "|---|---|---|---|",
        ]
        lines += [_row(each) for each in SCENARIOS if each.group == group]
        lines.append("")
    return "\n".join(lines)


def _row(each: Scenario) -> str:
    raised = "" if each.raises is None else _named(each.raises)
    return f"| {each.does} | {each.object} | {raised} | {each.says} |"


def _named(error: type[BaseException]) -> str:
    return "the error" if error in {Boom, KeyError} else error.__name__


if __name__ == "__main__":
    print(markdown())
