"""What the tests of MySQL and MariaDB share."""

import uuid
from urllib.parse import quote

from storewright.testing.servers import MariaDB


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
