"""Any sequence of writes, with any fault: the object is all that was written, or absent."""

import contextlib
import io
import threading
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from storewright.core.errors import ConnectionFailed, StorageError
from storewright.core.parts import PartLimits
from storewright.core.writer import Writer
from tests.writer.support import ConfirmingMemorySink, MemorySink, Service

LIMITS = PartLimits(part_minimum=2, part_maximum=200, parts_maximum=60, put_maximum=40)

PIECES = st.lists(
    st.tuples(st.binary(max_size=60), st.sampled_from([bytes, bytearray, memoryview])), max_size=25
)
FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["start", "put", "write_part", "complete", "published", "abort"]),
        st.integers(0, 12),
        st.booleans(),
        st.sampled_from([ConnectionFailed, ZeroDivisionError, KeyboardInterrupt]),
    ),
    max_size=3,
)


class Faults:
    """Fails chosen calls, before or after they did their work."""

    def __init__(
        self, service: Service, faults: Sequence[tuple[str, int, bool, type[BaseException]]]
    ) -> None:
        self._faults = {(op, index, after): error for op, index, after, error in faults}
        self.hit: list[str] = []
        service.before = lambda op, index: self._fail(op, index, after=False)
        service.after = lambda op, index: self._fail(op, index, after=True)

    def _fail(self, op: str, index: int, *, after: bool) -> None:
        error = self._faults.get((op, index, after))
        if error is not None:
            self.hit.append(op)
            raise error(op)


@settings(max_examples=400, deadline=None)
@given(
    pieces=PIECES,
    faults=FAULTS,
    concurrency=st.integers(1, 4),
    part_size=st.integers(8, 30),
    confirming=st.booleans(),
    swallow=st.booleans(),
    size_hint=st.none() | st.integers(0, 1500),
)
def test_all_or_nothing(
    pieces: list[tuple[bytes, Any]],
    faults: list[tuple[str, int, bool, type[BaseException]]],
    concurrency: int,
    part_size: int,
    confirming: bool,
    swallow: bool,
    size_hint: int | None,
) -> None:
    service = Service()
    injected = Faults(service, faults)
    kind = ConfirmingMemorySink if confirming else MemorySink
    raised: BaseException | None = None
    written = b""
    writer = Writer(
        kind(service, "a", LIMITS, concurrent=True),
        path="a",
        part_size=part_size,
        concurrency=concurrency,
        size_hint=size_hint,
    )
    try:
        with writer:
            for piece, form in pieces:
                if swallow:
                    with contextlib.suppress(StorageError, ZeroDivisionError, KeyboardInterrupt):
                        writer.write(form(piece))
                else:
                    writer.write(form(piece))
                written += piece
    except (StorageError, ZeroDivisionError, KeyboardInterrupt) as error:
        raised = error
    lost_answer = "put" in injected.hit or "complete" in injected.hit
    if raised is None:
        assert service.objects == {"a": written}
        assert writer.result is not None
        assert writer.result.size == len(written)
        assert set(injected.hit) <= {"complete"}
    elif service.objects:
        assert lost_answer  # the request arrived, its answer did not
        assert service.objects == {"a": written}
    assert not service.uploads or {"abort", "start"} & set(injected.hit)
    assert service.calls.count("abort") <= 1
    assert (raised is None) <= (service.calls.count("abort") == 0)
    assert service.most_busy <= concurrency


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=20),
    concurrency=st.integers(1, 4),
    delay=st.integers(0, 30),
)
def test_an_abort_at_any_moment_from_another_thread(
    pieces: list[bytes], concurrency: int, delay: int
) -> None:
    service = Service()
    writer = service.writer(concurrency=concurrency)
    ready = threading.Event()
    countdown = iter(range(delay))

    def count(op: str, index: int) -> None:
        if next(countdown, None) is None:
            ready.set()

    def cancel() -> None:
        ready.wait(0.05)
        writer.abort()

    service.before = count
    thread = threading.Thread(target=cancel)
    thread.start()
    with contextlib.suppress(StorageError), writer:
        for piece in pieces:
            writer.write(piece)
    thread.join()
    if writer.result is None:
        assert service.empty
        assert service.calls[-1] == "abort"
    else:
        assert service.objects == {"a": b"".join(pieces)}
        assert not service.uploads


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(st.text(max_size=30), max_size=20),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-7"]),
    compression=st.sampled_from([None, "gzip", "zstd"]),
)
def test_text_and_compression_round_trip(
    text: list[str], encoding: str, compression: str | None
) -> None:
    from storewright.core.compress import decompressed

    text = [piece.encode("utf-8", "replace").decode() for piece in text]
    service = Service()
    with service.writer(
        encoding=encoding, compression=compression, part_size=100, limits=PartLimits()
    ) as writer:
        for piece in text:
            assert writer.write(piece) == len(piece)
    file: io.BufferedIOBase = io.BytesIO(service.objects["a"])
    if compression is not None:
        file = decompressed(file, compression)
    assert file.read().decode(encoding) == "".join(text)
