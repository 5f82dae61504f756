"""What the tests of MySQL and MariaDB share."""

import subprocess
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest

from storewright.testing.servers import MariaDB, ServerNotInstalled, find_program


def run_sql(server: MariaDB, sql: str | bytes, *options: str) -> bytes:
    """What the `mariadb` client prints of some statements."""
    return server.run_sql(sql, *options)


def new_name() -> str:
    """The name of a database that no other test has."""
    return f"test_{uuid.uuid4().hex[:12]}"


def awkward_name() -> str:
    """Another such name, with all that is awkward in a file name, a URL or a statement."""
    return f"we.ird-schema /db's `☃%2F\" {uuid.uuid4().hex[:12]}"


def url_of(name: str) -> str:
    """The name of a database as it stands in an address."""
    return quote(name, safe="")


def quoted(name: str) -> str:
    """The name as it stands in a statement."""
    return "`" + name.replace("`", "``") + "`"


def real_program(name: str = "mydumper") -> str:
    """The path of a program of mydumper's; the test is skipped where it is not installed."""
    try:
        return find_program(name, "apt-get install mydumper")
    except ServerNotInstalled as error:
        pytest.skip(str(error))


def myloader(server: MariaDB, folder: Path, target: str) -> None:
    """Load a folder of files into a new database by the real loader.

    With one thread: MariaDB locks an empty table whole for its first rows, so that two threads with
    a file each may be a deadlock, and that ends the loader.
    """
    command = [real_program("myloader"), "--threads=1"]
    command += [f"--host={server.host}", f"--port={server.port}", f"--user={server.user}"]
    command += [f"--password={server.password}", f"--database={target}", f"--directory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, "CRITICAL" in done.stderr) == (0, False), done.stderr
