"""The guide: its examples are run as they stand there, and what it names is there."""

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from storewright.dump.commands.mydumper import mydumper_command
from storewright.testing.servers import MariaDB, SeaweedFS
from tests.cli.test_guide import assert_prints, environment, examples
from tests.dump.mysql.support import run_sql
from tests.dump.test_guide import SHOP, login
from tests.roots import REPOSITORY

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

GUIDE = REPOSITORY / "docs" / "guides" / "mydumper.md"
TEXT = GUIDE.read_text()


@pytest.mark.slow
@pytest.mark.server
def test_every_example_does_what_the_guide_says(
    seaweedfs: SeaweedFS, s3_client: "S3Client", tmp_path: Path
) -> None:
    """With Debian's mydumper and myloader, on a server of its own: all databases are dumped."""
    s3_client.create_bucket(Bucket="mybucket-123123123")
    with MariaDB() as server:
        run_sql(server, SHOP)
        variables = environment(
            tmp_path,
            **login(server),
            AWS_ACCESS_KEY_ID=seaweedfs.access_key,
            AWS_SECRET_ACCESS_KEY=seaweedfs.secret_key,
            STOREWRIGHT_DUMP_ENDPOINT=seaweedfs.endpoint,
        )
        steps = examples(GUIDE)
        assert len(steps) == 7
        assert_prints(steps, variables, tmp_path / "here")
        counted = "SELECT COUNT(*) FROM shop_copy.orders"
        assert run_sql(server, counted) == b"3000\n"


def test_options_and_variables_are_the_command_s() -> None:
    options = [p for p in mydumper_command.params if isinstance(p, click.Option)]
    known = {name for option in options for name in (*option.opts, *option.secondary_opts)}
    theirs = {"--database", "--directory", "--password", "--stream", "--help", "--version"}
    theirs |= {"--older-than"}
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", TEXT))
    assert named - theirs <= known
    found = (option.envvar for option in options if option.envvar)
    variables = {v for names in found for v in ([names] if isinstance(names, str) else names)}
    table = re.findall(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|", TEXT, re.MULTILINE)
    shown = set(re.findall(r"`([A-Z_]+)`", " ".join(table)))
    shown |= set(re.findall(r"STOREWRIGHT_DUMP_[A-Z]+", TEXT))
    assert shown - {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= variables


def test_scripts_are_scripts() -> None:
    for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
        subprocess.run(["sh", "-n"], input=block, text=True, check=True)
