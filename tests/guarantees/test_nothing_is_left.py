"""Whatever ends a write, in whatever way it is written: the object is whole, or nothing is left."""

import threading
import time
import warnings
from collections.abc import Generator
from typing import Any

import pytest

from storewright import storage
from tests.guarantees.shapes import PATH, SHAPES, Opened, Shape, decoded, noise
from tests.guarantees.support import Place, collected_at_the_end


@pytest.fixture(params=SHAPES)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def shape(name: str) -> Shape:
    return SHAPES[name]


class Boom(Exception):
    """The body's own failure."""


def begin(place: Place, opened: Opened, patience: float = 60) -> None:
    """Write enough that an upload is under way."""
    assert begun(place, opened, time.monotonic() + patience)


def begun(place: Place, opened: Opened, end: float) -> bool:
    """The same, as long as it is not too late."""
    opened.put(noise(place.part_size * 5 // 4))
    # Where an upload begins with its first part, that is under way.
    while not (left := place.leftovers()) and time.monotonic() < end:
        time.sleep(0.02)
    return len(left) > 0


def check_nothing(place: Place) -> None:
    assert (place.objects(), place.remains()) == ({}, [])


@pytest.mark.parametrize("error", [Boom, KeyboardInterrupt])
def test_an_exception(place: Place, shape: Shape, error: type[BaseException]) -> None:
    with pytest.raises(error), shape(place.store, part_size=place.part_size) as opened:
        begin(place, opened)
        raise error
    check_nothing(place)


def suspended(place: Place, shape: Shape, store: storage.Storager) -> Generator[None]:
    with shape(store, part_size=place.part_size) as opened:
        begin(place, opened)
        yield


def test_a_generator_is_closed(place: Place, shape: Shape) -> None:
    generator = suspended(place, shape, place.store)
    next(generator)
    generator.close()
    check_nothing(place)


# Whether the block or its writer is finalized first is not ours to say: the writer would warn, and
# the block fail. And others may have left connections, which warn too.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_dropped_in_a_cycle_and_collected(place: Place, shape: Shape) -> None:
    with warnings.catch_warnings(action="ignore"), collected_at_the_end():
        cycle: list[Any] = [suspended(place, shape, place.store)]
        next(cycle[0])
        cycle.append(cycle)
        del cycle
    check_nothing(place)


def test_abort_from_another_thread(place: Place, shape: Shape) -> None:
    # A closed wrapper of the standard library refuses before it asks the writer.
    with pytest.raises((storage.WriterAborted, ValueError)):
        with shape(place.store, part_size=place.part_size) as opened:
            begin(place, opened)
            thread = threading.Thread(target=opened.writer.abort)
            thread.start()
            thread.join()
            check_nothing(place)
            opened.put(noise(place.part_size * 2))
    check_nothing(place)


def test_abort_while_the_block_writes(place: Place, shape: Shape) -> None:
    with pytest.raises((storage.WriterAborted, ValueError)):
        with shape(place.store, part_size=place.part_size) as opened:
            begin(place, opened)
            threading.Timer(0.02, opened.writer.abort).start()
            while True:
                opened.put(noise(10_000))
    check_nothing(place)


def test_abort_that_nobody_notices(place: Place, shape: Shape) -> None:
    """The block ends well, but somebody has called it off."""
    with pytest.raises((storage.WriterAborted, ValueError)):
        with shape(place.store, part_size=place.part_size) as opened:
            begin(place, opened)
            thread = threading.Thread(target=opened.writer.abort)
            thread.start()
            thread.join()
    check_nothing(place)


def test_timeout(place: Place, shape: Shape) -> None:
    """It passes when an upload is under way, which takes the longer, the busier the machine is."""
    timeout = 1.5 if place.kind in ("s3", "cos", "gcs", "azblob") else 0.3
    while not timed_out_in_the_middle(place, shape, timeout):
        assert timeout < 60, "the upload never began in time"
        timeout *= 4


def timed_out_in_the_middle(place: Place, shape: Shape, timeout: float) -> bool:
    middle = False
    with pytest.raises(storage.OperationTimeout):
        with shape(place.store, part_size=place.part_size, timeout=timeout) as opened:
            end = time.monotonic() + timeout + 0.05
            middle = begun(place, opened, end)
            time.sleep(max(0.0, end - time.monotonic()))
            opened.put(noise(place.part_size * 2))
    check_nothing(place)
    return middle


def test_the_old_object_stays(place: Place, shape: Shape) -> None:
    place.store.write(PATH, b"old")
    with pytest.raises(Boom), shape(place.store, part_size=place.part_size) as opened:
        begin(place, opened)
        raise Boom
    assert (place.objects(), place.remains()) == ({PATH: b"old"}, [])


def test_success_inside_except_is_published(place: Place, shape: Shape, name: str) -> None:
    try:
        raise Boom
    except Boom:
        with shape(place.store, part_size=place.part_size) as opened:
            begin(place, opened)
            opened.put(b"the end")
    found = place.objects()
    assert [*found] == [PATH]
    assert decoded(name, found[PATH]) == noise(place.part_size * 5 // 4) + b"the end"
    assert place.remains() == []
