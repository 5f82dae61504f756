"""Listing what is below a place, on services that know directories and on those that do not."""

from collections.abc import Iterator

from storewright import storage
from storewright.cli.session import End

__all__ = [
    "has_directories",
    "has_marks",
    "inside",
    "is_dir",
    "key_of",
    "keys_below",
    "objects_below",
    "refuse_directory",
]


def is_dir(object: storage.Object) -> bool:
    """Whether it is a directory. A link to one is not: nobody walks through it by accident."""
    modes = storage.ObjectMode
    return bool(object.mode & modes.DIR) and not object.mode & modes.LINK


def key_of(path: str) -> str:
    """The whole key that a path of a store opened at its root means."""
    return path.removeprefix("/")


def has_directories(end: End) -> bool:
    """Whether directories of the service are things of their own, which may be empty."""
    return "direr" in end.declared.interfaces()


def inside(end: End) -> Iterator[storage.Object]:
    """What is directly in the directory."""
    pairs = end.pairs("list")
    return end.store.list(end.path, *pairs, list_mode=storage.ListMode.DIR)


def objects_below(end: End) -> Iterator[storage.Object]:
    """Everything below the directory that is no directory, at any depth."""
    if storage.ListMode.PREFIX in end.store.list_modes():
        pairs = end.pairs("list")
        found = end.store.list(end.directory, *pairs, list_mode=storage.ListMode.PREFIX)
        yield from (item for item in found if not is_dir(item))
        return
    for item in inside(end):
        if is_dir(item):
            yield from objects_below(end.at(end.place.at("/" + key_of(item.path))))
        else:
            yield item


def keys_below(end: End) -> Iterator[storage.Object]:
    """Everything below the directory, and where the user enabled directories, their marks too."""
    if storage.ListMode.PREFIX not in end.store.list_modes() or not has_marks(end):
        return objects_below(end)
    return end.store.list(end.directory, *end.pairs("list"), list_mode=storage.ListMode.PREFIX)


def has_marks(end: End) -> bool:
    """Whether keys that end in a slash stand for directories."""
    return isinstance(end.store, storage.Direr) and not has_directories(end)


def refuse_directory(end: End, hint: str) -> None:
    """Raise ObjectModeInvalid if the place is an existing directory.

    Only services with real directories are asked; on others a name can be both.
    """
    if end.place.is_directory:
        found = storage.ObjectMode.DIR
    elif has_directories(end):
        try:
            found = storage.ObjectMode(end.store.stat(end.path, *end.pairs("stat")).mode)
        except storage.ObjectNotExist:
            return
    else:
        return
    if found & storage.ObjectMode.DIR:
        raise storage.ObjectModeInvalid(
            "is a directory",
            expected=storage.ObjectMode.READ,
            actual=found,
            service=end.place.type,
            path=end.path,
            hint=hint,
        )
