"""`storewright services`."""

from typing import Any

import click

from storewright import storage
from storewright.cli import show
from storewright.cli.command import json_option
from storewright.cli.session import Settings

__all__ = ["services"]


@click.command("services", params=[json_option()])
@click.pass_context
def services(ctx: click.Context) -> None:
    """List the services that can be used, and what each can do."""
    found = _found()
    if ctx.ensure_object(Settings).json:
        for service in found:
            show.print_json(service)
        return
    for service in found:
        show.line(service["service"])
        show.columns(_rows(service), indent="  ")


def _found() -> list[dict[str, Any]]:
    """Each service of its own, with the providers that are reached through its protocol."""
    registered = list(storage.registered())
    return [
        {
            "service": entry.name,
            "extra": entry.extra,
            "profiles": [o.name for o in registered if o.profile and o.service == entry.name],
            **_abilities(entry),
        }
        for entry in registered
        if not entry.profile
    ]


def _abilities(entry: storage.Registration) -> dict[str, Any]:
    """What the adapter says; its interfaces are unknown as long as its SDK is not installed."""
    try:
        cls, _ = storage.storage_class(entry.name)
    except (storage.MissingExtra, storage.ServiceNotRegistered):
        return {"installed": False, "interfaces": None, "virtual": None}
    native = cls.interfaces()
    virtual = [
        name
        for name, operations in storage.OPERATIONS.items()
        if name not in native and any(op in cls.simulated() for op in operations)
    ]
    return {"installed": True, "interfaces": native, "virtual": virtual}


def _rows(service: dict[str, Any]) -> list[tuple[str, str]]:
    extra = service["extra"]
    installed = "yes" if service["installed"] else f"no: pip install 'storewright[{extra}]'"
    lists = [(name, service[name]) for name in ("interfaces", "virtual", "profiles")]
    return [("installed", installed), *((name, " ".join(items)) for name, items in lists if items)]
