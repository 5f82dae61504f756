"""Memory is bounded by threads and parts, whatever the rows are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from storewright.testing.servers import MariaDB, SeaweedFS
from tests.dump.support import environment

from .support import new_name, run_sql

pytestmark = [pytest.mark.server, pytest.mark.slow]
MIB = 1024 * 1024
THREADS = 2
PART = 8 * MIB
IN_FLIGHT = 4
BOUND = THREADS * (PART * (IN_FLIGHT + 1) + 16 * MIB) + 80 * MIB
PROGRAM = """
import pathlib, sys
from storewright.dump.__main__ import main
try:
    main()
finally:
    print(pathlib.Path("/proc/self/status").read_text(), file=sys.stderr)
"""


@pytest.fixture
def rows_of_5_mb(mariadb: MariaDB) -> str:
    """The name of a database with two tables of 40 such rows each, between which are small ones."""
    name = new_name()
    run_sql(mariadb, "SET GLOBAL max_allowed_packet=64*1024*1024")
    values = "seq, IF(seq MOD 2, REPEAT(SHA1(seq), 125000), 'x')"
    script = "".join(
        f"CREATE TABLE {table} (id int PRIMARY KEY, b longblob);"
        f"INSERT INTO {table} SELECT {values} FROM seq_1_to_80;"
        for table in ("a", "b")
    )
    run_sql(mariadb, f"CREATE DATABASE {name}; USE {name}; {script}")
    return name


@pytest.mark.parametrize("kind", ["fs", "s3"])
def test_rows_of_5_mb(
    request: pytest.FixtureRequest,
    mariadb: MariaDB,
    seaweedfs: SeaweedFS,
    rows_of_5_mb: str,
    tmp_path: Path,
    kind: str,
) -> None:
    place = f"fs://{tmp_path}/out"
    if kind == "s3":
        place = seaweedfs.connection(request.getfixturevalue("s3_bucket"), "out")
    source = f"mysql://{mariadb.user}@{mariadb.host}:{mariadb.port}/{rows_of_5_mb}"
    options = ["-t", str(THREADS), "--part-size", str(PART)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "dump", source, place, *options],
        env={**environment(), "MYSQL_PWD": mariadb.password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"VmHWM:\s*(\d+) kB", done.stderr)
    assert found is not None
    peak = int(found[1]) * 1024
    print(f"{kind}: peak {peak / MIB:.0f} MiB of {BOUND / MIB:.0f}")
    assert peak < BOUND
