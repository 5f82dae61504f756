"""Outside the writer's own ``with`` the outcome is the documented one, and never in silence."""

import csv
import gc
import gzip
import io
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

import pytest

from tests.guarantees.shapes import PATH, noise
from tests.guarantees.support import Place, collected_at_the_end


class Boom(Exception):
    """The body's own failure."""


def text(writer: Any) -> Any:
    return io.TextIOWrapper(writer, encoding="latin-1")


def buffered(writer: Any) -> Any:
    return io.BufferedWriter(writer)


def gzip_file(writer: Any) -> Any:
    return gzip.GzipFile(fileobj=writer, mode="wb", compresslevel=1)


def archive(writer: Any) -> Any:
    return zipfile.ZipFile(cast("IO[bytes]", writer), "w")


WRAPPERS: dict[str, Callable[[Any], Any]] = {
    wrapper.__name__: wrapper for wrapper in (text, buffered, gzip_file, archive)
}
CLOSING = ("text", "buffered")
"""Those that close what they wrap; the others leave it to whoever opened it."""


@pytest.fixture(params=WRAPPERS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def fill(name: str, wrapper: Any, size: int) -> None:
    data = noise(size)
    if name == "text":
        wrapper.write(data.decode("latin-1"))
    elif name == "archive":
        wrapper.writestr("member", data)
    else:
        wrapper.write(data)


def warned(action: Callable[[], object]) -> list[str]:
    """What ``action`` warns of, with everything that it drops collected."""
    with collected_at_the_end(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
        gc.collect()
    return [str(warning.message) for warning in caught if warning.category is RuntimeWarning]


def test_a_wrapper_that_is_closed_publishes(place: Place, name: str) -> None:
    writer = place.store.open_writer(PATH, part_size=place.part_size)
    with WRAPPERS[name](writer) as wrapper:
        fill(name, wrapper, place.part_size * 5 // 4)
    if name not in CLOSING:
        writer.close()
    assert [*place.objects()] == [PATH]
    assert place.remains() == []


def test_a_wrapper_whose_block_raises_aborts_with_a_warning(place: Place, name: str) -> None:
    def body() -> None:
        writer = place.store.open_writer(PATH, part_size=place.part_size)
        with suppress(Boom), WRAPPERS[name](writer) as wrapper:
            fill(name, wrapper, place.part_size * 5 // 4)
            raise Boom

    reason = "was closed while an exception" if name in CLOSING else "was dropped without"
    (message,) = warned(body)
    assert message.startswith(f"writer of {PATH!r} {reason}")
    assert (place.objects(), place.remains()) == ({}, [])


def test_a_wrapper_that_is_dropped_aborts_with_a_warning(place: Place, name: str) -> None:
    def body() -> None:
        wrapper = WRAPPERS[name](place.store.open_writer(PATH, part_size=place.part_size))
        fill(name, wrapper, place.part_size * 5 // 4)
        if name == "archive":
            wrapper.close()  # an archive that is dropped would complain of its own

    (message,) = warned(body)
    assert message.startswith(f"writer of {PATH!r} was dropped without")
    assert (place.objects(), place.remains()) == ({}, [])


def write_bytes(file: Any, size: int) -> None:
    file.write(noise(size))


def write_text(file: Any, size: int) -> None:
    file.write(noise(size).decode("latin-1"))


def write_rows(file: Any, size: int) -> None:
    csv.writer(file).writerow([noise(size).hex()])


OPENED: dict[str, tuple[str, Callable[[Any, int], None]]] = {
    "binary": ("wb", write_bytes),
    "text": ("w", write_text),
    "csv": ("w", write_rows),
}


@pytest.mark.parametrize(("mode", "write"), OPENED.values(), ids=OPENED.keys())
def test_a_file_that_is_closed_without_a_block(place: Place, mode: str, write: Any) -> None:
    file = place.store.open(PATH, mode, part_size=place.part_size)
    write(file, place.part_size * 5 // 4)
    file.close()
    assert [*place.objects()] == [PATH]
    assert place.remains() == []


@pytest.mark.parametrize(("mode", "write"), OPENED.values(), ids=OPENED.keys())
def test_a_file_that_is_closed_in_finally_after_a_failure(
    place: Place, mode: str, write: Any
) -> None:
    def body() -> None:
        file = place.store.open(PATH, mode, part_size=place.part_size)
        with suppress(Boom):
            try:
                write(file, place.part_size * 5 // 4)
                raise Boom
            finally:
                file.close()

    (message,) = warned(body)
    assert message.startswith(f"writer of {PATH!r} was closed while an exception")
    assert (place.objects(), place.remains()) == ({}, [])


@pytest.mark.parametrize(("mode", "write"), OPENED.values(), ids=OPENED.keys())
def test_a_file_that_is_dropped(place: Place, mode: str, write: Any) -> None:
    def body() -> None:
        file = place.store.open(PATH, mode, part_size=place.part_size)
        write(file, place.part_size * 5 // 4)

    (message,) = warned(body)
    assert message.startswith(f"writer of {PATH!r} was dropped without")
    assert (place.objects(), place.remains()) == ({}, [])
