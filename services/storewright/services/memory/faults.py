"""Faults on demand, to test what a program does when its storage fails.

.. code-block:: python

    store.faults.fail("write_multipart", index=2)          # the third part fails, once
    store.faults.fail("complete_multipart", late=True)     # published, but the answer is lost
    store.faults.fail("list", after=1)                     # the second page fails
    store.faults.slow("write", 0.2)                        # every write takes 200 ms longer
    store.faults.cut(1000)                                 # a read breaks off after 1000 bytes
    store.faults.clear()

Operations have the names of their methods. What a writer does counts as the operation that it
stands for: ``write`` for an object sent at once, ``create_multipart``, ``write_multipart``,
``complete_multipart``, ``list_multipart`` when it resumes, and ``delete`` when it aborts.
``read`` covers ``read_bytes``. A store without faults pays nothing for them.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, final

from storewright.core.data import SupportsWrite
from storewright.core.errors import ConnectionFailed, PairValueInvalid, ServiceInternal
from storewright.core.parts import Part, PartLimits, WriteResult
from storewright.core.sink import Sink
from storewright.generated.memory import MemoryStorageBase

if TYPE_CHECKING:
    from storewright.services.memory.sink import MemorySink
    from storewright.services.memory.storage import MemoryStorage

__all__ = ["Faults"]

T = TypeVar("T")
Method: TypeAlias = Callable[..., Any]


@dataclass(slots=True)
class _Fault:
    """One rule: which calls it strikes, and what it does to them."""

    op: str
    path: str | None
    index: int | None
    after: int
    times: int | None
    error: Exception | None = None
    late: bool = False
    seconds: float = 0.0
    cut: int | None = None

    def strikes(self, op: str, path: str, index: int | None) -> bool:
        """Whether this call is struck; counts it if so."""
        meant = op == self.op and self.path in {None, path} and self.index in {None, index}
        if not meant or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@final
class Faults:
    """The faults of one store. They may be changed at any time, from any thread.

    ``path`` and ``index`` restrict a fault to an object and to a part; ``after`` lets that many
    calls pass first; ``times`` is how many calls it strikes, None for all.
    """

    def __init__(self, store: MemoryStorage) -> None:
        self._rules: list[_Fault] = []
        self._lock = threading.Lock()
        _install(store, self)

    def fail(
        self,
        op: str,
        error: Exception | None = None,
        *,
        path: str | None = None,
        index: int | None = None,
        after: int = 0,
        times: int | None = 1,
        late: bool = False,
    ) -> None:
        """Raise ``error`` (the default is ServiceInternal) instead of doing what was asked.

        With ``late`` it is done first: the answer is lost.
        """
        error = error or ServiceInternal("injected fault")
        self._add(_Fault(op, path, index, after, times, error=error, late=late))

    def slow(
        self,
        op: str,
        seconds: float,
        *,
        path: str | None = None,
        index: int | None = None,
        after: int = 0,
        times: int | None = None,
    ) -> None:
        """Wait before doing what was asked."""
        self._add(_Fault(op, path, index, after, times, seconds=seconds))

    def cut(
        self,
        size: int,
        error: Exception | None = None,
        *,
        path: str | None = None,
        after: int = 0,
        times: int | None = 1,
    ) -> None:
        """Let a read break off after ``size`` bytes with ``error`` (ConnectionFailed)."""
        error = error or ConnectionFailed("injected fault: the connection broke")
        self._add(_Fault("read", path, None, after, times, error=error, cut=size))

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._rules.clear()

    def _add(self, rule: _Fault) -> None:
        if rule.op not in _OPERATIONS:
            message = f"no operation {rule.op!r} can fail; known are: {', '.join(_OPERATIONS)}"
            raise PairValueInvalid(message, pair="op", op="faults", service="memory")
        with self._lock:
            self._rules.append(rule)

    def begin(self, op: str, path: str, index: int | None = None) -> list[_Fault]:
        """Count a call, wait and raise what strikes it; returns the rules for its end."""
        with self._lock:
            rules = [rule for rule in self._rules if rule.strikes(op, path, index)]
        for rule in rules:
            time.sleep(rule.seconds)
        _raise(rule.error for rule in rules if not rule.late and rule.cut is None)
        return rules

    def around(self, op: str, path: str, index: int | None, call: Callable[[], T]) -> T:
        """``call()``, under the faults that strike it."""
        rules = self.begin(op, path, index)
        result = call()
        _raise(rule.error for rule in rules if rule.late)
        return result


def _raise(errors: Iterable[Exception | None]) -> None:
    for error in errors:
        if error is not None:
            raise copy.copy(error)


# --------------------------------------------------------------------------------- installation

_LOCAL: Final = {"create", "metadata"}
_OPERATIONS: Final = tuple(op for op in MemoryStorageBase.operations() if op not in _LOCAL)


def _install(store: MemoryStorage, faults: Faults) -> None:
    """Shadow the store's private methods, so that a store without faults pays nothing."""
    for op in _OPERATIONS:
        make = _WRAPPERS.get(op, _plain)
        setattr(store, f"_{op}", make(op, getattr(store, f"_{op}"), faults))


