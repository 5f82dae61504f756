"""Encryption with the user's own key: what botocore leaves to its callers."""

from __future__ import annotations

from typing import Any, Final

from storewright.core.errors import PairRequired, PairValueInvalid

__all__ = ["with_customer_keys"]

_ALGORITHM: Final = "AES256"
_KEY_SIZE: Final = 32
_PAIRS: Final = (
    ("SSECustomer", "server_side_encryption_customer"),
    ("CopySourceSSECustomer", "copy_source_server_side_encryption_customer"),
)


def with_customer_keys(args: dict[str, Any]) -> dict[str, Any]:
    """``args`` of a vendor call with the algorithm that a key implies.

    Raises PairRequired for an algorithm without a key, PairValueInvalid for a key that is not of
    32 bytes: otherwise the mistake would show when all the content was sent, or never.
    """
    for vendor, ours in _PAIRS:
        key = args.get(f"{vendor}Key")
        if key is not None:
            _check(key, f"{ours}_key")
            args.setdefault(f"{vendor}Algorithm", _ALGORITHM)
        elif f"{vendor}Algorithm" in args:
            raise PairRequired(f"{ours}_algorithm needs {ours}_key", pair=f"{ours}_key")
    return args


def _check(key: bytes, pair: str) -> None:
    if len(key) != _KEY_SIZE:
        message = f"pair {pair!r}: expected {_KEY_SIZE} bytes, got {len(key)}"
        raise PairValueInvalid(message, pair=pair)
