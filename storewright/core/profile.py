"""Profiles: providers reached through another service's protocol, as differences from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Profile"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How one provider differs from the service whose protocol it speaks."""

    name: str
    description: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Construction pairs that have another default there."""
    unsupported: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Pairs, by operation, that the provider refuses or silently ignores: they are refused here."""
    lacks: tuple[str, ...] = ()
    """Interfaces that the provider does not have."""
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Limits that differ."""
