"""Moving one object: streamed, counted, checked, and published whole or not at all."""

import base64
import hashlib
import logging
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

from storewright import storage
from storewright.cli.progress import Meter
from storewright.cli.session import End
from storewright.cli.streams import Feed

__all__ = ["CalledOff", "Guard", "Transfer", "check_size"]

_log = logging.getLogger("storewright.cli")

# What is kept when an object is copied, as far as the destination has a place for it.
_KEPT: Final[Mapping[str, Callable[[Any], storage.Pair]]] = {
    "content_type": storage.with_content_type,
    "content_disposition": storage.with_content_disposition,
    "content_encoding": storage.with_content_encoding,
    "content_language": storage.with_content_language,
    "cache_control": storage.with_cache_control,
    "user_metadata": storage.with_user_metadata,
}


Guard = Callable[["storage.Writer"], AbstractContextManager[storage.SupportsWrite]]
"""Decides what becomes of a writer at the end of a block; gives the file to write to."""


class CalledOff(Exception):
    """The transfer was to stop."""


@dataclass(slots=True)
class Transfer:
    """How objects are moved. May be used by several threads at once."""

    meter: Meter
    verify: bool = True
    """Whether the published object is looked at again."""
    stop: Event = field(default_factory=Event)
    """Set it, and every transfer under way raises CalledOff and publishes nothing."""
    _lost: set[str] = field(default_factory=set[str])

    def look_at(self, source: End) -> storage.Object:
        """What is known about an object that is to be copied."""
        found = source.store.stat(source.path, *source.pairs("stat"))
        self.meter.expect(found.content_length)
        return found

    def copy(self, source: End, target: End, found: storage.Object) -> storage.WriteResult:
        """Copy the object that was ``found`` at source.

        Inside one storage that can, the service copies it. Raises SizeMismatch or IntegrityFailed
        if what arrives is something else.
        """
        copier = _copier(source, target, found)
        if copier is not None:
            return self._copy_inside(copier, source, target, found)

        def feed(file: storage.SupportsWrite) -> None:
            source.store.read(source.path, file, *source.pairs("read"))

        return self.publish(feed, target, source=found)

    def _copy_inside(
        self, copier: storage.Copier, source: End, target: End, found: storage.Object
    ) -> storage.WriteResult:
        """Let the service copy, then look at the copy."""
        copier.copy(source.path, target.path)
        made = copier.stat(target.path)
        size = made.content_length
        check_size(size, found.content_length, target)
        self.meter.advance(size or 0)
        self.meter.done()
        return storage.WriteResult(size or 0, made.etag, made.version_id)

    def publish(
        self,
        feed: Feed,
        target: End,
        *,
        source: storage.Object | None = None,
        guard: Guard | None = None,
    ) -> storage.WriteResult:
        """Write what ``feed`` gives; the object appears only if that raises nothing.

        ``source`` is what the object is copied from: its size and checksum must come out again.
        """
        writer = self._open_writer(target, source)
        with writer if guard is None else guard(writer) as file:
            flow = _Flow(file, self, source)
            feed(flow)
            flow.check_source(target)
        result = writer.result
        if result is None:
            raise storage.Unexpected("nothing was published", op="put", path=target.path)
        _check_result(result, flow, target)
        if self.verify:
            _check_target(flow, target)
        self.meter.done()
        return result

    def _open_writer(self, target: End, source: storage.Object | None) -> "storage.Writer":
        """A writer with the user's options, and with what is kept of the source."""
        given = target.pairs("open_writer")
        kept, hint = _kept(source), _size_hint(source)
        for name in kept.keys() - target.store.options_of("open_writer").keys():
            self._lose(name, kept, target)
        while True:
            try:
                return target.store.open_writer(target.path, *given, *kept.values(), *hint)
            except storage.PairUnsupported as error:
                if error.pair not in kept:
                    raise
                self._lose(error.pair, kept, target)

    def _lose(self, name: str, kept: dict[str, storage.Pair], target: End) -> None:
        """Go on without what the destination has no place for, and say so once."""
        del kept[name]
        if name not in self._lost and name != "content_type":  # a file's name tells its type
            _log.warning("%s: %s is not kept, it has no place there", target.place.type, name)
        self._lost.add(name)


