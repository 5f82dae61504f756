"""What a dump of long rows takes of memory, beside what its guide says that it may take."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Final

from harness.contender import MIB
from harness.dump_programs import THREADS, query
from storewright.testing.servers import MariaDB

__all__ = ["BOUND", "FORMULA", "PART", "long_rows", "peak_of_dump"]

PART: Final = 8 * MIB
_IN_FLIGHT: Final = 4
BOUND: Final = THREADS * (PART * (_IN_FLIGHT + 1) + 16 * MIB) + 80 * MIB
"""Bytes that a dump may take at most."""
FORMULA: Final = (
    f"{THREADS} threads x ({PART // MIB} MiB x ({_IN_FLIGHT} in flight + 1) + 16 MiB) + 80 MiB"
)
_DATABASE: Final = "long_rows"
_PROGRAM: Final = """
import pathlib, sys
from storewright.dump.__main__ import main
try:
    main()
finally:
    print(pathlib.Path("/proc/self/status").read_text(), file=sys.stderr)
"""


def long_rows(server: MariaDB, rows: int) -> None:
    """Make two tables with so many rows of 5 MB, and as many short ones between them."""
    query(server, "SET GLOBAL max_allowed_packet=64*1024*1024")
    values = "seq, IF(seq MOD 2, REPEAT(SHA1(seq), 125000), 'x')"
    tables = "".join(
        f"CREATE TABLE {name} (id int PRIMARY KEY, content longblob);"
        f"INSERT INTO {name} SELECT {values} FROM seq_1_to_{2 * rows};"
        for name in ("a", "b")
    )
    query(server, f"CREATE OR REPLACE DATABASE {_DATABASE}; USE {_DATABASE}; {tables}")


def peak_of_dump(server: MariaDB, place: str) -> int:
    """Bytes of memory that a dump of them to ``place`` takes at most, the interpreter included."""
    source = f"mysql://{server.user}@{server.host}:{server.port}/{_DATABASE}"
    options = [f"--threads={THREADS}", f"--part-size={PART}", "--overwrite"]
    imports = {"PYTHONPATH": os.pathsep.join(sys.path)}  # from where this process does
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "dump", source, place, *options],
        env={**os.environ, **imports, "MYSQL_PWD": server.password},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"VmHWM:\s*(\d+) kB", done.stderr)
    if done.returncode or found is None:
        raise SystemExit(f"the dump failed: {done.stderr}")
    return int(found[1]) * 1024
