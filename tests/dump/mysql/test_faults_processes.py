"""A dump, its storage or its database is killed, or asked to end."""

import signal
from collections.abc import Iterator

import pytest

from storewright.testing.servers import MariaDB, SeaweedFS
from tests.guarantees.support import S3Place
from tests.services.s3.gateway import Gateway

from .faults import (
    Running,
    await_true,
    check_failed,
    check_nothing_is_left,
    check_whole,
    closed_gate,
    make_shop,
    start_dump,
    through,
)

pytestmark = pytest.mark.server


@pytest.mark.parametrize("then", ["next run", "clean"])
def test_kill_9_in_the_middle(
    seaweedfs: SeaweedFS,
    gate: Gateway,
    place: S3Place,
    shop: str,
    undisturbed: dict[str, bytes],
    then: str,
) -> None:
    hold = gate.hold("UploadPart")
    with start_dump(shop, through(place, seaweedfs, gate.endpoint)) as process:
        hold.await_request()
        process.send(signal.SIGKILL)
        assert process.end().status == -signal.SIGKILL
    hold.drop()
    assert place.leftovers()
    assert "manifest.json" not in place.objects()
    if then == "clean":
        with Running(["clean", place.connection, "--older-than=0s"], {}) as process:
            assert process.end().status == 0
        check_nothing_is_left(place)
    with start_dump(shop, place.connection) as process:
        check_whole(place, process.end(), undisturbed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_in_the_middle(
    seaweedfs: SeaweedFS, gate: Gateway, place: S3Place, shop: str, number: signal.Signals
) -> None:
    hold = gate.hold("UploadPart")
    with start_dump(shop, through(place, seaweedfs, gate.endpoint)) as process:
        hold.await_request()
        process.send(number)
        gate.clear()
        check_failed(process.end(), f"interrupted by {number.name}", 128 + number)
    check_nothing_is_left(place)


@pytest.fixture
def own_database() -> Iterator[MariaDB]:
    """A database that may be killed."""
    with MariaDB() as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("consistency", ["flush", "none"])
def test_kill_9_of_the_database(own_database: MariaDB, place: S3Place, consistency: str) -> None:
    shop = make_shop(own_database)
    source = own_database.address(shop)
    with closed_gate(own_database, shop) as gate:
        options = [f"--consistency={consistency}", f"--where={gate.condition}", "--patience=1"]
        with start_dump(source, place.connection, *options) as process:
            await_true("both tables are on their way", lambda: len(place.leftovers()) == 2)
            own_database.kill()
            check_failed(process.end(), f"127.0.0.1:{own_database.port}")
    check_nothing_is_left(place)
    own_database.restart()
    with start_dump(source, place.connection) as process:
        check_whole(place, process.end())


@pytest.fixture
def own_storage() -> Iterator[SeaweedFS]:
    """An S3 server that may be killed."""
    with SeaweedFS() as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("comes_back", [False, True])
def test_kill_9_of_the_storage(
    own_storage: SeaweedFS,
    mariadb: MariaDB,
    shop: str,
    undisturbed: dict[str, bytes],
    comes_back: bool,
) -> None:
    client = own_storage.client()
    client.create_bucket(Bucket="dumps")
    place = S3Place(own_storage.connection("dumps", "x"), "dumps", "x/", client)
    with closed_gate(mariadb, shop) as gate:
        options = [f"--where={gate.condition}", f"--patience={60 if comes_back else 2}"]
        there = f"{place.connection}&max_retries=0"
        with start_dump(shop, there, *options) as process:
            await_true("both tables are on their way", lambda: len(place.leftovers()) == 2)
            own_storage.kill()
            gate.open()
            if not comes_back:
                check_failed(process.end(), "connect")
            own_storage.restart()
            done = process.end() if comes_back else None
    if done is not None:
        check_whole(place, done, undisturbed)
        return
    assert "manifest.json" not in place.objects()
    with start_dump(shop, place.connection) as process:
        check_whole(place, process.end(), undisturbed)