class _Flow:
    """A file between the source and the writer. It counts and digests what passes."""

    def __init__(
        self, writer: storage.SupportsWrite, transfer: Transfer, source: storage.Object | None
    ) -> None:
        self._writer, self._transfer, self._source = writer, transfer, source
        self.size = 0
        self._crc32 = 0
        has_md5 = source is not None and source.content_md5 is not None
        self._md5 = hashlib.md5(usedforsecurity=False) if has_md5 else None

    def write(self, data: bytes, /) -> int:
        """Pass ``data`` on."""
        if self._transfer.stop.is_set():
            raise CalledOff
        size = len(data)
        self._writer.write(data)
        self._crc32 = zlib.crc32(data, self._crc32)
        if self._md5 is not None:
            self._md5.update(data)
        self.size += size
        self._transfer.meter.advance(size)
        return size

    def digests(self) -> dict[str, str]:
        """The checksums of what has passed, in base64."""
        found = {"crc32": self._crc32.to_bytes(4, "big")}
        if self._md5 is not None:
            found["md5"] = self._md5.digest()
        return {name: base64.b64encode(digest).decode() for name, digest in found.items()}

    def check_source(self, target: End) -> None:
        """Raise if what has passed is not the source, while nothing is published yet."""
        source = self._source
        if source is None:
            return
        if source.content_length not in {None, self.size}:
            message = f"the source has {source.content_length} bytes, but {self.size} were read"
            raise storage.SizeMismatch(message, op="read", path=source.path, hint=_CHANGED)
        if source.content_md5 not in {None, self.digests().get("md5")}:
            message = "what was read does not have the source's MD5"
            raise storage.IntegrityFailed(message, op="read", path=source.path, hint=_CHANGED)


_CHANGED: Final = "nothing is published; did it change while it was read?"
_PUBLISHED: Final = "the object is there, but do not trust it"


def _copier(source: End, target: End, found: storage.Object) -> storage.Copier | None:
    """Who can copy the object: the store, if it is one store, and nobody wants options."""
    store = target.store
    wanted = source.pairs("read") or target.pairs("open_writer")
    if wanted or store is not source.store or not isinstance(store, storage.Copier):
        return None
    largest = store.metadata().limits.copy_size_maximum
    return store if largest is None or (found.content_length or 0) <= largest else None


def _kept(source: storage.Object | None) -> dict[str, storage.Pair]:
    if source is None:
        return {}
    values: Mapping[str, Any] = {name: getattr(source, name) for name in _KEPT}
    return {name: _KEPT[name](value) for name, value in values.items() if value}


def _size_hint(source: storage.Object | None) -> tuple[storage.Pair, ...]:
    size = None if source is None else source.content_length
    return () if size is None else (storage.with_size_hint(size),)


def _is_compressed(target: End) -> bool:
    """Whether the writer stores something else than it is given."""
    return any(pair.name == "compression" for pair in target.pairs("open_writer"))


def _check_result(result: storage.WriteResult, flow: _Flow, target: End) -> None:
    """Raise if the service acknowledged something else than was sent."""
    if _is_compressed(target):
        return
    check_size(result.size, flow.size, target)
    algorithm, _, checksum = (result.checksum or "").partition(":")
    computed = flow.digests().get(algorithm)
    if computed is not None and "-" not in checksum and checksum != computed:
        message = f"the service's {algorithm} is not that of the data"
        raise storage.IntegrityFailed(
            message, op="write", service=target.place.type, path=target.path, hint=_PUBLISHED
        )


def _check_target(flow: _Flow, target: End) -> None:
    """Raise if the object, looked at again, is not what was written."""
    if not _is_compressed(target):
        found = target.store.stat(target.path, *target.pairs("stat"))
        check_size(found.content_length, flow.size, target)


def check_size(size: int | None, expected: int | None, target: End) -> None:
    """Raise SizeMismatch if the published object is known to have another size than expected."""
    if expected is not None and size not in {None, expected}:
        message = f"{expected} bytes were written, but the object has {size}"
        raise storage.SizeMismatch(
            message, op="write", service=target.place.type, path=target.path, hint=_PUBLISHED
        )
