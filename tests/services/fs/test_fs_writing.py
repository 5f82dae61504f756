"""Files are written whole or not at all."""

import errno
import io
import os
import signal
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storewright.services.fs import FsStorage
from storewright.storage import (
    ObjectExists,
    ObjectMode,
    ObjectModeInvalid,
    ObjectNotExist,
    OperationTimeout,
    RestrictionDissatisfied,
    SizeMismatch,
    StorageError,
    StorageFull,
)
from tests.processes import in_child

from .support import Failing, Watching, environment, program, run, start, tree

OLD, NEW = b"old" * 1000, b"new" * 100_000


def permissions(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


# ------------------------------------------------------------------------------------ replacing


@pytest.mark.usefixtures("kind_of_draft")
class TestEitherWay:
    """With and without names for files that are not complete."""

    def test_replaces_the_file_not_its_content(self, store: FsStorage, root: Path) -> None:
        store.write("a", OLD)
        with (root / "a").open("rb") as reader:
            store.write("a", NEW)
            assert reader.read() == OLD
        assert (root / "a").read_bytes() == NEW
        assert tree(root) == ["a"]

    def test_makes_directories(self, store: FsStorage, root: Path) -> None:
        store.write("a/b/c", NEW)
        assert tree(root) == ["a/", "a/b/", "a/b/c"]

    def test_keeps_permission_bits(self, store: FsStorage, root: Path) -> None:
        store.write("a", OLD)
        for bits in (0o600, 0o755, 0o444):
            (root / "a").chmod(bits)
            store.write("a", NEW)
            assert permissions(root / "a") == bits

    def test_new_file_obeys_the_umask(self, store: FsStorage, root: Path) -> None:
        before = os.umask(0o027)
        try:
            store.write("a", NEW)
        finally:
            os.umask(before)
        assert permissions(root / "a") == 0o640

    def test_old_content_is_there_until_the_end(self, store: FsStorage, root: Path) -> None:
        store.write("a", OLD)
        seen: list[bytes] = []
        store.write("a", Watching(NEW, lambda: seen.append((root / "a").read_bytes())))
        assert seen == [OLD]

    @pytest.mark.parametrize(
        "error",
        [
            OSError(errno.ENOSPC, "mine"),
            FileNotFoundError("mine"),
            KeyError("mine"),
            KeyboardInterrupt(),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_error_of_the_reader_passes_and_leaves_nothing(
        self, store: FsStorage, root: Path, error: BaseException
    ) -> None:
        with pytest.raises(type(error)) as caught:
            store.write("a/b/c", Failing(NEW, error))
        assert caught.value is error
        assert tree(root) == []
        store.write("a/b/c", OLD)
        with pytest.raises(type(error)):
            store.write("a/b/c", Failing(NEW, error))
        assert (root / "a/b/c").read_bytes() == OLD
        assert tree(root) == ["a/", "a/b/", "a/b/c"]

    def test_short_data_and_timeout_leave_nothing(self, store: FsStorage, root: Path) -> None:
        with pytest.raises(SizeMismatch):
            store.write("a/b", io.BytesIO(NEW), size=len(NEW) + 1)
        with pytest.raises(OperationTimeout):
            store.write("a/b", NEW, timeout=0)
        with pytest.raises(OperationTimeout):
            store.write("a/b", io.BytesIO(NEW), timeout=0)
        assert tree(root) == []

    def test_if_not_exists(self, store: FsStorage, root: Path) -> None:
        store.write("a", OLD, if_not_exists=True)
        with pytest.raises(ObjectExists):
            store.write("a", Failing(b"", AssertionError("read in vain")), if_not_exists=True)
        assert (root / "a").read_bytes() == OLD
        assert tree(root) == ["a"]

    def test_if_not_exists_has_one_winner(self, store: FsStorage, root: Path) -> None:
        start, won = threading.Barrier(8), list[int]()

        def write(n: int) -> None:
            start.wait()
            try:
                store.write("d/a", b"%d" % n, if_not_exists=True)
            except ObjectExists:
                return
            won.append(n)

        in_threads(write, range(8))
        assert [b"%d" % n for n in won] == [(root / "d/a").read_bytes()]
        assert tree(root) == ["d/", "d/a"]

    def test_many_writers_of_one_file(self, store: FsStorage, root: Path) -> None:
        contents = [bytes([n]) * 100_000 for n in range(8)]
        in_threads(lambda n: [store.write("d/a", contents[n]) for _ in range(10)], range(8))
        assert (root / "d/a").read_bytes() in contents
        assert tree(root) == ["d/", "d/a"]

    def test_directories_come_and_go_under_writers(self, store: FsStorage, root: Path) -> None:
        """A write that fails removes the directories it made, though others may need them."""

        def write(n: int) -> None:
            for _ in range(40):
                if n % 2:
                    store.write(f"a/b/{n}", b"1")
                    store.delete(f"a/b/{n}")
                    store.delete("a/b", object_mode=ObjectMode.DIR) if n == 1 else None
                else:
                    with pytest.raises(ZeroDivisionError):
                        store.write(f"a/b/{n}", Failing(b"1", ZeroDivisionError()))

        def tolerant(n: int) -> None:
            try:
                write(n)
            except RestrictionDissatisfied:  # not empty, when it was to be removed
                return

        in_threads(tolerant, range(6))
        store.write("a/b/c", b"1")
        assert "a/b/c" in tree(root)

    def test_link_is_replaced_not_followed(self, store: FsStorage, root: Path) -> None:
        outside = root.parent / "outside"
        outside.write_bytes(OLD)
        (root / "a").symlink_to(outside)
        store.write("a", NEW)
        assert not (root / "a").is_symlink()
        assert ((root / "a").read_bytes(), outside.read_bytes()) == (NEW, OLD)
        assert permissions(root / "a") == permissions(outside)

    @pytest.mark.parametrize("path", ["dir", "pipe", "file/below", "dir/", "file/below/far"])
    def test_what_is_no_file_is_refused_before_reading(
        self, store: FsStorage, root: Path, path: str
    ) -> None:
        (root / "dir").mkdir()
        os.mkfifo(root / "pipe")
        (root / "file").write_bytes(OLD)
        before = tree(root)
        data = Failing(b"", AssertionError("read in vain"))
        calls: list[Callable[[], object]] = [
            lambda: store.write(path, data),
            lambda: store.open_writer(path),
            lambda: store.copy("file", path),
            lambda: store.move("file", path),
            lambda: store.create_append(path),
            lambda: store.create_page(path),
            lambda: store.create_multipart(path),
            lambda: store.init_segment(path),
            lambda: store.create_link(path, "file"),
        ]
        for call in calls:
            with pytest.raises(ObjectModeInvalid):
                call()
        assert tree(root) == before

    def test_full_disk(self, store: FsStorage, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write = os.write

        def full(fd: int, data: Any, /) -> int:
            if os.fstat(fd).st_size >= 1024:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(fd, memoryview(data)[:1024])

        store.write("kept", OLD)
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StorageFull, match=r"^write: fs: d/a: no space is left") as caught:
            store.write("d/a", NEW)
        assert caught.value.errno == errno.ENOSPC
        with pytest.raises(StorageFull):
            store.write("kept", NEW)
        monkeypatch.undo()
        assert tree(root) == ["kept"]
        assert store.read_bytes("kept") == OLD


def test_directory_that_is_removed_meanwhile_is_made_again(store: FsStorage, root: Path) -> None:
    """A file without a name does not keep its directory alive."""
    for path in ("a/b", "a/c/d/e"):
        folder = (root / path).parent
        store.write(path, Watching(NEW, folder.rmdir), if_not_exists=True)
        assert store.read_bytes(path) == NEW
        (root / path).unlink()
        store.write(path, Watching(OLD, folder.rmdir))
        assert store.read_bytes(path) == OLD


def in_threads(call: Callable[[int], object], numbers: range) -> None:
    """Call it in one thread for each number; errors are raised."""
    errors: list[BaseException] = []

    def run(n: int) -> None:
        try:
            call(n)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def test_setuid_bit_does_not_survive_a_write(store: FsStorage, root: Path) -> None:
    store.write("a", OLD)
    (root / "a").chmod(0o4755)
    store.write("a", NEW)
    assert permissions(root / "a") == 0o755


# -------------------------------------------------------------------------------------- the disk


def test_limit_of_the_process_on_file_sizes(root: Path) -> None:
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.write("d/a", bytes(200_000))
except storage.RestrictionDissatisfied as error:
    print(error)
"""
    assert "largest size" in run(code, f"fs://{root}")
    assert tree(root) == []


FILL = """
store.write("old", b"old")
attempts = {
    "write": lambda: store.write("d/a", bytes(1 << 20)),
    "replace": lambda: store.write("old", bytes(1 << 20)),
    "writer": lambda: stream("d/b"),
    "copy": lambda: (store.write("half", bytes(150_000)), store.copy("half", "d/c")),
    "append": lambda: store.write_append(store.stat("old"), bytes(1 << 20)),
    "part": lambda: store.write_multipart(upload, bytes(1 << 20), 0),
}
def stream(path):
    with store.open_writer(path, part_size=50_000) as writer:
        writer.write(bytes(1 << 20))
upload = store.create_multipart("d/m")
for name, attempt in attempts.items():
    try:
        attempt()
    except storage.StorageFull as error:
        print(name, error.errno)
store.delete("half")
store.delete("d/m", multipart_id=upload.multipart_id)
import os
print(store.read_bytes("old"), os.listdir(sys.argv[2]))
"""


def test_device_that_is_full(root: Path) -> None:
    """A file system of 256 KiB, which only this program sees."""
    mount = 'mount -t tmpfs -o size=256k none "$0" && exec "$@"'
    private = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, str(root)]
    if subprocess.run([*private, "true"], capture_output=True, check=False).returncode:
        pytest.skip("not in any registry: the permission to mount a file system")
    command = [*private, *program(FILL, f"fs://{root}", root)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    *attempts, left = done.stdout.splitlines()
    names = ["write", "replace", "writer", "copy", "append", "part"]
    assert attempts == [f"{name} {errno.ENOSPC}" for name in names]
    assert left == "b'old' ['old']"


SYNCED = ["fsync file", "link", "replace", "fsync dir"]


def calls_of(store: FsStorage, monkeypatch: pytest.MonkeyPatch, root: Path) -> list[str]:
    """What a write asks of the system, in order."""
    calls: list[str] = []
    fsync, link, replace = os.fsync, os.link, os.replace

    def sync(fd: int) -> None:
        calls.append("fsync dir" if stat.S_ISDIR(os.fstat(fd).st_mode) else "fsync file")
        fsync(fd)

    def note(name: str, call: Callable[..., None]) -> Callable[..., None]:
        def noted(*args: Any, **options: Any) -> None:
            calls.append(name)
            call(*args, **options)

        return noted

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "link", note("link", link))
    monkeypatch.setattr(os, "replace", note("replace", replace))
    store.write("a", OLD)
    calls.append("|")
    store.write("d/e/a", OLD)
    monkeypatch.undo()
    return calls


def test_content_is_on_the_disk_before_the_name(
    store: FsStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = calls_of(store, monkeypatch, root)
    # each directory that is new has its own entry in another one
    assert calls == [*SYNCED, "|", *SYNCED, "fsync dir", "fsync dir"]


def test_fsync_can_be_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FsStorage(work_dir=str(root), fsync=False)
    assert calls_of(store, monkeypatch, root) == ["link", "replace", "|", "link", "replace"]


# ------------------------------------------------------------------------------------- processes

WRITE_FOR_EVER = """
class Endless:
    def read(self, size):
        print("reading", flush=True)
        return bytes(1000)
store.write("d/a", Endless())
"""
NAMED = "import storewright.services.fs.draft as draft\ndraft.NAMELESS = 0\n"


@pytest.mark.parametrize("prepare", ["", NAMED], ids=["nameless", "named"])
def test_killed_in_the_middle_of_a_write(store: FsStorage, root: Path, prepare: str) -> None:
    store.write("d/a", OLD)
    process = start(prepare + WRITE_FOR_EVER, f"fs://{root}")
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline() == b"reading\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert store.read_bytes("d/a") == OLD
    assert [item.path for item in store.list("d")] == ["d/a"]
    left = [name for name in tree(root) if ".storewright-tmp-" in name]
    assert len(left) == (1 if prepare else 0)
    assert store.remove_stale() == [str(root / name) for name in left]
    assert tree(root) == ["d/", "d/a"]


def test_stale_files_of_the_living_are_left_alone(
    store: FsStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storewright.services.fs.draft.NAMELESS", 0)
    removed: list[str] = []
    store.write("a", Watching(NEW, lambda: removed.extend(store.remove_stale())))
    assert removed == []
    assert store.read_bytes("a") == NEW


def test_forked_child_can_use_the_store(store: FsStorage) -> None:
    store.write("a", OLD)
    assert in_child(lambda: store.write("b", store.read_bytes("a")) == len(OLD))
    assert store.read_bytes("b") == OLD


# ------------------------------------------------------------------------------- append and page


def test_append(store: FsStorage, root: Path) -> None:
    store.write("a", OLD)
    item = store.create_append("a")
    assert (item.append_offset, item.content_length) == (0, 0)
    assert store.write_append(item, io.BytesIO(b"one,two"), size=4) == 4
    assert store.write_append(item, b"three") == 5
    assert item.append_offset == 9
    store.commit_append(item)
    assert store.read_bytes("a") == b"one,three"
    again = store.stat("a")
    assert again.append_offset == 9
    store.write_append(again, b"!")
    assert store.read_bytes("a") == b"one,three!"


def test_failed_append_is_taken_back(store: FsStorage) -> None:
    item = store.create_append("a")
    store.write_append(item, b"kept")
    with pytest.raises(ZeroDivisionError):
        store.write_append(item, Failing(NEW, ZeroDivisionError()))
    with pytest.raises(OperationTimeout):
        store.write_append(item, NEW, timeout=0)
    assert (store.read_bytes("a"), item.append_offset) == (b"kept", 4)


def test_appends_take_turns(store: FsStorage, root: Path) -> None:
    item = store.create_append("a")
    code = "for _ in range(50): store.write_append(store.stat('a'), b'x' * 10)"
    other = start(code, f"fs://{root}?fsync=false")
    in_threads(lambda n: [store.write_append(item, bytes([n]) * 10) for _ in range(20)], range(4))
    other.communicate()
    assert other.returncode == 0
    content = store.read_bytes("a")
    assert len(content) == 50 * 10 + 4 * 20 * 10
    assert all(len(set(content[i : i + 10])) == 1 for i in range(0, len(content), 10))


def test_pages(store: FsStorage) -> None:
    item = store.create_page("d/a")
    assert store.write_page(item, b"end", 5) == 3
    assert store.write_page(item, io.BytesIO(b"abc"), 0) == 3
    assert store.read_bytes("d/a") == b"abc\0\0end"


@pytest.mark.parametrize("write", ["append", "page"])
def test_in_place_needs_a_file(store: FsStorage, root: Path, write: str) -> None:
    (root / "target").write_bytes(OLD)
    (root / "link").symlink_to("target")
    (root / "dir").mkdir()

    def call(path: str) -> None:
        item = store.create(path, object_mode=ObjectMode.APPEND | ObjectMode.PAGE)
        if write == "append":
            store.write_append(item, NEW)
        else:
            store.write_page(item, NEW, 0)

    for path, kind in [
        ("missing", ObjectNotExist),
        ("target/below", ObjectNotExist),
        ("dir", ObjectModeInvalid),
        ("link", StorageError),
    ]:
        with pytest.raises(kind):
            call(path)
    assert (root / "target").read_bytes() == OLD
