"""`storewright ls`."""

from collections.abc import Iterator
from itertools import chain, islice

import click

from storewright import storage
from storewright.cli import show
from storewright.cli.command import SpecType, StoreCommand
from storewright.cli.failures import each
from storewright.cli.places import Place, complete_place
from storewright.cli.session import End, Session, Settings, Use
from storewright.cli.walk import inside, is_dir, key_of, objects_below

__all__ = ["ls"]

_OWN = ("list_mode", "limit", "object_mode", "multipart_id")


@click.command("ls", cls=StoreCommand, ops=("stat", "list"), without=_OWN, json=True)
@click.argument("uris", metavar="[URI]...", nargs=-1, shell_complete=complete_place)
@click.option("-l", "--long", is_flag=True, help="Show size and time of the last change.")
@click.option("-r", "--recursive", is_flag=True, help="List everything below, not one level.")
@click.option("-d", "--dirs", is_flag=True, help="List directories only.")
@click.option("--human", is_flag=True, help="With --long, write sizes as 1.5MiB.")
@click.option("--limit", type=SpecType("size"), help="Stop after so many lines.")
@click.pass_obj
def ls(
    settings: Settings,
    uris: tuple[str, ...],
    *,
    long: bool,
    recursive: bool,
    dirs: bool,
    human: bool,
    limit: int | None,
) -> None:
    """List the objects in directories (this one, if no URI is given), or buckets (ls s3://).

    Names are relative to the directory, those of directories end in a slash.
    """
    if recursive and dirs:
        raise click.UsageError("--recursive lists no directories, so --dirs excludes it")
    places = [Place.parse(uri) for uri in uris or (".",)]
    with Session(settings, [Use(place, ("stat", "list")) for place in places]) as session:

        def list_one(end: End) -> None:
            found = _buckets(session, end) if _is_account(end) else _entries(end, recursive, dirs)
            if len(places) > 1 and not settings.json:
                show.line(f"{end.place}:")
            for name, item in islice(found, limit):
                _show(settings, name, item, long=long, human=human)

        each(session.ends, list_one)


def _is_account(end: End) -> bool:
    """Whether the URI names a service that has buckets, and no bucket."""
    place = end.place
    named = place.name or "name" in place.options
    return place.is_root and not named and "name" in end.declared.construction()


def _buckets(session: Session, end: End) -> Iterator[tuple[str, None]]:
    for store in session.servicer(end.place).list():
        yield store.metadata().name, None


def _entries(end: End, recursive: bool, dirs: bool) -> Iterator[tuple[str, storage.Object]]:
    """Name and object of what is in the directory; or of the one object that the place is."""
    found = objects_below(end) if recursive else inside(end)
    try:
        first = next(found, None)
    except (storage.ObjectNotExist, storage.ObjectModeInvalid):
        first = None
    if first is None:
        yield from _itself(end)
        return
    base = key_of(end.place.directory)
    for item in chain([first], found):
        if is_dir(item) or not dirs:
            yield _name(item, base), item


def _name(object: storage.Object, base: str) -> str:
    name = key_of(object.path).removeprefix(base)
    return f"{name}/" if is_dir(object) and not name.endswith("/") else name


def _itself(end: End) -> Iterator[tuple[str, storage.Object]]:
    """The place as an object; nothing if it is an empty directory, an error if it is neither."""
    if end.place.is_root:
        return
    found = _found(end)
    if not is_dir(found):
        yield end.place.base, found


def _found(end: End) -> storage.Object:
    try:
        return end.store.stat(end.path, *end.pairs("stat"))
    except storage.ObjectNotExist:
        if not isinstance(end.store, storage.Direr):
            raise
        return end.store.stat(end.path, *end.pairs("stat"), object_mode=storage.ObjectMode.DIR)


def _show(
    settings: Settings, name: str, object: storage.Object | None, *, long: bool, human: bool
) -> None:
    if settings.json:
        known = {} if object is None else show.record(object)
        show.print_json({"name": name, **known})
    elif long and object is not None:
        show.line(f"{_size(object, human):>12}  {_time(object):20}  {name}")
    else:
        show.line(name)


def _size(object: storage.Object, human: bool) -> str:
    if is_dir(object) or object.content_length is None:
        return "-"
    return show.size_text(object.content_length) if human else str(object.content_length)


def _time(object: storage.Object) -> str:
    return "-" if object.last_modified is None else show.time_text(object.last_modified)
