"""A pair as constructors, options, signatures and docs show it."""

from dataclasses import dataclass

from storewright.codegen.model import Pair
from storewright.codegen.texts import literal
from storewright.codegen.vocabulary import PAIR_TYPES

__all__ = ["PairView"]


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair as constructors, options and signatures show it."""

    pair: Pair

    @property
    def name(self) -> str:
        return self.pair.name

    @property
    def constant(self) -> str:
        return self.pair.name.upper()

    @property
    def annotation(self) -> str:
        """What callers may pass."""
        if self.pair.values:
            return f"Literal[{', '.join(map(repr, self.pair.values))}]"
        return PAIR_TYPES[self.pair.type].annotation

    @property
    def stored(self) -> str:
        """What adapters find."""
        return PAIR_TYPES[self.pair.type].stored

    @property
    def parameter(self) -> str:
        return f"{self.name}: {self.annotation} | None = None"

    def checked(self, value: str) -> str:
        """An expression for the checked value."""
        if self.pair.values:
            return f'as_enum("{self.name}", {value}, {self.constant}.values)'
        return f'{PAIR_TYPES[self.pair.type].check}("{self.name}", {value})'

    @property
    def notes(self) -> str:
        """What docs say besides the description."""
        pair = self.pair
        parts = [word for word in ("defaultable", "security", "secret") if getattr(pair, word)]
        parts += [f"one of {', '.join(pair.values)}"] if pair.values else []
        parts += ["every operation that makes a request"] if pair.everywhere else []
        return "; ".join(parts)

    @property
    def spec(self) -> str:
        """The PairSpec's constructor call."""
        pair = self.pair
        parts = [repr(pair.name), repr(pair.type), repr(" ".join(pair.description.split()))]
        parts += [f"service={pair.service!r}"] if pair.service else []
        parts += ["secret=True"] if pair.secret else []
        parts += ["security=True"] if pair.security else []
        parts += [f"alias={literal(pair.alias)}"] if pair.alias else []
        parts += [f"env={literal(pair.env)}"] if pair.env else []
        parts += [f"values=frozenset({literal(pair.values)})"] if pair.values else []
        return f"PairSpec({', '.join(parts)})"
