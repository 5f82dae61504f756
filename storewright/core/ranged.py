"""Reading a range of an object over a connection that may break, the same for every service."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, Final, Self, final

from storewright.core.errors import PairValueInvalid, Unexpected

__all__ = ["Opened", "RangedRead", "range_header", "range_ignored"]

_CHUNK: Final = 1024 * 1024
_RESUMES: Final = 4
_LAST: Final = (1 << 63) - 1
"""The last byte that stores can count to: some take a range beyond it for none of the object's."""


def range_header(offset: int, size: int | None) -> str | None:
    """The Range header for ``size`` bytes from ``offset``; None for the whole object.

    Raises PairValueInvalid for no bytes: such a range is malformed, and stores send everything.
    """
    if size is None:
        return f"bytes={offset}-" if offset else None
    if not size:
        raise PairValueInvalid("pair 'size': no request can ask for 0 bytes", pair="size")
    return f"bytes={offset}-{max(offset, min(offset + size - 1, _LAST))}"


def range_ignored() -> Unexpected:
    """The error of an answer that is not of the range: other bytes would pass for the object's."""
    return Unexpected("the service did not send the range that it was asked for")


@final
class Opened:
    """A body that can be read, and what the answer says of it."""

    __slots__ = ("close", "content_range", "length", "read", "tag")

    def __init__(
        self,
        read: Callable[[int | None], bytes],
        close: Callable[[], object],
        tag: str | None,
        content_range: str | None,
        length: int | None,
    ) -> None:
        self.read = read
        """Up to so many bytes, all for None, none at the end."""
        self.close = close
        """Give the connection back, or drop it if something is left in it."""
        self.tag = tag
        """What makes sure that the rest is of the same object; None if there is no such thing."""
        self.content_range, self.length = content_range, length

    @classmethod
    def of(cls, body: Any, tag: str | None) -> Self:
        """A response of urllib3, whose content is taken as it is."""
        length = body.headers.get("Content-Length")

        def close() -> None:
            body.close()
            body.release_conn()

        return cls(
            partial(body.read, decode_content=False),
            close,
            tag,
            body.headers.get("Content-Range"),
            None if length is None else int(length),
        )


class RangedRead(ABC):
    """The bytes of a range of one object.

    A connection that breaks is replaced, from the first byte that is missing on and only while the
    object is the same. What breaks too often is raised as the SDK raises it.
    """

    broken: ClassVar[tuple[type[Exception], ...]]
    """What the SDK raises when a body breaks off."""
    refusals: ClassVar[tuple[type[Exception], ...]]
    """What the SDK raises when the service refuses a request."""
    beyond: ClassVar[frozenset[str]] = frozenset({"InvalidRange", "416"})
    """Codes of a range that begins where the object has ended."""
    changed: ClassVar[frozenset[str]] = frozenset({"PreconditionFailed", "412"})
    """Codes of an object that is another one by now."""

    def __init__(self, offset: int | None, size: int | None) -> None:
        self._offset, self._left = offset or 0, size
        self._tag: str | None = None
        self._resumes = _RESUMES

    @abstractmethod
    def _check_exists(self) -> None:
        """Ask for the object's head: no range says that nothing is wanted, but it must be there."""

    @abstractmethod
    def _ask(self, wanted: str | None, tag: str | None) -> Opened:
        """Ask for a range, of the object with that tag, or of whichever there is."""

    @abstractmethod
    def _code(self, error: Any) -> str:
        """The code of a refusal."""

    def _count(self, piece: bytes) -> None:
        """See each piece before it is given out."""
        self._offset += len(piece)
        if self._left is not None:
            self._left -= len(piece)

    def _finish(self) -> None:  # noqa: B027 - not every service has checksums
        """Check what was read, when all of it was."""

    def pieces(self, amount: int | None = _CHUNK) -> Iterator[bytes]:
        """The bytes, in pieces of ``amount``, or in one piece if it is None."""
        if self._left == 0:
            self._check_exists()
            return
        answer = self._open()
        while answer is not None:
            current, answer = answer, None
            try:
                while piece := current.read(amount):
                    self._count(piece)
                    yield piece
                    if amount is None:
                        break
            except self.broken as error:
                answer = self._reopen(error)
            finally:
                current.close()
        self._finish()

    def whole(self) -> bytes:
        """All the bytes."""
        return b"".join(self.pieces(None))

    def _reopen(self, error: Exception) -> Opened | None:
        """Ask for the rest; raises ``error`` where that cannot help."""
        self._resumes -= 1
        if self._tag is None or self._resumes < 0:
            raise error
        if self._left == 0:
            return None
        try:
            return self._open()
        except self.refusals as refused:
            if self._code(refused) in self.changed:
                raise error from None
            raise

    def _open(self) -> Opened | None:
        """The answer to a request for the rest; None if there is none."""
        wanted = range_header(self._offset, self._left)
        try:
            answer = self._ask(wanted, self._tag)
        except self.refusals as error:
            if self._code(error) in self.beyond:
                return None
            raise
        if wanted is not None:
            self._check_range(answer)
        self._tag = answer.tag
        return answer

    def _check_range(self, answer: Opened) -> None:
        """Not every store, gateway or cache knows ranges; one that does not sends all there is."""
        if answer.content_range is not None:
            right = answer.content_range.startswith(f"bytes {self._offset}-")
        else:
            length, most = answer.length, self._left
            right = not self._offset and length is not None and most is not None and length <= most
        if not right:
            answer.close()
            raise range_ignored()
