"""A service in memory, whose calls can be made to fail, and sinks that write to it."""

import hashlib
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from storewright.core.errors import ConnectionFailed, ObjectNotExist
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.core.writer import Writer

SMALL = PartLimits(part_minimum=1, part_maximum=64, parts_maximum=50)
"""Limits under which a few bytes make several parts."""

Hook = Callable[[str, int], None]
"""Called with the name of each call and its part index (or 0), before and after it."""


def nothing(op: str, index: int) -> None:
    """The hook of a service that works."""


@dataclass
class Service:
    """Objects and uploads in memory. ``before`` and ``after`` may raise, wait, or call back."""

    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict[str, dict[int, bytes]])
    calls: list[str] = field(default_factory=list[str])
    before: Hook = nothing
    after: Hook = nothing
    threads: set[str] = field(default_factory=set[str])
    busy: int = 0
    most_busy: int = 0
    _ids: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, op: str, index: int = 0) -> None:
        with self._lock:
            self.calls.append(op)
            self.threads.add(threading.current_thread().name)
            self.busy += 1
            self.most_busy = max(self.busy, self.most_busy)
        try:
            self.before(op, index)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        with self._lock:
            self.busy -= 1

    def new_upload(self) -> str:
        name = f"upload-{next(self._ids)}"
        self.uploads[name] = {}
        return name

    def sink(
        self, path: str = "a", limits: PartLimits = SMALL, *, concurrent: bool = True
    ) -> "MemorySink":
        return MemorySink(self, path, limits, concurrent)

    def writer(
        self,
        path: str = "a",
        *,
        limits: PartLimits = SMALL,
        part_size: int = 8,
        concurrency: int = 3,
        **options: Any,
    ) -> Writer:
        """A writer with parts of a few bytes."""
        return Writer(
            self.sink(path, limits),
            path=path,
            service="memory",
            part_size=part_size,
            concurrency=concurrency,
            **options,
        )

    @property
    def empty(self) -> bool:
        """Whether there is neither an object nor an upload."""
        return not self.objects and not self.uploads


class MemorySink:
    """One object of a :class:`Service`."""

    def __init__(self, service: Service, path: str, limits: PartLimits, concurrent: bool) -> None:
        self.service, self.path = service, path
        self.limits, self.concurrent = limits, concurrent
        self.upload_id = ""

    def put(self, data: memoryview) -> WriteResult:
        self._enter("put")
        try:
            self.service.objects[self.path] = bytes(data)
            self.service.after("put", 0)
            return self._result()
        finally:
            self.service.leave()

    def start(self) -> str:
        self._enter("start")
        try:
            self.upload_id = self.service.new_upload()
            self.service.after("start", 0)
            return self.upload_id
        finally:
            self.service.leave()

    def write_part(self, index: int, data: memoryview) -> Part:
        self._enter("write_part", index)
        try:
            stored = bytes(data)
            self.service.uploads[self.upload_id][index] = stored
            self.service.after("write_part", index)
            return _part(index, stored)
        finally:
            self.service.leave()

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        self._enter("complete")
        try:
            stored = self.service.uploads[self.upload_id]
            assert [part.index for part in parts] == list(range(len(parts)))
            assert all(part.etag == _etag(stored[part.index]) for part in parts)
            self.service.objects[self.path] = b"".join(stored[part.index] for part in parts)
            del self.service.uploads[self.upload_id]
            self.service.after("complete", 0)
            return self._result()
        finally:
            self.service.leave()

    def abort(self) -> None:
        self._enter("abort")
        try:
            self.service.uploads.pop(self.upload_id, None)
            self.service.after("abort", 0)
        finally:
            self.service.leave()

    def resume(self, upload_id: str) -> Sequence[Part]:
        self._enter("resume")
        try:
            if upload_id not in self.service.uploads:
                raise ObjectNotExist(f"there is no upload {upload_id}")
            self.upload_id = upload_id
            return [_part(*item) for item in self.service.uploads[upload_id].items()]
        finally:
            self.service.leave()

    def _enter(self, op: str, index: int = 0) -> None:
        self.service.enter(op, index)

    def _result(self) -> WriteResult:
        data = self.service.objects[self.path]
        return WriteResult(size=len(data), etag=_etag(data), path=self.path)


class ConfirmingMemorySink(MemorySink):
    """One that can tell whether a ``complete`` without an answer has published."""

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        self._enter("published")
        try:
            data = self.service.objects.get(self.path)
            if data is None or len(data) != sum(part.size for part in parts):
                return None
            return self._result()
        finally:
            self.service.leave()


def _part(index: int, data: bytes) -> Part:
    return Part(index, len(data), _etag(data))


def _etag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def fails_at(op: str, index: int = 0, error: type[Exception] = ConnectionFailed) -> Hook:
    """A hook that raises ``error`` in one call."""

    def hook(at: str, part: int) -> None:
        if (at, part) == (op, index):
            raise error(f"{op} {index} failed")

    return hook
