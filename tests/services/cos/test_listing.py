"""Listings over many pages: the truth, the whole truth, and nothing outside of work_dir."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from storewright.core.errors import RestrictionDissatisfied
from storewright.core.parts import Part
from storewright.services.cos import CosStorage
from storewright.services.cos import listing as lists
from storewright.storage import ListMode
from tests.servers.cos_sdk import Cos
from tests.servers.shim_server import CosShim

from .conftest import OpenCos
from .stub import Stub

server = pytest.mark.server
AWKWARD: Final = [
    *("plain", "a b", "a+b", "a%20b", "a%2Fb", "ä/ö", "漢字", "🦭/x", "q?x=1&y=2", "h#ash"),
    *("quote'\"", "<tag>&amp;", "semi;colon", "tilde~", "star*", "./x", "..x", "a/./b"),
    *("dir/a", "dir/b", "dir/sub/c", "dir.txt", "dir0"),
]


def paths(items: Any) -> list[str]:
    return sorted(item.path for item in items)


@server
def test_awkward_keys_over_many_pages(open_cos: OpenCos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 5)
    names = [name for name in AWKWARD if "./" not in name]  # SeaweedFS cleans paths
    store = open_cos()
    for path in names:
        store.write(path, path.encode())
    assert paths(store.list("")) == sorted(names)
    assert all(store.read_bytes(path) == path.encode() for path in names)
    level = {path.split("/")[0] for path in names}
    assert paths(store.list("", list_mode=ListMode.DIR)) == sorted(level)
    assert paths(store.list("dir", list_mode=ListMode.DIR)) == ["dir/a", "dir/b", "dir/sub"]
    items = store.list("")
    first = [next(items).path for _ in range(7)]
    rest = paths(store.list("", continuation_token=items.continuation_token))
    assert sorted(first + rest) == sorted(names)
    assert store.delete_batch(names) == len(names)
    assert paths(store.list("")) == []


@server
def test_parts_over_many_pages(open_cos: OpenCos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 5)
    store = open_cos()
    upload = store.create_multipart("a")
    parts = [store.write_multipart(upload, bytes([n]), n) for n in range(12)]
    assert all(part.checksum for part in parts)
    bare = [Part(part.index, part.size, part.etag) for part in parts]  # lists do not tell it
    assert list(store.list_multipart(upload)) == bare
    some = store.list_multipart(upload, limit=7)
    assert list(some) == bare[:7]
    assert (
        list(store.list_multipart(upload, continuation_token=some.continuation_token)) == bare[7:]
    )


# ---------------------------------------------------------------------------- parts without gaps


@pytest.mark.parametrize("indexes", [[1], [0, 2], [0, 1, 1], [1, 2, 3], []])
def test_parts_have_no_gaps(wire: Stub, wired: CosStorage, indexes: list[int]) -> None:
    upload = wired.create("key", multipart_id="upload-0")
    parts = [Part(index, 7, f'"{index}"') for index in indexes]
    for call in (
        lambda: wired.complete_multipart(upload, parts),
        lambda: wired.query_sign_http_complete_multipart(upload, parts, 60),
    ):
        with pytest.raises(RestrictionDissatisfied):
            call()
    assert wire.take() == []


def test_parts_come_in_any_order(wire: Stub, wired: CosStorage) -> None:
    upload = wired.create("key", multipart_id="upload-0")
    wired.complete_multipart(upload, [Part(index, 7, f'"{index}"') for index in (2, 0, 1)])
    (request,) = wire.take()
    numbers = [piece.partition(b"<")[0] for piece in request.body.split(b"<PartNumber>")[1:]]
    assert numbers == [b"1", b"2", b"3"]


# ----------------------------------------------------------------- two thousand and five hundred


def everywhere(call: Any, *columns: Iterable[Any]) -> list[Any]:
    """The results of calls made by many threads."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(call, *columns))


FILES: Final = [f"{n:04} ü+%.sql" for n in range(1000)]
NESTED: Final = [f"{n % 1100:04} folder/{n}" for n in range(1500)]
MADE: Final = sorted(FILES + NESTED)
LEVEL: Final = sorted({path.partition("/")[0] for path in MADE})
BEGUN: Final = sorted(MADE[:1250] * 2)
"""Each of these keys has two uploads."""
WANTED: Final = {ListMode.PREFIX: MADE, ListMode.DIR: LEVEL, ListMode.PART: BEGUN}
OUTSIDE: Final = ["crowd", "crowdx/a", "crow/a", "CROWD/a"]


@pytest.fixture(scope="module")
def crowded(cos: Cos, cos_shim: CosShim) -> CosStorage:
    """A folder of 2,500 objects and 2,500 uploads, with others of both around it."""
    options: dict[str, Any] = {
        "name": cos.bucket,
        "endpoint": cos_shim.address,
        "proxy": cos_shim.proxy,
        "credential": f"hmac:{cos_shim.access_key}:{cos_shim.secret_key}",
    }
    store, client = CosStorage(work_dir="/crowd", **options), cos.client()
    for key in OUTSIDE:
        client.put_object(Bucket=cos.bucket, Key=key, Body=b"")
        client.create_multipart_upload(Bucket=cos.bucket, Key=key)
    everywhere(store.write, MADE, [b""] * len(MADE))
    everywhere(store.create_multipart, BEGUN)
    return store


@server
@pytest.mark.slow
@pytest.mark.parametrize("mode", list(WANTED), ids=["prefix", "dir", "part"])
@pytest.mark.parametrize("size", [1000, 333])
def test_all_of_a_crowd(
    crowded: CosStorage,
    monkeypatch: pytest.MonkeyPatch,
    mode: ListMode,
    size: int,
    proves: Callable[..., None],
) -> None:
    options = ("list_mode", "limit", "continuation_token")
    proves("cos", "list", *options, server="our emulation of COS, sweeps", level="emulated")
    monkeypatch.setattr(lists, "PAGE", size)
    wanted = WANTED[mode]
    assert paths(crowded.list("", list_mode=mode)) == wanted
    some = crowded.list("", list_mode=mode, limit=700)
    first = [item.path for item in some]
    assert len(first) == 700
    rest = crowded.list("", list_mode=mode, continuation_token=some.continuation_token)
    assert sorted([*first, *(item.path for item in rest)]) == wanted
