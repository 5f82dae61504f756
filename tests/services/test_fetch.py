"""`fetch` on the services that do it themselves."""

import time
from pathlib import Path
from typing import cast

import pytest

from storewright import storage
from storewright.services import memory
from storewright.storage import (
    ConnectionFailed,
    Fetcher,
    ObjectNotExist,
    OperationTimeout,
    PairValueInvalid,
    PermissionDenied,
    RequestThrottled,
    RestrictionDissatisfied,
    ServiceInternal,
    StorageError,
)

CONTENT = bytes(range(256)) * 4000


@pytest.fixture(params=["memory", "fs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Fetcher:
    opened = storage.open(f"fs://{tmp_path}" if request.param == "fs" else "memory://")
    assert isinstance(opened, Fetcher)
    return opened


def assert_nothing_left(store: Fetcher) -> None:
    assert list(store.list()) == []
    work_dir = Path(store.metadata().work_dir)
    assert store.service != "fs" or list(work_dir.iterdir()) == []


def test_fetch(store: Fetcher, web: str) -> None:
    store.write("sub/a", b"old")
    store.fetch("sub/a", f"{web}/content")
    store.fetch("b", f"{web}/redirect/http")
    assert store.read_bytes("sub/a") == store.read_bytes("b") == CONTENT


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, ObjectNotExist),
        (410, ObjectNotExist),
        (403, PermissionDenied),
        (429, RequestThrottled),
        (503, ServiceInternal),
        (418, storage.Unexpected),
    ],
)
def test_status(store: Fetcher, web: str, status: int, kind: type[StorageError]) -> None:
    with pytest.raises(kind) as caught:
        store.fetch("a", f"{web}/status/{status}")
    assert (caught.value.http_status, caught.value.op, caught.value.path) == (status, "fetch", "a")
    assert_nothing_left(store)


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "/etc/hostname", "http://", "http://[", ""]
)
def test_only_the_web_is_fetched(store: Fetcher, url: str) -> None:
    with pytest.raises(PairValueInvalid, match="http"):
        store.fetch("a", url)
    assert_nothing_left(store)


@pytest.mark.parametrize("scheme", ["file", "ftp", "data"])
def test_redirect_out_of_the_web_is_refused(store: Fetcher, web: str, scheme: str) -> None:
    with pytest.raises(StorageError):
        store.fetch("a", f"{web}/redirect/{scheme}")
    assert_nothing_left(store)


def test_content_that_breaks_off_is_not_published(store: Fetcher, web: str) -> None:
    store.write("a", b"old")
    with pytest.raises(ConnectionFailed, match="broke off after 1024000 of 1024001"):
        store.fetch("a", f"{web}/short")
    assert store.read_bytes("a") == b"old"


def test_size_limit(store: Fetcher, web: str) -> None:
    with pytest.raises(RestrictionDissatisfied, match="may be fetched"):
        store.fetch("a", f"{web}/huge")
    assert_nothing_left(store)


def test_size_limit_of_content_that_does_not_say(store: Fetcher, web: str) -> None:
    cast("memory.MemoryStorage", store)._limits = storage.Limits(fetch_size_maximum=2)
    with pytest.raises(RestrictionDissatisfied, match="may be fetched"):
        store.fetch("a", f"{web}/slow")
    assert_nothing_left(store)


def test_timeout(store: Fetcher, web: str) -> None:
    start = time.monotonic()
    with pytest.raises(OperationTimeout):
        store.fetch("a", f"{web}/slow", timeout=0.3)
    assert time.monotonic() - start < 30  # of the sixty that it would take
    assert_nothing_left(store)


def test_nobody_there(store: Fetcher) -> None:
    with pytest.raises(ConnectionFailed):
        store.fetch("a", "http://127.0.0.1:9/x")
    assert_nothing_left(store)
