"""Names of the bits in object modes and list modes, which are plain ints inside the library."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["LIST_MODES", "OBJECT_MODES", "mode_names"]

OBJECT_MODES: Final[Mapping[str, int]] = MappingProxyType(
    {"dir": 1, "read": 2, "link": 4, "part": 8, "block": 16, "page": 32, "append": 64}
)
LIST_MODES: Final[Mapping[str, int]] = MappingProxyType(
    {"dir": 1, "prefix": 2, "part": 4, "block": 8}
)


def mode_names(mode: int, names: Mapping[str, int]) -> str:
    """The set bits of ``mode`` by name, in bit order: ``dir|read``; ``none`` when no bit is set."""
    return "|".join(name for name, bit in names.items() if mode & bit) or "none"
