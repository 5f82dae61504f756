"""Opening storages: from connection strings, mappings, keywords, pairs and the environment."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar, overload

from storewright.core.connection import Connection
from storewright.core.construct import environment
from storewright.core.errors import (
    ConnectionStringInvalid,
    PairConflict,
    PairTypeInvalid,
    PairUnsupported,
    StorageError,
)
from storewright.core.log import warn
from storewright.core.pairs import Pair, PairSpec
from storewright.core.record import replace
from storewright.core.suggest import did_you_mean
from storewright.core.values import parse_bool
from storewright.generated.interfaces import Servicer, Storager
from storewright.generated.registry import KNOWN_PAIRS
from storewright.storage.registry import servicer_class, storage_class

__all__ = ["open", "open_servicer"]

S = TypeVar("S", bound=Storager)
V = TypeVar("V", bound=Servicer)


@overload
def open(target: str | Mapping[str, object], *pairs: Pair, type: type[S], **options: Any) -> S: ...
@overload
def open(target: str | Mapping[str, object], *pairs: Pair, **options: Any) -> Storager: ...
def open(
    target: str | Mapping[str, object],
    *pairs: Pair,
    type: type[Any] | None = None,
    **options: Any,
) -> Any:
    """Open a storage: ``open("s3://bucket/backups?region=eu-central-1")``.

    Args:
        target: A connection string ``type://[name][/work_dir][?option&…]``, or a mapping with
            ``type`` and the same options as keys.
        pairs: Construction options as Pair objects.
        type: The Storager class that is expected; it becomes the static type of the result.
        options: Construction options as keywords: those of the service, ``enable_<feature>``,
            ``default_<pair>``, ``storage_features`` and ``default_storage_pairs``.

    What is given in code wins over the string, the string over the environment
    (``STOREWRIGHT_<SERVICE>_<OPTION>``), and the environment over defaults. An option that other
    services know and this one does not is ignored with a warning, unless it protects data.

    Raises:
        ConnectionStringInvalid: the string or an option in it is malformed, or nobody knows it.
        ServiceNotRegistered: no service of that type.
        MissingExtra: the service's SDK is not installed.
        PairRequired, PairUnsupported, PairConflict, PairTypeInvalid: see the service's class.
    """
    return _open(target, pairs, options, storage_class, type)


@overload
def open_servicer(
    target: str | Mapping[str, object], *pairs: Pair, type: type[V], **options: Any
) -> V: ...
@overload
def open_servicer(target: str | Mapping[str, object], *pairs: Pair, **options: Any) -> Servicer: ...
def open_servicer(
    target: str | Mapping[str, object],
    *pairs: Pair,
    type: type[Any] | None = None,
    **options: Any,
) -> Any:
    """Open the level above storages, which lists and makes buckets; see ``open``."""
    return _open(target, pairs, options, servicer_class, type)


def _open(
    target: str | Mapping[str, object],
    pairs: tuple[Pair, ...],
    options: dict[str, Any],
    find: Callable[[str], tuple[Any, str]],
    expected: type[Any] | None,
) -> Any:
    service, given = _given(target)
    cls, profile = find(service)
    if expected is not None:
        if not issubclass(expected, cls):
            message = f"{service} opens {cls.__name__}, not {expected.__name__}"
            raise PairTypeInvalid(message, op="open", service=service)
        cls = expected
    chosen = _Options(cls)
    if isinstance(target, str) and "name" in given and "name" not in chosen.specs:
        _refuse_name(service, target)
    chosen.take(given)
    chosen.drop(pair.name for pair in pairs)
    chosen.take({"profile": profile} if profile else {})
    chosen.override(options)
    chosen.fill(environment(cls.service, cls.construction()), pairs)
    return cls(*pairs, **chosen.keywords())


def _refuse_name(service: str, target: str) -> NoReturn:
    """A name that is dropped would open another place than the one that was meant."""
    message = f"{service} has no bucket, so nothing may stand between // and the next /"
    hint = f"for a path, write {service}:///{target.partition('://')[2].partition('?')[0]}"
    raise ConnectionStringInvalid(message, op="open", service=service, hint=hint)


def _given(target: str | Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The service's name, and what the string or mapping says besides it."""
    if isinstance(target, str):
        connection = Connection.parse(target)
        given: dict[str, object] = {k: _Text(v) for k, v in connection.options.items()}
        for key, value in (("name", connection.name), ("work_dir", connection.work_dir)):
            if value:
                if key in given:
                    message = f"{key} is given twice, in the address and as an option"
                    raise ConnectionStringInvalid(message, op="open", service=connection.type)
                given[key] = _Text(value)
        return connection.type, given
    entries = dict(target)
    service = entries.pop("type", None)
    if not isinstance(service, str):
        message = "a mapping needs the key 'type', the service's name"
        raise ConnectionStringInvalid(message, op="open")
    return service, entries


