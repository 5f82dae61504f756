"""The command `clean`."""

import json
import re
from datetime import timedelta
from typing import Final

import click

from storewright import storage
from storewright.dump.cleaner import Leftover, clean, find_leftovers
from storewright.dump.commands.common import place_options, reporting, with_options
from storewright.dump.external import connection_string
from storewright.dump.progress import size_text

__all__ = ["clean_command"]

_DURATION: Final = re.compile(r"(\d+)\s*([smhdw]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def _age(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise click.BadParameter(
            f"{value!r} is no duration: write for example 12h or 2d", ctx, param
        )
    try:
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
    except (OverflowError, ValueError):
        raise click.BadParameter("nothing is as old as that", ctx, param) from None


@click.command("clean")
@click.argument("place")
@click.option(
    "--older-than",
    required=True,
    callback=_age,
    metavar="AGE",
    help="Delete only what is older, such as 12h or 2d: a dump may be running.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be deleted, and delete nothing.")
@place_options
def clean_command(
    place: str,
    *,
    older_than: timedelta,
    dry_run: bool,
    storage_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Delete what dumps that failed have left at PLACE and below it.

    These are the files of folders without a manifest.json, as far as they are named as a dump
    names them, and uploads that were never completed.
    """
    with reporting("clean"):
        store = storage.open(with_options(connection_string(place), storage_options))
        found = list(find_leftovers(store, older_than))
        for leftover in found:
            _show(leftover, as_json=as_json)
            if not dry_run:
                clean(store, [leftover])
        if not as_json:
            size = size_text(sum(leftover.size for leftover in found))
            click.echo(f"{'would delete' if dry_run else 'deleted'} {len(found)} leftovers, {size}")


def _show(leftover: Leftover, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps(
                {"path": leftover.path, "size": leftover.size, "upload": leftover.upload or None}
            )
        )
        return
    unfinished = leftover.upload is not None
    click.echo(f"{leftover.path}{' (unfinished upload)' if unfinished else ''}")
