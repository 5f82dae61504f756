"""What the generated options classes share: their vocabulary, and a repr without secrets."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from storewright.core.pairs import PairSpec
from storewright.core.redact import MASK

__all__ = ["Options"]


class Options:
    """The options of one call, checked; None means not given. Subclasses are generated."""

    __slots__ = ()

    PAIRS: ClassVar[Mapping[str, PairSpec]] = {}
    """Every pair that the operation accepts on this service."""
    REQUIRED: ClassVar[tuple[str, ...]] = ()

    def given(self) -> Iterator[tuple[str, Any]]:
        """Name and value of each option that is set."""
        for name in self.PAIRS:
            value = getattr(self, name)
            if value is not None:
                yield name, value

    def __repr__(self) -> str:
        shown = (
            f"{name}={MASK if self.PAIRS[name].secret else repr(value)}"
            for name, value in self.given()
        )
        return f"{type(self).__name__}({', '.join(shown)})"
