"""Opening storages: from connection strings, mappings, keywords, pairs and the environment."""

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, NoReturn, TypeVar, cast, overload

from storewright.core.connection import Connection
from storewright.core.errors import ConnectionStringInvalid, PairTypeInvalid
from storewright.core.pairs import Pair
from storewright.generated.interfaces import Servicer, Storager
from storewright.storage.registry import servicer_class, storage_class
from storewright.storage.settings import Settings, Text

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
            ``type`` and the same options as keys, whose values may be text as in the string.
        pairs: Construction options as Pair objects.
        type: The class or interface that is expected; it becomes the static type of the result.
        options: Construction options as keywords: those of the service, ``enable_<feature>``,
            ``default_<pair>``, ``storage_features`` and ``default_storage_pairs``.

    What is given in code wins over the string, the string over the environment
    (``STOREWRIGHT_<SERVICE>_<OPTION>``), and the environment over defaults. An option that other
    services know and this one does not is ignored with a warning, unless it protects data.
    Features that the string enables come on top of a whole ``storage_features`` given in code.

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
    find: Callable[[str], tuple[type[Any], str]],
    expected: type[Any] | None,
) -> Any:
    service, given = _given(target)
    found, profile = find(service)
    cls = found if expected is None else _narrowed(service, found, expected)
    if isinstance(target, str) and "name" in given and "name" not in cls.construction():
        _refuse_name(service, cls, target)
    settings = Settings(cls, pairs)
    settings.read(given)
    settings.read({"profile": profile} if profile else {})
    settings.override(options)
    settings.fill()
    pairs, keywords = settings.arguments()
    return _as_expected(service, cls(*pairs, **keywords), expected)


def _given(target: object) -> tuple[str, dict[str, object]]:
    """The service's name, and what the string or mapping says besides it."""
    if isinstance(target, str):
        return _from_string(target)
    if isinstance(target, Mapping):
        return _from_mapping(cast("Mapping[object, object]", target))
    message = f"expected a connection string or a mapping, got {type(target).__name__}"
    hint = "a directory is fs:///path" if isinstance(target, PathLike) else ""
    raise PairTypeInvalid(message, op="open", hint=hint)


def _from_string(text: str) -> tuple[str, dict[str, object]]:
    try:
        connection = Connection.parse(text)
    except ConnectionStringInvalid as error:
        error.at("open")
        raise
    address = {"name": connection.name or None, "work_dir": connection.work_dir}
    given: dict[str, object] = {k: Text(v) for k, v in connection.options.items()}
    return connection.type, given | {k: Text(v) for k, v in address.items() if v is not None}


def _from_mapping(entries: Mapping[object, object]) -> tuple[str, dict[str, object]]:
    given: dict[str, object] = {}
    for key, value in entries.items():
        if not isinstance(key, str):
            message = f"the keys of a mapping must be str, not {type(key).__name__}"
            raise ConnectionStringInvalid(message, op="open")
        given[key] = Text(value) if isinstance(value, str) else value
    service = given.pop("type", None)
    if not isinstance(service, Text) or not service.text:
        message = "a mapping needs the key 'type', the service's name"
        raise ConnectionStringInvalid(message, op="open")
    return service.text, given


def _refuse_name(service: str, cls: type[Any], target: str) -> NoReturn:
    """A name that is dropped would open another place than the one that was meant."""
    if issubclass(cls, Servicer):
        message = f"all of {service} is meant, so no bucket may be named"
        hint = f"write {service}://"
    else:
        message = f"{service} has no bucket, so nothing may stand between // and the next /"
        hint = f"for a path, write {service}:///{target.partition('://')[2].partition('?')[0]}"
    raise ConnectionStringInvalid(message, op="open", service=service, hint=hint)


def _narrowed(service: str, cls: type[Any], expected: type[Any]) -> type[Any]:
    """The class to construct for who expects a subclass of the service's, or an interface."""
    if issubclass(expected, cls):
        return expected
    if not issubclass(cls, expected) and "INTERFACE" not in expected.__dict__:
        _refuse_type(service, cls.__name__, expected)
    return cls


def _as_expected(service: str, store: Any, expected: type[Any] | None) -> Any:
    if expected is not None and not isinstance(store, expected):
        store.close()
        _refuse_type(service, store.__class__.__name__, expected)
    return store


def _refuse_type(service: str, opened: str, expected: type[Any]) -> NoReturn:
    message = f"{service} opens a {opened}, which is no {expected.__name__}"
    raise PairTypeInvalid(message, pair="type", op="open", service=service)
