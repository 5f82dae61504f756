"""Reading TOML as strictly as a compiler: every key is asked for, or it is a mistake."""

import keyword
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from storewright.codegen.problems import Problems
from storewright.core.suggest import did_you_mean

__all__ = ["Table", "read_toml"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def read_toml(path: Path, shown: str, problems: Problems) -> "Table":
    """The file as a Table; syntax errors and duplicate keys are noted, and the Table is empty."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        text = error.strerror if isinstance(error, OSError) else str(error)
        problems.add(shown, "", text or str(error))
        data = {}
    return Table(data, shown, "", problems)


class Table:
    """One TOML table. Each reader method marks its key as known; ``done`` notes the others."""

    def __init__(self, data: Mapping[str, Any], file: str, where: str, problems: Problems) -> None:
        self.data = data
        self.file = file
        self.where = where
        self.problems = problems
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def at(self, key: str) -> str:
        """Full dotted name of a key."""
        return f"{self.where}.{key}" if self.where else key

    def problem(self, key: str, message: str) -> None:
        """Note a problem with a key."""
        self.problems.add(self.file, self.at(key) if key else self.where, message)

    def _get(self, key: str, kind: type | tuple[type, ...], expected: str, default: Any) -> Any:
        self._known.add(key)
        if key not in self.data:
            if default is _REQUIRED:
                self.problem(key, f"is missing (expected {expected})")
            return None if default is _REQUIRED else default
        value = self.data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            self.problem(key, f"expected {expected}, got {type(value).__name__}")
            return None if default is _REQUIRED else default
        return value

    def text(self, key: str) -> str:
        """A string that must be there and say something."""
        value = self._get(key, str, "a string", _REQUIRED)
        if value is not None and not value.strip():
            self.problem(key, "must not be empty")
        return (value or "").strip()

    def optional_text(self, key: str) -> str:
        """A string, or empty."""
        return str(self._get(key, str, "a string", ""))

    def flag(self, key: str) -> bool:
        """A boolean, false when absent."""
        return bool(self._get(key, bool, "true or false", False))

    def names(self, key: str) -> tuple[str, ...]:
        """A list of strings without duplicates, empty when absent."""
        value = self._get(key, list, "a list of strings", [])
        strings = [item for item in value if isinstance(item, str)]
        if len(strings) != len(value):
            self.problem(key, "expected a list of strings")
        for name in sorted({name for name in strings if strings.count(name) > 1}):
            self.problem(key, f"{name!r} stands twice")
        return tuple(dict.fromkeys(strings))

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A table with free keys, whose values the caller checks."""
        return dict(self._get(key, dict, "a table", {}))

    def table(self, key: str) -> "Table":
        """A table with known keys; empty when absent."""
        return Table(self._get(key, dict, "a table", {}), self.file, self.at(key), self.problems)

    def tables(self, key: str = "") -> Iterator[tuple[str, "Table"]]:
        """The tables in a table with free snake_case keys, sorted by name."""
        inner = self.table(key) if key else self
        for name in sorted(inner.data):
            inner._known.add(name)  # noqa: SLF001 - same class
            if not isinstance(inner.data[name], dict):
                inner.problem(name, "expected a table")
                continue
            inner.check_name(name)
            yield name, inner.table(name)

    def check_name(self, name: str) -> None:
        """Note a name that cannot become a Python name in the house's case."""
        if not _NAME.fullmatch(name):
            self.problem(name, "must be snake_case: lower-case letters, digits and single _")
        elif keyword.iskeyword(name):
            self.problem(name, "is a Python keyword")

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for key in sorted(set(self.data) - self._known):
            self.problem(key, f"unknown key{did_you_mean(key, self._known)}")


_REQUIRED: Final = object()
