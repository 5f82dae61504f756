"""The data of a call as bytes of our own."""

from typing import Protocol

from storewright.core.data import Callback, Data
from storewright.core.deadline import Deadline
from storewright.core.digests import check_md5
from storewright.core.streams import Source

__all__ = ["content_of"]


class _Transfer(Protocol):
    """Options of a call that takes data."""

    @property
    def size(self) -> int | None: ...
    @property
    def io_callback(self) -> Callback | None: ...
    @property
    def timeout(self) -> float | None: ...


def content_of(
    data: Data, options: _Transfer, op: str, path: str, content_md5: str | None = None
) -> bytes:
    """All the data, held against ``content_md5`` if that is given. Bytes are not copied."""
    if type(data) is bytes and options.size is None and options.io_callback is None:
        content = data
    else:
        content = _read(data, options, op, path)
    if content_md5 is not None:
        check_md5(content, content_md5)
    return content


def _read(data: Data, options: _Transfer, op: str, path: str) -> bytes:
    deadline = Deadline.after(options.timeout)
    source = Source(
        data,
        options.size,
        op=op,
        service="memory",
        path=path,
        callback=options.io_callback,
        deadline=deadline,
    )
    return bytes(source.read_all())
