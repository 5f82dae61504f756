"""`storewright put`."""

import click

from storewright.cli.command import StoreCommand
from storewright.cli.copying import WRITES, copy_objects, take_in
from storewright.cli.places import complete_place, is_stream
from storewright.cli.resumable import put_resumable
from storewright.cli.session import Settings
from storewright.cli.streams import from_command, from_stream

__all__ = ["put"]


@click.command("put", cls=StoreCommand, ops=WRITES, json=True)
@click.argument(
    "words", metavar="[FILE|-] URI", nargs=-1, required=True, shell_complete=complete_place
)
@click.option("--exec", "command", metavar="COMMAND", help="Write what this command prints.")
@click.option(
    "--state",
    type=click.Path(),
    metavar="FILE",
    help="Keep in this file how to go on, should it be interrupted; see mpu resume.",
)
@click.option("--no-verify", is_flag=True, help="Do not look at what was written again.")
@click.pass_obj
def put(
    settings: Settings,
    words: tuple[str, ...],
    *,
    command: str | None,
    state: str | None,
    no_verify: bool,
) -> None:
    """Write a local file, standard input (-) or the output of a command to an object of any size.

    The object appears when everything is there. A pipe cannot tell whether the command before it
    succeeded: `dump | storewright put - URI` publishes whatever a failed dump has printed. With
    --exec 'dump' nothing is published unless the command succeeds.

    With --state FILE, what is stored when it is interrupted, or killed, is kept for `mpu resume`.
    """
    *sources, uri = words
    verify = not no_verify
    if state is not None:
        if command is not None or len(sources) != 1 or is_stream(sources[0]):
            raise click.UsageError("--state needs a FILE, which can be read again")
        put_resumable(settings, sources[0], uri, state, verify=verify)
    elif command is not None and not sources:
        take_in(settings, from_command(command), uri, verify=verify)
    elif command is not None or len(sources) != 1:
        raise click.UsageError("expected FILE URI, - URI, or --exec COMMAND URI")
    elif is_stream(sources[0]):
        take_in(settings, from_stream(sources[0]), uri, verify=verify)
    else:
        copy_objects(settings, (sources[0],), uri, verify=verify)
