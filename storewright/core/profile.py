"""Profiles: providers reached through another service's protocol, as differences from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from storewright.core.record import Record

__all__ = ["Profile"]

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class Profile(Record):
    """How one provider differs from the service whose protocol it speaks."""

    name: str
    description: str = ""
    defaults: Mapping[str, Any] = _NONE
    """Construction pairs that have another default there."""
    unsupported: Mapping[str, tuple[str, ...]] = _NONE
    """Pairs, by operation, that the provider refuses or silently ignores: they are refused here."""
    lacks: tuple[str, ...] = ()
    """Interfaces that the provider does not have."""
    limits: Mapping[str, Any] = _NONE
    """Limits that differ."""
