"""Numbered parts, on the disk."""

import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from typing import ClassVar, NamedTuple

from storewright.core.assembly import check_parts
from storewright.core.deadline import Deadline
from storewright.core.parts import Part
from storewright.services.fs.errors import system
from storewright.services.fs.locks import locked
from storewright.services.fs.transfer import copy_range, write_all_at
from storewright.services.fs.uploads import Files, Upload, bring_to_disk

__all__ = ["Multipart"]


class _Stored(NamedTuple):
    """Where a part is in the data."""

    number: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size

    @property
    def part(self) -> Part:
        return Part(self.number, self.size, f'"{self.offset:x}-{self.size:x}"')


class Multipart(Upload):
    """Parts follow one another in the data as they come.

    If they came in their order, and each only once, then the data are the object, and completing is
    a rename. Otherwise they are copied, once.
    """

    kind: ClassVar[str] = "multipart"

    def put(
        self,
        index: int,
        pieces: Iterable[memoryview | bytes],
        size: int | None,
        *,
        sync: bool,
        deadline: Deadline,
    ) -> Part:
        """Store a part, in place of an older one of the same index."""
        with self._open() as files, _room(files, size, deadline) as offset:
            end = offset
            for piece in pieces:
                write_all_at(files.data, piece, end)
                end += len(piece)
            if sync:
                bring_to_disk(files.data)
            stored = _Stored(index, offset, end - offset)
            files.note(f"{stored.number} {stored.offset} {stored.size}")
            return stored.part

    @property
    def parts(self) -> Sequence[Part]:
        """The parts so far, by index."""
        return [stored.part for _, stored in sorted(self._stored().items())]

    def _stored(self) -> dict[int, _Stored]:
        found = (_Stored(*map(int, words)) for words in self._journal())
        return {stored.number: stored for stored in found}

    def take_up(self) -> Sequence[Part]:
        """Go on where another process has ended; what it did not finish is dropped."""
        stored = self._stored().values()
        with self._open() as files, locked(files.journal, Deadline()):
            end = max((part.end for part in stored), default=0)
            if files.end() > end:
                system(os.ftruncate, files.data, end)
        return self.parts

    def complete(
        self, parts: Sequence[Part], *, exclusive: bool, sync: bool, deadline: Deadline
    ) -> int:
        """Publish the object made of the parts; returns its size."""
        stored = self._stored()
        check_parts(parts, {index: found.part for index, found in stored.items()})
        chosen = [stored[part.index] for part in parts]
        size = sum(part.size for part in parts)
        with self._open() as files:
            self._check_length(files, max(part.end for part in chosen))
            if _are_whole(chosen) and size >= max(part.end for part in stored.values()):
                system(os.ftruncate, files.data, size)
                self._publish(files.data, "data", exclusive=exclusive, sync=sync)
            else:
                self._join(files, chosen, exclusive=exclusive, sync=sync, deadline=deadline)
        return size

    def _join(
        self,
        files: Files,
        parts: Iterable[_Stored],
        *,
        exclusive: bool,
        sync: bool,
        deadline: Deadline,
    ) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        fd = system(os.open, self._path("joined"), flags, 0o666)
        try:
            for part in parts:
                copy_range(files.data, fd, part.offset, part.size, deadline)
            self._publish(fd, "joined", exclusive=exclusive, sync=sync)
        except BaseException:
            with suppress(OSError):
                os.unlink(self._path("joined"))
            raise
        finally:
            os.close(fd)


def _are_whole(parts: Sequence[_Stored]) -> bool:
    """Whether the parts follow one another from the beginning."""
    starts = accumulate((part.size for part in parts), initial=0)
    return all(part.offset == start for part, start in zip(parts, starts, strict=False))


@contextmanager
def _room(files: Files, size: int | None, deadline: Deadline) -> Generator[int]:
    """Where the next part goes: beside others if its size is known, else alone."""
    with locked(files.journal, deadline):
        offset = files.end()
        if size is None:
            with _freed_on_failure(files, offset):
                yield offset
            return
        end = offset + size
        system(os.ftruncate, files.data, end)
    try:
        yield offset
    except BaseException:
        with locked(files.journal, Deadline()):
            if files.end() == end:
                os.ftruncate(files.data, offset)
        raise


@contextmanager
def _freed_on_failure(files: Files, offset: int) -> Generator[None]:
    try:
        yield
    except BaseException:
        os.ftruncate(files.data, offset)
        raise
