"""Arguments of the SDK's calls, from what the bindings say: keys encoded, headers named.

The SDK refuses parameters that it does not know, but sends every entry of ``Metadata`` as a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qcloud_cos import cos_comm

from storewright.core.encoders import encode_base64, encode_md5_base64
from storewright.core.errors import PairRequired, PairValueInvalid

__all__ = ["said", "split"]

_ALGORITHM: Final = "AES256"
_KEY_SIZE: Final = 32
_PAIRS: Final = (
    ("SSECustomer", "server_side_encryption_customer"),
    ("CopySourceSSECustomer", "copy_source_server_side_encryption_customer"),
)
_sdk: Any = cos_comm


def said(args: dict[str, Any], extra: Mapping[str, str] | None = None) -> dict[str, Any]:
    """``args`` as the SDK takes them, with ``extra`` headers.

    Raises PairRequired for an algorithm without a key, PairValueInvalid for a key that is not of
    32 bytes and for metadata that no header can hold: otherwise the mistake would show when all the
    content was sent, or never.
    """
    _encode_keys(args)
    headers = {name: args.pop(name) for name in [*args] if name.islower()}
    headers |= _metadata(args.pop("Metadata", None) or {})
    headers |= _checked(extra or {}, "extra")
    return {**args, "Metadata": headers} if headers else args


def _encode_keys(args: dict[str, Any]) -> None:
    """A customer's key as the headers want it, with its MD5, and the algorithm that it implies."""
    for vendor, ours in _PAIRS:
        key = args.get(f"{vendor}Key")
        if key is not None:
            _check_key(key, f"{ours}_key")
            args.setdefault(f"{vendor}Algorithm", _ALGORITHM)
            args[f"{vendor}Key"] = encode_base64(key)
            args[f"{vendor}KeyMD5"] = encode_md5_base64(key)
        elif f"{vendor}Algorithm" in args:
            raise PairRequired(f"{ours}_algorithm needs {ours}_key", pair=f"{ours}_key")


def _check_key(key: bytes, pair: str) -> None:
    if len(key) != _KEY_SIZE:
        message = f"pair {pair!r}: expected {_KEY_SIZE} bytes, got {len(key)}"
        raise PairValueInvalid(message, pair=pair)


def _metadata(given: Mapping[str, str]) -> dict[str, str]:
    checked = _checked(given, "user_metadata")
    return {f"x-cos-meta-{name}": value for name, value in checked.items()}


def _checked(given: Mapping[str, str], pair: str) -> Mapping[str, str]:
    for name, value in given.items():
        if not (name.isascii() and value.isascii() and value.isprintable()):
            message = f"pair {pair!r}: {name!r} is not in printable ASCII, as headers must be"
            raise PairValueInvalid(message, pair=pair, hint="percent-encode it")
    return given


def split(args: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and the query of the request that the SDK would make of ``args``."""
    headers, query = dict[str, str](), dict[str, str]()
    sent: Mapping[str, str] = _sdk.mapped(args)
    for name, value in sent.items():
        in_query = name == "versionId" or name.startswith("response-")
        (query if in_query else headers)[name] = value
    return headers, query
