"""Encryption with the user's own key: three headers that follow from it."""

from __future__ import annotations

from typing import Any, Final

from storewright.core.encoders import encode_base64, encode_sha256_base64
from storewright.core.errors import PairValueInvalid

__all__ = ["with_customer_keys"]

_KEY_SIZE: Final = 32
_PAIRS: Final = (
    ("x-goog-encryption", "server_side_encryption_customer_key"),
    ("x-goog-copy-source-encryption", "copy_source_server_side_encryption_customer_key"),
)


def with_customer_keys(args: dict[str, Any]) -> dict[str, Any]:
    """``args`` of a vendor call with the headers that a key needs.

    Raises PairValueInvalid for a key that is not of 32 bytes: otherwise the mistake would show when
    all the content was sent.
    """
    for prefix, pair in _PAIRS:
        key = args.get(f"{prefix}-key")
        if key is not None:
            _check(key, pair)
            args[f"{prefix}-algorithm"] = "AES256"
            args[f"{prefix}-key"] = encode_base64(key)
            args[f"{prefix}-key-sha256"] = encode_sha256_base64(key)
    return args


def _check(key: bytes, pair: str) -> None:
    if len(key) != _KEY_SIZE:
        message = f"pair {pair!r}: expected {_KEY_SIZE} bytes, got {len(key)}"
        raise PairValueInvalid(message, pair=pair)
