"""Option values as text: ``parse_T(name, text)`` and ``format_T(value)`` for each type.

Text comes from connection strings, the environment and the command line. It is None for a bare
key (``?versioned``), which only a bool accepts. ``parse_T`` reads back what ``format_T`` wrote, and
raises PairValueInvalid without printing the text, which may be a secret.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from storewright.core.checks import (
    as_duration,
    as_enum,
    as_float,
    as_string_map,
    as_strings,
    refuse_value,
)
from storewright.core.encoders import encode_base64
from storewright.core.errors import PairTypeInvalid, PairValueInvalid
from storewright.core.modes import LIST_MODES, OBJECT_MODES, mode_names
from storewright.core.suggest import did_you_mean

__all__ = [
    "format_any",
    "format_bool",
    "format_bytes",
    "format_callback",
    "format_duration",
    "format_enum",
    "format_float",
    "format_int",
    "format_list_mode",
    "format_object_mode",
    "format_size",
    "format_string",
    "format_string_map",
    "format_strings",
    "format_time",
    "parse_any",
    "parse_bool",
    "parse_bytes",
    "parse_callback",
    "parse_duration",
    "parse_enum",
    "parse_float",
    "parse_int",
    "parse_list_mode",
    "parse_object_mode",
    "parse_size",
    "parse_string",
    "parse_string_map",
    "parse_strings",
    "parse_time",
]

T = TypeVar("T")


def _given(name: str, text: str | None, expected: str) -> str:
    """The text of an option that cannot be a bare key."""
    if text is None:
        refuse_value(name, f"{expected}: write {name}=...")
    return text


# --- string ---------------------------------------------------------------------------------------


def parse_string(name: str, text: str | None) -> str:
    """The text itself."""
    return _given(name, text, "a text")


def format_string(value: str) -> str:
    """The text itself."""
    return value


# --- enum: a string of a closed set ---------------------------------------------------------------


def parse_enum(name: str, text: str | None, allowed: frozenset[str]) -> str:
    """One of the ``allowed`` strings, as it is written."""
    return as_enum(name, _given(name, text, f"one of {', '.join(sorted(allowed))}"), allowed)


def format_enum(value: str) -> str:
    """The text itself."""
    return value


# --- int ------------------------------------------------------------------------------------------


_INT: Final = re.compile(r"[+-]?[0-9]+")


def parse_int(name: str, text: str | None) -> int:
    """Decimal digits with an optional sign."""
    expected = "an int such as 12"
    text = _given(name, text, expected)
    return _digits(name, text, expected) if _INT.fullmatch(text) else refuse_value(name, expected)


def _digits(name: str, text: str, expected: str) -> int:
    try:
        return int(text)
    except ValueError:  # more digits than Python converts
        refuse_value(name, expected)


def format_int(value: int) -> str:
    """Decimal digits."""
    return str(value)


# --- float ----------------------------------------------------------------------------------------


_FLOAT: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def parse_float(name: str, text: str | None) -> float:
    """A decimal number: ``12``, ``1.5``, ``1e-3``."""
    expected = "a number such as 1.5"
    text = _given(name, text, expected)
    return as_float(name, float(text)) if _FLOAT.fullmatch(text) else refuse_value(name, expected)


def format_float(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(value)


# --- bool -----------------------------------------------------------------------------------------


_BOOLS: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def parse_bool(name: str, text: str | None) -> bool:
    """true, 1, yes, on or a bare key; false, 0, no, off. In any case of letters."""
    value = True if text is None else _BOOLS.get(text.lower())
    return refuse_value(name, "true or false") if value is None else value


def format_bool(value: bool) -> str:
    """``true`` or ``false``."""
    return "true" if value else "false"


# --- bytes ----------------------------------------------------------------------------------------


def parse_bytes(name: str, text: str | None) -> bytes:
    """Standard base64 with padding."""
    try:
        given = _given(name, text, "base64").encode("ascii")
        return binascii.a2b_base64(given, strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        refuse_value(name, "base64")


def format_bytes(value: bytes) -> str:
    """Standard base64 with padding."""
    return encode_base64(value)


# --- duration: seconds ----------------------------------------------------------------------------


_DURATION: Final = re.compile(
    r"(?=.)(?:(?P<d>[0-9.]+)d)?(?:(?P<h>[0-9.]+)h)?(?:(?P<m>[0-9.]+)m(?!s))?"
    r"(?:(?P<s>[0-9.]+)s)?(?:(?P<ms>[0-9.]+)ms)?"
)
_SECONDS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def parse_duration(name: str, text: str | None) -> float:
    """Seconds from ``90``, ``1.5s``, ``250ms``, ``5m``, ``1h30m``, ``2d``."""
    expected = "a duration such as 90, 1.5s, 5m or 1h30m"
    text = _given(name, text, expected)
    if _FLOAT.fullmatch(plain := text.removesuffix("s")):
        return as_duration(name, float(plain))
    if (match := _DURATION.fullmatch(text)) is None:
        refuse_value(name, expected)
    given = [(unit, number) for unit, number in match.groupdict().items() if number is not None]
    if not all(_FLOAT.fullmatch(number) for _, number in given):
        refuse_value(name, expected)
    return as_duration(name, sum(float(number) * _SECONDS[unit] for unit, number in given))


def format_duration(value: float) -> str:
    """Seconds with the unit: ``90s``, ``1.5s``."""
    return repr(value).removesuffix(".0") + "s"


# --- size: bytes ----------------------------------------------------------------------------------


_SIZE: Final = re.compile(r"([0-9]+)(?:\.([0-9]+))?\s*([A-Za-z]*)")
_POWERS: Final = "KMGTP"
_UNITS: Final[Mapping[str, int]] = {
    "": 1,
    "B": 1,
    **{f"{letter}B": 10 ** (3 * n) for n, letter in enumerate(_POWERS, 1)},
    **{f"{letter}IB": 2 ** (10 * n) for n, letter in enumerate(_POWERS, 1)},
}


def parse_size(name: str, text: str | None) -> int:
    """Bytes from ``1048576``, ``8MiB`` (1024s), ``8MB`` (1000s), ``1.5GiB``."""
    expected = "a size such as 1048576, 8MiB or 1.5GB"
    match = _SIZE.fullmatch(_given(name, text, expected))
    unit = _UNITS.get(match[3].upper()) if match else None
    if match is None or unit is None:
        refuse_value(name, expected)
    fraction = match[2] or ""
    scaled = _digits(name, match[1] + fraction, expected) * unit
    whole, rest = divmod(scaled, int(10 ** len(fraction)))
    return whole if rest == 0 else refuse_value(name, "a whole number of bytes")


def format_size(value: int) -> str:
    """Digits, with the largest binary unit that leaves nothing over: ``8MiB``, ``1000``."""
    for power in range(len(_POWERS), 0, -1):
        if value and value % 1024**power == 0:
            return f"{value // 1024**power}{_POWERS[power - 1]}iB"
    return str(value)


# --- strings: a list of texts ---------------------------------------------------------------------


def parse_strings(name: str, text: str | None) -> list[str]:
    """``a,b,c``, or a JSON array where items contain commas: ``["a,b", "c"]``."""
    text = _given(name, text, "a list such as a,b,c")
    if text.startswith("["):
        return _read(as_strings, name, text, "a JSON array of texts")
    return text.split(",") if text else []


def format_strings(value: list[str]) -> str:
    """``a,b,c`` where that is unambiguous, else a JSON array."""
    text = ",".join(value)
    plain = not text.startswith("[") and parse_strings("", text) == value
    return text if plain else _json(value)


def _read(check: Callable[[str, object], T], name: str, text: str, expected: str) -> T:
    """What ``check`` makes of JSON text."""
    import json

    try:
        return check(name, json.loads(text, object_pairs_hook=partial(_unique, name)))
    except (json.JSONDecodeError, RecursionError, PairTypeInvalid):
        refuse_value(name, expected)


def _json(value: list[str] | dict[str, str]) -> str:
    import json

    return json.dumps(value)


def _unique(name: str, items: Iterable[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in items:
        if key in result:
            refuse_value(name, "every key once")
        result[key] = value
    return result


# --- string_map -----------------------------------------------------------------------------------


def parse_string_map(name: str, text: str | None) -> dict[str, str]:
    """``k=v,k2=v2``, or a JSON object where texts contain commas: ``{"k": "a,b"}``."""
    expected = "a map such as k=v,k2=v2"
    text = _given(name, text, expected)
    if text.startswith("{"):
        return _read(as_string_map, name, text, "a JSON object of texts")
    items = [item.partition("=") for item in text.split(",")] if text else []
    if not all(separator for _, separator, _ in items):
        refuse_value(name, expected)
    return as_string_map(name, _unique(name, ((key, value) for key, _, value in items)))


def format_string_map(value: Mapping[str, str]) -> str:
    """``k=v,k2=v2`` where that is unambiguous, else a JSON object."""
    text = ",".join(f"{key}={item}" for key, item in value.items())
    return text if _is_plain_map(text, value) else _json(dict(value))


def _is_plain_map(text: str, value: Mapping[str, str]) -> bool:
    try:
        return not text.startswith("{") and parse_string_map("", text) == value
    except PairValueInvalid:
        return False


# --- time -----------------------------------------------------------------------------------------


def parse_time(name: str, text: str | None) -> datetime:
    """ISO 8601 with a time zone: ``2024-03-05T10:00:00Z``."""
    expected = "a time such as 2024-03-05T10:00:00Z"
    try:
        value = datetime.fromisoformat(_given(name, text, expected))
    except ValueError:
        refuse_value(name, expected)
    return value if value.utcoffset() is not None else refuse_value(name, expected)


def format_time(value: datetime) -> str:
    """ISO 8601 with the value's own time zone, ``Z`` for UTC."""
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


