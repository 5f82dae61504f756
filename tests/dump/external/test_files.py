"""BR's storage and dumpling's writer, over memory, disk and a real S3 server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump.external import ExternalFileWriter, ExternalStorage, open_external
from storewright.testing.servers import SeaweedFS

MIB = 1024 * 1024


@pytest.fixture(params=["memory", "fs", pytest.param("s3", marks=pytest.mark.server)])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> ExternalStorage:
    if request.param == "memory":
        return ExternalStorage(storage.open("memory://"))
    if request.param == "fs":
        return open_external(str(tmp_path))
    server: SeaweedFS = request.getfixturevalue("seaweedfs")
    bucket: str = request.getfixturevalue("s3_bucket")
    return open_external(
        f"s3://{bucket}/dump?endpoint={server.endpoint}&access-key={server.access_key}"
        f"&secret-access-key={server.secret_key}&region={server.location}"
    )


def test_whole_files(files: ExternalStorage) -> None:
    files.check()
    assert not files.file_exists("a/b")
    files.write_file("a/b", b"12345")
    assert files.file_exists("a/b")
    assert files.read_file("a/b") == b"12345"
    assert files.file_size("a/b") == 5
    files.write_file("a/b", bytearray(b"6"))
    assert files.read_file("a/b") == b"6"
    files.rename("a/b", "c")
    assert (files.file_exists("a/b"), files.read_file("c")) == (False, b"6")
    files.delete_file("c")
    files.delete_file("c")
    assert not files.file_exists("c")
    files.close()


def test_parts_of_a_file(files: ExternalStorage) -> None:
    files.write_file("a", bytes(range(100)))
    with files.open("a") as whole:
        assert (whole.read(3), whole.seek(50), whole.read(1)) == (bytes(range(3)), 50, b"2")
    with files.open("a", start=10, end=20) as part:
        assert part.read() == bytes(range(10, 20))
        assert part.seek(-2, 2) == 8
        assert part.read() == bytes((18, 19))
    with files.open("a", start=95) as rest:
        assert rest.read(100) == bytes(range(95, 100))
    with files.open("a", start=20, end=20) as nothing:
        assert nothing.read() == b""


def test_walking(files: ExternalStorage) -> None:
    for name in ("x/a1", "x/y/a2", "x/b", "z"):
        files.write_file(name, name.encode())

    def walked(**options: str) -> dict[str, int]:
        seen: dict[str, int] = {}
        files.walk_dir(seen.__setitem__, **options)
        return seen

    assert walked() == {"x/a1": 4, "x/y/a2": 6, "x/b": 3, "z": 1}
    assert walked(sub_dir="x") == {"x/a1": 4, "x/y/a2": 6, "x/b": 3}
    assert walked(sub_dir="x/", prefix="a") == {"x/a1": 4}
    files.delete_files(["x/a1", "z"])
    assert walked() == {"x/y/a2": 6, "x/b": 3}


def test_a_writer_publishes_when_it_is_closed(files: ExternalStorage) -> None:
    writer = files.create("big", part_size=5 * MIB)
    for number in range(12):
        assert writer.write(bytes([number]) * MIB) == MIB
        assert not files.file_exists("big")
    writer.close()
    writer.close()
    assert files.file_size("big") == 12 * MIB
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"1")


def _abort(writer: ExternalFileWriter) -> None:
    writer.abort()


def _raise(writer: ExternalFileWriter) -> None:
    with pytest.raises(KeyError), writer:
        raise KeyError


@pytest.mark.parametrize("end", [_abort, _raise])
def test_a_writer_that_gives_up_leaves_the_old_file(
    files: ExternalStorage, end: Callable[[ExternalFileWriter], None]
) -> None:
    files.write_file("a", b"old")
    writer = files.create("a", part_size=5 * MIB)
    writer.write(bytes(7 * MIB))
    end(writer)
    assert files.read_file("a") == b"old"
    if isinstance(files.store, storage.Multiparter):
        assert list(files.store.list("", list_mode=storage.ListMode.PART)) == []


def test_nothing_written_is_no_file(files: ExternalStorage) -> None:
    with files.create("empty") as writer:
        assert writer.write(b"") == 0
    assert not files.file_exists("empty")


def test_the_uri_has_no_secret(files: ExternalStorage) -> None:
    assert SeaweedFS.secret_key not in files.uri()
    assert "://" in files.uri()