def _plain(op: str, method: Method, faults: Faults) -> Method:
    def call(subject: Any, *args: Any) -> Any:
        index = args[1] if op == "write_multipart" else None
        return faults.around(op, _path_of(subject), index, lambda: method(subject, *args))

    return call


def _listing(op: str, method: Method, faults: Faults) -> Method:
    def call(subject: Any, *args: Any) -> Callable[[str | None], Any]:
        fetch = method(subject, *args)
        return lambda token: faults.around(op, _path_of(subject), None, lambda: fetch(token))

    return call


def _read(_: str, method: Method, faults: Faults) -> Method:
    def call(path: str, writer: SupportsWrite, options: Any) -> int:
        rules = faults.begin("read", path)
        for rule in rules:
            if rule.cut is not None:
                writer = _Cut(writer, rule.cut, rule.error)
        result: int = method(path, writer, options)
        _raise(rule.error for rule in rules if rule.late)
        return result

    return call


def _read_bytes(_: str, method: Method, faults: Faults) -> Method:
    def call(path: str, options: Any) -> bytes:
        rules = faults.begin("read", path)
        content: bytes = method(path, options)
        _raise(
            rule.error
            for rule in rules
            if rule.late or (rule.cut is not None and len(content) > rule.cut)
        )
        return content

    return call


def _open_writer(_: str, method: Method, faults: Faults) -> Method:
    def call(path: str, options: Any) -> Sink:
        return _FaultySink(method(path, options), path, faults)

    return call


_WRAPPERS: Final[dict[str, Callable[[str, Method, Faults], Method]]] = {
    "list": _listing,
    "list_block": _listing,
    "list_multipart": _listing,
    "list_segments": _listing,
    "open_writer": _open_writer,
    "read": _read,
    "read_bytes": _read_bytes,
}


def _path_of(subject: object) -> str:
    return subject if isinstance(subject, str) else str(getattr(subject, "path", ""))


class _Cut:
    """A file that takes only the first bytes."""

    def __init__(self, file: SupportsWrite, size: int, error: Exception | None) -> None:
        self._file, self._left, self._error = file, size, error

    def write(self, data: bytes, /) -> object:
        """Write, up to where the connection breaks."""
        if len(data) <= self._left:
            self._left -= len(data)
            return self._file.write(data)
        if self._left:
            self._file.write(data[: self._left])
        _raise([self._error])
        return None


class _FaultySink:
    """A sink whose calls are under the faults that strike them."""

    concurrent = True

    def __init__(self, sink: MemorySink, path: str, faults: Faults) -> None:
        self.limits: PartLimits = sink.limits
        self._sink, self._path, self._faults = sink, path, faults

    def _around(self, op: str, call: Callable[[], T], index: int | None = None) -> T:
        return self._faults.around(op, self._path, index, call)

    def put(self, data: memoryview) -> WriteResult:
        return self._around("write", lambda: self._sink.put(data))

    def start(self) -> str:
        return self._around("create_multipart", self._sink.start)

    def write_part(self, index: int, data: memoryview) -> Part:
        return self._around("write_multipart", lambda: self._sink.write_part(index, data), index)

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        return self._around("complete_multipart", lambda: self._sink.complete(parts))

    def abort(self) -> None:
        self._around("delete", self._sink.abort)

    def resume(self, upload_id: str) -> Sequence[Part]:
        return self._around("list_multipart", lambda: self._sink.resume(upload_id))

    def published(self, parts: Sequence[Part]) -> WriteResult | None:
        return self._around("stat", lambda: self._sink.published(parts))