class _Text:
    """An option as text, still to be parsed by its pair's type."""

    def __init__(self, text: str | None) -> None:
        self.text = text


class _Options:
    """Collects construction options in order of precedence, by their proper names."""

    def __init__(self, cls: Any) -> None:
        self.cls = cls
        self.service: str = cls.service
        self.specs: Mapping[str, PairSpec] = cls.construction()
        self.aliases = {alias: s.name for s in self.specs.values() for alias in s.alias}
        self.defaultable: Mapping[str, PairSpec] = cls.defaultable()
        self.features: tuple[str, ...] = cls.feature_names()
        self.values: dict[str, Any] = {}
        self.flags: dict[str, bool] = {}

    def take(self, given: Mapping[str, object]) -> None:
        """Take options from a string or mapping."""
        for key, value in given.items():
            self._put(key, value, self._find(key))

    def override(self, options: Mapping[str, Any]) -> None:
        """Take keywords given in code, which win. Features and pairs in bulk pass through."""
        for key, value in options.items():
            if value is None:
                continue
            if key in _BULK:
                self.values[key] = value
            else:
                self._put(key, value, self._find(key), replace_old=True)

    def drop(self, names: Iterable[str]) -> None:
        """Forget options of the string that a Pair in code gives."""
        for name in names:
            self.values.pop(name, None)
            self.flags.pop(name.removeprefix("enable_"), None)

    def fill(self, found: Mapping[str, Any], pairs: tuple[Pair, ...]) -> None:
        """Take what the environment says, where nothing else was said."""
        taken = {pair.name for pair in pairs}
        for name, value in found.items():
            if name not in taken:
                self.values.setdefault(name, value)

    def keywords(self) -> dict[str, Any]:
        """What the class is called with."""
        if self.flags:
            level = "service" if issubclass(self.cls, Servicer) else "storage"
            features = self.values.get(f"{level}_features") or self.cls.default_features()
            self.values[f"{level}_features"] = replace(features, **self.flags)
        return self.values

    def _find(self, key: str) -> PairSpec | None:
        """The pair that a key names; None for one to ignore or for a feature."""
        name = self.aliases.get(key, key)
        if name in self.specs:
            return self.specs[name]
        if key.startswith("default_") and key.removeprefix("default_") in self.defaultable:
            return self.defaultable[key.removeprefix("default_")]
        if key.startswith("enable_"):
            if key.removeprefix("enable_") not in self.features:
                self._unknown(key, [f"enable_{name}" for name in self.features])
            return None
        self._unknown_or_loose(key)
        return None

    def _unknown_or_loose(self, key: str) -> None:
        plain = key.removeprefix("default_")
        if plain not in KNOWN_PAIRS:
            defaults = [f"default_{name}" for name in self.defaultable]
            self._unknown(key, [*self.specs, *self.aliases, *defaults, *_BULK])
        message = f"option {key!r} is not one of {self.service}"
        if KNOWN_PAIRS[plain]:
            hint = "it protects data, so it is never ignored"
            raise PairUnsupported(message, pair=key, op="open", service=self.service, hint=hint)
        warn("open: %s: %s, ignored", self.service, message)

    def _unknown(self, key: str, candidates: Iterable[str]) -> None:
        message = f"unknown option {key!r}{did_you_mean(key, list(candidates))}"
        raise ConnectionStringInvalid(message, op="open", service=self.service)

    def _put(
        self, key: str, value: object, spec: PairSpec | None, *, replace_old: bool = False
    ) -> None:
        if spec is None:
            if key.startswith("enable_"):
                text = value.text if isinstance(value, _Text) else value
                flag = (
                    parse_bool(key, text) if text is None or isinstance(text, str) else bool(text)
                )
                self.flags[key.removeprefix("enable_")] = flag
            return
        name = key if key.startswith("default_") else spec.name
        if name in self.values and not replace_old:
            message = f"option {name!r} is given twice"
            raise PairConflict(message, pair=name, op="open", service=self.service)
        self.values[name] = self._value(key, spec, value)

    def _value(self, key: str, spec: PairSpec, value: object) -> Any:
        try:
            return spec.parse(value.text) if isinstance(value, _Text) else spec.check(value)
        except StorageError as error:
            if not isinstance(value, _Text):
                raise error.at("open", self.service) from None
            message = f"option {key!r}: {error.message}"
            raise ConnectionStringInvalid(
                message, op="open", service=self.service, hint=error.hint
            ) from error


_BULK = (
    *("storage_features", "service_features"),
    *("default_storage_pairs", "default_service_pairs"),
)
