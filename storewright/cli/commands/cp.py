"""`storewright cp`."""

import click

from storewright.cli.command import StoreCommand
from storewright.cli.copying import (
    READS,
    WITHOUT,
    WRITES,
    copy_objects,
    copy_tree,
    take_in,
    write_out,
)
from storewright.cli.places import complete_place, is_stream
from storewright.cli.session import Settings
from storewright.cli.streams import from_stream

__all__ = ["cp"]


@click.command("cp", cls=StoreCommand, ops=(*READS, *WRITES), without=WITHOUT, json=True)
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, shell_complete=complete_place)
@click.argument("target", metavar="DST", shell_complete=complete_place)
@click.option("-r", "--recursive", is_flag=True, help="Copy everything below SRC to below DST.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="With --recursive, copy so many objects at once.",
)
@click.option("--no-verify", is_flag=True, help="Do not look at what was written again.")
@click.pass_obj
def cp(
    settings: Settings,
    sources: tuple[str, ...],
    target: str,
    *,
    recursive: bool,
    jobs: int,
    no_verify: bool,
) -> None:
    """Copy objects between any two places: storages, local paths, and - (standard input, output).

    A DST that ends in a slash is a directory, any other is the name of the copy. An object appears
    whole or not at all. Options for one side only are given as --pair src.NAME or dst.NAME.
    """
    verify = not no_verify
    streams = [source for source in sources if is_stream(source)]
    first, *others = sources
    if recursive:
        if others or streams or is_stream(target):
            raise click.UsageError("--recursive copies from one directory to another")
        copy_tree(settings, first, target, jobs=jobs, verify=verify)
    elif not streams and is_stream(target):
        write_out(settings, sources, target)
    elif not streams:
        copy_objects(settings, sources, target, verify=verify)
    elif others or is_stream(target):
        raise click.UsageError("a standard stream or device can only be copied alone, to an object")
    else:
        take_in(settings, from_stream(first), target, verify=verify)
