"""Listings over many pages: the truth, the whole truth, and nothing outside of work_dir."""

import string
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pytest

from storewright.core.errors import PathInvalid
from storewright.services.s3 import S3Storage, object_metadata
from storewright.services.s3 import listing as lists
from storewright.storage import ListMode, ObjectMode
from storewright.testing.servers import SeaweedFS

from .conftest import OpenStore, client_of, new_bucket, options_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = pytest.mark.server

AWKWARD = [
    *(
        "plain",
        "a b",
        "a+b",
        "a%20b",
        "a%2Fb",
        "ä/ö",
        "漢字",
        "🦭/x",
        "q?x=1&y=2",
        "h#ash",
        "tab\there",
    ),
    *("quote'\"", "<tag>&amp;", "semi;colon", "comma,dot.", "tilde~", "star*", "pipe|", "caret^"),
    *("dir/a", "dir/b", "dir/sub/c", "dir.txt", "dir0"),
]


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 5)


def paths(items: Any) -> list[str]:
    return sorted(item.path for item in items)


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize("work_dir", ["/", "/wörk dir"])
def test_awkward_keys_over_many_pages(
    open_store: OpenStore, witness: "S3Client", bucket: str, work_dir: str
) -> None:
    store = open_store(work_dir=work_dir)
    outside = open_store(work_dir="/wörk dir-not")
    outside.write("x", b"1")
    for path in AWKWARD:
        store.write(path, path.encode())
    mine = [*AWKWARD] if work_dir != "/" else [*AWKWARD, "wörk dir-not/x"]
    assert paths(store.list("")) == sorted(mine)
    assert paths(store.list("/wörk dir/" if work_dir != "/" else "/")) == sorted(mine)
    assert all(store.read_bytes(path) == path.encode() for path in AWKWARD)
    level = {path.split("/")[0] for path in mine}
    assert paths(store.list("", list_mode=ListMode.DIR)) == sorted(level)
    assert paths(store.list("dir", list_mode=ListMode.DIR)) == ["dir/a", "dir/b", "dir/sub"]
    assert paths(store.list("dir")) == ["dir.txt", "dir/a", "dir/b", "dir/sub/c", "dir0"]
    items = store.list("")
    first = [next(items).path for _ in range(7)]
    rest = paths(store.list("", continuation_token=items.continuation_token))
    assert sorted(first + rest) == sorted(mine)
    assert store.delete_batch(AWKWARD) == len(AWKWARD)
    assert paths(store.list("")) == sorted(set(mine) - set(AWKWARD))


@pytest.mark.usefixtures("short_pages")
def test_uploads_over_many_pages(open_store: OpenStore) -> None:
    store = open_store(work_dir="/in")
    open_store(work_dir="/out").create_multipart("x")
    made = {(path, store.create_multipart(path).multipart_id) for path in AWKWARD[:9] * 2}
    found = list(store.list("", list_mode=ListMode.PART))
    assert {(item.path, item.multipart_id) for item in found} == made
    assert all(item.mode == ObjectMode.PART for item in found)
    items = store.list("", list_mode=ListMode.PART, limit=8)
    first = [*items]
    rest = store.list("", list_mode=ListMode.PART, continuation_token=items.continuation_token)
    assert {(i.path, i.multipart_id) for i in [*first, *rest]} == made
    for path, upload in made:
        store.delete(path, multipart_id=upload)
        store.delete(path, multipart_id=upload)
    assert list(store.list("", list_mode=ListMode.PART)) == []


@pytest.mark.usefixtures("short_pages")
def test_parts_over_many_pages(store: S3Storage) -> None:
    upload = store.create_multipart("a")
    parts = [store.write_multipart(upload, bytes([n]), n) for n in range(12)]
    assert list(store.list_multipart(upload)) == parts
    some = store.list_multipart(upload, limit=7)
    assert list(some) == parts[:7]
    rest = store.list_multipart(upload, continuation_token=some.continuation_token)
    assert list(rest) == parts[7:]


# --------------------------------------------------------------------------- five thousand keys

FOLDER: Final = "wörk dir+1"
CHARACTERS: Final = [
    *(c for c in string.punctuation if c not in "/\\"),
    *(
        " ",
        "\t",
        "\n",
        "\r",
        "\x7f",
        "\x85",
        "\u2028",
        "ä",
        "a\u0308",
        "漢",
        "🦭",
        "\ufffd",
        "%2F",
        "+%2B",
    ),
]
"""SeaweedFS takes a backslash for a slash, and where a page ends or an upload is listed it does not
tell characters that XML cannot hold; the wire tests have those."""
OUTSIDE: Final = ["wörk dir", "wörk dir+", "wörk dir+1x/a", "wörk dir+10", "x/y", "WÖRK DIR+1/a"]


def some(n: int) -> str:
    """One of the characters."""
    return CHARACTERS[n % len(CHARACTERS)]


FILES: Final = [f"{n:04}{some(n)}.sql" for n in range(2000)]
NESTED: Final = [f"{n % 1200:04} {some(n % 1200)} folder/{n}{some(-n)}x" for n in range(3000)]
MADE: Final = sorted(FILES + NESTED)
LEVEL: Final = sorted({path.partition("/")[0] for path in MADE})
BEGUN: Final = [*MADE[:2400:2], *MADE[:2600:2]]
"""Some keys have two uploads."""


