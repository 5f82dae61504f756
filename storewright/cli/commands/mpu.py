"""`storewright mpu`: uploads that were begun and neither completed nor aborted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from storewright import storage
from storewright.cli import show
from storewright.cli.command import SpecType, StoreCommand
from storewright.cli.copying import WRITES
from storewright.cli.failures import Failed, each
from storewright.cli.places import Place, complete_place
from storewright.cli.resumable import resume_upload
from storewright.cli.session import End, Session, Settings, Use
from storewright.cli.walk import key_of

__all__ = ["mpu"]

_OWN = ("list_mode", "limit", "continuation_token", "object_mode", "multipart_id")
_MODES = (storage.ListMode.PART, storage.ListMode.BLOCK)
"""What a service lists of uploads: some know them by their blocks only."""


@click.group("mpu")
def mpu() -> None:
    """List, resume and abort unfinished uploads, whose parts are stored and may cost money."""


@mpu.command("ls", cls=StoreCommand, ops=("list",), without=_OWN, json=True)
@click.argument("uri", shell_complete=complete_place)
@click.pass_obj
def ls(settings: Settings, uri: str) -> None:
    """List the unfinished uploads of a storage, or below a directory of it.

    Prints when each was begun, its id and the object's key.
    """
    with Session(settings, [Use(Place.parse(uri), ("list",))]) as session:
        for upload in _uploads(session.ends[0]):
            _show(settings, upload)


@mpu.command("abort", cls=StoreCommand, ops=("list", "delete"), without=_OWN, json=True)
@click.argument("uri", shell_complete=complete_place)
@click.option(
    "--older-than",
    type=SpecType("duration"),
    help="Abort what was begun longer ago, for example 2d or 12h; 0 aborts everything.",
)
@click.option("--id", "id_", help="Abort the upload of this id.")
@click.option("--dry-run", is_flag=True, help="Print what would be aborted, and abort nothing.")
@click.pass_obj
def abort(
    settings: Settings, uri: str, *, older_than: float | None, id_: str | None, dry_run: bool
) -> None:
    """Abort unfinished uploads, whether or not a process is still at work on them."""
    if (older_than is None) == (id_ is None):
        raise click.UsageError("say which uploads: give --older-than DURATION or --id ID")
    with Session(settings, [Use(Place.parse(uri), ("list", "delete"))]) as session:
        (end,) = session.ends
        chosen = [u for u in _uploads(end) if _is_chosen(u, older_than, id_)]
        if id_ is not None and not chosen:
            raise Failed(f"mpu abort: {end.place}: there is no unfinished upload of that id")
        each(chosen, lambda upload: _abort(settings, end, upload, dry_run=dry_run))


@mpu.command("resume", cls=StoreCommand, ops=WRITES, json=True)
@click.argument("state", type=click.Path())
@click.argument("source", metavar="FILE", type=click.Path())
@click.pass_obj
def resume(settings: Settings, state: str, source: str) -> None:
    """Go on with the upload of FILE that `put --state STATE` has begun.

    Only what is missing is sent. STATE holds the destination and its options, but no secrets: give
    those again. It is removed once the object is published.
    """
    resume_upload(settings, state, source)


def _uploads(end: End) -> Iterator[storage.Object]:
    mode = next((mode for mode in _MODES if mode in end.store.list_modes()), None)
    if mode is None:
        raise Failed(f"mpu: {end.place}: the service cannot list unfinished uploads")
    own, below = key_of(end.place.path), key_of(end.place.directory)
    for upload in end.store.list(end.path, *end.pairs("list"), list_mode=mode):
        key = key_of(upload.path)
        if key == own or key.startswith(below):  # the listing is of what begins alike
            yield upload


def _is_chosen(upload: storage.Object, older_than: float | None, id_: str | None) -> bool:
    if older_than is None:
        return upload.multipart_id == id_
    if upload.last_modified is None:
        if older_than:
            raise Failed(f"mpu abort: {upload.path}: the service does not tell its age (use --id)")
        return True
    return (datetime.now(UTC) - upload.last_modified).total_seconds() >= older_than


def _abort(settings: Settings, end: End, upload: storage.Object, *, dry_run: bool) -> None:
    if not dry_run:
        named: dict[str, Any] = {"multipart_id": upload.multipart_id}
        if upload.multipart_id is None:
            named = {"object_mode": storage.ObjectMode.BLOCK}
        end.store.delete(upload.path, *end.pairs("delete"), **named)
    if settings.json:
        show.print_json({**show.record(upload), "aborted": not dry_run})
    elif dry_run:
        _show(settings, upload)


def _show(settings: Settings, upload: storage.Object) -> None:
    if settings.json:
        show.print_json(show.record(upload))
        return
    begun = "-" if upload.last_modified is None else show.time_text(upload.last_modified)
    show.line(f"{begun:20}  {upload.multipart_id or '-'}  {key_of(upload.path)}")
