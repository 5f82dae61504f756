"""BR's storage and dumpling's writer, by their URLs: memory, disk, S3, Google and Azure."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from storewright.dump.external import ExternalFileWriter, ExternalStorage, open_external
from storewright.testing.servers import Azurite, FakeGcs, GoogleTokens, SeaweedFS

MIB = 1024 * 1024


def _s3(request: pytest.FixtureRequest) -> str:
    server: SeaweedFS = request.getfixturevalue("seaweedfs")
    bucket: str = request.getfixturevalue("s3_bucket")
    return (
        f"s3://{bucket}/dump?endpoint={server.endpoint}&access-key={server.access_key}"
        f"&secret-access-key={server.secret_key}&region={server.location}&force-path-style=true"
    )


def _gs(request: pytest.FixtureRequest) -> str:
    server: FakeGcs = request.getfixturevalue("fake_gcs")
    tokens: GoogleTokens = request.getfixturevalue("google_tokens")
    key: Path = request.getfixturevalue("tmp_path") / "key.json"
    key.write_text(json.dumps(tokens.key_file))
    bucket: str = request.getfixturevalue("place_gcs_bucket")
    return f"gs://{bucket}/{uuid.uuid4().hex}?endpoint={server.endpoint}&credentials-file={key}"


def _azure(request: pytest.FixtureRequest) -> str:
    server: Azurite = request.getfixturevalue("azurite")
    container: str = request.getfixturevalue("place_container")
    return (
        f"azure://{container}/{uuid.uuid4().hex}?endpoint={server.endpoint}"
        f"&account-name={server.account}&account-key={server.key}"
    )


_CLOUD = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(
    params=[
        "memory://",
        "local://",
        pytest.param(_s3, marks=pytest.mark.server, id="s3"),
        pytest.param(_gs, marks=_CLOUD, id="gs"),
        pytest.param(_azure, marks=_CLOUD, id="azure"),
    ]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place in the words of BR and dumpling."""
    if callable(request.param):
        return str(request.param(request))
    return f"local://{tmp_path}/files" if request.param == "local://" else str(request.param)


@pytest.fixture
def files(url: str) -> Iterator[ExternalStorage]:
    files = open_external(url)
    yield files
    files.close()


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
    files.rename("c", "c")
    assert files.read_file("c") == b"6"
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


TOOL = """
from {module} import open_external

def work(url):
    files = open_external(url)
    files.check()
    yield files.file_exists("a")
    files.write_file("a", b"12345")
    files.write_file("dir/b", b"")
    yield files.file_exists("a"), files.read_file("a"), files.file_size("a")
    with files.create("dir/c") as file:
        yield file.write(b"some "), file.write(b"rows")
    lost = files.create("dir/lost")
    lost.write(b"some")
    lost.abort()
    kept = files.create("dir/kept")
    kept.write(b"more")
    kept.close()
    with files.open("dir/c") as file:
        yield file.read(4), file.seek(1), file.read()
    with files.open("dir/c", start=5, end=8) as file:
        yield file.read()
    files.rename("dir/kept", "dir/d")
    seen = []
    files.walk_dir(lambda name, size: seen.append((name, size)), sub_dir="dir")
    yield sorted(seen)
    seen.clear()
    files.walk_dir(lambda name, size: seen.append((name, size)), prefix="a")
    yield sorted(seen)
    files.delete_file("a")
    files.delete_files(["dir/b", "dir/c"])
    yield [files.file_exists(name) for name in ("a", "dir/b", "dir/c", "dir/d", "dir/lost")]
    yield files.uri().startswith(url.partition("?")[0].partition("://")[0][:2])
    files.close()
"""


def test_a_tool_moves_over_by_one_import(url: str, tmp_path: Path) -> None:
    """One that calls every method does the same with BR's local storage as it stands beside."""
    there, here = (
        _results(module, where)
        for module, where in (
            ("tests.dump.external.br", f"local://{tmp_path}/theirs"),
            ("storewright.dump.external", url),
        )
    )
    assert here[:-1] == there[:-1]
    methods = {name for name in vars(ExternalStorage) if not name.startswith("_")}
    assert [name for name in methods if f".{name}(" not in TOOL] == []


def _results(module: str, url: str) -> list[object]:
    names: dict[str, Any] = {}
    exec(TOOL.format(module=module), names)
    return list(names["work"](url))


def test_nowhere() -> None:
    """BR's noop takes everything, and has nothing."""
    files = open_external("noop://")
    files.check()
    files.write_file("a", b"1")
    with files.create("b") as file:
        assert file.write(b"123") == 3
    with pytest.raises(ValueError, match="closed"):
        file.write(b"1")
    assert (files.read_file("a"), files.file_exists("a"), files.file_size("a")) == (b"", False, 0)
    with files.open("a", start=1) as reader:
        assert reader.read() == b""
    files.rename("a", "b")
    files.delete_files(["a", "b"])
    files.walk_dir(lambda name, _: pytest.fail(name))
    assert files.uri() == "noop:///"
    files.close()


def test_the_uri_has_no_secret(files: ExternalStorage) -> None:
    assert SeaweedFS.secret_key not in files.uri()
    assert Azurite.key not in files.uri()
    assert "://" in files.uri()
