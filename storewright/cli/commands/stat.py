"""`storewright stat`."""

import json
from typing import Any

import click

from storewright.cli import show
from storewright.cli.command import StoreCommand
from storewright.cli.failures import each
from storewright.cli.places import Place, complete_place
from storewright.cli.session import End, Session, Settings, Use

__all__ = ["stat"]


@click.command("stat", cls=StoreCommand, ops=("stat",), json=True)
@click.argument("uris", metavar="URI...", nargs=-1, required=True, shell_complete=complete_place)
@click.pass_obj
def stat(settings: Settings, uris: tuple[str, ...]) -> None:
    """Show what the service knows about objects."""
    uses = [Use(Place.parse(uri), ("stat",)) for uri in uris]
    with Session(settings, uses) as session:
        each(session.ends, lambda end: _show(settings, end))


def _show(settings: Settings, end: End) -> None:
    found = end.store.stat(end.path, *end.pairs("stat"))
    known = show.record(found)
    if settings.json:
        show.print_json({"uri": str(end.place), **known})
        return
    rows = [("uri", str(end.place)), *((name, _text(value)) for name, value in known.items())]
    show.columns((f"{name}:", value) for name, value in rows)


def _text(value: Any) -> str:
    plain = show.plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
