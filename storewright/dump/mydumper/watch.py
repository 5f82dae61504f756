"""Watch mode: for any version of mydumper, whose files are taken as it closes them."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from storewright.dump.errors import SourceFailed
from storewright.dump.mydumper.brake import Brake, Until
from storewright.dump.mydumper.changes import Change, Changes, Happened
from storewright.dump.mydumper.child import Child
from storewright.dump.mydumper.figures import Figures
from storewright.dump.mydumper.files import Files, FinishedFile, open_inodes
from storewright.dump.mydumper.folder import disk_usage
from storewright.dump.mydumper.names import is_metadata
from storewright.dump.mydumper.pause import Pacer
from storewright.dump.mydumper.upload import Uploads
from storewright.dump.names import METADATA

__all__ = ["Watch"]

_log = logging.getLogger(__name__)
_POLL_SECONDS: Final = 0.1


class Watch:
    """Takes each file when mydumper has closed it, and stops mydumper before the disk is full."""

    name = "watch"
    streams = False

    def __init__(
        self, folder: Path, *, disk_limit: int, threads: int, chunk_size: int, figures: Figures
    ) -> None:
        """`folder`: where mydumper writes; `disk_limit`: bytes that it may take.

        `threads` of it write files of `chunk_size` bytes or a little more.
        """
        self._folder, self._limit, self._figures = folder, disk_limit, figures
        self._threads, self._chunk_size = threads, chunk_size
        self._files = Files(folder)
        self._discarded: list[FinishedFile] = []
        self._begun = False

    def arguments(self) -> Sequence[str]:
        """Nothing more: it is the oldest mydumper that this mode is for."""
        return ()

    def follow(self, child: Child, uploads: Uploads) -> bytes:
        """Upload the files as they are finished, the tail when mydumper has ended."""

        def submit(file: FinishedFile) -> None:
            uploads.submit(file.uploaded_as, file)

        brake = Brake(self._folder, child.pid)
        pacer = self._pacer(child, brake)
        with closing(brake), Changes(self._folder, child.handle) as changes:
            # At once, and not by a look: that may have to wait for those who write to the folder.
            child.when_released(partial(brake.set, Until.NEXT_WRITE))
            self._look_for_yourself(child, submit)
            pause = 0.0
            try:
                while not child.ended:
                    for change in changes.read(pause):
                        self._take(change, child, submit)
                    uploads.check()
                    child.check()
                    pause = self._look(child, pacer)
            finally:
                pacer.end()
            child.finish()
            for change in changes.read(0.0):
                self._take(change, child, submit)
        metadata = self._metadata()
        self._finished(self._names(), submit, set())
        while not uploads.wait(_POLL_SECONDS):
            self._figures.used(disk_usage(self._folder))
        self._clear(uploads)
        return metadata

    def _pacer(self, child: Child, brake: Brake) -> Pacer:
        return Pacer(
            child,
            brake,
            self._limit,
            self._figures,
            threads=self._threads,
            chunk_size=self._chunk_size,
        )

    def _look(self, child: Child, pacer: Pacer) -> float:
        # First: then nothing is written that is not counted.
        halted = child.halts() if self._begun and pacer.brakes else child.halted
        self._begun = False
        freed = self._files.freed  # likewise: what is deleted meanwhile counts once
        used = disk_usage(self._folder)
        return pacer.look(used, freed, self._files.waiting, halted=halted)

    def _take(self, change: Change, child: Child, submit: Callable[[FinishedFile], None]) -> None:
        if change.happened is Happened.LOST:
            _log.info("too many changes in the folder at once: looking at all files")
            self._look_for_yourself(child, submit)
        elif change.happened is Happened.DELETED:
            if gone := self._files.deleted(change.name):
                self._discarded.append(gone)
        elif change.happened is Happened.BEGUN:
            self._begun = True
        else:
            self._finished([change.name], submit, set())

    def _look_for_yourself(self, child: Child, submit: Callable[[FinishedFile], None]) -> None:
        names = self._names()  # first: of these, what is not open when looked at later was closed
        self._finished(names, submit, open_inodes(child.pid))

    def _names(self) -> list[str]:
        return [path.name for path in self._folder.iterdir()]

    def _finished(
        self,
        names: Sequence[str],
        submit: Callable[[FinishedFile], None],
        being_written: set[int],
    ) -> None:
        for name in names:
            if is_metadata(name):
                continue  # the last file of all, and then only after a good end
            if being_written and self._inode(name) in being_written:
                continue
            if new := self._files.finished(name):
                submit(new)

    def _inode(self, name: str) -> int | None:
        try:
            return (self._folder / name).stat(follow_symlinks=False).st_ino
        except FileNotFoundError:
            return None

    def _metadata(self) -> bytes:
        try:
            return (self._folder / METADATA).read_bytes()
        except FileNotFoundError:
            raise SourceFailed("mydumper ended with status 0, but wrote no metadata") from None

    def _clear(self, uploads: Uploads) -> None:
        """Take back what mydumper has deleted, and see that nothing else stayed on disk."""
        for file in self._discarded:
            uploads.discard(file.uploaded_as)
        for name in self._names():
            if not is_metadata(name):
                self._files.finished(name)  # stored and renamed since: deleted now
        left = [name for name in self._names() if not is_metadata(name)]
        self._figures.used(disk_usage(self._folder))
        if left:
            raise SourceFailed(f"{left[0]} appeared after mydumper had ended: who writes there?")
