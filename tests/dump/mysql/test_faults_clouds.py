"""What S3 was tried with, on services whose uploads work otherwise: blocks, sessions, others."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from threading import Lock
from typing import Final

import pytest

from storewright.testing.servers import Azurite
from tests.guarantees.google_relay import Fault, Relay, relay
from tests.guarantees.support import AzblobPlace, GcsPlace, Place, S3Place
from tests.servers.shim_server import OssShim

from .faults import Ended, Running, check_failed, check_whole, data_of, start_dump

pytestmark = [pytest.mark.server, pytest.mark.slow]
_FOR_EVER: Final = 10**9


def _is_part(method: str, path: str, headers: Message) -> bool:
    """Whether a request has a part of an upload, and is not its last where that completes it."""
    google = method == "PUT" and headers.get("content-range", "").endswith("/*")
    return google or (method == "PUT" and ("comp=block&" in path or "partNumber=" in path))


def _is_completion(method: str, path: str, headers: Message) -> bool:
    """Whether a request publishes what was uploaded in parts."""
    sent = headers.get("content-range", "")
    google = method == "PUT" and bool(sent) and not sent.endswith("/*") and "bytes 0-" not in sent
    return google or "comp=blocklist" in path or (method == "POST" and "uploadId=" in path)


@dataclass
class Cloud:
    """A place behind a relay."""

    place: Place
    relay: Relay

    def dump(self, shop: str, *options: str) -> Ended:
        """Dump there, without more patience for a request than the dump itself has."""
        there = self.place.connection
        if self.relay.endpoint not in there:
            there = there.replace(self.relay.backend, self.relay.endpoint)
            assert self.relay.endpoint in there
        with start_dump(shop, f"{there}&max_retries=0", *options) as process:
            return process.end()

    @property
    def lists_uploads(self) -> bool:
        """Google has no list of them: those that nobody could abort are there for a week."""
        return self.place.kind != "gcs"


@pytest.fixture
def azblob(azblob_place: AzblobPlace, azurite: Azurite) -> Iterator[Cloud]:
    with relay(azurite.endpoint) as running:
        yield Cloud(azblob_place, running)


@pytest.fixture
def gcs(gcs_place: GcsPlace) -> Iterator[Cloud]:
    yield Cloud(gcs_place, gcs_place.relay)
    gcs_place.relay.fault = None


@pytest.fixture
def oss(oss_place: S3Place, oss_shim: OssShim) -> Iterator[Cloud]:
    with relay(oss_shim.endpoint) as running:
        yield Cloud(oss_place, running)


@pytest.fixture(params=["azblob", "gcs", "oss"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    found: Cloud = request.getfixturevalue(request.param)
    return found


class Refusing:
    """Requests of a kind are answered with an error, for ever."""

    def __init__(self, kind: Fault) -> None:
        self._kind = kind
        self.struck = 0

    def __call__(self, method: str, path: str, headers: Message) -> int | None:
        if not self._kind(method, path, headers):
            return None
        self.struck += 1
        return 500


class Away:
    """After the first part, so many requests find nobody."""

    def __init__(self, requests: int) -> None:
        self._left = requests
        self._lock = Lock()
        self._has_begun = False

    def __call__(self, method: str, path: str, headers: Message) -> int | None:
        with self._lock:
            if not self._has_begun:
                self._has_begun = _is_part(method, path, headers)
                return None
            self._left -= 1
            return 0 if self._left >= 0 else None

    @property
    def is_over(self) -> bool:
        return self._left < 0


@pytest.mark.parametrize("kind", [_is_part, _is_completion], ids=["part", "completion"])
def test_a_request_that_fails_for_ever(
    cloud: Cloud, shop: str, undisturbed: dict[str, bytes], kind: Fault
) -> None:
    fault = cloud.relay.fault = Refusing(kind)
    done = cloud.dump(shop, "--patience=1")
    assert fault.struck >= 2  # the second time is that of the dump itself
    check_failed(done, "")
    assert cloud.place.objects() == {}
    assert not cloud.lists_uploads or cloud.place.leftovers() == []
    cloud.relay.fault = None
    check_whole(cloud.place, cloud.dump(shop), undisturbed)


def test_an_outage_is_survived(cloud: Cloud, shop: str, undisturbed: dict[str, bytes]) -> None:
    away = cloud.relay.fault = Away(4)
    done = cloud.dump(shop)
    assert away.is_over
    assert "trying again in 1 s" in done.errors
    _check_whole(cloud, done, undisturbed)


def test_an_outage_that_does_not_end_is_a_failure(
    cloud: Cloud, shop: str, undisturbed: dict[str, bytes]
) -> None:
    cloud.relay.fault = Away(_FOR_EVER)
    done = cloud.dump(shop, "--patience=3", "--threads=1")
    check_failed(done, "")
    assert [line for line in done.lines if "may be left at the destination" in line]
    cloud.relay.fault = None
    left = cloud.place.objects()
    assert "manifest.json" not in left
    assert not cloud.lists_uploads or cloud.place.leftovers()
    assert left.items() <= undisturbed.items()
    with Running(["clean", cloud.place.connection, "--older-than=0s"], {}) as process:
        assert process.end().status == 0
    assert cloud.place.objects() == {}
    assert not cloud.lists_uploads or cloud.place.leftovers() == []
    _check_whole(cloud, cloud.dump(shop), undisturbed)


def _check_whole(cloud: Cloud, done: Ended, expected: dict[str, bytes]) -> None:
    if cloud.lists_uploads:
        check_whole(cloud.place, done, expected)
        return
    assert done.status == 0, done.errors
    assert data_of(cloud.place.objects()) == data_of(expected)