def everywhere(call: Any, *columns: Iterable[Any]) -> list[Any]:
    """The results of calls made by many threads."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(call, *columns))


@pytest.fixture(scope="module")
def crowded(seaweedfs: SeaweedFS) -> S3Storage:
    """A folder of 5,000 objects and 2,500 uploads, with others of both around it."""
    name = new_bucket(seaweedfs)
    store = S3Storage(name=name, work_dir=f"/{FOLDER}", **options_of(seaweedfs))
    client = client_of(seaweedfs)
    for key in OUTSIDE:
        client.put_object(Bucket=name, Key=key)
        client.create_multipart_upload(Bucket=name, Key=key)
    everywhere(store.write, MADE, [b""] * len(MADE))
    everywhere(store.create_multipart, BEGUN)
    return store


WANTED: Final = {ListMode.PREFIX: MADE, ListMode.DIR: LEVEL, ListMode.PART: sorted(BEGUN)}
MODES: Final = pytest.mark.parametrize("mode", list(WANTED), ids=["prefix", "dir", "part"])


def test_the_crowd_is_large_enough() -> None:
    assert (len(MADE), len(set(MADE)), len(BEGUN), len(LEVEL)) == (5000, 5000, 2500, 3200)


@pytest.mark.slow
@MODES
def test_a_crowd_is_listed(crowded: S3Storage, mode: ListMode) -> None:
    for path in ("", f"/{FOLDER}/"):
        assert paths(crowded.list(path, list_mode=mode)) == WANTED[mode]


@pytest.mark.slow
@MODES
@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 1234, 2000, 2500])
def test_a_crowd_is_listed_from_a_token(crowded: S3Storage, mode: ListMode, count: int) -> None:
    items = crowded.list(list_mode=mode)
    first = paths(islice(items, count))
    token = items.continuation_token
    rest = paths(crowded.list(list_mode=mode, continuation_token=token)) if token else []
    assert sorted(first + rest) == WANTED[mode]
    again = crowded.list(list_mode=mode, limit=count)
    assert paths(again) == first
    token = again.continuation_token
    rest = paths(crowded.list(list_mode=mode, continuation_token=token)) if token else []
    assert sorted(first + rest) == WANTED[mode]


@pytest.mark.slow
@MODES
@pytest.mark.parametrize("limit", [999, 1001, 2499, 6000])
def test_a_crowd_is_listed_in_portions(crowded: S3Storage, mode: ListMode, limit: int) -> None:
    found: list[str] = []
    token: str | None = None
    while True:
        items = crowded.list(list_mode=mode, limit=limit, continuation_token=token)
        portion = paths(items)
        assert len(portion) <= limit
        found += portion
        token = items.continuation_token
        if token is None:
            break
        assert len(portion) == limit
    assert sorted(found) == WANTED[mode]


@pytest.mark.slow
@MODES
def test_a_crowd_is_listed_one_by_one(crowded: S3Storage, mode: ListMode) -> None:
    found: list[str] = []
    token: str | None = None
    for _ in range(20):
        items = crowded.list(list_mode=mode, limit=1, continuation_token=token)
        found += paths(items)
        token = items.continuation_token
    assert found == [item.path for item in islice(crowded.list(list_mode=mode), 20)]


@pytest.mark.slow
@MODES
@pytest.mark.parametrize("prefix", ["00", "0007", "1199 ", "nothing"])
def test_a_part_of_the_crowd(crowded: S3Storage, mode: ListMode, prefix: str) -> None:
    if mode == ListMode.DIR:
        prefix = next((name for name in LEVEL if name.startswith(prefix)), prefix)
        wanted = sorted({p for p in MADE if p.startswith(f"{prefix}/")})
    else:
        wanted = [path for path in WANTED[mode] if path.startswith(prefix)]
    assert paths(crowded.list(prefix, list_mode=mode)) == wanted


def test_no_listing_leaves_work_dir(
    open_store: OpenStore, witness: "S3Client", bucket: str
) -> None:
    store = open_store(work_dir=f"/{FOLDER}")
    for key in [*OUTSIDE, f"{FOLDER}/mine"]:
        witness.put_object(Bucket=bucket, Key=key)
        witness.create_multipart_upload(Bucket=bucket, Key=key)
    for mode in WANTED:
        assert paths(store.list("", list_mode=mode)) == ["mine"]
        assert paths(store.list("m", list_mode=mode)) == (["mine"] if mode != ListMode.DIR else [])
        for path in ("/", "/wörk dir+10", "../x", "/x"):
            with pytest.raises(PathInvalid):
                store.list(path, list_mode=mode)


@pytest.mark.usefixtures("short_pages")
def test_versions_over_many_pages(store: S3Storage, witness: "S3Client", bucket: str) -> None:
    witness.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    keys = ["a+b", "dir/c d", "dir/ä", "z%20"]
    for key in keys * 3:
        store.write(key, b"1")
    store.delete("a+b")
    every = [(item.path, item.version_id) for item in store.list("", list_versions=True)]
    assert len(set(every)) == len(every) == 13
    latest = [i.path for i in store.list("", list_versions=True) if object_metadata(i).is_latest]
    assert sorted(latest) == sorted(keys)
    items = store.list("", list_versions=True, limit=7)
    first = [(item.path, item.version_id) for item in items]
    token = items.continuation_token
    rest = store.list("", list_versions=True, continuation_token=token)
    assert sorted([*first, *((i.path, i.version_id) for i in rest)], key=str) == sorted(
        every, key=str
    )
