"""Uploading files side by side, each verified, and let go of only then."""

from concurrent.futures import Future

from storewright.dump.manifest import FileRecord
from storewright.dump.mydumper.sources import Source

__all__ = ["Uploads"]


class Uploads:
    """The uploads of a run. Any thread may submit; the first failure is what `check` raises."""

    def submit(self, name: str, source: Source) -> Future[FileRecord]:
        """Upload a file, when a thread is free. Raises what `check` raises."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise the first failure, if there was one."""
        raise NotImplementedError

    def wait(self) -> None:
        """Return when everything submitted is stored and verified. Raises as `check` does."""
        raise NotImplementedError

    def discard(self, name: str) -> None:
        """Delete a file that was submitted: it is no part of the dump after all."""
        raise NotImplementedError
