"""JuiceFS' gateway, through the profile of older MinIO."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import JuiceFS, S3Server
from tests.conftest import Running

from .suite import OnServer, ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {
    "test_parts_below_the_minimum": "JuiceFS takes parts of any size",
    "test_delete_batch": "JuiceFS lists the empty directories that a batch leaves",
    "test_delete_more_than_a_batch": "see above",
    "test_move_beside_a_virtual_directory": "JuiceFS stores files: a/b is none where a/b/c is",
    "test_copy_beside_a_virtual_directory": "see above",
    "test_unclean_path_is_no_other_object[a//b]": "JuiceFS makes one slash of two",
    "test_unclean_path_is_no_other_object[a/b/]": "JuiceFS stores files: a/b and a/b/ are one",
}


class OnJuiceFS(OnServer):
    profile = "minio_gateway"
    server = "JuiceFS"
    level = "real server"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(JuiceFS)


@pytest.mark.xdist_group("JuiceFS")
class TestJuiceFS(OnJuiceFS, StorageOnServer):
    storage = S3Storage


@pytest.mark.xdist_group("JuiceFS")
class TestJuiceFSService(OnJuiceFS, ServiceOnServer):
    """Services."""


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 7
