"""When mydumper is stopped: simulated, so that every rate and every delay is met."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import FileRecord, OptionInvalid, SourceFailed
from storewright.dump.mydumper import Figures, Settings
from storewright.dump.mydumper.names import described
from storewright.dump.mydumper.pause import Pacer, fitting_threads, needed_disk
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.dump.stored import check_stored

LIMIT = 40_000_000
CHUNK = 4_000_000


@dataclass
class Simulated:
    """A mydumper that fills the disk at a rate, an upload that empties it, and the time."""

    rate: float
    upload: float
    late: float
    """Seconds by which a look may come too late."""
    paused: bool = False
    locked: bool = False
    now: float = 0.0
    written_bytes: float = 0.0
    freed: int = 0
    peak: int = 0

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def written(self) -> None:
        pass

    @property
    def used(self) -> int:
        return int(self.written_bytes) - self.freed

    def run(self, total: int, seconds: float = 600.0) -> Figures:
        """Dump so many bytes."""
        noise = random.Random(7)
        figures = Figures()
        pacer = Pacer(self, LIMIT, figures, clock=lambda: self.now)
        sent = 0.0
        while self.written_bytes < total and self.now < seconds:
            waiting = (int(self.written_bytes) - self.freed) // CHUNK
            wait = pacer.look(self.used, self.freed, waiting) + self.late * noise.random()
            self.now += wait
            if not self.paused:
                self.written_bytes += self.rate * wait
            self.peak = max(self.peak, self.used)
            sent = min(sent + self.upload * wait, self.written_bytes)
            while self.freed + CHUNK <= sent:
                self.freed += CHUNK
        return figures


@pytest.mark.parametrize("rate", [1e6, 20e6, 170e6, 400e6])
@pytest.mark.parametrize("upload", [0.4e6, 10e6, 1e9])
@pytest.mark.parametrize("late", [0.0, 0.01])
def test_the_limit_is_never_reached_and_the_dump_goes_on(
    rate: float, upload: float, late: float
) -> None:
    simulated = Simulated(rate, upload, late)
    figures = simulated.run(100_000_000, seconds=10_000)
    assert simulated.written_bytes >= 100_000_000
    assert simulated.peak <= LIMIT
    assert (figures.pauses > 0) == (rate > upload)


def test_a_disk_that_is_filled_slowly_is_looked_at_seldom() -> None:
    simulated = Simulated(rate=1e6, upload=1e9, late=0.0)
    pacer = Pacer(simulated, LIMIT, Figures(), clock=lambda: simulated.now)
    assert pacer.look(1_000, 0, 0) == 0.05
    assert pacer.look(LIMIT * 3 // 4 - 1_000, 0, 1) in {0.002, 0.005}


def test_nothing_is_stopped_while_it_holds_a_lock() -> None:
    simulated = Simulated(rate=100e6, upload=1e6, late=0.0, locked=True)
    with pytest.raises(SourceFailed, match="holds the server's global lock: allow more disk"):
        simulated.run(400_000_000)
    assert not simulated.paused


def test_what_can_never_be_freed_is_said() -> None:
    simulated = Simulated(rate=0, upload=0, late=0.0)
    pacer = Pacer(simulated, LIMIT, Figures(), clock=lambda: simulated.now)
    pacer.look(LIMIT - 1, 0, 0)
    with pytest.raises(SourceFailed, match="by files that mydumper still writes"):
        pacer.look(LIMIT, 0, 0)


def test_threads_are_as_many_as_the_disk_allows() -> None:
    found = [fitting_threads(limit * MEBIBYTE, MEBIBYTE, None) for limit in (4, 8, 10, 12, 16, 99)]
    assert found == [1, 2, 2, 3, 4, 4]
    with pytest.raises(OptionInvalid, match="too little for 2 threads with files of 16"):
        fitting_threads(32 * MEBIBYTE, 16 * MEBIBYTE, 2)
    for threads in range(1, 9):
        limit = needed_disk(threads, CHUNK)
        assert fitting_threads(limit, CHUNK, threads) == threads
        with pytest.raises(OptionInvalid):
            fitting_threads(limit - 1, CHUNK, threads)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("a-schema-create.sql", ("schema-create", "a", "")),
        ("a.b-schema.sql", ("schema", "a", "b")),
        ("a.b-schema-view.sql.gz", ("schema-view", "a", "b")),
        ("a.b-schema-triggers.sql.zst", ("schema-triggers", "a", "b")),
        ("a-schema-post.sql", ("schema-post", "a", "")),
        ("a.b.sql", ("data", "a", "b")),
        ("a.b.00001.sql.gz", ("data", "a", "b")),
        ("a.b.c.00001.00002.sql", ("data", "a", "b.c")),
        ("metadata", ("metadata", "", "")),
        ("metadata.partial.3", ("metadata", "", "")),
    ],
)
def test_names_tell_what_files_are(name: str, meaning: tuple[str, str, str]) -> None:
    assert described(name) == meaning


@pytest.mark.parametrize(
    "argument",
    [
        *("-o", "--outputdir=x", "-F64", "-t", "--threads", "-px", "--password=x", "-D", "-L"),
        *("--stream", "--defaults-file=x", "--exec=x", "--verbose=0", "-v"),
    ],
)
def test_arguments_that_would_break_it_are_refused(argument: str) -> None:
    with pytest.raises(OptionInvalid, match="mydumper cannot be given"):
        Settings(arguments=[argument])


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(Settings(password="hidden"))


@pytest.mark.parametrize("kind", ["memory", "fs"])
def test_what_a_storage_changed_is_not_taken_for_stored(kind: str, tmp_path: Path) -> None:
    place = "memory://" if kind == "memory" else f"fs://{tmp_path}"
    store = storage.open(place)
    with store.open_writer("a") as writer:
        writer.write(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    record = FileRecord("a", "data", "", "", 0, 3, digest)
    check_stored(store, record, writer.result)
    for wrong in (b"abcd", b"abd", b""):
        store.write("a", wrong)
        with pytest.raises(storage.IntegrityFailed):
            check_stored(store, record, writer.result)
    store.delete("a")
    with pytest.raises(storage.ObjectNotExist):
        check_stored(store, record, writer.result)
