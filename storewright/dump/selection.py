r"""Which tables are dumped: the filter language of dumpling and TiDB's other tools.

A rule is ``schema.table``, with ``!`` before it to leave out what it matches; the last rule that
matches decides. Each side is a pattern with ``*``, ``?``, ``[a-z]``, ``[!a-z]`` and ``\`` before a
character that is meant as it is; or a name in quotes; or a regular expression between slashes.
``@file`` stands for the rules in a file, one a line, where ``#`` begins a comment.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

from storewright.dump.errors import OptionInvalid

__all__ = ["DEFAULT_FILTER", "Selection"]

DEFAULT_FILTER: Final = (
    "*.*",
    "!/^(mysql|sys|INFORMATION_SCHEMA|PERFORMANCE_SCHEMA|METRICS_SCHEMA|INSPECTION_SCHEMA)$/.*",
)
"""Everything but the server's own."""

_QUOTES: Final = "\"'`"


class _Rule(NamedTuple):
    wanted: bool
    schema: re.Pattern[str]
    table: re.Pattern[str]


class Selection:
    """Rules, compiled; picklable and comparable by their text."""

    def __init__(
        self, rules: Iterable[str] = DEFAULT_FILTER, *, case_sensitive: bool = False
    ) -> None:
        """Compile the rules. Raises OptionInvalid, naming the rule."""
        self.rules = tuple(rules)
        self.case_sensitive = case_sensitive
        flags = re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE
        self._rules = [_parse(rule, flags) for rule in _expanded(self.rules)]

    @classmethod
    def of_tables(cls, names: Iterable[str], *, case_sensitive: bool = False) -> Self:
        """The tables named as ``schema.table``, and no other. Raises OptionInvalid."""
        rules: list[str] = []
        for name in names:
            schema, dot, table = name.strip().partition(".")
            if not (schema and dot and table):
                raise OptionInvalid(f"table {name!r} must be written as database.table")
            rules.append(f"{_as_quoted(schema)}.{_as_quoted(table)}")
        return cls(rules, case_sensitive=case_sensitive)

    def has_table(self, schema: str, table: str) -> bool:
        """Whether a table, view or sequence is wanted."""
        for rule in reversed(self._rules):
            if rule.schema.fullmatch(schema) and rule.table.fullmatch(table):
                return rule.wanted
        return False

    def has_schema(self, schema: str) -> bool:
        """Whether anything in a database may be wanted."""
        for rule in reversed(self._rules):
            if rule.schema.fullmatch(schema):
                if rule.wanted:
                    return True
                if rule.table.pattern == _ANYTHING:
                    return False
        return False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Selection):
            return NotImplemented
        return (self.rules, self.case_sensitive) == (other.rules, other.case_sensitive)

    def __hash__(self) -> int:
        return hash((self.rules, self.case_sensitive))

    def __repr__(self) -> str:
        return f"Selection({list(self.rules)!r}, case_sensitive={self.case_sensitive})"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (self.rules, self.case_sensitive)


def _rebuilt(rules: tuple[str, ...], case_sensitive: bool) -> Selection:
    return Selection(rules, case_sensitive=case_sensitive)


_ANYTHING: Final = ".*"


def _expanded(rules: Iterable[str]) -> Iterator[str]:
    for rule in rules:
        if rule.startswith("@"):
            yield from _from_file(Path(rule[1:]))
        elif rule.strip():
            yield rule.strip()


def _from_file(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionInvalid(f"filter file {path}: {error}") from error
    for line in map(str.strip, lines):
        if line.startswith("@"):
            raise OptionInvalid(f"filter file {path}: {line!r}: a file may not name another")
        if line and not line.startswith("#"):
            yield line


def _parse(text: str, flags: int) -> _Rule:
    wanted = not text.startswith("!")
    try:
        schema, rest = _side(text if wanted else text[1:], flags)
        if not rest.startswith("."):
            raise OptionInvalid("the database and the table must be separated by a dot")
        table, rest = _side(rest[1:], flags)
        if rest:
            raise OptionInvalid(f"{rest!r} is too much")
    except OptionInvalid as error:
        hint = "write for example db.*, !db.log_* or /^db[0-9]+$/.*"
        raise OptionInvalid(f"filter {text!r}: {error}; {hint}") from None
    return _Rule(wanted, schema, table)


def _side(text: str, flags: int) -> tuple[re.Pattern[str], str]:
    """One side of a rule, and what follows it."""
    if text[:1] == "/":
        return _expression(text, flags)
    if text[:1] and text[0] in _QUOTES:
        return _quoted(text, flags)
    return _pattern(text, flags)


def _expression(text: str, flags: int) -> tuple[re.Pattern[str], str]:
    match = re.match(r"/((?:[^/\\]|\\.)*)/", text)
    if match is None:
        raise OptionInvalid("a regular expression has no '/' at its end")
    try:
        return re.compile(f".*?(?:{match[1]}).*", flags), text[match.end() :]
    except re.error as error:
        raise OptionInvalid(f"no regular expression: {error}") from None


def _quoted(text: str, flags: int) -> tuple[re.Pattern[str], str]:
    mark = text[0]
    match = re.match(f"{mark}((?:[^{mark}]|{mark}{mark})*){mark}", text)
    if match is None:
        raise OptionInvalid(f"a name has no {mark} at its end")
    name = match[1].replace(mark * 2, mark)
    return re.compile(re.escape(name), flags), text[match.end() :]


_TOKEN: Final = re.compile(r"\*|\?|\[!?[^\]]+\]|\\.|[\w$-]|[^\x00-\x7f]")


def _pattern(text: str, flags: int) -> tuple[re.Pattern[str], str]:
    parts: list[str] = []
    position = 0
    while match := _TOKEN.match(text, position):
        parts.append(_translated(match[0]))
        position = match.end()
    if not parts:
        raise OptionInvalid("a name is missing, or has a character that needs quotes")
    try:
        return re.compile("".join(parts), flags), text[position:]
    except re.error as error:
        raise OptionInvalid(f"no pattern: {error}") from None


def _translated(token: str) -> str:
    if token == "*":  # noqa: S105 - no password
        return _ANYTHING
    if token == "?":  # noqa: S105 - no password
        return "."
    if len(token) > 1 and token[0] == "[":
        return (
            f"[{'^' if token[1] == '!' else ''}{token[2:-1] if token[1] == '!' else token[1:-1]}]"
        )
    return re.escape(token[-1])


def _as_quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
