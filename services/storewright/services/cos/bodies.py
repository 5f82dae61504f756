"""What the SDK is given to send, and the digest that the service compares."""

from __future__ import annotations

import hashlib
from typing import Final

from storewright.core.bodies import MemoryBody
from storewright.core.encoders import encode_base64

__all__ = ["body_of", "md5_of"]

_SMALL: Final = 64 * 1024


def body_of(data: bytes | memoryview) -> bytes | MemoryBody:
    """What the SDK is given; few bytes are sent with the headers."""
    return bytes(data) if len(data) <= _SMALL else MemoryBody(data)


def md5_of(data: bytes | memoryview) -> str:
    """The Content-MD5 of what is sent, which the service compares."""
    return encode_base64(hashlib.md5(data, usedforsecurity=False).digest())
