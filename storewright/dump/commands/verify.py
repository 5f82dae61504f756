"""The command `verify`."""

from time import monotonic

import click

from storewright import storage
from storewright.dump.commands.common import LOG, common_options, reporting, summary, with_options
from storewright.dump.errors import DumpError
from storewright.dump.external import connection_string
from storewright.dump.progress import default_progress
from storewright.dump.verifier import verify

__all__ = ["verify_command"]


@click.command("verify")
@click.argument("source")
@click.option(
    "--database",
    metavar="ADDRESS",
    help="Compare each table of this database, too, with the content sums of the dump.",
)
@common_options
def verify_command(
    source: str,
    *,
    database: str | None,
    threads: int,
    storage_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare every file of the dump at SOURCE with its manifest."""
    with reporting("verify"):
        start = monotonic()
        store = storage.open(with_options(connection_string(source), storage_options))
        found = verify(store, database=database, threads=threads, progress=default_progress())
        for path in found.foreign:
            LOG.warning("%s is no part of the dump", path)
        if found.problems:
            raise DumpError("the dump is damaged: " + "; ".join(found.problems))
        if found.differences:
            raise DumpError("the database differs from the dump: " + "; ".join(found.differences))
        summary("verified", source, found.manifest, monotonic() - start, as_json=as_json)
