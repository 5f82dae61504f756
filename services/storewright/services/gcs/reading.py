"""Reading an object: the range asked for, or an error, over a connection that may break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.api_core.exceptions import GoogleAPICallError
from typing_extensions import override
from urllib3.exceptions import HTTPError

from storewright.core.ranged import Opened, RangedRead
from storewright.services.gcs.calls import Calls
from storewright.services.gcs.checksums import Crc32c, stored_crc32c
from storewright.services.gcs.errors import status_of

__all__ = ["Download"]

_AS_STORED: Final[Mapping[str, str]] = {"accept-encoding": "gzip"}
"""Content that was stored compressed comes as it is, with the length and checksum that it has."""


class Download(RangedRead):
    """The bytes of a range of one object, at ``content``.

    ``args`` are those of the vendor call, ``head`` asks for the object. Content that is read whole
    is held against its checksum.
    """

    broken = (HTTPError,)
    refusals = (GoogleAPICallError,)
    beyond = frozenset({"416"})
    changed = frozenset({"404", "412"})

    def __init__(
        self,
        calls: Calls,
        content: str,
        args: dict[str, Any],
        head: tuple[str, dict[str, Any]],
        offset: int | None,
        size: int | None,
    ) -> None:
        super().__init__(offset, size)
        self._calls, self._content, self._args, self._head = calls, content, args, head
        self._checksum = None if offset or size is not None else Crc32c()
        self._stored: str | None = None

    def _check_exists(self) -> None:
        self._calls.send("GET", *self._head)

    def _code(self, error: Any) -> str:
        return str(status_of(error))

    def _ask(self, wanted: str | None, tag: str | None) -> Opened:
        args: dict[str, Any] = {"alt": "media", **self._args}
        headers = _AS_STORED if wanted is None else {**_AS_STORED, "range": wanted}
        if tag is not None:
            args["ifGenerationMatch"] = tag
        answer = self._calls.send("GET", self._content, args, headers=headers, stream=True)
        if tag is None:
            self._stored = stored_crc32c(answer.headers.get("x-goog-hash", ""))
        return Opened.of(answer.raw, tag or answer.headers.get("x-goog-generation"))

    @override
    def _count(self, piece: bytes) -> None:
        super()._count(piece)
        if self._checksum is not None:
            self._checksum.update(piece)

    @override
    def _finish(self) -> None:
        if self._checksum is not None:
            self._checksum.check(self._stored, "read")
