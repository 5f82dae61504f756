"""`storewright cat`."""

import sys

import click

from storewright.cli.command import SpecType, StoreCommand
from storewright.cli.failures import each
from storewright.cli.places import Place, complete_place
from storewright.cli.session import End, Session, Settings, Use

__all__ = ["cat"]


@click.command("cat", cls=StoreCommand, ops=("read",))
@click.argument("uris", metavar="URI...", nargs=-1, required=True, shell_complete=complete_place)
@click.option("--offset", type=SpecType("size"), help="Begin at this byte, for example 1MiB.")
@click.option("--size", type=SpecType("size"), help="Write so many bytes.")
@click.pass_obj
def cat(settings: Settings, uris: tuple[str, ...], *, offset: int | None, size: int | None) -> None:
    """Write objects to standard output, one after the other."""
    output = sys.stdout.buffer
    with Session(settings, [Use(Place.parse(uri), ("read",)) for uri in uris]) as session:

        def write_out(end: End) -> None:
            end.store.read(end.path, output, *end.pairs("read"), offset=offset, size=size)
            output.flush()

        each(session.ends, write_out)
