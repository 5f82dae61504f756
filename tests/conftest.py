"""Fixtures that many tests share, and the rule that CI skips nothing."""

import contextlib
import os
import signal
import uuid
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from storewright.testing.servers import (
    Azurite,
    FakeGcs,
    GcpEmulator,
    GoogleTokens,
    MariaDB,
    SeaweedFS,
    Server,
    ServerNotInstalled,
)
from tests.servers.shim_server import CosShim, OssShim

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

S = TypeVar("S", bound=Server)

pytest_plugins = ["storewright.testing.evidence", "tests.guarantees.places"]

# A shell starts background jobs with SIGINT ignored, nohup any program with SIGHUP, and what is
# ignored is inherited: the tests of signals would depend on how the suite itself was started.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# How long an example takes says how busy the machine is. CI has hypothesis' own profile for that.
if not os.environ.get("CI"):
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("patient", patient)
    settings.load_profile("patient")

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


class Running:
    """Gives servers of this test process, each of which is started when it is first wanted."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._servers: dict[object, Server] = {}

    def __call__(self, kind: type[S], **options: Any) -> S:
        """A server of a class, with options; the test is skipped where it is not installed."""
        key = (kind, *sorted(options.items()))
        found = self._servers.get(key)
        if isinstance(found, kind):
            return found
        try:
            server = kind(**options)
            self._stack.enter_context(server)
        except ServerNotInstalled as error:
            pytest.skip(str(error))
        self._servers[key] = server
        return server


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """Servers by class and options, as ``running(Ceph, tls=True)``; they stop with the session."""
    with contextlib.ExitStack() as stack:
        yield Running(stack)


@pytest.fixture(scope="session")
def seaweedfs(running: Running) -> SeaweedFS:
    """An S3 server of this test process."""
    return running(SeaweedFS)


@pytest.fixture(scope="session")
def seaweedfs_tls(running: Running) -> SeaweedFS:
    """An S3 server of this test process that speaks https."""
    return running(SeaweedFS, tls=True)


@pytest.fixture(scope="session")
def oss_shim(running: Running, seaweedfs: SeaweedFS) -> OssShim:
    """Alibaba Cloud OSS, emulated in front of that server; skips where its SDK is missing."""
    pytest.importorskip("oss2", reason="oss2 is not installed: pip install 'storewright[oss]'")
    return running(OssShim, backend=seaweedfs)


@pytest.fixture(scope="session")
def cos_shim(running: Running, seaweedfs: SeaweedFS) -> CosShim:
    """Tencent Cloud COS, emulated in front of that server; skips where its SDK is missing."""
    pytest.importorskip(
        "qcloud_cos", reason="qcloud_cos is not installed: pip install 'storewright[cos]'"
    )
    return running(CosShim, backend=seaweedfs)


@pytest.fixture(scope="session")
def mariadb(running: Running) -> MariaDB:
    """A database server of this test process; each test has databases of its own."""
    return running(MariaDB)


@pytest.fixture(scope="session")
def azurite(running: Running) -> Azurite:
    """An emulator of Azure Blob Storage of this test process."""
    return running(Azurite)


@pytest.fixture(scope="session")
def fake_gcs(running: Running) -> FakeGcs:
    """A server of Google Cloud Storage's API of this test process."""
    return running(FakeGcs)


@pytest.fixture(scope="session")
def gcp_emulator(running: Running) -> GcpEmulator:
    """Another one, with other holes."""
    return running(GcpEmulator)


@pytest.fixture(scope="session")
def google_tokens() -> Iterator[GoogleTokens]:
    """A service account, for both."""
    with GoogleTokens() as tokens:
        try:
            tokens.key_file  # noqa: B018 - made once, and it says what is not installed
        except ServerNotInstalled as error:
            pytest.skip(str(error))
        yield tokens


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
