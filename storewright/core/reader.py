"""The reader: an object as a binary file that fetches what is asked for, and only then."""

import io
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, final

from typing_extensions import Buffer, override

from storewright.core.errors import ConditionFailed, PairUnsupported, SizeMismatch

if TYPE_CHECKING:
    from storewright.core.ahead import ReadAhead

__all__ = ["BUFFER_SIZE", "ReadableStore", "Reader"]

BUFFER_SIZE: Final = 1024 * 1024
"""Bytes of one range when the caller asks for less."""
BLOCK_SIZE: Final = 8 * 1024 * 1024
"""Bytes of one range that is read ahead."""


class Metadata(Protocol):
    """What a reader needs of ``stat``."""

    @property
    def content_length(self) -> int | None: ...
    @property
    def etag(self) -> str | None: ...


class ReadableStore(Protocol):
    """What a reader needs of a store."""

    def read(
        self, path: str, writer: Any, *, size: int | None = None, offset: int | None = None
    ) -> int:
        """Read an object, or a range of it, into ``writer``."""
        ...

    def stat(self, path: str) -> Metadata:
        """The object's metadata."""
        ...


@final
class _Window:
    """A place in the caller's memory, as a file that ``read`` fills."""

    def __init__(self, memory: memoryview) -> None:
        self._memory, self.filled = memory, 0

    def write(self, data: Buffer) -> int:
        size = memoryview(data).nbytes
        free = len(self._memory) - self.filled
        if size <= free:
            self._memory[self.filled : self.filled + size] = data
        self.filled += size
        return size


@final
class _Remote:
    """One object of a store: its length, asked for once, and ranges of exactly the size wanted.

    Ranges after the first ``stat`` are read only from the object it described, where the service
    can promise that: the halves of two objects are never joined.
    """

    def __init__(
        self, store: ReadableStore, path: str, pairs: Sequence[Any], options: Mapping[str, Any]
    ) -> None:
        self.path = path
        self._read: Callable[..., int] = store.read
        self._stat: Callable[..., Metadata] = store.stat
        self._pairs, self._options = tuple(pairs), dict(options)
        self._taken_by: Callable[[str], Collection[str]] | None
        self._taken_by = getattr(store, "options_of", None)
        self._known = False
        self._length: int | None = None

    def length(self) -> int | None:
        """Bytes in the object, or None if the service does not tell."""
        if not self._known:
            self._describe()
        return self._length

    def _describe(self) -> None:
        taken = None if self._taken_by is None else self._taken_by("stat")
        options = {k: v for k, v in self._options.items() if taken is None or k in taken}
        pairs = [pair for pair in self._pairs if taken is None or pair.name in taken]
        found = self._stat(self.path, *pairs, **options)
        self._known, self._length = True, found.content_length
        if found.etag and self._may_pin():
            self._options.setdefault("if_match", found.etag)

    def _may_pin(self) -> bool:
        given = any(pair.name == "if_match" for pair in self._pairs)
        return not given and self._taken_by is not None and "if_match" in self._taken_by("read")

    def fetch_all(self) -> bytes:
        """The whole object, in one request and without asking for its length before."""
        data = io.BytesIO()
        self._ask(data)
        self._known, self._length = True, data.tell()
        return data.getvalue()

    def fetch(self, offset: int, size: int | None) -> bytes:
        """``size`` bytes from ``offset`` on, or all that follow; fewer if the length is unknown."""
        data = io.BytesIO()
        self._ask(data, offset=offset, size=size)
        self._check_size(data.tell(), size)
        return data.getvalue()

    def fetch_into(self, offset: int, memory: memoryview) -> int:
        """Fill ``memory`` from ``offset`` on; the bytes that were there."""
        window = _Window(memory)
        self._ask(window, offset=offset, size=len(memory))
        self._check_size(window.filled, len(memory))
        return window.filled

    def _ask(self, target: object, **where: int | None) -> None:
        """Read, pinned to the object that was described if the service can do that."""
        try:
            self._read(self.path, target, *self._pairs, **where, **self._options)
        except PairUnsupported as error:
            if error.pair != "if_match" or self._options.pop("if_match", None) is None:
                raise
            self._read(self.path, target, *self._pairs, **where, **self._options)
        except ConditionFailed as error:
            error.hint = error.hint or "the object was replaced while it was being read"
            raise

    def _check_size(self, got: int, size: int | None) -> None:
        if size is not None and (got > size or (got < size and self._length is not None)):
            message = f"the service sent {got} of {size} bytes"
            raise SizeMismatch(message, op="read", path=self.path)


