"""From a service's name to its adapter, imported only when asked for."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple, cast

from storewright.core.errors import MissingExtra, ServiceNotRegistered
from storewright.core.suggest import did_you_mean
from storewright.generated.interfaces import Servicer, Storager
from storewright.generated.registry import PROFILES, SERVICES

__all__ = ["Registration", "registered", "servicer_class", "storage_class"]

_STORAGES = "storewright.services"
_SERVICERS = "storewright.servicers"


class Registration(NamedTuple):
    """A service that can be opened."""

    name: str
    module: str
    storage: str
    """Name of its Storager class; empty when it has none."""
    servicer: str
    extra: str
    """The extra that installs its SDK; empty when it needs none."""
    profile: str = ""
    """Set for a provider that is reached through the protocol of ``service``."""
    service: str = ""


def registered() -> Iterator[Registration]:
    """Every service of this distribution, its profiles, and what others registered; by name."""
    found = {
        name: Registration(name, e.module, e.storage, e.servicer, e.extra, service=name)
        for name, e in SERVICES.items()
    }
    for profile, service in PROFILES.items():
        found[profile] = found[service]._replace(name=profile, profile=profile)
    for name, registration in _plugins().items():
        found.setdefault(name, registration)
    return iter(found[name] for name in sorted(found))


def _plugins() -> dict[str, Registration]:
    """Services that other distributions registered by entry point."""
    from importlib.metadata import entry_points

    servicers = {point.name: point for point in entry_points(group=_SERVICERS)}
    found: dict[str, Registration] = {}
    for point in entry_points(group=_STORAGES):
        other = servicers.get(point.name)
        servicer = other.attr if other is not None and other.module == point.module else ""
        found[point.name] = Registration(
            point.name, point.module, point.attr, servicer, "", service=point.name
        )
    return found


def _find(name: str) -> Registration:
    key = name.replace("-", "_")
    if key in SERVICES or key in PROFILES:
        service = PROFILES.get(key, key)
        entry = SERVICES[service]
        profile = key if key in PROFILES else ""
        return Registration(
            key, entry.module, entry.storage, entry.servicer, entry.extra, profile, service
        )
    plugins = _plugins()
    if name in plugins:
        return plugins[name]
    known = [*SERVICES, *PROFILES, *plugins]
    hint = f"known are: {', '.join(sorted(known))}"
    message = f"no service {name!r}{did_you_mean(name, known)}"
    raise ServiceNotRegistered(message, op="open", service=name, hint=hint)


def storage_class(name: str) -> tuple[type[Storager], str]:
    """The Storager class of a service or profile, and the profile's name or ``""``.

    Raises ServiceNotRegistered for a name nobody registered, MissingExtra when the service's SDK
    is not installed.
    """
    found = _find(name)
    return cast("type[Storager]", _load(found, found.storage, "storage")), found.profile


def servicer_class(name: str) -> tuple[type[Servicer], str]:
    """The Servicer class of a service or profile, as storage_class."""
    found = _find(name)
    return cast("type[Servicer]", _load(found, found.servicer, "service")), found.profile


def _load(found: Registration, attribute: str, level: str) -> Any:
    if not attribute:
        message = f"{found.name} has no {level} level"
        raise ServiceNotRegistered(message, op="open", service=found.name)
    try:
        module = import_module(found.module)
    except ModuleNotFoundError as error:
        ours = (error.name or "").partition(".")[0] == "storewright"
        if ours or not found.extra:
            raise
        raise MissingExtra(found.service, found.extra) from error
    return getattr(module, attribute)
