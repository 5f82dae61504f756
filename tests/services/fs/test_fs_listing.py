"""Listings are sorted, complete, and small in memory."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from storewright.services.fs import FsStorage
from storewright.storage import ListMode, Object, ObjectMode, OperationTimeout

TREE = ["a!", "a/1", "a/2/x", "a/2.x", "a0", "abc/d", "b"]


@pytest.fixture
def fast(root: Path) -> FsStorage:
    return FsStorage(work_dir=str(root), fsync=False)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 10 items."""
    monkeypatch.setattr("storewright.services.fs.listing._PAGE_SIZE", 10)


def fill(store: FsStorage, paths: list[str]) -> None:
    for path in paths:
        store.write(path, path.encode())


def test_sorted_as_an_object_store_does(fast: FsStorage) -> None:
    fill(fast, TREE)
    fast.create_dir("empty")
    fast.create_link("l", "a/1")
    found = list(fast.list())
    assert [i.path for i in found] == ["a!", "a", "a0", "abc", "b", "empty", "l"]
    assert [i.mode for i in found if i.path in {"a", "l"}] == [ObjectMode.DIR, ObjectMode.LINK]
    below = ["a!", "a/1", "a/2.x", "a/2/x", "a0", "abc/d", "b", "l"]
    assert [i.path for i in fast.list(list_mode=ListMode.PREFIX)] == below
    for prefix in ("a", "a/", "a/2", "a/2/", "ab", "c", "a/1", "nowhere/x"):
        found = list(fast.list(prefix, list_mode=ListMode.PREFIX))
        assert [i.path for i in found] == [p for p in below if p.startswith(prefix)]


@pytest.mark.parametrize("mode", [ListMode.DIR, ListMode.PREFIX])
def test_resumes_after_any_item_though_that_is_gone(fast: FsStorage, mode: ListMode) -> None:
    fill(fast, TREE)
    whole = [item.path for item in fast.list(list_mode=mode)]
    for count in range(1, len(whole)):
        items = fast.list(list_mode=mode)
        for _ in range(count):
            next(items)
        token = items.continuation_token
        rest = [i.path for i in fast.list(list_mode=mode, continuation_token=token)]
        assert rest == whole[count:]


@pytest.mark.usefixtures("small_pages")
def test_deleting_while_listing_loses_nothing(fast: FsStorage) -> None:
    names = [f"{n % 7}/{n:05}" for n in range(95)]
    fill(fast, names)
    seen: list[str] = []
    for item in fast.list(list_mode=ListMode.PREFIX):
        seen.append(item.path)
        fast.delete(item.path)
    assert seen == sorted(names)


@pytest.mark.usefixtures("small_pages")
def test_new_listing_goes_on_after_what_was_deleted(fast: FsStorage) -> None:
    fill(fast, [f"{n:05}" for n in range(35)])
    items = fast.list()
    for _ in range(10):
        fast.delete(next(items).path)
    token = items.continuation_token
    rest = [item.path for item in fast.list(continuation_token=token)]
    assert rest == [f"{n:05}" for n in range(10, 35)]


@pytest.mark.usefixtures("small_pages")
def test_what_has_gone_meanwhile_is_left_out(fast: FsStorage) -> None:
    fill(fast, [f"{n:05}" for n in range(15)])
    items = fast.list()
    next(items)
    fast.delete("00012")
    assert [item.path for item in items] == [f"{n:05}" for n in range(1, 15) if n != 12]


@pytest.mark.usefixtures("small_pages")
def test_directories_are_read_when_they_are_reached(
    fast: FsStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(fast, [f"{n:04}/{m}" for n in range(30) for m in range(2)])
    read: list[Any] = []
    scandir = os.scandir

    def note(path: Any) -> Any:
        read.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", note)
    items = fast.list(list_mode=ListMode.PREFIX)
    assert read == []
    next(items)
    assert len(read) == 6  # work_dir, and five directories that fill the page
    assert len(list(items)) == 59
    assert len(read) == 31


def test_deeper_than_the_stack_of_the_interpreter(fast: FsStorage, root: Path) -> None:
    path = "/".join(["d"] * 1200)
    fast.write(path, b"1")
    assert [item.path for item in fast.list(list_mode=ListMode.PREFIX)] == [path]
    subprocess.run(["rm", "-r", str(root / "d")], check=True)  # shutil.rmtree could not


def test_links_to_directories_are_not_entered(fast: FsStorage, root: Path) -> None:
    fill(fast, ["d/a"])
    (root / "d/up").symlink_to("..")
    assert [i.path for i in fast.list(list_mode=ListMode.PREFIX)] == ["d/a", "d/up"]


def test_hidden_files_are_not_listed(fast: FsStorage, root: Path) -> None:
    (root / ".storewright-tmp-1").write_bytes(b"")
    fast.create_multipart("a")
    fast.init_segment("a")
    for mode in (ListMode.DIR, ListMode.PREFIX):
        assert list(fast.list(list_mode=mode)) == []


def test_timeout(fast: FsStorage) -> None:
    fill(fast, TREE)
    with pytest.raises(OperationTimeout):
        list(fast.list(timeout=0))
    assert len(list(fast.list(timeout=10))) == 5


def test_callbacks(fast: FsStorage) -> None:
    fill(fast, TREE)
    dirs: list[Object] = []
    files: list[Object] = []
    fast.list(dir_func=dirs.append, file_func=files.append)
    assert [item.path for item in dirs] == ["a", "abc"]
    assert [item.path for item in files] == ["a!", "a0", "b"]
