"""What `cp` and `put` do: from objects, trees and streams to objects, trees and streams."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import click

from storewright import storage
from storewright.cli import show
from storewright.cli.crew import each_of
from storewright.cli.failures import Failed, each
from storewright.cli.places import Place
from storewright.cli.progress import meter
from storewright.cli.session import End, Session, Settings, Use
from storewright.cli.streams import Feed, output
from storewright.cli.transfer import Transfer
from storewright.cli.walk import is_dir, key_of, objects_below, refuse_directory

__all__ = ["READS", "WITHOUT", "WRITES", "copy_objects", "copy_tree", "take_in", "write_out"]

READS: Final = ("stat", "read", "list")
WITHOUT: Final = ("list_mode", "limit", "continuation_token", "offset", "size", "multipart_id")
WRITES: Final = ("open_writer",)


class Job(NamedTuple):
    """One object to copy."""

    source: End
    target: End


def copy_objects(
    settings: Settings, sources: tuple[str, ...], target: str, *, verify: bool
) -> None:
    """Copy one object after the other."""
    to = Place.parse(target)
    if len(sources) > 1 and not to.is_directory:
        raise click.UsageError(f"several sources need a directory: write {target}/")
    places = [Place.parse(source) for source in sources]
    with Session(settings, [*(Use(p, READS, "src") for p in places), _target(to)]) as session:
        *froms, end = session.ends
        with meter(settings, "copying") as shown:
            transfer = Transfer(shown, verify=verify)
            each(froms, lambda source: _copy(settings, transfer, _job(source, end)))


def _target(place: Place) -> Use:
    return Use(place, WRITES, "dst", checks=("stat",))


def _job(source: End, target: End) -> Job:
    """What copying ``source`` means: into a directory it keeps its name."""
    if source.place.is_directory:
        raise _directory(source)
    place = target.place
    return Job(source, target.at(place.child(source.place.base)) if place.is_directory else target)


def _directory(source: End) -> storage.ObjectModeInvalid:
    return storage.ObjectModeInvalid(
        "is a directory",
        expected=storage.ObjectMode.READ,
        actual=storage.ObjectMode.DIR,
        op="cp",
        service=source.place.type,
        path=source.path,
        hint="copy what is below it with --recursive",
    )


def _copy(settings: Settings, transfer: Transfer, job: Job) -> None:
    if is_dir(found := transfer.look_at(job.source)):
        raise _directory(job.source)
    refuse_directory(job.target, "write it with a slash at the end to copy into it")
    result = transfer.copy(job.source, job.target, found)
    if settings.json:
        show.print_json({"source": str(job.source.place), **show.written(job.target, result)})


def copy_tree(settings: Settings, source: str, target: str, *, jobs: int, verify: bool) -> None:
    """Copy everything below one directory, several objects at once."""
    place, to = Place.parse(source), Place.parse(target)
    with Session(settings, [Use(place, READS, "src"), _target(to)]) as session:
        top, end = session.ends
        _refuse_inside(top, end)
        with meter(settings, "copying") as shown:
            transfer = Transfer(shown, verify=verify)
            each_of(
                _jobs(top, end),
                lambda job: _copy(settings, transfer, job),
                jobs=jobs,
                stop=transfer.stop,
            )


def _refuse_inside(source: End, target: End) -> None:
    """Refuse to copy a directory to below itself, which would never end."""
    if source.store is target.store and target.place.directory.startswith(source.place.directory):
        raise Failed(f"cp: {source.place}: cannot be copied to below itself: {target.place}")


def _jobs(source: End, target: End) -> Iterator[Job]:
    """A job for each object below the source; raises if there is none."""
    base = key_of(source.place.directory)
    found = False
    for item in objects_below(source):
        found = True
        relative = key_of(item.path).removeprefix(base)
        if relative and not relative.endswith("/"):
            place = source.place.at("/" + key_of(item.path))
            yield Job(source.at(place), target.at(target.place.child(relative)))
    if not found:
        raise storage.ObjectNotExist(
            "nothing is below it", op="cp", service=source.place.type, path=source.path
        )


def write_out(settings: Settings, sources: tuple[str, ...], target: str) -> None:
    """Write objects to standard output, a pipe or a device."""
    if settings.json:
        raise click.UsageError("--json would be mixed with the data on standard output")
    uses = [Use(Place.parse(source), READS, "src") for source in sources]
    with Session(settings, uses) as session, output(target) as file:
        each(session.ends, lambda end: end.store.read(end.path, file, *end.pairs("read")))


def take_in(settings: Settings, feed: Feed, target: str, *, verify: bool) -> None:
    """Write what a stream or a command gives to an object."""
    place = Place.parse(target)
    if place.is_directory:
        raise click.UsageError("what has no name needs one: the destination must be an object")
    with Session(settings, [_target(place)]) as session, meter(settings, "writing") as shown:
        (end,) = session.ends
        refuse_directory(end, "name the object to write")
        result = Transfer(shown, verify=verify).publish(feed, end)
    if settings.json:
        show.print_json(show.written(end, result))
