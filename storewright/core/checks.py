"""Checkers of option values: ``as_T(name, value)`` for each type ``T`` of the specs.

Each returns the value as its type wants it, or raises PairTypeInvalid or PairValueInvalid. They
run on every call with an option, so the exact type is tested first. ``name`` is the option's
name, for the message; the value itself is never printed, it may be a secret.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn, SupportsIndex, cast

from storewright.core.errors import PairTypeInvalid, PairValueInvalid
from storewright.core.modes import LIST_MODES, OBJECT_MODES
from storewright.core.suggest import did_you_mean

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "as_any",
    "as_bool",
    "as_bytes",
    "as_callback",
    "as_duration",
    "as_enum",
    "as_float",
    "as_int",
    "as_list_mode",
    "as_object_mode",
    "as_size",
    "as_string",
    "as_string_map",
    "as_strings",
    "as_time",
    "refuse_type",
    "refuse_value",
]


def refuse_type(name: str, expected: str, value: object) -> NoReturn:
    """Raise PairTypeInvalid that tells what was expected and the type that was given."""
    given = type(value).__name__
    raise PairTypeInvalid(f"pair {name!r}: expected {expected}, got {given}", pair=name)


def refuse_value(name: str, expected: str) -> NoReturn:
    """Raise PairValueInvalid that tells what was expected."""
    raise PairValueInvalid(f"pair {name!r}: expected {expected}", pair=name) from None


# --- string ---------------------------------------------------------------------------------------


def as_string(name: str, value: object) -> str:
    """A str; subclasses (StrEnum members) become plain strings."""
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    refuse_type(name, "str", value)


# --- enum: a string of a closed set ---------------------------------------------------------------


def as_enum(name: str, value: object, allowed: frozenset[str]) -> str:
    """One of the ``allowed`` strings."""
    text = as_string(name, value)
    if text in allowed:
        return text
    refuse_value(name, f"one of {', '.join(sorted(allowed))}{did_you_mean(text, allowed)}")


# --- int ------------------------------------------------------------------------------------------


def as_int(name: str, value: object) -> int:
    """An int, or an object that stands for one (``__index__``); bool is refused."""
    if type(value) is int:
        return value
    return _index(name, value, "int")


def _index(name: str, value: object, expected: str) -> int:
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return int(operator.index(value))
    refuse_type(name, expected, value)


# --- float ----------------------------------------------------------------------------------------


def as_float(name: str, value: object) -> float:
    """A finite float; ints are converted, bool is refused."""
    if type(value) is not float:
        value = _to_float(name, value, "float")
    if math.isfinite(value):
        return value
    refuse_value(name, "a finite number")


def _to_float(name: str, value: object, expected: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            refuse_value(name, "a finite number")
    refuse_type(name, expected, value)


# --- bool -----------------------------------------------------------------------------------------


def as_bool(name: str, value: object) -> bool:
    """A bool; nothing else, since ``bool("false")`` is true."""
    if type(value) is bool:
        return value
    refuse_type(name, "bool", value)


# --- bytes ----------------------------------------------------------------------------------------


def as_bytes(name: str, value: object) -> bytes:
    """bytes; bytearray and memoryview are copied. A str is refused: encode it first."""
    if type(value) is bytes:
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(cast("Buffer", value))
    refuse_type(name, "bytes", value)


# --- duration: seconds ----------------------------------------------------------------------------


def as_duration(name: str, value: object) -> float:
    """Seconds as a float from a number of seconds or a timedelta; negative is refused."""
    if type(value) is not float:
        value = _to_seconds(name, value)
    if 0.0 <= value < math.inf:
        return value
    refuse_value(name, "a duration of 0 or more seconds")


def _to_seconds(name: str, value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return _to_float(name, value, "a number of seconds or a timedelta")


# --- size: bytes ----------------------------------------------------------------------------------


def as_size(name: str, value: object) -> int:
    """A number of bytes, or an offset: an int of 0 or more."""
    size = value if type(value) is int else _index(name, value, "int")
    if size >= 0:
        return size
    refuse_value(name, "0 or more bytes")


# --- strings: a list of texts ---------------------------------------------------------------------


def as_strings(name: str, value: object) -> list[str]:
    """A new list from a list, tuple or other iterable of str; a single str is refused."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        refuse_type(name, "a list of str", value)
    return [_item(name, item, "a list of str") for item in cast("Iterable[object]", value)]


def _item(name: str, value: object, expected: str) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    raise PairTypeInvalid(
        f"pair {name!r}: expected {expected}, got an item of type {type(value).__name__}", pair=name
    )


# --- string_map -----------------------------------------------------------------------------------


def as_string_map(name: str, value: object) -> dict[str, str]:
    """A new dict from a mapping of str to str."""
    if not isinstance(value, Mapping):
        refuse_type(name, "a mapping of str to str", value)
    expected = "a mapping of str to str"
    items = cast("Mapping[object, object]", value).items()
    return {_item(name, key, expected): _item(name, item, expected) for key, item in items}


# --- time -----------------------------------------------------------------------------------------


def as_time(name: str, value: object) -> datetime:
    """A datetime that knows its time zone."""
    if not isinstance(value, datetime):
        refuse_type(name, "datetime", value)
    if value.utcoffset() is None:
        refuse_value(name, "a datetime with a time zone, such as datetime.now(timezone.utc)")
    return value


# --- object_mode and list_mode: bits --------------------------------------------------------------


_OBJECT_BITS: Final = sum(OBJECT_MODES.values())
_LIST_BITS: Final = sum(LIST_MODES.values())


def as_object_mode(name: str, value: object) -> int:
    """Bits of object modes as a plain int; IntFlag members are accepted."""
    mode = value if type(value) is int else _index(name, value, "an object mode")
    if 0 < mode <= _OBJECT_BITS:
        return mode
    refuse_value(name, f"one or more of the modes {'|'.join(OBJECT_MODES)}")


def as_list_mode(name: str, value: object) -> int:
    """Bits of list modes as a plain int; IntFlag members are accepted."""
    mode = value if type(value) is int else _index(name, value, "a list mode")
    if 0 < mode <= _LIST_BITS:
        return mode
    refuse_value(name, f"one or more of the modes {'|'.join(LIST_MODES)}")


# --- callback and any: only in code ---------------------------------------------------------------


def as_callback(name: str, value: object) -> Callable[..., Any]:
    """Anything that can be called."""
    if callable(value):
        return value
    refuse_type(name, "a callable", value)


def as_any(name: str, value: object) -> Any:
    """The value unchanged: only the adapter knows its type."""
    del name
    return value
