"""`storewright rm`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import click

from storewright import storage
from storewright.cli import show
from storewright.cli.command import StoreCommand
from storewright.cli.failures import Failed, each
from storewright.cli.places import Place, complete_place
from storewright.cli.session import End, Session, Settings, Use
from storewright.cli.walk import has_directories, has_marks, inside, is_dir, key_of, keys_below

__all__ = ["rm"]

_OPS = ("stat", "list", "delete_batch", "delete")
_OWN = ("list_mode", "limit", "continuation_token", "object_mode", "multipart_id")
_BATCH = 1000
_DIR = storage.ObjectMode.DIR


@click.command("rm", cls=StoreCommand, ops=_OPS, without=_OWN, json=True)
@click.argument("uris", metavar="URI...", nargs=-1, required=True, shell_complete=complete_place)
@click.option("-r", "--recursive", is_flag=True, help="Delete everything below URI, and URI.")
@click.option("-f", "--force", is_flag=True, help="Accept what is not there, and whole storages.")
@click.option("--dry-run", is_flag=True, help="Print what would be deleted, and delete nothing.")
@click.pass_obj
def rm(
    settings: Settings, uris: tuple[str, ...], *, recursive: bool, force: bool, dry_run: bool
) -> None:
    """Delete objects."""
    places = [Place.parse(uri) for uri in uris]
    _refuse_roots(places, force=force)
    with Session(settings, [Use(place, _OPS) for place in places]) as session:
        eraser = _Eraser(settings, dry_run=dry_run, force=force)
        each(session.ends, eraser.delete_below if recursive else eraser.delete_one)


def _refuse_roots(places: Sequence[Place], *, force: bool) -> None:
    for place in places:
        if place.is_root and not force:
            raise Failed(f"rm: {place}: is a whole storage (add --force to empty it)")


class _Eraser:
    """Deletes, or says what it would delete."""

    def __init__(self, settings: Settings, *, dry_run: bool, force: bool) -> None:
        self._settings, self._dry_run, self._force = settings, dry_run, force

    def delete_one(self, end: End) -> None:
        """Delete one object, which must be there unless it is forced."""
        try:
            found = end.store.stat(end.path, *end.pairs("stat"))
        except storage.ObjectNotExist:
            if not self._force:
                raise
            return
        if is_dir(found):
            raise storage.ObjectModeInvalid(
                "is a directory",
                expected=storage.ObjectMode.READ,
                actual=found.mode,
                op="rm",
                service=end.place.type,
                path=end.path,
                hint="delete it with --recursive",
            )
        self._delete(end, [end.place])

    def delete_below(self, end: End) -> None:
        """Delete everything below a place, and the place."""
        erase = self._tree if has_directories(end) else self._keys
        if not erase(end) and not self._force:
            raise storage.ObjectNotExist(
                "nothing is there", op="rm", service=end.place.type, path=end.path
            )

    def _tree(self, end: End) -> bool:
        """Delete a directory with all that is in it, from the inside; whether it was there."""
        if not end.place.is_root:
            try:
                if not is_dir(end.store.stat(end.path, *end.pairs("stat"))):
                    self._delete(end, [end.place])
                    return True
            except storage.ObjectNotExist:
                return False
        for batch in self._batches(end, inside):
            self._delete(end, [_place(end, found) for found in batch if not is_dir(found)])
            for found in batch:
                if is_dir(found):
                    self._tree(end.at(_place(end, found)))
        if not end.place.is_root:
            self._delete_directory(end)
        return True

    def _keys(self, end: End) -> bool:
        """Delete all keys below a place, and its own; whether there was any."""
        found = False
        for batch in self._batches(end, keys_below):
            found = True
            self._delete(end, [_key(end, item) for item in batch])
        return self._own_keys(end) or found

    def _own_keys(self, end: End) -> bool:
        """Delete the object that has the directory's name, and its mark, if they are there."""
        if end.place.is_root:
            return False
        places = [end.place]
        if has_marks(end) and not end.place.is_directory:
            places.append(end.place.at(end.place.directory))
        found = [place for place in places if _is_there(end.at(place))]
        self._delete(end, found)
        return bool(found)

    def _batches(
        self, end: End, listing: Callable[[End], Iterator[storage.Object]]
    ) -> Iterator[list[storage.Object]]:
        """What is listed, piece by piece.

        Each piece is listed anew, from the beginning: nothing is deleted under a listing that is
        still under way.
        """
        former = ""
        rest = listing(end)
        while batch := list(islice(rest, _BATCH)):
            if not self._dry_run and batch[0].path == former:
                raise Failed(f"rm: {_place(end, batch[0])}: is still there")
            yield batch
            if len(batch) < _BATCH:
                return
            former = batch[0].path
            rest = rest if self._dry_run else listing(end)

    def _delete(self, end: End, places: list[Place]) -> None:
        store, paths = end.store, [end.at(place).path for place in places]
        if not self._dry_run and isinstance(store, storage.BatchDeleter):
            store.delete_batch(paths, *end.pairs("delete_batch"))
        elif not self._dry_run:
            for path in paths:
                store.delete(path, *end.pairs("delete"))
        for place in places:
            self._tell(place)

    def _delete_directory(self, end: End) -> None:
        if not self._dry_run:
            end.store.delete(end.path, *end.pairs("delete"), object_mode=_DIR)
        self._tell(end.place)

    def _tell(self, place: Place) -> None:
        if self._settings.json:
            show.print_json({"uri": str(place), "deleted": not self._dry_run})
        elif self._dry_run:
            show.line(f"would delete {place}")


def _place(end: End, found: storage.Object) -> Place:
    """Where a listed object is."""
    return end.place.at("/" + key_of(found.path))


def _key(end: End, found: storage.Object) -> Place:
    """Where a listed object is, or the mark of a directory."""
    place = _place(end, found)
    return place.at(place.directory) if is_dir(found) else place


def _is_there(end: End) -> bool:
    try:
        end.store.stat(end.path, *end.pairs("stat"))
    except storage.ObjectNotExist:
        return False
    return True
