"""The command `dump pipe`."""

from time import monotonic
from typing import Any, cast

import click

from storewright import storage
from storewright.dump.commands.common import (
    place_options,
    reporting,
    size_callback,
    summary,
    with_options,
)
from storewright.dump.external import connection_string
from storewright.dump.pipe import pipe
from storewright.dump.progress import default_progress

__all__ = ["pipe_command"]


@click.command("pipe")
@click.argument("dest")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--name", default="stdout", show_default=True, help="Name of the file.")
@click.option(
    "-c",
    "--compress",
    type=click.Choice(["none", "gzip", "zstd"]),
    default="none",
    show_default=True,
    help="Compression of the file.",
)
@click.option(
    "--part-size",
    callback=size_callback("B"),
    metavar="SIZE",
    help="Bytes of one part of an upload; the storage chooses if this is not given.",
)
@click.option("--overwrite", is_flag=True, help="Delete an earlier dump at DEST first.")
@place_options
def pipe_command(
    dest: str,
    command: tuple[str, ...],
    *,
    name: str,
    compress: str,
    part_size: int | None,
    overwrite: bool,
    storage_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Keep at DEST what COMMAND writes to standard output, if it ends well.

    Write the command after two dashes: storewright dump pipe s3://bucket/monday -- pg_dump app
    """
    with reporting("dump pipe"):
        start = monotonic()
        store = storage.open(with_options(connection_string(dest), storage_options))
        manifest = pipe(
            command,
            store,
            name=name,
            compress=cast(Any, compress),
            part_size=part_size,
            overwrite=overwrite,
            progress=default_progress(),
        )
        summary("kept", dest, manifest, monotonic() - start, as_json=as_json)
