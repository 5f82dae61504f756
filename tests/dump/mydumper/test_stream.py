"""Stream mode, with a replay of mydumper 1.0.1: the whole dump within the bound, or none.

Debian has no mydumper 1.x, so that `replay.py` takes its part, with files of a real one.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import DumpError, OptionInvalid, SourceFailed, restore, verify
from storewright.dump.mydumper import Figures, Settings, mydumper
from storewright.dump.mydumper.choice import choose
from storewright.dump.mydumper.program import Program
from storewright.dump.mydumper.settings import ModeName
from storewright.services.memory import MemoryStorage
from tests.dump.support import environment, names

from .replay import Config, Fault, program
from .stream_support import contents, files_in, large_files, recorded_files, running, sampled

MEBIBYTE = 1024 * 1024
Until = Callable[[], bool]


@pytest.fixture
def store() -> MemoryStorage:
    return storage.open("memory://", type=MemoryStorage)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """The files of a real stream, of a database with every awkward name."""
    return recorded_files(tmp_path / "recorded")


def _settings(script: Path, tmp_path: Path) -> Settings:
    return Settings(program=str(script), output=tmp_path / "out", stall_timeout=60)


def _wait(until: Until, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.02)


def test_every_byte_is_stored_and_restored(
    recorded: Path, store: MemoryStorage, tmp_path: Path
) -> None:
    script = program(tmp_path, Config(str(recorded), rate=2e5, partial_seconds=0.05))
    manifest = mydumper(_settings(script, tmp_path), store)
    assert (manifest.dialect, manifest.details["mode"]) == ("mydumper", "stream")
    assert manifest.details["mydumper"] == "1.0.1-3"
    assert sorted(names(store)) == sorted(["manifest.json", "metadata", *contents(recorded)])
    found = verify(store)
    assert (found.good, found.foreign) == (True, [])
    restore(store, str(tmp_path / "restored"))
    assert contents(tmp_path / "restored") == contents(recorded)
    assert files_in(tmp_path / "out") == []


def test_the_metadata_is_one_file_for_the_loader(
    recorded: Path, store: MemoryStorage, tmp_path: Path
) -> None:
    script = program(tmp_path, Config(str(recorded), rate=2e5, partial_seconds=0.05))
    manifest = mydumper(_settings(script, tmp_path), store)
    text = store.read_bytes("metadata").decode()
    assert text.startswith("# Started dump at: ")
    assert (text.count("[`shop`.`orders`]"), text.count("quote-character")) == (1, 1)
    assert "# Finished dump at: " in text
    assert manifest.databases["shop"]["no_key"] == 250


def test_the_disk_holds_what_the_threads_write_and_no_more(
    store: MemoryStorage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """B2: the storage is slower than mydumper, which waits; nobody stops it."""
    threads, count = 3, 48
    script = program(tmp_path, Config(str(large_files(tmp_path / "files", count))))
    store.faults.slow("write", 0.1)
    settings = Settings(
        program=str(script),
        output=tmp_path / "out",
        threads=threads,
        uploads=1,
        disk_limit=16 * MEBIBYTE,
    )
    with sampled(tmp_path / "out" / "dump") as sizes:
        manifest = mydumper(settings, store)
    bound = threads * (1.25 * MEBIBYTE + 2e6)
    with capsys.disabled():
        print(
            f"\nstream: {manifest.size / 1e6:.0f} MB by {threads} threads, at most"
            f" {max(sizes) / 1e6:.1f} MB on disk; bound {bound / 1e6:.1f} MB,"
            f" {len(sizes)} samples"
        )
    assert manifest.size > 3 * bound
    assert max(sizes) <= bound
    assert {name: store.read_bytes(name) for name in contents(tmp_path / "files")} == contents(
        tmp_path / "files"
    )


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("lost connection", "ended with status 1: .*CRITICAL.*Lost connection"),
        ("lost connection, status 0", "ended with status 0, but said: .*Lost connection"),
        ("lost query", "ended with status 0, but said: .*Failed to execute query"),
        ("lost file", r"says that it dumped \d+ rows of shop\..*, but no file with them came"),
        ("no space", "ended with status 1: .*CRITICAL.*No space left"),
        ("crash", "was ended by SIGKILL"),
        ("noise", "stream goes on with .*, where a file should begin"),
        ("no metadata", "stream ended after .*, without the file metadata"),
        ("hang", "wrote nothing for 1 s: given up"),
    ],
)
def test_a_fault_of_mydumper_is_one_clear_line_and_no_dump(
    recorded: Path, store: MemoryStorage, tmp_path: Path, fault: Fault, message: str
) -> None:
    script = program(tmp_path, Config(str(recorded), fault))
    stall = 1 if fault == "hang" else 60
    settings = Settings(program=str(script), output=tmp_path / "out", stall_timeout=stall)
    with pytest.raises(SourceFailed, match=message) as failed:
        mydumper(settings, store)
    assert "\n" not in str(failed.value)
    assert (names(store), running(script)) == ([], [])
    again = program(tmp_path, Config(str(recorded)))
    mydumper(_settings(again, tmp_path), store)
    assert verify(store).good


def test_mydumper_ended_by_somebody_else_claims_to_be_complete_in_vain(tmp_path: Path) -> None:
    """As 1.0.1 does after SIGTERM: status 0, `metadata` in its place, and part of the rows."""
    script = program(tmp_path, Config(str(large_files(tmp_path / "files", 60)), rate=2e6))
    ended: list[int] = []
    once = threading.Lock()

    def end(call: storage.Call) -> None:
        if call.path.startswith("shop.t.0") and once.acquire(blocking=False):
            ended.extend(running(script))
            os.kill(ended[0], signal.SIGTERM)

    store = storage.open("memory://", interceptor=end)
    with pytest.raises(SourceFailed, match="Shutting down gracefully"):
        mydumper(_settings(script, tmp_path), store)
    assert len(ended) == 1
    assert names(store) == []


def test_an_upload_that_fails_for_ever_ends_mydumper(
    recorded: Path, store: MemoryStorage, tmp_path: Path
) -> None:
    script = program(tmp_path, Config(str(recorded), rate=1e5))
    store.faults.fail(
        "write", storage.PermissionDenied("no"), path="shop.customers.00000.sql", times=None
    )
    with pytest.raises(storage.PermissionDenied):
        mydumper(_settings(script, tmp_path), store)
    assert (names(store), running(script)) == ([], [])


def test_an_outage_is_survived_because_the_bytes_are_still_there(
    recorded: Path, store: MemoryStorage, tmp_path: Path
) -> None:
    """The file is deleted from the disk by then."""
    script = program(tmp_path, Config(str(recorded)))
    store.faults.fail("write", storage.ConnectionFailed("out"), path="shop.orders.00001.sql")
    store.faults.fail("write", storage.ConnectionFailed("out"), path="shop.no_key.00000.sql")
    figures = Figures()
    mydumper(_settings(script, tmp_path), store, figures=figures)
    assert figures.retries == 2
    assert {name: store.read_bytes(name) for name in contents(recorded)} == contents(recorded)


def test_a_file_too_large_for_memory_goes_through_it(store: MemoryStorage, tmp_path: Path) -> None:
    """A table without a key to split it by, or one with rows of many MB, may be such a file."""
    files = large_files(tmp_path / "files", 2)
    (files / "shop.t.00000.sql").write_bytes(random.Random(8).randbytes(40 * MEBIBYTE))
    script = program(tmp_path, Config(str(files)))
    mydumper(_settings(script, tmp_path), store)
    assert verify(store).good
    assert {name: store.read_bytes(name) for name in contents(files)} == contents(files)


def test_a_large_file_whose_upload_fails_ends_mydumper(
    store: MemoryStorage, tmp_path: Path
) -> None:
    files = large_files(tmp_path / "files", 2)
    (files / "shop.t.00000.sql").write_bytes(bytes(40 * MEBIBYTE))
    script = program(tmp_path, Config(str(files)))
    store.faults.fail("write_multipart", path="shop.t.00000.sql", index=1, times=None)
    with pytest.raises(storage.StorageError, match="injected"):
        mydumper(_settings(script, tmp_path), store)
    assert (names(store), running(script)) == ([], [])
    assert list(store.list(list_mode=storage.ListMode.PART)) == []


def test_a_large_file_that_breaks_off_is_no_dump(store: MemoryStorage, tmp_path: Path) -> None:
    files = large_files(tmp_path / "files", 1)
    (files / "shop.t.00000.sql").write_bytes(bytes(40 * MEBIBYTE))
    script = program(tmp_path, Config(str(files), "break off", fault_after=0))
    with pytest.raises(SourceFailed, match="was ended by SIGKILL"):
        mydumper(_settings(script, tmp_path), store)
    assert (names(store), running(script)) == ([], [])


@pytest.mark.parametrize(
    ("version", "mode", "chosen"),
    [("1.0.1-3", "auto", "stream"), ("0.10.0", "auto", "watch"), ("0.19.3-3", "stream", "stream")],
)
def test_the_mode_is_chosen_by_the_version(
    version: str, mode: ModeName, chosen: str, tmp_path: Path
) -> None:
    script = program(tmp_path, Config("nowhere", version=version))
    assert choose(mode, Program.probe(str(script))) == chosen


def test_a_version_that_cannot_stream_is_refused(tmp_path: Path) -> None:
    script = program(tmp_path, Config("nowhere", version="0.12.7-3"))
    settings = Settings(program=str(script), output=tmp_path / "out", mode="stream")
    with pytest.raises(OptionInvalid, match=r"mydumper 0.12.7-3 cannot stream.*--mode watch"):
        mydumper(settings, "memory://")


def _command(script: Path, tmp_path: Path, *more: str) -> list[str]:
    command = [sys.executable, "-m", "storewright.cli", "mydumper", "--program", str(script)]
    return [*command, "--outputdir", str(tmp_path / "out"), "--to", str(tmp_path / "to"), *more]


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGKILL],
)
def test_ending_the_command_ends_mydumper(tmp_path: Path, number: signal.Signals) -> None:
    """At about a tenth of the dump, and mydumper never outlives it; a second run starts clean."""
    files = large_files(tmp_path / "files", 60)
    script = program(tmp_path, Config(str(files), rate=1e6))
    process = subprocess.Popen(
        _command(script, tmp_path), env=environment(), stderr=subprocess.PIPE, text=True
    )
    stored = tmp_path / "to"
    _wait(lambda: any(".t.0" in name for name in files_in(stored)))
    assert running(script)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    _wait(lambda: not running(script))
    assert "manifest.json" not in files_in(stored)
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number, said
        assert f"mydumper failed: interrupted by {number.name}" in said
        assert files_in(stored) == []
    again = program(tmp_path, Config(str(files)))
    subprocess.run(_command(again, tmp_path), env=environment(), check=True, timeout=120)
    assert verify(f"fs://{stored}").good


def test_restoring_such_a_dump(recorded: Path, store: MemoryStorage, tmp_path: Path) -> None:
    script = program(tmp_path, Config(str(recorded)))
    mydumper(_settings(script, tmp_path), store)
    target = tmp_path / "restored"
    with pytest.raises(OptionInvalid, match="loaded by myloader: restore them to a folder"):
        restore(store, "mysql://root@localhost/shop")
    target.mkdir()
    (target / "precious").touch()
    with pytest.raises(DumpError, match="not empty"):
        restore(store, str(target))
    store.write("shop.no_key.00000.sql", b"x" * len(store.read_bytes("shop.no_key.00000.sql")))
    with pytest.raises(DumpError, match=r"shop\.no_key\.00000\.sql: the checksum differs"):
        restore(store, str(target), overwrite=True)
    assert files_in(target) == ["precious"]
    assert sorted(path.name for path in tmp_path.iterdir() if "restored" in path.name) == [
        "restored"
    ]
