"""Problems in specs: data, collected over a whole run and shown together."""

from dataclasses import dataclass, field

__all__ = ["Problem", "Problems", "SpecError"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a spec, shown as ``file: table.key: message``."""

    file: str
    where: str
    message: str

    def __str__(self) -> str:
        return ": ".join(piece for piece in (self.file, self.where, self.message) if piece)


class SpecError(Exception):
    """The specs have problems; nothing was written. ``problems`` lists them all."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(slots=True)
class Problems:
    """Collects problems, so that one run shows every mistake."""

    found: list[Problem] = field(default_factory=list[Problem])

    def add(self, file: str, where: str, message: str) -> None:
        """Note a problem."""
        self.found.append(Problem(file, where, message))

    def raise_if_any(self) -> None:
        """Raise SpecError with everything found so far."""
        if self.found:
            raise SpecError(tuple(sorted(set(self.found))))
