"""Pairs: options as objects, for composing them at run time, and what the specs say of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from storewright.core import values
from storewright.core.credential import Credential
from storewright.core.endpoint import Endpoint
from storewright.core.errors import PairTypeInvalid, PairValueInvalid
from storewright.core.record import Record
from storewright.core.redact import MASK

__all__ = ["Pair", "PairSpec", "as_credential", "as_endpoint", "as_interceptor", "as_object_func"]


class Pair:
    """One typed option of an operation, made by a ``with_…`` function.

    ``service`` is empty for a pair that means the same on every service. A pair with ``security``
    protects data: it is honoured or refused, never ignored.
    """

    __slots__ = ("checked_by", "checked_value", "name", "secret", "security", "service", "value")

    checked_by: PairSpec | None
    """The spec by which ``checked_value`` was found right. A call need not check it again."""
    checked_value: object

    def __init__(
        self,
        name: str,
        value: object,
        service: str = "",
        *,
        secret: bool = False,
        security: bool = False,
    ) -> None:
        self.name = name
        self.value = value
        self.service = service
        self.secret = secret
        self.security = security
        self.checked_by = self.checked_value = None

    def __repr__(self) -> str:
        value = MASK if self.secret else repr(self.value)
        owner = f"{self.service}." if self.service else ""
        return f"Pair({owner}{self.name}={value})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pair):
            return NotImplemented
        return (self.name, self.service, self.value) == (other.name, other.service, other.value)

    def __hash__(self) -> int:
        return hash((self.name, self.service))


def as_credential(name: str, value: object) -> Credential:
    """A Credential, or a string in its grammar."""
    if isinstance(value, Credential):
        return value
    if isinstance(value, str):
        return Credential.parse(value)
    message = f"pair {name!r}: expected Credential or str, got {type(value).__name__}"
    raise PairTypeInvalid(message, pair=name)


def as_endpoint(name: str, value: object) -> Endpoint:
    """An Endpoint, or a URL."""
    if isinstance(value, Endpoint):
        return value
    if isinstance(value, str):
        return Endpoint.parse(value)
    message = f"pair {name!r}: expected Endpoint or str, got {type(value).__name__}"
    raise PairTypeInvalid(message, pair=name)


def as_interceptor(name: str, value: object) -> Callable[..., Any]:
    """Something that can be called."""
    return values.as_callback(name, value)


def as_object_func(name: str, value: object) -> Callable[..., Any]:
    """Something that can be called with an Object."""
    return values.as_callback(name, value)


class PairSpec(Record):
    """What the specs say of one pair; generated code holds one for each."""

    name: str
    type: str
    """Name of the type in the specs: ``string``, ``size``, ``duration`` …"""
    description: str = ""
    service: str = ""
    """The service that defined it; empty for a pair of the core vocabulary."""
    secret: bool = False
    security: bool = False
    alias: tuple[str, ...] = ()
    """Other keys for it in connection strings and mappings."""
    env: tuple[str, ...] = ()
    """Environment variables it is read from at construction."""
    values: frozenset[str] = frozenset()
    """The strings allowed; empty when any is."""

    def check(self, value: object) -> Any:
        """``value`` as the type demands; raises PairTypeInvalid or PairValueInvalid."""
        if self.values:
            return values.as_enum(self.name, value, self.values)
        return _CHECKS[self.type](self.name, value)

    def parse(self, text: str | None) -> Any:
        """The value that ``text`` stands for; None is a key without ``=``, true for a bool."""
        if self.values:
            return values.parse_enum(self.name, text, self.values)
        return _PARSERS[self.type](self.name, text)

    def pair(self, value: object) -> Pair:
        """A Pair with the checked value."""
        checked = self.check(value)
        pair = Pair(self.name, checked, self.service, secret=self.secret, security=self.security)
        if type(checked) not in {dict, list}:  # those may change, and each call gets its own
            pair.checked_by, pair.checked_value = self, checked
        return pair


def _parse_plain(check: Callable[[str, object], Any], name: str, text: str | None) -> Any:
    if text is None:
        raise PairValueInvalid(f"pair {name!r}: a value is needed", pair=name)
    return check(name, text)


_CHECKS: Final[Mapping[str, Callable[[str, object], Any]]] = MappingProxyType(
    {
        "any": values.as_any,
        "bool": values.as_bool,
        "bytes": values.as_bytes,
        "callback": values.as_callback,
        "credential": as_credential,
        "duration": values.as_duration,
        "endpoint": as_endpoint,
        "float": values.as_float,
        "int": values.as_int,
        "interceptor": as_interceptor,
        "list_mode": values.as_list_mode,
        "object_func": as_object_func,
        "object_mode": values.as_object_mode,
        "size": values.as_size,
        "string": values.as_string,
        "string_map": values.as_string_map,
        "strings": values.as_strings,
        "time": values.as_time,
    }
)
_PARSERS: Final[Mapping[str, Callable[[str, str | None], Any]]] = MappingProxyType(
    {
        "any": values.parse_any,
        "bool": values.parse_bool,
        "bytes": values.parse_bytes,
        "callback": values.parse_callback,
        "credential": partial(_parse_plain, as_credential),
        "duration": values.parse_duration,
        "endpoint": partial(_parse_plain, as_endpoint),
        "float": values.parse_float,
        "int": values.parse_int,
        "interceptor": values.parse_callback,
        "list_mode": values.parse_list_mode,
        "object_func": values.parse_callback,
        "object_mode": values.parse_object_mode,
        "size": values.parse_size,
        "string": values.parse_string,
        "string_map": values.parse_string_map,
        "strings": values.parse_strings,
        "time": values.parse_time,
    }
)
