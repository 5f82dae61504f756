"""Swift's S3 middleware, through its profile."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import S3Server, Swift
from tests.conftest import Running

from .suite import OnServer, ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {
    "test_writes_of_one_path_are_whole": "Swift may say 404 while the only replica is replaced",
}


class OnSwift(OnServer):
    profile = "swift"
    server = "Swift"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Swift)


@pytest.mark.xdist_group("Swift")
class TestSwift(OnSwift, StorageOnServer):
    storage = S3Storage
    unsteady = frozenset({"test_writes_of_one_path_are_whole"})


@pytest.mark.xdist_group("Swift")
class TestSwiftService(OnSwift, ServiceOnServer):
    """Services."""


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 1
