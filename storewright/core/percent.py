"""Strict percent-encoding, for the grammars of credentials and connection strings."""

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

__all__ = ["MalformedPercent", "decode", "encode"]

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
    return quote(text, safe=safe)


def decode(text: str) -> str:
    """The text that :func:`encode` was given. ``+`` is a plus.

    Raises MalformedPercent for a ``%`` without two hexadecimal digits, and for bytes that are not
    UTF-8: nothing is replaced or guessed.
    """
    if "%" not in text:
        return text
    if broken := _BROKEN.search(text):
        raise MalformedPercent("'%' must be followed by two hexadecimal digits", broken.start())
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        raise MalformedPercent("the percent-encoded bytes are not UTF-8", text.index("%")) from None
