"""What the tests of MySQL and MariaDB share."""

import subprocess
import uuid
from urllib.parse import quote

from storewright.testing.servers import MariaDB, find_program


def run_sql(server: MariaDB, sql: str | bytes, *options: str) -> bytes:
    """Run statements by the `mariadb` client, which is an independent witness."""
    done = subprocess.run(
        [
            find_program("mariadb", "apt-get install mariadb-client"),
            "--no-defaults",
            f"--host={server.host}",
            f"--port={server.port}",
            f"--user={server.user}",
            f"--password={server.password}",
            "--default-character-set=utf8mb4",
            "--batch",
            "--skip-column-names",
            *options,
        ],
        input=sql.encode() if isinstance(sql, str) else sql,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


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
