"""The azblob service on Microsoft's emulator, Azurite, with the deviations of that emulator."""

import functools
import uuid
from typing import Any, Final

import pytest

from storewright.services.azblob import AzblobService, AzblobStorage
from storewright.storage import Pair
from storewright.testing import ConformanceSuite, OpenServicer, OpenStore, ServicerSuite
from storewright.testing.servers import Azurite

_SLASHES: Final = "Azure takes a backslash for a slash; such paths are refused"
DEVIATIONS: Final[dict[str, str]] = {
    "test_awkward_name[backslash]": _SLASHES,
    "test_awkward_names_are_all_different": _SLASHES,
    "test_backslash_is_an_ordinary_character": _SLASHES,
    "test_copy_with_another_content_type": "Azurite has no Put Blob From URL",
    "test_signed_delete": "Azure answers 404 where there is nothing to delete",
}


def open_azblob(server: Azurite, container: str, *pairs: Pair, **options: Any) -> AzblobStorage:
    """Open a store as a user would."""
    return AzblobStorage(
        *pairs,
        name=container,
        endpoint=server.endpoint,
        credential=server.credential,
        **options,
    )


@pytest.fixture(scope="module")
def container(azurite: Azurite) -> str:
    """The name of a new container; the tests have folders in it."""
    name = f"suite-{uuid.uuid4().hex}"
    azurite.create_container(name)
    return name


@pytest.mark.server
class TestAzblob(ConformanceSuite):
    storage = AzblobStorage
    deviations = DEVIATIONS
    server = "Azurite"
    level = "emulated"

    @pytest.fixture
    def open_store(self, azurite: Azurite, container: str) -> OpenStore:
        folder = f"/{uuid.uuid4().hex}"

        def open_store(*pairs: Pair, **options: Any) -> AzblobStorage:
            options.setdefault("work_dir", folder)
            return open_azblob(azurite, container, *pairs, **options)

        return open_store

    @pytest.fixture
    def secrets(self, azurite: Azurite) -> dict[str, str]:
        return {"credential": azurite.credential}


@pytest.mark.server
class TestAzblobService(ServicerSuite):
    servicer = AzblobService
    server = "Azurite"
    level = "emulated"

    @pytest.fixture
    def open_servicer(self, azurite: Azurite, secrets: dict[str, str]) -> OpenServicer:
        options: dict[str, Any] = {"endpoint": azurite.endpoint, **secrets}
        return functools.partial(AzblobService, **options)

    @pytest.fixture
    def secrets(self, azurite: Azurite) -> dict[str, str]:
        return {"credential": azurite.credential}


def test_deviations_do_not_grow() -> None:
    assert len(DEVIATIONS) == 5
