"""Construction options from every source, under their proper names and in order of precedence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from storewright.core.construct import environment
from storewright.core.errors import (
    ConnectionStringInvalid,
    PairConflict,
    PairUnsupported,
    PairValueInvalid,
    StorageError,
)
from storewright.core.log import warn
from storewright.core.pairs import Pair, PairSpec
from storewright.core.record import replace
from storewright.core.suggest import did_you_mean
from storewright.generated.interfaces import Servicer
from storewright.generated.registry import KNOWN_FEATURES, KNOWN_PAIRS

__all__ = ["Settings", "Text"]

_ENABLE: Final = "enable_"
_DEFAULT: Final = "default_"


class Text:
    """An option as text, still to be parsed by its pair's type; None for a bare key."""

    __slots__ = ("text",)

    def __init__(self, text: str | None) -> None:
        self.text = text


class Settings:
    """What a class is to be constructed with. Call its methods in the order they stand here."""

    def __init__(self, cls: Any, pairs: tuple[Pair, ...]) -> None:
        self._cls = cls
        self._service: str = cls.service
        self._level = "service" if issubclass(cls, Servicer) else "storage"
        self._bulk = (f"{self._level}_features", f"{_DEFAULT}{self._level}_pairs")
        self._specs: Mapping[str, PairSpec] = cls.construction()
        self._defaultable: Mapping[str, PairSpec] = cls.defaultable()
        self._aliases: dict[str, str] = {
            alias: spec.name for spec in self._specs.values() for alias in spec.alias
        }
        self._pairs = pairs
        self._paired = {pair.name for pair in pairs if self._is_meant(pair)}
        self._values: dict[str, Any] = {}
        self._in_code: dict[str, Any] = {}

    def read(self, given: Mapping[str, object]) -> None:
        """Take what a connection string or a mapping says, unless a Pair says it too."""
        found = self._found(given, ConnectionStringInvalid)
        twice = found.keys() & self._values.keys()
        if twice:
            self._conflict(min(twice), "is given twice")
        self._values |= {name: v for name, v in found.items() if name not in self._paired}

    def override(self, given: Mapping[str, object]) -> None:
        """Take the keywords given in code, which win."""
        self._in_code = self._found(given, PairUnsupported)
        for name in self._in_code.keys() & self._paired:
            self._conflict(name, "is given as keyword and as pair")
        self._values |= self._in_code

    def fill(self) -> None:
        """Take what the environment says where nothing else does."""
        open_ones = self._specs.keys() - self._values.keys() - self._paired
        wanted = {name: spec for name, spec in self._specs.items() if name in open_ones}
        self._values |= environment(self._service, wanted)

    def arguments(self) -> tuple[tuple[Pair, ...], dict[str, Any]]:
        """The pairs and keywords that the class is called with."""
        flags = {k: v for k, v in self._values.items() if k.startswith(_ENABLE)}
        keywords = {k: v for k, v in self._values.items() if k not in flags}
        if not flags:
            return self._pairs, keywords
        features, pairs = self._features()
        return pairs, {**keywords, self._bulk[0]: self._switched(features, flags)}

    # ------------------------------------------------------------------------------- features

    def _features(self) -> tuple[Any, tuple[Pair, ...]]:
        """The features that are given as a whole, or the default ones; and the other pairs."""
        name = self._bulk[0]
        paired = [pair for pair in self._pairs if self._is_meant(pair) and pair.name == name]
        given = [self._values[name]] if name in self._values else [pair.value for pair in paired]
        features = given[0] if given else self._cls.default_features()
        return features, tuple(pair for pair in self._pairs if pair not in paired)

    def _switched(self, features: Any, flags: Mapping[str, bool]) -> Any:
        """``features`` with single ones switched. A string does not undo what code says."""
        default = self._cls.default_features()
        if type(features) is not type(default):
            return features  # the class refuses them
        changes = {
            name.removeprefix(_ENABLE): flag
            for name, flag in flags.items()
            if name in self._in_code or _same(features, default, name.removeprefix(_ENABLE))
        }
        return replace(features, **changes)

    def _is_meant(self, pair: Pair) -> bool:
        """Whether a pair is one for this service. What is no pair at all, the class refuses."""
        given: object = pair
        return isinstance(given, Pair) and given.service in {"", self._service}

    # -------------------------------------------------------------------------------- options

    def _found(self, given: Mapping[str, object], error: type[StorageError]) -> dict[str, Any]:
        """Options by their proper names, checked. ``error`` is for a name that nobody knows."""
        found: dict[str, Any] = {}
        for key, value in given.items():
            name = None if value is None else self._proper(key, error)
            if name is None:
                continue
            if name in found:
                self._conflict(name, "is given twice")
            found[name] = self._value(key, name, value)
        return found

    def _value(self, key: str, name: str, value: object) -> Any:
        spec = self._spec(name)
        if not isinstance(value, Text):
            return value if spec is None else self._checked(spec, value)
        try:
            if spec is None:
                message = "can only be given in code"
                raise PairValueInvalid(message, pair=name)
            return spec.parse(value.text)
        except StorageError as error:
            message = f"option {key!r}: {error.message.removeprefix(f'pair {name!r}: ')}"
            raise ConnectionStringInvalid(
                message, op="open", service=self._service, hint=error.hint
            ) from error

    def _checked(self, spec: PairSpec, value: object) -> Any:
        try:
            return spec.check(value)
        except StorageError as error:
            error.at("open", self._service)
            raise

    def _proper(self, key: str, error: type[StorageError]) -> str | None:
        """The name that a key stands for; None for one to be ignored."""
        name = self._aliases.get(key, key)
        if name in self._specs or name in self._bulk or self._spec(name) is not None:
            return name
        if key.startswith(_ENABLE):
            known, security = key.removeprefix(_ENABLE) in KNOWN_FEATURES, False
        else:
            pair = key.removeprefix(_DEFAULT)
            known, security = pair in KNOWN_PAIRS, KNOWN_PAIRS.get(pair, False)
        if not known:
            guess = did_you_mean(key, self._names())
            raise error(f"unknown option {key!r}{guess}", op="open", service=self._service)
        message = f"option {key!r} is not one of {self._service}"
        if security:
            hint = "it protects data, so it is never ignored"
            raise PairUnsupported(message, pair=key, op="open", service=self._service, hint=hint)
        warn("open: %s: %s, ignored", self._service, message)
        return None

    def _spec(self, name: str) -> PairSpec | None:
        """What is known of an option's value."""
        if name.startswith(_DEFAULT):
            return self._defaultable.get(name.removeprefix(_DEFAULT))
        if name.startswith(_ENABLE):
            known = name.removeprefix(_ENABLE) in self._cls.feature_names()
            return PairSpec(name, "bool") if known else None
        return self._specs.get(name)

    def _names(self) -> Iterable[str]:
        yield from (*self._specs, *self._aliases, *self._bulk)
        yield from (_DEFAULT + name for name in self._defaultable)
        yield from (_ENABLE + name for name in self._cls.feature_names())

    def _conflict(self, name: str, what: str) -> None:
        message = f"option {name!r} {what}"
        raise PairConflict(message, pair=name, op="open", service=self._service)


def _same(one: object, other: object, name: str) -> bool:
    return bool(getattr(one, name) == getattr(other, name))
