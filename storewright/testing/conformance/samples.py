"""Values that pairs can have."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from storewright.storage import PairSpec
from storewright.testing.conformance.writing import METADATA, md5_of

__all__ = ["DATA", "sample"]

DATA: Final = bytes(range(256)) * 4  # whole pages, where only those can be written
"""What ``Calls`` writes."""

_BY_NAME: Final[Mapping[str, Any]] = MappingProxyType(
    {**METADATA, "content_md5": md5_of(DATA), "offset": 0, "size": len(DATA), "timeout": 60}
)
_BY_TYPE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "any": "x",
        "bool": True,
        "bytes": b"32 bytes, as a key needs to be..",
        "callback": len,
        "duration": 60,
        "float": 1.0,
        "int": 1,
        "object_func": len,
        "size": 1,
        "string": "x",
        "string_map": {"x": "y"},
        "strings": ["x"],
        "time": datetime(2100, 1, 1, tzinfo=UTC),
    }
)


def sample(spec: PairSpec) -> Any:
    """A value of a pair that suits the arguments of ``Calls``."""
    if spec.values:
        return min(spec.values)
    return _BY_NAME[spec.name] if spec.name in _BY_NAME else _BY_TYPE[spec.type]
