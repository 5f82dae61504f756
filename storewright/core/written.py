"""The data of a write, as the options of its operation describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from storewright.core.streams import Source

if TYPE_CHECKING:
    from storewright.core.data import Callback, Data
    from storewright.core.deadline import Deadline
    from storewright.core.digests import Md5Check

__all__ = ["source_of"]


class _Writing(Protocol):
    """The options of any operation that takes data."""

    @property
    def size(self) -> int | None: ...

    @property
    def io_callback(self) -> Callback | None: ...


def source_of(
    data: Data,
    options: _Writing,
    service: str,
    op: str,
    path: str,
    deadline: Deadline | None,
    check: Md5Check | None = None,
) -> Source:
    """The user's data as one kind of reader; ``check`` sees all that is read."""
    return Source(
        data,
        options.size,
        op=op,
        service=service,
        path=path,
        callback=_both(check, options.io_callback),
        deadline=deadline,
    )


def _both(check: Md5Check | None, callback: Callback | None) -> Callback | None:
    if check is None:
        return callback

    def seen(chunk: bytes) -> None:
        check.update(chunk)
        if callback is not None:
            callback(chunk)

    return seen
