"""When mydumper is stopped: simulated, so that every rate and every delay is met."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import FileRecord, OptionInvalid, SourceFailed
from storewright.dump.mydumper import Figures, Settings
from storewright.dump.mydumper.brake import Until
from storewright.dump.mydumper.names import described
from storewright.dump.mydumper.pause import Pacer, fitting_threads, needed_disk
from storewright.dump.mydumper.settings import MEBIBYTE
from storewright.dump.stored import check_stored

LIMIT = 40_000_000
CHUNK = 4_000_000


THREADS = 3
STATEMENT = 1_000_000
SLICES = {
    Until.PAUSED: 10**12,
    Until.NEXT_FILE: THREADS * (CHUNK + STATEMENT),
    Until.NEXT_WRITE: 2 * THREADS * STATEMENT,
}
"""The most that is written until the brake takes hold."""


@dataclass
class Simulated:
    """A mydumper that fills the disk at a rate, an upload that empties it, and the time."""

    rate: float
    upload: float
    late: float
    """Seconds by which a look may come too late."""
    works: bool = True
    """Whether the kernel stops it as it writes."""
    paused: bool = False
    halted: bool = False
    locked: bool = False
    until: Until = Until.PAUSED
    now: float = 0.0
    written_bytes: float = 0.0
    freed: int = 0
    peak: int = 0

    def pause(self) -> None:
        self.paused = self.halted = True

    def resume(self) -> None:
        self.paused = self.halted = False

    def written(self) -> None:
        pass

    def set(self, until: Until) -> None:
        self.until = until if self.works else Until.PAUSED

    @property
    def used(self) -> int:
        return int(self.written_bytes) - self.freed

    def pacer(self, figures: Figures) -> Pacer:
        return Pacer(
            self,
            self,
            LIMIT,
            figures,
            threads=THREADS,
            chunk_size=CHUNK,
            clock=lambda: self.now,
        )

    def run(self, total: int, seconds: float = 600.0) -> Figures:
        """Dump so many bytes."""
        noise = random.Random(7)
        figures = Figures()
        pacer = self.pacer(figures)
        sent = 0.0
        while self.written_bytes < total and self.now < seconds:
            waiting = (int(self.written_bytes) - self.freed) // CHUNK
            wait = pacer.look(self.used, self.freed, waiting, halted=self.halted)
            wait += self.late * noise.random()
            self.now += wait
            self.write(self.rate * wait)
            sent = min(sent + self.upload * wait, self.written_bytes)
            while self.freed + CHUNK <= sent:
                self.freed += CHUNK
        return figures

    def write(self, size: float) -> None:
        """As much, if it is not stopped meanwhile."""
        if self.halted:
            return
        self.halted = size >= SLICES[self.until]
        self.written_bytes += min(size, SLICES[self.until])
        self.peak = max(self.peak, self.used)


@pytest.mark.parametrize("rate", [1e6, 20e6, 170e6, 400e6])
@pytest.mark.parametrize("upload", [0.4e6, 10e6, 1e9])
@pytest.mark.parametrize("late", [0.0, 0.01, 0.1, 2.0])
def test_the_limit_is_never_reached_however_late_a_look_comes(
    rate: float, upload: float, late: float
) -> None:
    simulated = Simulated(rate, upload, late)
    simulated.run(100_000_000, seconds=10_000)
    assert simulated.written_bytes >= 100_000_000
    assert simulated.peak <= LIMIT


@pytest.mark.parametrize("rate", [1e6, 20e6, 170e6, 400e6])
@pytest.mark.parametrize("upload", [0.4e6, 10e6, 1e9])
@pytest.mark.parametrize("works", [False, True])
def test_the_limit_is_never_reached_by_looking_in_time(
    rate: float, upload: float, works: bool
) -> None:
    """Nor where the kernel has no brake, if looks are hardly late."""
    simulated = Simulated(rate, upload, late=0.01, works=works)
    figures = simulated.run(100_000_000, seconds=10_000)
    assert simulated.written_bytes >= 100_000_000
    assert simulated.peak <= LIMIT
    assert (figures.pauses > 0) == (rate > upload)


def test_a_disk_that_is_filled_slowly_is_looked_at_seldom() -> None:
    simulated = Simulated(rate=1e6, upload=1e9, late=0.0)
    pacer = simulated.pacer(Figures())
    pacer.look(500, 0, 0)
    assert pacer.look(1_000, 0, 0) == 0.05
    assert pacer.look(LIMIT * 3 // 4 - 1_000, 0, 1) == 0.001


def test_the_brake_is_set_by_the_room_that_is_left() -> None:
    simulated = Simulated(rate=0, upload=0, late=0.0, locked=True)
    pacer = simulated.pacer(Figures())
    assert pacer.look(0, 0, 0) < 0.01

    def until(used: int) -> Until:
        pacer.look(used, 0, 1)
        return simulated.until

    assert until(0) is Until.PAUSED  # others would wait for the lock
    simulated.locked = False
    assert until(0) is Until.NEXT_WRITE  # until it is known what was written while it was not set
    assert until(0) is Until.NEXT_FILE
    assert until(LIMIT - THREADS * (CHUNK + 2 * STATEMENT)) is Until.NEXT_FILE
    assert until(LIMIT - THREADS * (CHUNK + 2 * STATEMENT) + 1) is Until.NEXT_WRITE
    assert until(0) is Until.NEXT_FILE


def test_larger_rows_than_statements_should_be_are_learned_of() -> None:
    simulated = Simulated(rate=0, upload=0, late=0.0)
    pacer = simulated.pacer(Figures())
    used = LIMIT // 2 + 3_000_000
    pacer.look(used, 0, 1)
    assert not simulated.paused
    pacer.look(used + 15_000_000, 15_000_000, 1)
    pacer.look(used, 15_000_000 + 15_000_000, 1)
    assert simulated.paused


def test_nothing_is_stopped_while_it_holds_a_lock() -> None:
    simulated = Simulated(rate=100e6, upload=1e6, late=0.0, locked=True)
    with pytest.raises(SourceFailed, match="holds the server's global lock: allow more disk"):
        simulated.run(400_000_000)
    assert not simulated.paused


def test_what_can_never_be_freed_is_said() -> None:
    simulated = Simulated(rate=0, upload=0, late=0.0)
    pacer = simulated.pacer(Figures())
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
