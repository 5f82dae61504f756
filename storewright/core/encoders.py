"""Coders named by specs: option values as calls and headers want them, and what headers say."""

import binascii
from collections.abc import Mapping
from datetime import UTC, datetime

from storewright.core import percent

__all__ = [
    "decode_bool",
    "decode_http_date",
    "decode_int",
    "encode_base64",
    "encode_hex",
    "encode_http_date",
    "encode_json_base64",
    "encode_md5_base64",
    "encode_milliseconds",
    "encode_query",
    "encode_seconds",
    "encode_sha256_base64",
    "encode_text",
]


def encode_base64(value: bytes) -> str:
    """Standard base64 with padding."""
    return binascii.b2a_base64(value, newline=False).decode("ascii")


def encode_hex(value: bytes) -> str:
    """Lower-case hexadecimal."""
    return value.hex()


def encode_md5_base64(value: bytes) -> str:
    """Base64 of the MD5 digest, as ``...-Customer-Key-MD5`` headers want it."""
    import hashlib  # loads OpenSSL

    return encode_base64(hashlib.md5(value, usedforsecurity=False).digest())


def encode_sha256_base64(value: bytes) -> str:
    """Base64 of the SHA-256 digest."""
    import hashlib

    return encode_base64(hashlib.sha256(value).digest())


def encode_json_base64(value: Mapping[str, str]) -> str:
    """Base64 of the compact JSON object, keys sorted."""
    import json

    text = json.dumps(dict(value), sort_keys=True, separators=(",", ":"))
    return encode_base64(text.encode("ascii"))


def encode_query(value: Mapping[str, str]) -> str:
    """URL query in the map's order: ``a=1&b=2``, spaces as ``%20``."""
    return "&".join(f"{percent.encode(key)}={percent.encode(text)}" for key, text in value.items())


def encode_text(value: bool | float | str) -> str:
    """Text of a header: ``true``, ``12``, ``1.5``, or the text itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encode_seconds(value: float) -> int:
    """Whole seconds, rounded up, so that nothing expires before it was asked to."""
    return -int(-value // 1)


def encode_milliseconds(value: float) -> int:
    """Whole milliseconds, rounded up."""
    return encode_seconds(value * 1000)


def encode_http_date(value: datetime) -> str:
    """HTTP date in GMT: ``Tue, 05 Mar 2024 10:00:00 GMT`` (fractions of a second are cut)."""
    from email.utils import format_datetime  # pulls in sockets; only some services need it

    return format_datetime(value.astimezone(UTC), usegmt=True)


def decode_bool(text: str | None) -> bool | None:
    """What a header says with ``true``, in any case, or with something else; None without it."""
    return None if text is None else text.lower() == "true"


def decode_http_date(text: str | None) -> datetime | None:
    """The moment of an HTTP date; None without one."""
    if text is None:
        return None
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(text)


def decode_int(text: str | None) -> int | None:
    """A number in a header; None without it."""
    return None if text is None else int(text)
