"""Nothing leaves work_dir, and no two paths are the same file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storewright import storage
from storewright.services.fs import FsStorage, object_metadata
from storewright.services.fs.files import moment
from storewright.storage import (
    ListMode,
    ObjectMode,
    ObjectModeInvalid,
    ObjectNotExist,
    PathInvalid,
)

from .support import tree


@pytest.fixture
def secret(root: Path) -> Path:
    """A file outside work_dir."""
    folder = root.parent / "outside"
    folder.mkdir()
    (folder / "secret").write_bytes(b"secret")
    return folder / "secret"


# --------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "path",
    [
        "a//b",
        "a/./b",
        "./a",
        "a/.",
        ".",
        "a//",
        ".storewright-x",
        "a/.storewright-tmp-1/b",
        "a\ud800",
    ],
)
def test_paths_that_mean_another_file_are_refused(store: FsStorage, root: Path, path: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.write(path, b"1"),
        lambda: store.read_bytes(path),
        lambda: store.stat(path),
        lambda: store.delete(path),
        lambda: store.delete(path, object_mode=ObjectMode.DIR),
        lambda: store.create(path),
        lambda: store.create_dir(path),
        lambda: store.create_link("a", path),
        lambda: store.copy("a", path),
        lambda: store.create_multipart(path),
        lambda: list(store.list(path)),
    ]
    store.write("a", b"1")
    for call in calls:
        with pytest.raises((PathInvalid, ObjectModeInvalid)) as caught:
            call()
        assert caught.value.path == path
    assert tree(root) == ["a"]


def test_slash_at_the_end_is_a_directory(store: FsStorage) -> None:
    store.create_dir("d/")
    assert store.stat("d/").mode == ObjectMode.DIR
    assert store.stat("d").mode == ObjectMode.DIR
    store.write("f", b"1")
    with pytest.raises(ObjectModeInvalid):
        store.stat("f/")
    with pytest.raises(ObjectModeInvalid):
        store.read_bytes("f/")
    store.delete("d/")
    with pytest.raises(ObjectNotExist):
        store.stat("d/")


def test_names_that_are_no_text(store: FsStorage, root: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    (root / name).write_bytes(b"1")
    for mode in (ListMode.DIR, ListMode.PREFIX):
        items = store.list(list_mode=mode)
        token = items.continuation_token
        assert [item.path for item in items] == [name]
        assert [i.path for i in store.list(list_mode=mode, continuation_token=token)] == [name]
    assert store.read_bytes(name) == b"1"
    store.write(name, b"2")
    assert [os.fsencode(file.name) for file in root.iterdir()] == [b"caf\xe9"]


def test_ids_are_absolute(store: FsStorage, root: Path) -> None:
    store.write("d/a", b"1")
    assert store.stat("d/a").id == store.create("d/a").id == f"{root}/d/a"
    assert store.stat("d").id == store.stat("d/").id == next(store.list()).id == f"{root}/d"
    assert store.stat(f"{root}/d/a").path == f"{root}/d/a"


def test_root_directory_as_work_dir(root: Path) -> None:
    store = storage.open("fs:///")
    store.write(f"{root}/a", b"1")
    assert store.read_bytes(f"{root}/a"[1:]) == b"1"
    assert [item.path for item in store.list(str(root))] == [f"{root}/a"[1:]]


# --------------------------------------------------------------------------------------- links


def test_link_out_of_work_dir_is_never_followed(store: FsStorage, root: Path, secret: Path) -> None:
    (root / "file").symlink_to(secret)
    (root / "dir").symlink_to(secret.parent)
    (root / "chain").symlink_to("file")
    store.write("a", b"mine")
    calls: list[Callable[[], object]] = [
        lambda: store.read_bytes("file"),
        lambda: store.read_bytes("chain"),
        lambda: store.read_bytes("dir/secret"),
        lambda: store.copy("file", "b"),
        lambda: store.copy("a", "dir/b"),
        lambda: store.move("a", "dir/b"),
        lambda: store.move("dir/secret", "b"),
        lambda: store.write("dir/secret", b"changed"),
        lambda: store.write("dir/new/a", b"new"),
        lambda: store.stat("dir/secret"),
        lambda: store.delete("dir/secret"),
        lambda: store.create_dir("dir/new"),
        lambda: store.create_link("dir/l", "a"),
        lambda: store.open_writer("dir/w"),
        lambda: store.create_multipart("dir/m"),
        lambda: store.write_append(store.create("dir/secret", object_mode=ObjectMode.APPEND), b"1"),
        lambda: list(store.list("dir")),
        lambda: list(store.list("dir/", list_mode=ListMode.PREFIX)),
        lambda: store.remove_stale("dir"),
    ]
    for call in calls:
        with pytest.raises(PathInvalid, match="out of work_dir"):
            call()
    assert secret.read_bytes() == b"secret"
    assert tree(root.parent) == [
        "outside/",
        "outside/secret",
        "root/",
        "root/a",
        "root/chain",
        "root/dir/",  # os.walk calls a link to a directory one
        "root/file",
    ]
    assert [i.path for i in store.list(list_mode=ListMode.PREFIX)] == ["a", "chain", "dir", "file"]


def test_link_itself_can_be_seen_and_removed(store: FsStorage, root: Path, secret: Path) -> None:
    (root / "dir").symlink_to(secret.parent)
    found = store.stat("dir")
    assert (found.mode, found.link_target) == (ObjectMode.LINK, str(secret.parent))
    assert [(item.path, item.mode) for item in store.list()] == [("dir", ObjectMode.LINK)]
    with pytest.raises(ObjectModeInvalid):
        store.delete("dir", object_mode=ObjectMode.DIR)
    store.delete("dir")
    assert tree(root) == []
    assert secret.exists()


def test_links_inside_are_followed(store: FsStorage, root: Path) -> None:
    store.write("real/deep/a", b"1")
    (root / "way").symlink_to("real/deep")
    (root / "real/deep/up").symlink_to("../../real")
    store.create_link("l", "way/a")
    assert store.read_bytes("way/a") == store.read_bytes("l") == b"1"
    assert store.read_bytes("way/up/deep/a") == b"1"
    store.write("way/b", b"2")
    store.write("way/new/c", b"3")
    assert store.read_bytes("real/deep/new/c") == b"3"
    assert [item.path for item in store.list("way")] == ["way/a", "way/b", "way/new", "way/up"]
    below = [item.path for item in store.list("way/", list_mode=ListMode.PREFIX)]
    assert below == ["way/a", "way/b", "way/new/c", "way/up"]


def test_work_dir_may_be_a_link(root: Path, secret: Path) -> None:
    (root.parent / "link").symlink_to(secret.parent)
    store = FsStorage(work_dir=f"{root.parent}/link")
    assert store.read_bytes("secret") == b"secret"
    store.write("d/a", b"1")
    assert (secret.parent / "d/a").read_bytes() == b"1"


def test_created_link_is_relative(store: FsStorage, root: Path) -> None:
    store.write("a/b/target", b"1")
    made = store.create_link("x/y/l", "a/b/target")
    assert (made.mode, made.link_target, made.path) == (ObjectMode.LINK, "a/b/target", "x/y/l")
    assert (root / "x/y/l").readlink() == Path("../../a/b/target")
    root.rename(root.parent / "moved")
    moved = FsStorage(work_dir=f"{root.parent}/moved")
    assert moved.read_bytes("x/y/l") == b"1"
    assert moved.stat("x/y/l").link_target == "a/b/target"


def test_link_to_nothing_and_over_a_link(store: FsStorage, root: Path) -> None:
    store.create_link("l", "a")
    with pytest.raises(ObjectNotExist):
        store.read_bytes("l")
    store.create_link("l", "b")
    assert store.stat("l").link_target == "b"
    for target in ("../outside", "/etc/passwd", ""):
        with pytest.raises(PathInvalid):
            store.create_link("m", target)
    assert tree(root) == ["l"]


def test_moved_link_points_to_the_same_place(store: FsStorage) -> None:
    store.write("d/a", b"1")
    store.create_link("d/l", "d/a")
    store.move("d/l", "far/away/l")
    assert store.read_bytes("far/away/l") == b"1"
    with pytest.raises(ObjectNotExist):
        store.stat("d/l")
    store.copy("far/away/l", "copied")
    assert store.stat("copied").mode & ObjectMode.READ


# ------------------------------------------------------------------------------- other than files


def test_devices_and_pipes_are_no_objects(store: FsStorage, root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert [(item.path, item.mode) for item in store.list()] == [("pipe", 0)]
    assert store.stat("pipe").mode == 0
    for call in (
        lambda: store.read_bytes("pipe"),
        lambda: store.write("pipe", b"1"),
        lambda: store.copy("pipe", "a"),
        lambda: store.move("pipe", "a"),
    ):
        with pytest.raises(ObjectModeInvalid, match="none"):
            call()
    store.delete("pipe")
    assert tree(root) == []


def test_streams_of_the_process_are_no_objects() -> None:
    store = storage.open("fs:///")
    for path in ("dev/null", "dev/stdin", "/dev/zero"):
        with pytest.raises((ObjectModeInvalid, ObjectNotExist, PathInvalid)):
            store.read_bytes(path)


# ---------------------------------------------------------------------------------------- stat


def test_stat_tells_what_the_system_knows(store: FsStorage, root: Path) -> None:
    store.write("a", b"123")
    os.utime(root / "a", (0, 1_000_000_000))
    found, known = store.stat("a"), (root / "a").stat()
    assert found.mode == ObjectMode.READ | ObjectMode.PAGE | ObjectMode.APPEND
    assert found.content_length == found.append_offset == 3
    assert found.last_modified is not None
    assert found.last_modified.isoformat() == "2001-09-09T01:46:40+00:00"
    meta = object_metadata(found)
    assert (meta.device, meta.inode) == (known.st_dev, known.st_ino)
    assert meta.permissions == known.st_mode & 0o7777
    assert next(store.list()) == found


def test_time_that_no_calendar_knows() -> None:
    assert moment(float(1 << 40)) is None


def test_stat_checks_the_hint(store: FsStorage) -> None:
    store.write("d/a", b"1")
    assert store.stat("d/a", object_mode=ObjectMode.READ).mode & ObjectMode.READ
    for path, mode in [("d", ObjectMode.READ), ("d/a", ObjectMode.DIR), ("d", ObjectMode.LINK)]:
        with pytest.raises(ObjectModeInvalid):
            store.stat(path, object_mode=mode)


def test_directories(store: FsStorage, root: Path) -> None:
    assert store.create_dir("a/b").path == store.create_dir("a/b").path == "a/b"
    assert tree(root) == ["a/", "a/b/"]
    store.delete("a/b", object_mode=ObjectMode.DIR)
    store.delete("a/b", object_mode=ObjectMode.DIR)
    assert tree(root) == ["a/"]
    with pytest.raises(PathInvalid):
        store.delete("", object_mode=ObjectMode.DIR)
