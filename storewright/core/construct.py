"""How a store is put together from keywords, pairs, features, defaults and a profile."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

from storewright.core.checks import as_bool
from storewright.core.credential import Credential
from storewright.core.errors import (
    CredentialInvalid,
    PairConflict,
    PairRequired,
    PairTypeInvalid,
    PairUnsupported,
    PairValueInvalid,
    StorageError,
)
from storewright.core.log import warn
from storewright.core.options import Options
from storewright.core.pairs import Pair, PairSpec
from storewright.core.record import Record, field_names, replace
from storewright.core.suggest import did_you_mean

__all__ = ["Defaults", "Refuse", "barred_pairs", "check_class", "default_pairs", "environment"]
__all__ += ["merge_features", "pickled", "reopen", "require", "take_new", "variable"]

F = TypeVar("F", bound=Record)

Defaults = Mapping[str, tuple[tuple[str, Any], ...]]
"""For each operation, the pairs that it takes when they are not given."""
Refuse = Callable[[str, str, bool], None]
"""Refuse (operation, pair, security): raises PairUnsupported unless the operation is loose."""


def take_new(service: str, options: Options, extra: dict[str, Any], pairs: Iterable[Pair]) -> None:
    """Put the pairs given to a constructor into ``options`` and ``extra``; unknown ones are loose.

    ``extra`` holds the constructor's other keywords: features, defaults, ``enable_…``,
    ``default_…``. Raises PairConflict for an option given as keyword and as pair, PairUnsupported
    for a pair that protects data and that the service does not know.
    """
    taken: set[str] = set()
    for pair in pairs:
        if not isinstance(pair, Pair):
            message = f"expected a Pair, got {type(pair).__name__}"
            raise PairTypeInvalid(message, op="open", service=service)
        name = pair.name
        if not (name in options.PAIRS or name in extra) or pair.service not in ("", service):
            _unknown(service, options, extra, pair)
            continue
        if name in taken:
            continue
        if (getattr(options, name) if name in options.PAIRS else extra[name]) is not None:
            message = f"pair {name!r} is given as keyword and as pair"
            raise PairConflict(message, pair=name, op="open", service=service)
        taken.add(name)
        if name in options.PAIRS:
            setattr(options, name, options.PAIRS[name].check(pair.value))
        else:
            extra[name] = pair.value


def _unknown(service: str, options: Options, extra: Mapping[str, Any], pair: Pair) -> None:
    message = f"pair {pair.name!r} is not an option of {service} construction"
    if pair.security:
        raise PairUnsupported(message, pair=pair.name, op="open", service=service)
    hint = did_you_mean(pair.name, (*options.PAIRS, *extra))
    warn("open: %s: %s, ignored%s", service, message, hint)


def require(service: str, op: str, options: Options) -> None:
    """Raise PairRequired if a required option is missing."""
    missing = [name for name in options.REQUIRED if getattr(options, name) is None]
    if missing:
        names = ", ".join(missing)
        hint = f"pass {missing[0]}=…"
        message = f"required: {names}"
        raise PairRequired(message, pair=missing[0], op=op, service=service, hint=hint)


def check_class(name: str, value: object, expected: type) -> None:
    """Raise PairTypeInvalid for a value that is given and of another class."""
    if value is not None and not isinstance(value, expected):
        wanted, given = (f"{cls.__module__}.{cls.__name__}" for cls in (expected, type(value)))
        raise PairTypeInvalid(f"pair {name!r}: expected {wanted}, got {given}", pair=name)


def merge_features(features: F, extra: Mapping[str, Any]) -> F:
    """``features`` with every ``enable_…`` of ``extra`` switched on or off."""
    known = field_names(type(features))
    changes = {
        key.removeprefix("enable_"): as_bool(key, value)
        for key, value in extra.items()
        if key.startswith("enable_") and value is not None
    }
    unknown = sorted(changes.keys() - known)
    if unknown:
        hint = did_you_mean(unknown[0], known)
        raise PairValueInvalid(f"no such feature: {unknown[0]}{hint}", pair=f"enable_{unknown[0]}")
    return replace(features, **changes)


def barred_pairs(
    virtual: Mapping[str, Mapping[str, tuple[str, ...]]],
    unsupported: Mapping[str, tuple[str, ...]],
    features: Any,
) -> dict[str, tuple[str, ...]]:
    """For each operation, the pairs in its signature that are refused in this store.

    They are the virtual pairs that no feature enables, and what the profile lacks.
    """
    barred = {
        op: tuple(p for p, gates in pairs.items() if not any(getattr(features, g) for g in gates))
        for op, pairs in virtual.items()
    }
    for op, pairs in unsupported.items():
        barred[op] = (*barred.get(op, ()), *pairs)
    return {op: pairs for op, pairs in barred.items() if pairs}


def default_pairs(
    options: Mapping[str, type[Options]],
    per_operation: Any,
    per_pair: Mapping[str, Any],
    barred: Mapping[str, tuple[str, ...]],
    refuse: Refuse,
) -> dict[str, tuple[tuple[str, Any], ...]]:
    """Check default pairs once and lay them out by operation; the first of a name wins.

    Raises PairUnsupported for a default that its operation cannot honour, as the call would. A
    default for all operations may be honoured by some only, unless it protects data.
    """
    useful = {
        name
        for op, accepted in options.items()
        for name in per_pair
        if name in accepted.PAIRS and name not in barred.get(op, ())
    }
    defaults: dict[str, tuple[tuple[str, Any], ...]] = {}
    for op, accepted in options.items():
        chosen: dict[str, Any] = {}
        for pair in _given(op, per_operation):
            spec = accepted.PAIRS.get(pair.name)
            if spec is None or pair.name in barred.get(op, ()) or pair.service != spec.service:
                refuse(op, pair.name, pair.security)
            elif pair.name not in chosen:
                chosen[pair.name] = spec.check(pair.value)
        for name in [n for n in per_pair if n in accepted.PAIRS and n not in chosen]:
            spec = accepted.PAIRS[name]
            if name not in barred.get(op, ()):
                chosen[name] = spec.check(per_pair[name])
            elif spec.security or name not in useful:
                refuse(op, name, spec.security)
        if chosen:
            defaults[op] = tuple(chosen.items())
    return defaults


def _given(op: str, per_operation: Any) -> tuple[Pair, ...]:
    """The default pairs of one operation; raises PairTypeInvalid for what is none."""
    pairs: object = getattr(per_operation, op, ())
    listed = cast("tuple[object, ...]", pairs) if isinstance(pairs, tuple) else (None,)
    given = tuple(item for item in listed if isinstance(item, Pair))
    if len(given) < len(listed):
        message = f"default pairs of {op}: expected a tuple of Pairs, got {pairs!r}"
        raise PairTypeInvalid(message, pair=op)
    return given


def variable(service: str, name: str) -> str:
    """Name of the environment variable for a construction pair: ``STOREWRIGHT_S3_ENDPOINT``."""
    return f"STOREWRIGHT_{service}_{name}".upper()


def environment(service: str, specs: Mapping[str, PairSpec]) -> dict[str, Any]:
    """Construction options found in the environment; an empty variable counts as unset.

    Raises what parsing them raises; the error names the variable.
    """
    found: dict[str, Any] = {}
    for name, spec in specs.items():
        if spec.type == "interceptor":
            continue  # code cannot be given as text
        for key in (variable(service, name), *spec.env):
            text = os.environ.get(key)
            if text:
                found[name] = _from_environment(service, key, spec, text)
                break
    return found


def _from_environment(service: str, key: str, spec: PairSpec, text: str) -> Any:
    try:
        return spec.parse(text)
    except StorageError as error:
        error.at("open", service)
        error.message = error.strerror = f"environment variable {key}: {error.message}"
        raise


def pickled(
    specs: Mapping[str, PairSpec], config: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Split a store's configuration in what may be pickled and the names of its secrets."""
    secrets = tuple(name for name, value in config.items() if _is_secret(specs.get(name), value))
    return {name: value for name, value in config.items() if name not in secrets}, secrets


