"""What the tests of stream mode share: files to replay, and looks at what is left."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from storewright.dump.mydumper.folder import disk_usage

from .test_protocol import RECORDED, parsed


def recorded_files(folder: Path) -> Path:
    """The files of the recorded stream, in `folder`."""
    folder.mkdir()
    for name, content in parsed(RECORDED):
        (folder / name).write_bytes(content)
    return folder


def large_files(folder: Path, count: int, size: int = 1_050_000) -> Path:
    """A dump of one table in `count` files, each a statement of so many bytes."""
    folder.mkdir()
    (folder / "shop.t-schema.sql").write_bytes(b"CREATE TABLE t (a text);\n")
    for number in range(count):
        row = b"('%06d %s')" % (number, b"x" * 1000)
        rows = b"\n,".join([row] * (size // len(row)))
        content = b"INSERT INTO `t` VALUES" + rows + b";\n"
        (folder / f"shop.t.{number:05}.sql").write_bytes(content)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, but what is left of the metadata of 1.x."""
    paths = (path for path in folder.iterdir() if not path.name.startswith("metadata"))
    return {path.name: path.read_bytes() for path in paths}


def files_in(folder: Path) -> list[str]:
    """The names in a folder; none if there is no such folder."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@contextmanager
def sampled(folder: Path, seconds: float = 0.005) -> Generator[list[int]]:
    """Bytes on disk in `folder`, looked at so often while the block runs."""
    sizes: list[int] = []
    over = Event()

    def look() -> None:
        while not over.wait(seconds):
            try:
                sizes.append(disk_usage(folder))
            except FileNotFoundError:
                continue

    thread = Thread(target=look)
    thread.start()
    try:
        yield sizes
    finally:
        over.set()
        thread.join()


def running(program: Path) -> list[int]:
    """The processes whose command line names what `program` replays."""
    mark = str(program.with_name("replay.json")).encode()
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and mark in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
