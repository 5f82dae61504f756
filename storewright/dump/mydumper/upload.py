"""Uploading files side by side, each verified, and let go of only then."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Lock

from storewright import storage
from storewright.dump.cutting import Piece
from storewright.dump.destination import Destination
from storewright.dump.errors import SourceLost, Stopped
from storewright.dump.manifest import FileRecord
from storewright.dump.mydumper.figures import Figures
from storewright.dump.mydumper.names import described
from storewright.dump.mydumper.sources import Source
from storewright.dump.patience import Patience, may_pass, so_often
from storewright.dump.tasks import Stop

__all__ = ["Uploads"]


class Uploads:
    """The uploads of a run. Any thread may submit; the first failure is what `check` raises."""

    def __init__(
        self, destination: Destination, stop: Stop, figures: Figures, *, threads: int, retries: int
    ) -> None:
        """`retries`: how often a file is tried again, each time after a longer wait."""
        self._destination = destination
        self._stop = stop
        self._figures = figures
        self._patience = Patience(
            so_often(retries), stop, passes=_is_passing, again=figures.retried
        )
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="storewright-upload")
        self._lock = Lock()
        self._pending: dict[Future[FileRecord], str] = {}
        self._failure: BaseException | None = None

    @property
    def waiting(self) -> int:
        """How many files are submitted and not yet stored."""
        return len(self._pending)

    def submit(self, name: str, source: Source) -> Future[FileRecord]:
        """Upload a file, when a thread is free. Raises what `check` raises."""
        self.check()
        with self._lock:
            future = self._executor.submit(self._upload, name, source)
            self._pending[future] = name
        future.add_done_callback(self._done)
        return future

    def check(self) -> None:
        """Raise the first failure, if there was one."""
        if self._failure is not None:
            raise self._failure

    def wait(self, seconds: float | None = None) -> bool:
        """Whether everything submitted is stored and verified, after `seconds` at most.

        Raises as `check` does.
        """
        with self._lock:
            pending = set(self._pending)
        left = wait(pending, seconds).not_done
        self.check()
        return not left

    def discard(self, name: str) -> None:
        """Delete a file that was submitted: it is no part of the dump after all."""
        with self._lock:
            pending = [future for future, its in self._pending.items() if its == name]
        wait(pending)
        self._destination.discard(name)

    def close(self) -> None:
        """Call off what is not done; returns when nothing is being uploaded any more."""
        with self._lock:
            pending = list(self._pending)
        if not all(future.done() for future in pending):
            self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _done(self, future: Future[FileRecord]) -> None:
        with self._lock:
            self._pending.pop(future, None)

    def _upload(self, name: str, source: Source) -> FileRecord:
        try:
            record = self._until_stored(name, source)
            self._figures.stored(record.size)
            source.stored()
        except Stopped:
            raise  # the reason is another's
        except BaseException as error:
            # Here, and not when the future is done: who waits for it looks at once.
            with self._lock:
                self._failure = self._failure or error
            raise
        return record

    def _until_stored(self, name: str, source: Source) -> FileRecord:
        if not source.repeatable:
            return self._write(name, source)
        return self._patience.call(name, partial(self._write, name, source))

    def _write(self, name: str, source: Source) -> FileRecord:
        kind, database, table = described(name)
        pieces: Iterator[Piece] = (Piece(data, 0) for data in source.pieces())
        return self._destination.write(
            name, pieces, kind=kind, database=database, table=table, verify=True
        )


def _is_passing(error: storage.StorageError | SourceLost) -> bool:
    """Whether another attempt may go better, be it only because the file is sent again."""
    return may_pass(error) or isinstance(error, (storage.IntegrityFailed, storage.Unexpected))
