"""CRC32C, which the service keeps of every object."""

from __future__ import annotations

from typing import Final, final

from storewright.core.encoders import encode_base64
from storewright.core.errors import IntegrityFailed
from storewright.services.gcs.sdk import extend_crc32c

__all__ = ["Crc32c", "crc32c_of", "stored_crc32c"]

_NAME: Final = "crc32c="
_PIECE: Final = 128 * 1024


@final
class Crc32c:
    """The checksum of content that comes in pieces."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value = 0

    def update(self, piece: bytes | memoryview) -> None:
        """Take the next piece."""
        if isinstance(piece, bytes):
            self._value = extend_crc32c(self._value, piece)
        elif type(piece.obj) is bytes and len(piece.obj) == piece.nbytes:
            self._value = extend_crc32c(self._value, piece.obj)
        else:  # the extension takes bytes only; pieces of this size stay in the processor's cache
            for start in range(0, piece.nbytes, _PIECE):
                chunk = bytes(piece[start : start + _PIECE])
                self._value = extend_crc32c(self._value, chunk)

    @property
    def text(self) -> str:
        """As the service writes it."""
        return encode_base64(self._value.to_bytes(4, "big"))

    def check(self, stored: str | None, what: str) -> None:
        """Raise IntegrityFailed if ``stored`` is the checksum of other content."""
        if stored is not None and stored != self.text:
            raise IntegrityFailed(f"the CRC32C of what was {what} is {self.text}, not {stored}")


def crc32c_of(data: bytes | memoryview) -> Crc32c:
    """The checksum of content at hand."""
    checksum = Crc32c()
    checksum.update(data)
    return checksum


def stored_crc32c(header: str) -> str | None:
    """The checksum in an x-goog-hash header."""
    fields = (field.strip() for field in header.split(","))
    return next((f.removeprefix(_NAME) for f in fields if f.startswith(_NAME)), None)
