"""How the files of a running mydumper are come by: what stream and watch mode have in common."""

from collections.abc import Sequence
from typing import Protocol

from storewright.dump.mydumper.child import Child
from storewright.dump.mydumper.upload import Uploads

__all__ = ["Mode"]


class Mode(Protocol):
    """One way to take the files of a mydumper while it runs; for one run."""

    name: str
    """``watch`` or ``stream``, as the manifest says it."""
    streams: bool
    """Whether standard output is the dump itself; else log lines come there, too."""

    def arguments(self) -> Sequence[str]:
        """What mydumper is told besides its output folder, server, threads and size of files."""
        ...

    def follow(self, child: Child, uploads: Uploads) -> bytes:
        """Hand over every file of the dump but `metadata`, until mydumper has ended.

        Runs in the thread that called; returns what the file `metadata` shall hold, as the loader
        needs it. Calls `child.check()` and `uploads.check()` at least a few times a second, so that
        a failure of either ends the other. An exception of any kind has mydumper killed, and the
        dump is none.
        """
        ...
