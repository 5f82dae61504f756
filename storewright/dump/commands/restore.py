"""The command `restore`."""

from time import monotonic

import click

from storewright import storage
from storewright.dump.commands.common import common_options, reporting, summary, with_options
from storewright.dump.external import connection_string
from storewright.dump.progress import default_progress
from storewright.dump.restorer import restore

__all__ = ["restore_command"]


@click.command("restore")
@click.argument("source")
@click.argument("target")
@click.option("--overwrite", is_flag=True, help="Replace the database TARGET if there is one.")
@common_options
def restore_command(
    source: str,
    target: str,
    *,
    overwrite: bool,
    threads: int,
    storage_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Build the new database TARGET from the dump at SOURCE.

    SOURCE is a connection string such as s3://bucket/backups/monday, TARGET a database such as
    sqlite:///new.db or mysql://user@host/name. Sizes and checksums are verified; TARGET appears
    only when it is complete.
    """
    with reporting("restore"):
        start = monotonic()
        store = storage.open(with_options(connection_string(source), storage_options))
        manifest = restore(
            store, target, threads=threads, overwrite=overwrite, progress=default_progress()
        )
        summary("restored", source, manifest, monotonic() - start, as_json=as_json)