def _read_ahead(fetch: Callable[[int, int], bytes], block_size: int, ahead: int) -> "ReadAhead":
    from storewright.core.ahead import ReadAhead  # its thread pool takes time to import

    return ReadAhead(fetch, block_size, ahead)


class Reader(io.BufferedIOBase):
    """Reads one object; nothing is requested before the first byte is wanted.

    The length is asked for once, when it is first needed. Then each miss costs exactly one range:
    of the size wanted, or ``buffering`` bytes if that is more (0 means never more than wanted).
    ``read()`` from the beginning is one request and nothing else. With ``concurrency``, ranges of
    ``part_size`` bytes are read ahead while the object is read in sequence.

    ``options`` and ``pairs`` go along with every request. Raises what ``read`` and ``stat`` of the
    store raise, SizeMismatch for less than the service announced, and ConditionFailed when the
    object was replaced meanwhile and the service notices that.
    """

    def __init__(
        self,
        store: ReadableStore,
        path: str,
        *pairs: Any,
        buffering: int = BUFFER_SIZE,
        concurrency: int | None = None,
        part_size: int | None = None,
        **options: Any,
    ) -> None:
        if buffering < 0:
            buffering = BUFFER_SIZE
        self._remote = _Remote(store, path, pairs, options)
        self._buffering = buffering
        self._position = self._start = 0
        self._buffer = b""
        self._turn = threading.RLock()
        self._ahead: ReadAhead | None = None
        if concurrency:
            self._ahead = _read_ahead(self._remote.fetch, part_size or BLOCK_SIZE, concurrency)

    # ------------------------------------------------------------------------------------- reading

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        """``size`` bytes, or all there are if it is negative or None; fewer only at the end."""
        with self._turn:
            self._check_open()
            if size is None or size < 0:
                return self._read_rest()
            piece = self._from_buffer(size)
            while (missing := self._missing(size - len(piece))) > 0:
                more = self._fetched(missing)
                piece = piece + more if piece else more
                if not more:
                    break
            return piece

    @override
    def read1(self, size: int = -1, /) -> bytes:
        """What is at hand, or else one range; at most ``size`` bytes, if that is not negative."""
        with self._turn:
            self._check_open()
            if size < 0:
                size = max(self._buffering, 1)
            piece = self._from_buffer(size)
            if not piece and (missing := self._missing(size)) > 0:
                piece = self._fetched(missing)
            return piece

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        """Fill ``buffer``, straight from the service where it asks for more than is at hand."""
        memory = memoryview(buffer).cast("B")
        with self._turn:
            self._check_open()
            filled = 0
            while missing := len(memory) - filled:
                got = self._read_into(memory[filled:], missing)
                if not got:
                    break
                filled += got
            return filled

    def _read_into(self, memory: memoryview, missing: int) -> int:
        piece = self._from_buffer(missing)
        if not piece and (missing := self._missing(missing)) > 0:
            if self._is_direct(missing):
                got = self._remote.fetch_into(self._position, memory[:missing])
                self._position += got
                return got
            piece = self._fetched(missing)
        memory[: len(piece)] = piece
        return len(piece)

    @override
    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line with its end, at most ``size`` bytes of it if that is not negative."""
        most = -1 if size is None else size
        with self._turn:
            self._check_open()
            line = self._line_from_buffer(most)
            while not line.endswith(b"\n") and len(line) != most:
                if not self._fill():
                    break
                line += self._line_from_buffer(most - len(line) if most >= 0 else -1)
            return line

    def peek(self, size: int = 0, /) -> bytes:
        """Bytes that come next, without taking them: at least one, except at the end."""
        with self._turn:
            self._check_open()
            if not self._at_hand():
                self._fill()
            at = self._position - self._start
            return self._buffer[at:] if at >= 0 else b""

    def _read_rest(self) -> bytes:
        if not self._position and not self._buffer and self._ahead is None:
            data = self._remote.fetch_all()
        else:
            data = self._rest()
        self._position += len(data)
        return data

    def _rest(self) -> bytes:
        """What follows, in one range beyond what is at hand; the position stays."""
        at, end = self._position, self._remote.length()
        if self._ahead is not None and end is not None:
            pieces = list(iter(lambda: self.read1(BLOCK_SIZE), b""))
            self._position = at
            return b"".join(pieces)
        piece = self._from_buffer(self._at_hand())
        missing = None if end is None else end - self._position
        more = self._remote.fetch(self._position, missing) if missing != 0 else b""
        self._position = at
        return piece + more if piece else more

    def _at_hand(self) -> int:
        """Bytes in the buffer from the position on."""
        at = self._position - self._start
        return max(0, len(self._buffer) - at) if at >= 0 else 0

    def _from_buffer(self, size: int) -> bytes:
        if not self._at_hand():
            return b""
        at = self._position - self._start
        piece = self._buffer[at : at + size]
        self._position += len(piece)
        return piece

    def _line_from_buffer(self, most: int) -> bytes:
        if not self._at_hand():
            return b""
        at = self._position - self._start
        end = self._buffer.find(b"\n", at) + 1 or len(self._buffer)
        return self._from_buffer(end - at if most < 0 else min(end - at, most))

    def _missing(self, size: int) -> int:
        """How many of ``size`` bytes the object still has; ``size`` itself if nobody knows."""
        if not size:
            return 0
        length = self._remote.length()
        return size if length is None else min(size, length - self._position)

    def _is_direct(self, missing: int) -> bool:
        """Whether the caller wants at least what would be buffered."""
        return self._ahead is None and missing >= self._buffering

    def _fetched(self, missing: int) -> bytes:
        """The next ``missing`` bytes, or some of them, at the cost of one range."""
        if self._is_direct(missing):
            piece = self._remote.fetch(self._position, missing)
            self._position += len(piece)
            return piece
        self._fill()
        return self._from_buffer(missing)

    def _fill(self) -> bool:
        """Put one range into the buffer; False at the end."""
        length = self._remote.length()
        wanted = self._missing(max(self._buffering, 1))
        if wanted <= 0:
            return False
        if self._ahead is not None and length is not None:
            data = self._ahead.take(self._position, length)
        else:
            data = self._remote.fetch(self._position, wanted)
        self._buffer, self._start = data, self._position
        return bool(data)

    # ----------------------------------------------------------------------------------- as a file

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a byte; only a position counted from the end costs a request, for the length."""
        with self._turn:
            self._check_open()
            position = offset + self._base(whence)
            if position < 0:
                raise ValueError(f"negative seek position {position}")
            self._position = position
            return position

    def _base(self, whence: int) -> int:
        if whence == os.SEEK_SET:
            return 0
        if whence == os.SEEK_CUR:
            return self._position
        if whence != os.SEEK_END:
            raise ValueError(f"invalid whence {whence}")
        length = self._remote.length()
        if length is None:
            raise io.UnsupportedOperation(f"{self.name}: the service does not tell the length")
        return length

    @override
    def tell(self) -> int:
        self._check_open()
        return self._position

    @override
    def readable(self) -> bool:
        self._check_open()
        return True

    @override
    def seekable(self) -> bool:
        self._check_open()
        return True

    @override
    def close(self) -> None:
        """Forget the buffers; closing again does nothing."""
        self._buffer = b""
        if self._ahead is not None:
            self._ahead.close()
        super().close()

    @property
    def name(self) -> str:
        """The object's path."""
        return self._remote.path

    @property
    def mode(self) -> str:
        """``"rb"``."""
        return "rb"

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle a reader: open the object again")

    def __repr__(self) -> str:
        return f"<Reader of {self.name!r}: {'closed' if self.closed else 'open'}>"

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError(f"read of closed file {self.name!r}")
