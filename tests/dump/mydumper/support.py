"""What the tests with a real mydumper share: a database, a loader, and a look at the disk."""

import itertools
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from storewright import storage
from storewright.dump.mydumper import Figures
from storewright.testing.servers import MariaDB
from tests.dump.mysql.support import new_name, run_sql

_PATIENCE: Final = 60.0
_SAMPLER: Final = """
import os, sys, time
folder, peak, count = sys.argv[1], 0, 0
while not os.path.exists(folder + ".over"):
    used = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                used += os.stat(os.path.join(parent, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    peak, count = max(peak, used), count + 1
    time.sleep(0.005)
print(peak, count)
"""


@contextmanager
def database(server: MariaDB, rows: int) -> Generator[str]:
    """A database with so many rows of a kilobyte, and what else mydumper has to do with."""
    name = new_name()
    run_sql(
        server,
        f"CREATE DATABASE {name}; USE {name};"
        "CREATE TABLE big (id int PRIMARY KEY, v varchar(2000));"
        f"INSERT INTO big SELECT seq, RPAD(MD5(seq),1000,MD5(seq*7)) FROM seq_1_to_{rows};"
        "CREATE TABLE middle (id int PRIMARY KEY, v varchar(2000)) SELECT * FROM big LIMIT 500;"
        "CREATE TABLE small (id int); INSERT INTO small VALUES (1), (2);"
        "CREATE TABLE none (id int); CREATE VIEW seen AS SELECT id FROM small;",
    )
    try:
        yield name
    finally:
        run_sql(server, f"DROP DATABASE {name}")


def fetched(store: storage.Storager, folder: Path) -> Path:
    """A store's files, in a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for item in store.list():
        (folder / item.path).write_bytes(store.read_bytes(item.path))
    return folder


class Sampler:
    """Looks at the disk every 5 ms, from another process than the one that fills it, in a block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _SAMPLER, str(folder)], stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def end(self) -> tuple[int, int]:
        """The most bytes that were on disk, and how often it was looked at."""
        over = Path(f"{self._folder}.over")
        over.touch()
        said, _ = self._process.communicate(timeout=_PATIENCE)
        over.unlink()
        peak, count = said.split()
        return int(peak), int(count)


def rows_in(folder: Path) -> int:
    """Rows in the files that mydumper 0.10.0 wrote: one a line."""
    lines = (line for file in folder.glob("*.sql") for line in file.read_bytes().split(b"\n"))
    return sum(line.startswith(b"(") for line in lines)


def hold_until_paused(figures: Figures, pauses: int = 3, files: int = 6) -> storage.Interceptor:
    """Uploads wait for the next pause now and then: so it comes to them, however slow mydumper is.

    The first `files` are stored after the first pause, as many after the next, and so on.
    """
    begun = itertools.count()

    def hold(call: storage.Call) -> None:
        if call.op == "open_writer" and ".0" in call.path:
            wanted = min(next(begun) // files + 1, pauses)
            end = time.monotonic() + _PATIENCE
            while figures.pauses < wanted and time.monotonic() < end:
                time.sleep(0.01)

    return hold
