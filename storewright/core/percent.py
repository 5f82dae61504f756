"""Strict percent-encoding, for the grammars of credentials and connection strings."""

import re
from typing import Final

__all__ = ["MalformedPercent", "decode", "encode"]

_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")
_BROKEN: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class MalformedPercent(ValueError):
    """The text is not percent-encoded UTF-8; ``position`` is where that shows."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def encode(text: str, safe: str = "") -> str:
    """``text`` with all but letters, digits, ``_.-~`` and the ``safe`` characters encoded.

    Raises UnicodeEncodeError for a lone surrogate.
    """
    kept = _PLAIN.union(safe)
    return "".join(char if char in kept else _encoded(char) for char in text)


def _encoded(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8"))


def decode(text: str) -> str:
    """The text that :func:`encode` was given. ``+`` is a plus.

    Raises MalformedPercent for a ``%`` without two hexadecimal digits, and for bytes that are not
    UTF-8: nothing is replaced or guessed.
    """
    if "%" not in text:
        return text
    if broken := _BROKEN.search(text):
        raise MalformedPercent("'%' must be followed by two hexadecimal digits", broken.start())
    first, *rest = text.encode("utf-8", "surrogatepass").split(b"%")
    try:
        found = b"".join(bytes.fromhex(piece[:2].decode()) + piece[2:] for piece in rest)
        return (first + found).decode("utf-8")
    except UnicodeError:
        raise MalformedPercent("the percent-encoded bytes are not UTF-8", text.index("%")) from None
