"""`storewright caps`."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

import click

from storewright import storage
from storewright.cli import show
from storewright.cli.command import StoreCommand
from storewright.cli.places import Place, complete_place
from storewright.cli.session import End, Session, Settings, Use

__all__ = ["caps"]


@click.command("caps", cls=StoreCommand, json=True)
@click.argument("uri", shell_complete=complete_place)
@click.pass_obj
def caps(settings: Settings, uri: str) -> None:
    """Tell what a storage can do, as it would be opened: no request is made.

    An operation is native, virtual (simulated by others: somebody has to enable it, and it is on or
    off), or absent. A pair in brackets is virtual and off.
    """
    with Session(settings, [Use(Place.parse(uri), ())]) as session:
        found = _capabilities(session.ends[0])
    if settings.json:
        show.print_json(found)
    else:
        _print(found)


def _capabilities(end: End) -> dict[str, Any]:
    store = end.store
    return {
        "service": store.service,
        "interfaces": {name: _interface(end, name) for name in _interface_names()},
        "operations": {op: _operation(store, op) for op in store.operations()},
        "list_modes": [
            m.name.lower() for m in storage.ListMode if m.name and m in store.list_modes()
        ],
        "features": {f.name: getattr(store.features, f.name) for f in fields(store.features)},
        "limits": {k: v for k, v in asdict(store.metadata().limits).items() if v is not None},
    }


def _interface_names() -> list[str]:
    return [name for name in storage.OPERATIONS if name not in {"servicer", "storager"}]


def _interface(end: End, name: str) -> dict[str, Any]:
    """Whether the store has an interface, and how it comes to it."""
    enabled = name in end.store.interfaces()
    gates = [end.store.simulated().get(op) for op in storage.OPERATIONS[name]]
    if name in end.declared.interfaces():
        return {"kind": "native" if enabled else "absent"}  # a profile may lack it
    if not any(gates):
        return {"kind": "absent"}
    features = sorted({gate[-1] for gate in gates if gate})
    return {"kind": "virtual", "enabled": enabled, "features": features}


def _operation(store: storage.Storager, op: str) -> dict[str, Any]:
    gates = store.simulated().get(op, ())
    options = store.options_of("read" if op == "read_bytes" else op)
    return {
        "kind": "virtual" if gates else "native",
        "enabled": not gates or _any_on(store, gates),
        "pairs": {name: spec.type for name, spec in options.items()},
        "virtual_pairs": {
            name: _any_on(store, gates) for name, gates in store.virtual_pairs(op).items()
        },
    }


def _any_on(store: storage.Storager, features: tuple[str, ...]) -> bool:
    return any(getattr(store.features, feature) for feature in features)


def _print(found: dict[str, Any]) -> None:
    show.line(f"service: {found['service']}")
    show.line(f"list modes: {' '.join(found['list_modes'])}")
    for title, rows in (
        ("interfaces", _interface_rows(found["interfaces"])),
        ("operations", _operation_rows(found["operations"])),
        ("features", _feature_rows(found["features"])),
        ("limits", ((name, str(value)) for name, value in found["limits"].items())),
    ):
        show.line(f"\n{title}:")
        show.columns(rows, indent="  ")


def _interface_rows(interfaces: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, entry in interfaces.items():
        virtual = entry["kind"] == "virtual"
        state = f"virtual, {'on' if entry['enabled'] else 'off'}" if virtual else entry["kind"]
        off = virtual and not entry["enabled"]
        yield name, state, " ".join(f"--enable {f}" for f in entry["features"]) if off else ""


def _operation_rows(operations: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, entry in operations.items():
        virtual = entry["kind"] == "virtual"
        state = f"virtual, {'on' if entry['enabled'] else 'off'}" if virtual else entry["kind"]
        off = {pair for pair, on in entry["virtual_pairs"].items() if not on}
        yield name, state, " ".join(f"[{p}]" if p in off else p for p in entry["pairs"])


def _feature_rows(features: dict[str, bool]) -> Iterator[tuple[str, str]]:
    """Features that do more than make an operation loose, or that are on."""
    for name, on in features.items():
        if on or not name.startswith("loose_"):
            yield name, "on" if on else "off"
