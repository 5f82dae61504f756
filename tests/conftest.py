"""Fixtures that many tests share, and the rule that CI skips nothing."""

import os
import signal
import uuid
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from storewright.testing.servers import SeaweedFS, ServerNotInstalled

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytest_plugins = ["storewright.testing.evidence"]

# A shell starts background jobs with SIGINT ignored, and what is ignored is inherited: without this
# the tests of Ctrl-C would depend on how the suite itself was started.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The only excuse CI takes: what the test needs cannot be installed from PyPI, npm or Debian.
_EXCUSE = "Skipped: not in any registry:"


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (os.environ.get("CI") and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.startswith(_EXCUSE):
        report.outcome = "failed"
        report.longrepr = f"CI skips nothing, but here: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def _run(server: SeaweedFS) -> Iterator[SeaweedFS]:
    try:
        server.start()
    except ServerNotInstalled as error:
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[SeaweedFS]:
    """An S3 server of this test process."""
    yield from _run(SeaweedFS())


@pytest.fixture(scope="session")
def seaweedfs_tls() -> Iterator[SeaweedFS]:
    """An S3 server of this test process that speaks https."""
    yield from _run(SeaweedFS(tls=True))


@pytest.fixture(scope="session")
def s3_client(seaweedfs: SeaweedFS) -> "S3Client":
    """The vendor's own client: an independent witness of what an adapter did."""
    return seaweedfs.client()


@pytest.fixture
def s3_bucket(s3_client: "S3Client") -> str:
    """The name of a new, empty bucket."""
    name = f"test-{uuid.uuid4().hex}"
    s3_client.create_bucket(Bucket=name)
    return name
