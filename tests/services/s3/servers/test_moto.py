"""Moto's server, through its profile."""

from typing import Final

import pytest

from storewright.services.s3 import S3Storage
from storewright.testing.servers import Moto, S3Server
from tests.conftest import Running

from .suite import OnServer, ServiceOnServer, StorageOnServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
DEVIATIONS: Final[dict[str, str]] = {
    "test_awkward_name[newline]": "moto does not find the bucket when a key has a line break",
    "test_awkward_names_are_all_different": "see the line break",
    "test_request_is_for_one_object_only": "moto takes any signature",
    "test_writes_of_one_path_are_whole": "moto fails when one key is written and read at a time",
    "test_list_from_a_token": "moto cuts a list of buckets without saying how to go on",
}


class OnMoto(OnServer):
    profile = "moto"
    server = "moto"
    level = "emulated"
    deviations = DEVIATIONS

    @pytest.fixture
    def running_server(self, running: Running) -> S3Server:
        return running(Moto)


@pytest.mark.xdist_group("moto")
class TestMoto(OnMoto, StorageOnServer):
    storage = S3Storage
    unsteady = frozenset({"test_writes_of_one_path_are_whole"})


@pytest.mark.xdist_group("moto")
class TestMotoService(OnMoto, ServiceOnServer):
    """Services."""


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 5