# --- object_mode and list_mode: bits --------------------------------------------------------------


def parse_object_mode(name: str, text: str | None) -> int:
    """Names joined by ``|``: ``dir|read``."""
    return _bits(name, text, OBJECT_MODES)


def parse_list_mode(name: str, text: str | None) -> int:
    """Names joined by ``|``: ``dir``."""
    return _bits(name, text, LIST_MODES)


def _bits(name: str, text: str | None, names: Mapping[str, int]) -> int:
    expected = f"one or more of the modes {'|'.join(names)}"
    mode: int = 0
    for word in _given(name, text, expected).split("|"):
        if (bit := names.get(word)) is None:
            refuse_value(name, expected + did_you_mean(word, names))
        mode |= bit
    return mode


def format_object_mode(value: int) -> str:
    """Names joined by ``|``."""
    return mode_names(value, OBJECT_MODES)


def format_list_mode(value: int) -> str:
    """Names joined by ``|``."""
    return mode_names(value, LIST_MODES)


# --- callback and any: only in code ---------------------------------------------------------------


def parse_callback(name: str, text: str | None) -> NoReturn:
    """Always PairValueInvalid: a callable has no text."""
    del text
    refuse_value(name, "a callable, which can only be given in code")


def format_callback(value: Callable[..., Any]) -> NoReturn:
    """Always PairValueInvalid: a callable has no text."""
    del value
    raise PairValueInvalid("a callable cannot be written as text")


def parse_any(name: str, text: str | None) -> NoReturn:
    """Always PairValueInvalid: an object of a vendor's library has no text."""
    del text
    refuse_value(name, "an object, which can only be given in code")


def format_any(value: object) -> NoReturn:
    """Always PairValueInvalid: an object of a vendor's library has no text."""
    del value
    raise PairValueInvalid("an object cannot be written as text")