def _is_secret(spec: PairSpec | None, value: Any) -> bool:
    if isinstance(value, Credential):
        return value.has_secret
    if spec is not None:
        return spec.secret
    return _holds_secret(value)


def _holds_secret(value: Any) -> bool:
    """Whether default pairs contain one that must not be shown."""
    if not isinstance(value, Record):
        return False
    fields: Iterable[Any] = (getattr(value, name) for name in field_names(type(value)))
    return any(
        isinstance(pair, Pair) and pair.secret
        for pairs in fields
        if isinstance(pairs, tuple)
        for pair in cast("tuple[object, ...]", pairs)
    )


class _Reopened(Protocol):
    service: str

    @classmethod
    def settings(cls) -> Mapping[str, PairSpec]: ...
    def __call__(self, **config: Any) -> Any: ...


def reopen(cls: _Reopened, config: dict[str, Any], secrets: tuple[str, ...]) -> Any:
    """Rebuild a pickled store. Its secrets must be in the environment, for a pickle has none.

    Raises CredentialInvalid when one is missing: never does a store lose a key silently.
    """
    service, specs = cls.service, cls.settings()
    found = environment(service, {name: specs[name] for name in secrets if name in specs})
    missing = [name for name in secrets if name not in found]
    if missing:
        set_it = (
            f"set {variable(service, missing[0])} where it is unpickled, or use env: or profile:"
        )
        hint = (
            set_it
            if missing[0] in specs
            else f"give each pair as default_<pair>, not in {missing[0]}"
        )
        message = f"{missing[0]} was left out when the store was pickled"
        raise CredentialInvalid(message, op="open", service=service, hint=hint)
    return cls(**config, **found)
