"""The command line in this process and in real ones, and places on every kind of storage."""

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storewright import storage
from storewright.cli.app import app
from storewright.testing.servers import SeaweedFS
from tests.cli.support import Area, Ok, OneLine, Run, Shell
from tests.roots import PYTHONPATH


@pytest.fixture
def fs_area(tmp_path: Path) -> Area:
    top = tmp_path / "area"
    top.mkdir()
    return Area("fs", f"fs://{top}/", "", storage.open(f"fs://{top}"))


@pytest.fixture
def memory_area() -> Area:
    name = uuid.uuid4().hex
    return Area("memory", f"memory://{name}/top/", "", storage.open(f"memory://{name}/top"))


@pytest.fixture
def s3_area(seaweedfs: SeaweedFS, s3_bucket: str) -> Area:
    address = seaweedfs.connection(s3_bucket, "top")
    options = "?" + address.partition("?")[2]
    return Area("s3", f"s3://{s3_bucket}/top/", options, storage.open(address))


@pytest.fixture(params=["fs", "memory", pytest.param("s3", marks=pytest.mark.server)])
def area(request: pytest.FixtureRequest) -> Area:
    """One place of each kind, for the commands in this process."""
    found: Area = request.getfixturevalue(f"{request.param}_area")
    return found


@pytest.fixture(params=["fs", pytest.param("s3", marks=pytest.mark.server)])
def shared_area(request: pytest.FixtureRequest) -> Area:
    """One place of each kind that other processes see."""
    found: Area = request.getfixturevalue(f"{request.param}_area")
    return found


@pytest.fixture
def run() -> Run:
    """Run a command in this process."""

    def call(*args: str | Path, input: bytes = b"") -> Result:
        return CliRunner().invoke(app, [str(arg) for arg in args], input=input)

    return call


@pytest.fixture
def ok(run: Run) -> Ok:
    """Run a command that must succeed and say nothing on standard error; its output."""

    def call(*args: str | Path, input: bytes = b"") -> str:
        result = run(*args, input=input)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    return call


@pytest.fixture
def shell() -> Shell:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "STOREWRIGHT_"))}
    return Shell({**inherited, "PYTHONPATH": PYTHONPATH})


@pytest.fixture
def one_line() -> OneLine:
    """The one line on standard error, without the name of the program."""

    def check(stderr: str | bytes) -> str:
        text = stderr.decode() if isinstance(stderr, bytes) else stderr
        lines = text.splitlines()
        assert len(lines) == 1, text
        assert lines[0].startswith("storewright: ")
        assert "Traceback" not in text
        return lines[0].removeprefix("storewright: ")

    return check


@pytest.fixture(autouse=True)
def _signals_are_restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    assert signal.getsignal(signal.SIGTERM) is before
