"""What the generated options classes share: their vocabulary, and a repr without secrets."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn, TypeVar

from storewright.core.pairs import PairSpec
from storewright.core.redact import MASK

__all__ = ["Options", "nothing"]


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


AnyOptions = TypeVar("AnyOptions", bound=Options)


def nothing(cls: type[AnyOptions]) -> AnyOptions:
    """Options of which none is given, for all calls to share: they cannot be changed.

    To build them anew for each call would cost more than the rest of the generated method.
    """

    def refuse(_: object, name: str, __: object) -> NoReturn:
        message = f"{cls.__name__}.{name}: the options of a call are not to be changed"
        raise AttributeError(message)

    shared = cls()
    constant = type(cls.__name__, (cls,), {"__slots__": (), "__setattr__": refuse})
    object.__setattr__(shared, "__class__", constant)
    return shared
