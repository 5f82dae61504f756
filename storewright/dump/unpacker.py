"""Restoring a dump that another program loads: its files as they were, in a folder on disk."""

import logging
import secrets
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from storewright import storage
from storewright.dump.errors import DumpDamaged, DumpRefused, OptionInvalid, TargetFailed
from storewright.dump.manifest import FileRecord, Manifest
from storewright.dump.origin import opened
from storewright.dump.progress import Progress
from storewright.dump.tasks import Stop, Task, run

__all__ = ["unpack"]

_log = logging.getLogger(__name__)
_COPY_BYTES: Final = 1024 * 1024


def unpack(
    store: storage.Storager,
    manifest: Manifest,
    target: str,
    *,
    threads: int,
    overwrite: bool,
    progress: Progress,
) -> None:
    """Write the files of the dump in `store` to the folder `target`, `threads` at a time.

    The folder appears when all are in it and agree with the manifest; after a failure there is
    none, or still the one that was to be overwritten. Raises DumpDamaged for a file that is not
    what the manifest says, DumpRefused if the folder has content and not `overwrite`, OptionInvalid
    if `target` is no folder's path, TargetFailed if it cannot be written.
    """
    folder = _folder(target)
    with _appearing(folder, overwrite=overwrite) as new:
        progress.begin("restore", manifest.rows)
        try:
            run(_tasks(store, manifest, new, progress), threads, Stop())
        finally:
            progress.end()


def _folder(target: str) -> Path:
    if "://" in target:
        raise OptionInvalid(
            "mydumper's files are loaded by myloader: restore them to a folder, for example"
            " ./restored, then run: myloader --directory ./restored"
        )
    return Path(target)


@contextmanager
def _appearing(folder: Path, *, overwrite: bool) -> Generator[Path]:
    """A folder that gets its name when the block ends well, and is deleted otherwise."""
    if folder.exists() and not folder.is_dir():
        raise DumpRefused(f"{folder} exists, and is no folder")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise DumpRefused(f"the folder {folder} is not empty: choose another one or --overwrite")
    folder = folder.resolve()  # what is above a ".." is not what stands before it
    if not folder.name:
        raise DumpRefused("the root of the file system cannot be replaced")
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    old = new.with_name(f"{new.name}.old")
    try:
        new.mkdir(parents=True)
        yield new
        _exchange(folder, new, old)
    except OSError as error:
        if isinstance(error, storage.StorageError):
            raise
        raise TargetFailed(f"cannot write to {folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if folder.exists():  # otherwise this is all there is
            shutil.rmtree(old, ignore_errors=True)
        if old.exists():
            _log.warning("what was at %s is at %s", folder, old)


def _exchange(folder: Path, new: Path, old: Path) -> None:
    """Give the new folder its name, and one that has this name another: one of them is there."""
    try:
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise


def _tasks(
    store: storage.Storager, manifest: Manifest, folder: Path, progress: Progress
) -> Iterator[Task]:
    for record in manifest.files:
        if Path(record.path).name != record.path:  # never outside, whoever wrote the manifest
            raise DumpDamaged(f"the manifest names the file {record.path!r}, which leads elsewhere")
        yield partial(_fetch, store, record, folder, progress)


def _fetch(store: storage.Storager, record: FileRecord, folder: Path, progress: Progress) -> None:
    with opened(store, record, "none") as source, (folder / record.path).open("xb") as file:
        shutil.copyfileobj(source, file, _COPY_BYTES)
    progress.advance(record.rows, record.size)
