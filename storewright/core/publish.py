"""The request that publishes an object, and what can be known when its answer is lost."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, ParamSpec, TypeVar, cast, final

from storewright.core.errors import (
    IntegrityFailed,
    OperationUnsupported,
    StorageError,
    Unexpected,
)
from storewright.core.parts import Part, WriteResult
from storewright.core.sink import ConfirmingSink, Sink

__all__ = ["MapError", "Publisher"]

P = ParamSpec("P")
T = TypeVar("T")
MapError = Callable[[BaseException], BaseException]
"""Turns an exception of the vendor into a StorageError, and returns every other one unchanged."""

_UNKNOWN: Final = "the answer to the last request was lost: the object may have been published"
_log = logging.getLogger("storewright")


@final
class Publisher:
    """Calls a sink, with its exceptions mapped, and keeps the result of the call that publishes."""

    def __init__(self, sink: Sink, service: str, path: str, map_error: MapError | None) -> None:
        self.result: WriteResult | None = None
        """What was published; None before. Set even when the call is interrupted afterwards."""
        self._sink = sink
        self._service, self._path = service, path
        self._map_error = map_error

    def ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the sink; its exceptions become errors of ours."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            mapped = [self._mapped(error)]
            # A frame that keeps its own exception is collected late: hence the list, and clear().
            if mapped[0] is error:
                mapped.clear()
                raise
            raise mapped.pop() from error

    def put(self, data: memoryview) -> WriteResult:
        """Publish a whole object in one request."""
        try:
            return self._finish(self.ask(self._sink.put, data), (), len(data))
        except BaseException as error:
            if self.result is None and _is_in_doubt(error):
                _say_unknown(error)
            raise

    def complete(self, parts: Sequence[Part]) -> WriteResult:
        """Publish the object made of ``parts``; if the answer is lost, find out and say so."""
        size = sum(part.size for part in parts)
        try:
            return self._finish(self.ask(self._sink.complete, parts), parts, size)
        except BaseException as error:
            if self.result is not None or not _is_in_doubt(error):
                raise
            found = self._published(parts, error)
            if found is None:
                raise
            result = self._finish(found, parts, size)
            message = "%s: %r: the answer to the last request was lost, but the object is published"
            _log.warning(message, self._service, self._path)
            if not isinstance(error, Exception):
                raise
            return result

    def _mapped(self, error: Exception) -> BaseException:
        mapped = error if self._map_error is None else self._map_error(error)
        if isinstance(mapped, StorageError):
            mapped.at("write", self._service, self._path)
        return mapped

    def _published(self, parts: Sequence[Part], error: BaseException) -> WriteResult | None:
        """What the service has published all the same; ``error`` says so if nobody knows."""
        try:
            if hasattr(self._sink, "published"):
                return cast("ConfirmingSink", self._sink).published(parts)
        except OperationUnsupported:
            pass
        except Exception:  # noqa: BLE001 - the error that is being handled matters more
            _log.warning("%s: %r: %s", self._service, self._path, _UNKNOWN, exc_info=True)
        _say_unknown(error)
        return None

    def _finish(self, result: WriteResult, parts: Sequence[Part], size: int) -> WriteResult:
        path, parts = result.path or self._path, result.parts or tuple(parts)
        self.result = replace(result, path=path, parts=tuple(parts))
        if result.size != size:
            message = f"the published object has {result.size} bytes instead of {size}"
            raise IntegrityFailed(message, op="commit", service=self._service, path=self._path)
        return self.result


def _is_in_doubt(error: BaseException) -> bool:
    """Whether the service may have done what it was asked all the same."""
    refused = isinstance(error, StorageError) and not isinstance(error, Unexpected)
    return not refused or bool(getattr(error, "retryable", False))


def _say_unknown(error: BaseException) -> None:
    if isinstance(error, StorageError):
        error.hint = error.hint or _UNKNOWN
    else:
        error.add_note(_UNKNOWN)
