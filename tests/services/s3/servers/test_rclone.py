"""rclone serve s3, through its profile."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import Rclone, S3Server
from tests.conftest import Running

from .suite import OnServer, ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {
    "test_parts_below_the_minimum": "rclone takes parts of any size",
    "test_part_is_replaced": "rclone passes parts on as they come, and cannot take one back",
    "test_writes_of_one_path_are_whole": "rclone shows an object while it is written",
    "test_unclean_path_is_no_other_object[a/b/]": "rclone stores files: a/b and a/b/ are one",
    "test_items_are_what_stat_says": "rclone lists an ETag without its quotes",
}


class OnRclone(OnServer):
    profile = "rclone"
    server = "rclone"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Rclone)


@pytest.mark.xdist_group("rclone")
class TestRclone(OnRclone, StorageOnServer):
    storage = S3Storage
    unsteady = frozenset({"test_writes_of_one_path_are_whole"})


@pytest.mark.xdist_group("rclone")
class TestRcloneService(OnRclone, ServiceOnServer):
    """Services."""


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 5
