r"""What mydumper writes to its standard output with ``--stream``: files, one after another.

Each is announced by a line of its own, an empty one before it, and follows as it is::

    \n-- NAME SIZE\n
    SIZE bytes

That is how versions from 0.14 on write, measured with 1.0.1. Earlier ones give no size, so that a
row of the dump that looks like such a line would end the file: they are refused.
"""

import re
from collections.abc import Iterator
from typing import Final, NoReturn, Protocol

from storewright.dump.errors import SourceFailed
from storewright.dump.names import MANIFEST, METADATA

__all__ = ["Readable", "StreamedFile", "read_stream"]

_READ_BYTES: Final = 256 * 1024
_NAME_BYTES: Final = 255  # as long as a name can be on a file system
_LINE_BYTES: Final = len(b"-- ") + _NAME_BYTES + len(b" ") + 19 + len(b"\n")  # 19 digits: 2**63
_LINE: Final = re.compile(rb"-- (?P<name>[^\n]+) (?P<size>[0-9]{1,19})\n")
_OLD_LINE: Final = re.compile(rb"-- [^ \n]+\n")
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f/\\]")


class Readable(Protocol):
    """A buffered stream of bytes, such as the pipe of a child."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; nothing only at the end."""
        ...

    def readline(self, size: int, /) -> bytes:
        """Up to a newline, or so many bytes."""
        ...


class StreamedFile:
    """One file of the stream: its name, free of folders, its size, and once its bytes."""

    def __init__(self, source: Readable, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._source = source
        self._left = size

    def pieces(self) -> Iterator[bytes]:
        """The content, read as it is asked for. Raises SourceFailed if the stream ends in it."""
        while self._left:
            data = self._source.read(min(_READ_BYTES, self._left))
            if not data:
                _fail(f"ended {self._left} bytes before the end of {self.name}")
            self._left -= len(data)
            yield data

    def read(self) -> bytes:
        """The whole content at once. Raises SourceFailed if the stream ends in it."""
        data = self._source.read(self._left) if self._left else b""
        self._left -= len(data)
        return b"".join([data, *self.pieces()]) if self._left else data

    def drain(self) -> None:
        """Read over what nobody wanted."""
        for _ in self.pieces():
            pass


def read_stream(source: Readable) -> Iterator[StreamedFile]:
    """The files in ``source``; each is read to its end before the next is looked for.

    No more than one line, or one piece of a file, is in memory. Raises SourceFailed, whose one line
    says where, for whatever is no stream of mydumper's, for one that is cut off, and for a name
    that is no name of a file, or that came before.
    """
    names: set[str] = set()
    last = ""
    while line := _next_line(source, last):
        if last == METADATA:
            _fail(f"goes on after {METADATA}, which is its end")
        file = _announced(source, line, last)
        last = file.name
        if last in names:
            _fail(f"holds {last} twice")
        names.add(last)
        yield file
        file.drain()
    if last != METADATA:
        _fail(f"ended after {last or 'nothing'}, without the file {METADATA}")


def _next_line(source: Readable, last: str) -> bytes:
    """The line that announces a file, or nothing at the end of the stream."""
    first = source.read(1)
    if not first:
        return b""
    if first != b"\n":
        _fail(f"goes on with {first!r} after {last or 'its beginning'}, where a file should begin")
    line = source.readline(_LINE_BYTES)
    if not line.endswith(b"\n") and len(line) < _LINE_BYTES:
        _fail(f"ended in a line that announces a file: {line[:80]!r}")
    return line


def _announced(source: Readable, line: bytes, last: str) -> StreamedFile:
    match = _LINE.fullmatch(line)
    if match is None:
        if not last and _OLD_LINE.fullmatch(line):
            _fail("gives no sizes: it is that of a version before 0.14, which cannot be trusted")
        _fail(f"has no file after {last or 'its beginning'}, but {line[:80]!r}")
    return StreamedFile(source, _checked(match["name"]), int(match["size"]))


def _checked(raw: bytes) -> str:
    """A name that can be no other place than the one where we put it."""
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        _fail(f"has a name that is not UTF-8: {raw[:80]!r}")
    unfit = _UNFIT.search(name)
    if unfit or name in (".", "..", MANIFEST) or len(raw) > _NAME_BYTES:
        _fail(f"has a name that no file of a dump has: {name!r:.80}")
    return name


def _fail(what: str) -> NoReturn:
    raise SourceFailed(f"mydumper's stream {what}")
