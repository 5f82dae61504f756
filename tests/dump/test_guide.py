"""The guide: its examples are run as they stand there, and the options that it names exist."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from storewright.dump.__main__ import main
from storewright.dump.commands.pipe import pipe_command
from storewright.testing.servers import MariaDB, SeaweedFS
from tests.cli.test_guide import assert_prints, environment, examples
from tests.dump.mysql.support import run_sql
from tests.roots import REPOSITORY

GUIDE = REPOSITORY / "docs" / "guides" / "dump.md"
TEXT = GUIDE.read_text()
SHOP = """
CREATE DATABASE shop; USE shop; CREATE TABLE orders (id int PRIMARY KEY, v text);
INSERT INTO orders SELECT seq, REPEAT('x', 500) FROM seq_1_to_3000;
CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers VALUES (1), (2)
"""


def login(server: MariaDB) -> dict[str, str]:
    """The variables by which the guides' examples name a server of databases."""
    return {
        "DATABASE_HOST": server.host,
        "DATABASE_PORT": str(server.port),
        "DATABASE_PASSWORD": server.password,
    }


@pytest.mark.slow
@pytest.mark.server
def test_every_example_does_what_the_guide_says(tmp_path: Path) -> None:
    """On servers of its own, whose databases and bucket have the names that stand there."""
    with MariaDB() as server, SeaweedFS() as seaweedfs:
        seaweedfs.client().create_bucket(Bucket="backups")
        run_sql(server, f"{SHOP}; CREATE DATABASE shop_4")
        variables = environment(
            tmp_path,
            **login(server),
            STOREWRIGHT_S3_ENDPOINT=seaweedfs.endpoint,
            STOREWRIGHT_S3_LOCATION=seaweedfs.location,
            STOREWRIGHT_S3_CREDENTIAL=seaweedfs.credential,
        )
        steps = examples(GUIDE)
        assert len(steps) > 20
        assert_prints(steps, variables, tmp_path / "here")
        for copy in ("shop_copy", "shop_2", "shop_3", "shop_4", "shop_5"):
            assert run_sql(server, f"SELECT COUNT(*), MIN(v) FROM {copy}.orders") == (
                f"3000\t{500 * 'x'}\n".encode()
            )
        (block,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
        done = subprocess.run(
            [sys.executable, "-c", block], env=variables, capture_output=True, text=True, check=True
        )
    assert done.stdout == "shop.orders.000000000.sql 31\n"


def test_options_are_the_commands() -> None:
    known = {
        name
        for command in (*main.commands.values(), pipe_command)
        for option in command.params
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    }
    theirs = {"--host", "--port", "--user", "--password", "--directory", "--database", "--s3"}
    theirs |= {"--single-transaction", "--local-infile", "--csv-output-dialect", "--help"}
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]+)", TEXT))
    assert named - theirs <= known
