"""The examples of the guide are run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storewright.testing.servers import SeaweedFS
from tests.roots import PYTHONPATH, REPOSITORY

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

GUIDE = REPOSITORY / "docs" / "guides" / "cli.md"


def examples(guide: Path) -> list[tuple[str, str]]:
    """Each command, and what the guide says that it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```$", guide.read_text(), re.MULTILINE | re.DOTALL)
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.MULTILINE)
    return [(command, output) for command, output in steps]


def run_all(commands: list[str], environment: dict[str, str], folder: Path) -> list[str]:
    """What each command prints, its exit code last unless it is 0, in one shell for all."""
    mark = "@@ next @@"
    lines = [
        f"{{ {command}; }} 2>&1; code=$?; [ $code = 0 ] || echo [$code]; echo '{mark}'"
        for command in commands
    ]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.split(f"{mark}\n")[:-1]


def matches(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern``, in which ``...`` stands for anything."""
    return (
        re.fullmatch(".*".join(map(re.escape, pattern.split("..."))), text, re.DOTALL) is not None
    )


@pytest.mark.server
def test_every_example_prints_what_the_guide_says(
    seaweedfs: SeaweedFS, s3_client: "S3Client", tmp_path: Path
) -> None:
    s3_client.create_bucket(Bucket="backups")
    variables = environment(
        tmp_path,
        SERVER=seaweedfs.endpoint,
        ACCESS_KEY=seaweedfs.access_key,
        SECRET_KEY=seaweedfs.secret_key,
    )
    steps = examples(GUIDE)
    assert len(steps) > 25
    assert_prints(steps, variables, tmp_path / "here")


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a shell that finds the program, for which ``folder`` has room."""
    program = folder / "bin" / "storewright"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m storewright.cli "$@"\n')
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": PYTHONPATH,
        "LANG": "C.UTF-8",
        **variables,
    }


def assert_prints(steps: list[tuple[str, str]], environment: dict[str, str], folder: Path) -> None:
    """Run the commands in a new folder, and compare."""
    folder.mkdir()
    printed = run_all([command for command, _ in steps], environment, folder)
    assert len(printed) == len(steps)
    wrong = [
        f"$ {command}\n{text}instead of\n{expected}"
        for (command, expected), text in zip(steps, printed, strict=True)
        if not matches(expected, text)
    ]
    assert wrong == [], "\n".join(wrong)
