"""Encryption with the user's own key, and what Azure wants to be told beside it."""

from __future__ import annotations

import hashlib
from binascii import a2b_base64
from typing import Any, Final

from storewright.core.encoders import encode_base64
from storewright.core.errors import PairConflict, PairValueInvalid

__all__ = ["keyed"]

_ALGORITHM: Final = "AES256"
_KEY_SIZE: Final = 32
_HEADERS: Final = (
    ("x-ms-encryption", "encryption_key"),
    ("x-ms-source-encryption", "copy_source_encryption_key"),
)
_KEY: Final = "x-ms-encryption-key"
_SCOPE: Final = "x-ms-encryption-scope"


def keyed(args: dict[str, Any], *, secure: bool) -> dict[str, Any]:
    """``args`` of a call with the digest and the algorithm of the keys that are in it.

    Raises PairValueInvalid for a key that is not of 32 bytes, and for one that would travel without
    TLS; PairConflict for a key beside an encryption scope: only one of them can encrypt.
    """
    for header, pair in _HEADERS:
        key = args.get(f"{header}-key")
        if key is not None:
            raw = a2b_base64(key)
            _check(raw, pair, secure=secure)
            args[f"{header}-key-sha256"] = encode_base64(hashlib.sha256(raw).digest())
            args[f"{header}-algorithm"] = _ALGORITHM
    if _KEY in args and _SCOPE in args:
        raise PairConflict("encryption_key excludes encryption_scope", pair="encryption_scope")
    return args


def _check(key: bytes, pair: str, *, secure: bool) -> None:
    if len(key) != _KEY_SIZE:
        message = f"pair {pair!r}: expected {_KEY_SIZE} bytes, got {len(key)}"
        raise PairValueInvalid(message, pair=pair)
    if not secure:
        message = f"pair {pair!r}: a key is sent over https only"
        raise PairValueInvalid(message, pair=pair)
