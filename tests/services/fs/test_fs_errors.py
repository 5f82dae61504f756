"""What the operating system says, in our words."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from storewright.services.fs import FsStorage
from storewright.services.fs.errors import TABLE, mapped
from storewright.storage import (
    BatchFailed,
    ObjectExists,
    ObjectMode,
    ObjectModeInvalid,
    ObjectNotExist,
    OperationTimeout,
    PathInvalid,
    PermissionDenied,
    RequestThrottled,
    RestrictionDissatisfied,
    ServiceInternal,
    StorageError,
    StorageFull,
    Unexpected,
)

from .support import run, tree

EXPECTED = {
    ObjectNotExist: "ENOENT",
    ObjectExists: "EEXIST",
    ObjectModeInvalid: "ENOTDIR EISDIR",
    PermissionDenied: "EACCES EPERM EROFS ETXTBSY",
    StorageFull: "ENOSPC EDQUOT",
    RestrictionDissatisfied: "EFBIG ENOTEMPTY EMLINK",
    PathInvalid: "ENAMETOOLONG EILSEQ ELOOP",
    RequestThrottled: "EMFILE ENFILE ENOMEM EAGAIN EBUSY ENOLCK",
    OperationTimeout: "ETIMEDOUT",
    ServiceInternal: "EIO ESTALE ENODEV ENXIO",
    Unexpected: "EINVAL EXDEV EPIPE",
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in EXPECTED.items() for name in names.split()]
)
def test_every_number(kind: type[StorageError], name: str) -> None:
    number = getattr(errno, name)
    error = mapped(OSError(number, os.strerror(number)))
    assert type(error) is kind
    assert error.errno == number
    assert error.message


def test_table_is_covered() -> None:
    tested = {getattr(errno, name) for names in EXPECTED.values() for name in names.split()}
    assert set(TABLE) <= tested


def test_vendor_errors_are_none() -> None:
    assert FsStorage._vendor_errors == ()


LONG = "n" * 256


def circle(store: FsStorage, root: Path) -> None:
    (root / "circle").symlink_to("circle2")
    (root / "circle2").symlink_to("circle")
    store.read_bytes("circle")


def not_empty(store: FsStorage, _: Path) -> None:
    store.delete("dir", object_mode=ObjectMode.DIR)


CASES: list[tuple[Callable[[FsStorage, Path], object], type[StorageError], str]] = [
    (lambda s, _: s.read_bytes("nope"), ObjectNotExist, "read_bytes: fs: nope: object does not"),
    (lambda s, _: s.read_bytes("file/x"), ObjectNotExist, "file/x"),
    (lambda s, _: s.stat("file/x"), ObjectNotExist, "file/x"),
    (lambda s, _: s.read_bytes("dir"), ObjectModeInvalid, "mode is dir, expected read"),
    (lambda s, _: s.write("dir", b""), ObjectModeInvalid, "mode is dir, expected read"),
    (lambda s, _: s.write("file/x", b""), ObjectModeInvalid, "a parent of the path is a file"),
    (lambda s, _: s.create_dir("file"), ObjectModeInvalid, "file"),
    (lambda s, _: s.create_dir("file/x"), ObjectModeInvalid, "a parent"),
    (lambda s, _: s.delete("dir"), ObjectModeInvalid, "object_mode=ObjectMode.DIR"),
    (not_empty, RestrictionDissatisfied, "delete: fs: dir: the directory is not empty"),
    (lambda s, _: s.write(LONG, b""), PathInvalid, "too long"),
    (lambda s, _: s.read_bytes(LONG), PathInvalid, "too long"),
    (lambda s, _: s.create_dir(LONG), PathInvalid, "too long"),
    (lambda s, _: s.copy("file", LONG), PathInvalid, f"copy: fs: {LONG}"),
    (lambda s, _: s.copy("nope", "x"), ObjectNotExist, "copy: fs: nope"),
    (lambda s, _: s.copy("file", "dir"), ObjectModeInvalid, "copy: fs: dir"),
    (lambda s, _: s.move("nope", "x"), ObjectNotExist, "move: fs: nope"),
    (lambda s, _: s.move("dir", "x"), ObjectModeInvalid, "move: fs: dir"),
    (lambda s, _: s.move("file", "dir"), ObjectModeInvalid, "move: fs: dir"),
    (circle, PathInvalid, "circle"),
    (
        lambda s, _: s.write_page(s.create("file", object_mode=ObjectMode.PAGE), b"1", 1 << 70),
        RestrictionDissatisfied,
        "write_page: fs: file: offset is beyond",
    ),
    (
        lambda s, _: s.write_page(s.create("file", object_mode=ObjectMode.PAGE), b"1", 1 << 61),
        RestrictionDissatisfied,
        "the largest size allowed",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), CASES)
def test_in_one_line(
    store: FsStorage,
    root: Path,
    call: Callable[[FsStorage, Path], object],
    kind: type[StorageError],
    text: str,
) -> None:
    store.write("file", b"1")
    store.write("dir/inside", b"1")
    with pytest.raises(StorageError) as caught:
        call(store, root)
    assert type(caught.value) is kind
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [name for name in tree(root) if "circle" not in name] == ["dir/", "dir/inside", "file"]


def test_reading_behind_the_end(store: FsStorage) -> None:
    store.write("a", b"123")
    for offset in (3, 1 << 40, 1 << 62, 1 << 70):
        assert store.read_bytes("a", offset=offset) == b""


def test_batch_names_what_remains(store: FsStorage) -> None:
    store.write("a", b"1")
    store.write("dir/b", b"1")
    with pytest.raises(BatchFailed) as caught:
        store.delete_batch(["a", "dir", "missing", "file//x"])
    assert {path: type(e) for path, e in caught.value.failures.items()} == {
        "dir": ObjectModeInvalid,
        "file//x": PathInvalid,
    }
    assert store.delete_batch(["a", "dir/b"]) == 2


def test_work_dir_must_be_a_directory(root: Path) -> None:
    (root / "file").write_bytes(b"")
    with pytest.raises(ObjectModeInvalid, match="mode is read") as caught:
        FsStorage(work_dir=f"{root}/file")
    assert (caught.value.op, caught.value.service) == ("open", "fs")
    with pytest.raises(StorageError):
        FsStorage(work_dir=f"{root}/file/below").write("a", b"")


def test_work_dir_is_made_by_the_first_write(root: Path) -> None:
    store = FsStorage(work_dir=f"{root}/new/place")
    assert list(store.list()) == []
    assert tree(root) == []
    store.write("a", b"1")
    assert tree(root) == ["new/", "new/place/", "new/place/a"]


def test_permission_denied(root: Path) -> None:
    """In another process, which is not the superuser."""
    (root / "secret").mkdir()
    (root / "secret/file").write_bytes(b"1")
    (root / "closed").mkdir()
    (root / "readable").write_bytes(b"1")
    (root / "private").write_bytes(b"1")
    for path, bits in [("secret", 0), ("closed", 0o555), ("private", 0), ("", 0o755)]:
        (root / path).chmod(bits)
    for parent in [root, *root.parents]:
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(stat.S_IMODE(parent.stat().st_mode) | 0o111)
    code = """
import os
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for call in (
    lambda: store.read_bytes("private"),
    lambda: store.read_bytes("secret/file"),
    lambda: store.stat("secret/file"),
    lambda: store.write("closed/a", b""),
    lambda: store.write("closed/d/a", b""),
    lambda: store.delete("secret/file"),
    lambda: list(store.list("secret")),
    lambda: list(store.list("sec", list_mode=storage.ListMode.PREFIX)),
    lambda: store.create_dir("closed/d"),
    lambda: store.create_link("closed/l", "readable"),
    lambda: store.create_multipart("closed/a"),
    lambda: store.copy("readable", "closed/a"),
    lambda: store.copy("private", "closed/a"),
):
    try:
        print("no error:", call())
    except storage.PermissionDenied as error:
        assert error.errno == 13 and error.path, repr(error)
        print("denied")
"""
    assert run(code, f"fs://{root}").split("\n") == ["denied"] * 13 + [""]
    (root / "secret").chmod(0o755)
    assert tree(root) == ["closed/", "private", "readable", "secret/", "secret/file"]
