"""A server that has a certificate: whom to trust is the user's word, and it is kept."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storewright.dump.commands.dump import dump_command
from storewright.dump.mysql import driver
from storewright.testing.servers import MariaDB
from storewright.testing.servers.server import issue_certificate
from tests.conftest import Running

from .support import new_name, run_sql

pytestmark = pytest.mark.server


@pytest.fixture
def server(running: Running, drivers: str) -> MariaDB:
    """A server with a certificate, reached by either driver."""
    return running(MariaDB, tls=True)


@pytest.fixture
def user(server: MariaDB) -> Iterator[str]:
    """A user that gets in over TLS only."""
    name = new_name()
    run_sql(
        server,
        f"CREATE DATABASE {name}; CREATE TABLE {name}.t SELECT 1 AS a;"
        f"CREATE USER {name} IDENTIFIED BY 'secret-word' REQUIRE SSL; GRANT ALL ON *.* TO {name}",
    )
    yield name
    run_sql(server, f"DROP USER {name}; DROP DATABASE {name}")


def _dump(server: MariaDB, user: str, out: Path, *options: str) -> Result:
    given = ["-h", server.host, "-P", str(server.port), "-u", user, "-p", "secret-word"]
    return CliRunner().invoke(dump_command, [*given, "-B", user, "-o", str(out), *options])


def test_a_server_is_trusted_by_its_authority(server: MariaDB, user: str, tmp_path: Path) -> None:
    done = _dump(server, user, tmp_path / "out", "--ca", str(server.ca_file))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "manifest.json").exists()
    assert "secret-word" not in done.output


def test_another_authority_does_not_vouch_for_it(
    server: MariaDB, user: str, tmp_path: Path
) -> None:
    issue_certificate(tmp_path)
    done = _dump(server, user, tmp_path / "out", "--ca", str(tmp_path / "ca.pem"))
    assert done.exit_code == 1
    assert done.output.startswith("dump failed: cannot read 127.0.0.1:")
    assert "certificate" in done.output.lower() or "ssl" in done.output.lower()
    assert "secret-word" not in done.output
    assert not (tmp_path / "out").exists()


def test_a_certificate_of_our_own(server: MariaDB, user: str, tmp_path: Path) -> None:
    run_sql(server, f"ALTER USER {user} REQUIRE X509")
    refused = _dump(server, user, tmp_path / "out", "--ca", str(server.ca_file))
    assert refused.exit_code == 1
    assert "Access denied" in refused.output
    cert, key = (
        str(shutil.copy(server.folder / f"{name}.pem", tmp_path)) for name in ("cert", "key")
    )
    options = ("--ca", str(server.ca_file), "--cert", cert, "--key", key)
    done = _dump(server, user, tmp_path / "out", *options)
    assert done.exit_code == 0, done.output
    lone = _dump(server, user, tmp_path / "other", "--cert", cert)
    assert lone.exit_code == 1
    assert "--cert needs --key" in lone.output


def test_it_is_this_driver(drivers: str) -> None:
    assert driver.driver_name().startswith(drivers)
