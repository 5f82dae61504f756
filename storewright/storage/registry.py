"""From a service's name to its adapter, imported only when asked for."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeVar

from storewright.core.errors import MissingExtra, ServiceNotRegistered
from storewright.core.log import warn
from storewright.core.suggest import did_you_mean
from storewright.generated.interfaces import Servicer, Storager
from storewright.generated.registry import PROFILES, SERVICES

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["Registration", "registered", "servicer_class", "storage_class"]

B = TypeVar("B", bound=Storager | Servicer)
_STORAGES = "storewright.services"
_SERVICERS = "storewright.servicers"


class Registration(NamedTuple):
    """A service that can be opened."""

    name: str
    module: str
    storage: str
    """Name of its Storager class; empty when it has none."""
    servicer: str
    """Name of its Servicer class, ``module:name`` where that is in another module, or empty."""
    extra: str
    """The extra that installs its SDK; empty when it needs none."""
    profile: str = ""
    """Set for a provider that is reached through the protocol of ``service``."""
    service: str = ""
    distribution: str = ""
    """The distribution that registered it by entry point; empty for ours."""


def registered() -> Iterator[Registration]:
    """Every service of this distribution, its profiles, and what others registered; by name."""
    found = _plugins() | {name: _built_in(name) for name in (*SERVICES, *PROFILES)}
    return iter(found[name] for name in sorted(found))


def _built_in(name: str) -> Registration:
    service = PROFILES.get(name, name)
    entry = SERVICES[service]
    profile = name if name in PROFILES else ""
    return Registration(
        name, entry.module, entry.storage, entry.servicer, entry.extra, profile, service
    )


def _plugins() -> dict[str, Registration]:
    """Services that other distributions registered by entry point."""
    from importlib.metadata import entry_points

    found: dict[str, Registration] = {}
    for point in entry_points(group=_STORAGES):
        other = found.get(_key(point.name))
        if other is None:
            found[_key(point.name)] = _plugin(point)._replace(storage=point.attr)
        elif f"{other.module}:{other.storage}" != point.value:
            message = "open: %s is registered by %s and by %s; the first is taken"
            warn(message, point.name, other.distribution, _distribution(point))
    for point in entry_points(group=_SERVICERS):
        known = found.setdefault(_key(point.name), _plugin(point))
        if not known.servicer:
            found[_key(point.name)] = known._replace(servicer=point.value)
    return found


def _plugin(point: "EntryPoint") -> Registration:
    name = _key(point.name)
    return Registration(name, point.module, "", "", "", "", name, _distribution(point))


def _distribution(point: "EntryPoint") -> str:
    return point.dist.name if point.dist is not None else "another distribution"


def _key(name: str) -> str:
    """A service's name as it is registered; in a connection string it may have dashes."""
    return name.replace("-", "_")


def _find(name: str) -> Registration:
    key = _key(name)
    if key in SERVICES or key in PROFILES:
        return _built_in(key)
    plugins = _plugins()
    if key in plugins:
        return plugins[key]
    known = [*SERVICES, *PROFILES, *plugins]
    hint = f"known are: {', '.join(sorted(known))}"
    message = f"no service {name!r}{did_you_mean(key, known)}"
    raise ServiceNotRegistered(message, op="open", service=name, hint=hint)


def storage_class(name: str) -> tuple[type[Storager], str]:
    """The Storager class of a service or profile, and the profile's name or ``""``.

    Raises ServiceNotRegistered for a name nobody registered and for a class that cannot be loaded,
    MissingExtra when the service's SDK is not installed.
    """
    found = _find(name)
    return _load(found, found.storage, Storager), found.profile


def servicer_class(name: str) -> tuple[type[Servicer], str]:
    """The Servicer class of a service or profile, as storage_class."""
    found = _find(name)
    return _load(found, found.servicer, Servicer), found.profile


def _load(found: Registration, reference: str, base: type[B]) -> type[B]:
    """The class that ``reference`` names, ``class`` or ``module:class``."""
    if not reference:
        level = "service" if base is Servicer else "storage"
        _refuse(found, f"{found.name} has no {level} level")
    module, _, name = reference.rpartition(":")
    cls = getattr(_import(found, module or found.module), name, None)
    if not (isinstance(cls, type) and issubclass(cls, base)):
        _refuse(found, f"{found.distribution} registers {reference}, which is no {base.__name__}")
    return cls


def _import(found: Registration, module: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        lacking = (error.name or "").partition(".")[0]
        if found.extra and isinstance(error, ModuleNotFoundError) and lacking != "storewright":
            raise MissingExtra(found.service, found.extra) from error
        if not found.distribution:
            raise
        _refuse(found, f"{found.distribution} is not installed whole: {error}", error)


def _refuse(found: Registration, message: str, cause: Exception | None = None) -> NoReturn:
    raise ServiceNotRegistered(message, op="open", service=found.name) from cause
