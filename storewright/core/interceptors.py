"""Interceptors: a call around every request, for logging, tracing and metrics."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from storewright.core.errors import StorageError

if TYPE_CHECKING:
    import logging

__all__ = ["Call", "Finish", "Interceptor", "chain", "log_calls", "wrap"]

_DEBUG: Final = 10  # logging.DEBUG


class Call(NamedTuple):
    """One operation that is about to run."""

    op: str
    service: str
    path: str


Finish: TypeAlias = Callable[[BaseException | None], object]
"""Called when the operation has ended, with its error or None."""
Interceptor: TypeAlias = Callable[[Call], Finish | None]
"""Called before an operation; the Finish it returns, if any, is called after it."""


def chain(*interceptors: Interceptor) -> Interceptor:
    """One interceptor that runs the given ones in order, and their ends in reverse order."""

    def start(call: Call) -> Finish:
        ends = [end for end in [begin(call) for begin in interceptors] if end is not None]

        def finish(error: BaseException | None) -> None:
            for end in reversed(ends):
                end(error)

        return finish

    return start


def log_calls(logger: "logging.Logger | None" = None, level: int = _DEBUG) -> Interceptor:
    """An interceptor that logs each operation with its duration and outcome, and no secret."""
    from logging import getLogger

    log = logger or getLogger("storewright")

    def start(call: Call) -> Finish | None:
        if not log.isEnabledFor(level):
            return None
        begun = time.perf_counter()

        def finish(error: BaseException | None) -> None:
            took = (time.perf_counter() - begun) * 1000
            outcome = "ok" if error is None else _outcome(error)
            log.log(
                level, "%s %s %s: %s in %.1f ms", call.service, call.op, call.path, outcome, took
            )

        return finish

    return start


def _outcome(error: BaseException) -> str:
    return error.code if isinstance(error, StorageError) else type(error).__name__


def wrap(
    method: Callable[..., Any],
    begin: Callable[[Any], Finish | None],
    mapped: Callable[[BaseException, Any], BaseException],
) -> Callable[..., Any]:
    """``method`` with ``begin`` before it; the end is told the error as the user will see it."""

    def intercepted(*args: Any) -> Any:
        subject = args[0] if args else ""
        finish = begin(subject) or _ignore
        try:
            result = method(*args)
        except BaseException as error:
            shown = mapped(error, subject)
            finish(shown)
            if shown is error:
                raise
            raise shown from error
        finish(None)
        return result

    return intercepted


def _ignore(error: BaseException | None) -> None:
    """Do nothing: the interceptor did not ask to be told the end."""
