"""Libraries that take a file take ours: what they write is read back by them, through the store."""

import csv
import importlib
import io
import json
import shutil
import tarfile
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pytest

from storewright import storage
from storewright.testing.servers import SeaweedFS

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ROWS = [{"id": n, "name": f"näme {n}", "value": n / 7} for n in range(20_000)]
S3 = pytest.param("s3", marks=pytest.mark.server)


@pytest.fixture(scope="session")
def bucket(s3_client: "S3Client") -> str:
    name = f"interop-{uuid.uuid4().hex}"
    s3_client.create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["memory", "fs", S3])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> storage.Storager:
    if request.param == "s3":
        server: SeaweedFS = request.getfixturevalue("seaweedfs")
        name: str = request.getfixturevalue("bucket")
        return storage.open(server.connection(name, uuid.uuid4().hex))
    return storage.open("memory://" if request.param == "memory" else f"fs://{tmp_path}/store")


def reading(store: storage.Storager, path: str) -> Any:
    return store.open(path, "rb")


def writing(store: storage.Storager, path: str) -> Any:
    return store.open(path, "wb")


# --- data frames ----------------------------------------------------------------------------------

PANDAS = ["csv", "json", "parquet", "feather", "pickle"]


@pytest.mark.parametrize("format", PANDAS)
def test_pandas(store: storage.Storager, format: str) -> None:
    pandas: Any = importlib.import_module("pandas")
    frame = pandas.DataFrame(ROWS)
    options = {"csv": {"index": False}}.get(format, {})
    with writing(store, "frame") as file:
        getattr(frame, f"to_{format}")(file, **options)
    with reading(store, "frame") as file:
        again = getattr(pandas, f"read_{format}")(file)
    pandas.testing.assert_frame_equal(again, frame, check_dtype=format != "json")


def test_pandas_text(store: storage.Storager) -> None:
    pandas: Any = importlib.import_module("pandas")
    frame = pandas.DataFrame(ROWS)
    with store.open("frame.csv.gz", "w", newline="", compression="infer") as file:
        frame.to_csv(file, index=False)
    with store.open("frame.csv.gz", "r", compression="infer") as file:
        pandas.testing.assert_frame_equal(pandas.read_csv(file), frame)


POLARS = ["csv", "json", "ndjson", "parquet", "ipc", "avro"]


@pytest.mark.parametrize("format", POLARS)
def test_polars(store: storage.Storager, format: str) -> None:
    polars: Any = importlib.import_module("polars")
    frame = polars.DataFrame(ROWS)
    with writing(store, "frame") as file:
        getattr(frame, f"write_{format}")(file)
    with reading(store, "frame") as file:
        assert getattr(polars, f"read_{format}")(file).equals(frame)


def test_pyarrow_parquet(store: storage.Storager) -> None:
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    table = arrow.Table.from_pylist(ROWS)
    with writing(store, "table") as file:
        parquet.write_table(table, file, row_group_size=1000)
    with reading(store, "table") as file:
        assert parquet.read_table(file).equals(table)
    with reading(store, "table") as file:
        group = parquet.ParquetFile(file).read_row_group(7, columns=["name"])
    assert group.equals(table.slice(7000, 1000).select(["name"]))


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_pyarrow_ipc(store: storage.Storager, kind: str) -> None:
    arrow: Any = importlib.import_module("pyarrow")
    table = arrow.Table.from_pylist(ROWS)
    with writing(store, "t") as file, getattr(arrow.ipc, f"new_{kind}")(file, table.schema) as out:
        out.write_table(table)
    with reading(store, "t") as file:
        assert getattr(arrow.ipc, f"open_{kind}")(file).read_all().equals(table)


def test_pyarrow_csv(store: storage.Storager) -> None:
    arrow: Any = importlib.import_module("pyarrow")
    arrow_csv: Any = importlib.import_module("pyarrow.csv")
    table = arrow.Table.from_pylist(ROWS)
    with writing(store, "t") as file:
        arrow_csv.write_csv(table, file)
    with reading(store, "t") as file:
        assert arrow_csv.read_csv(file).equals(table)


def test_a_failure_inside_a_library_publishes_nothing(store: storage.Storager) -> None:
    pandas: Any = importlib.import_module("pandas")
    frame = pandas.DataFrame({"x": [1, object()]})
    with pytest.raises(Exception, match="object"), writing(store, "frame") as file:
        frame.to_parquet(file)
    assert list(store.list("", list_mode=storage.ListMode.PREFIX)) == []
    assert list(store.list("", list_mode=storage.ListMode.PART)) == []


# --- archives -------------------------------------------------------------------------------------

MEMBERS = {"a.txt": b"one", "d/empty": b"", "d/large": bytes(range(256)) * 20_000}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zipfile(store: storage.Storager, method: int) -> None:
    with writing(store, "x.zip") as file, zipfile.ZipFile(file, "w", method) as archive:
        for name, content in MEMBERS.items():
            archive.writestr(name, content)
    with reading(store, "x.zip") as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
@pytest.mark.parametrize("mark", [":", "|"])
def test_tarfile(store: storage.Storager, mark: str, compression: str) -> None:
    opened = cast("Callable[..., tarfile.TarFile]", tarfile.open)
    with (
        writing(store, "x.tar") as file,
        opened(fileobj=file, mode=f"w{mark}{compression}") as archive,
    ):
        for name, content in MEMBERS.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with reading(store, "x.tar") as file, opened(fileobj=file, mode=f"r{mark}*") as archive:
        found = {member.name: _content(archive, member) for member in archive}
    assert found == MEMBERS


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


# --- the rest of the standard library -------------------------------------------------------------


def test_csv(store: storage.Storager) -> None:
    rows = [["a", "b"], ["line\nend", 'quo"te'], ["ü", ""]]
    with store.open("x.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    with store.open("x.csv", "r", newline="") as file:
        assert list(csv.reader(file)) == rows


def test_json_and_lines(store: storage.Storager) -> None:
    with store.open("x.jsonl", "w") as file:
        for row in ROWS:
            json.dump(row, file)
            print(file=file)
    with store.open("x.jsonl", "r") as file:
        assert [json.loads(line) for line in file] == ROWS


def test_shutil(store: storage.Storager, tmp_path: Path) -> None:
    content = bytes(range(256)) * 50_000
    (tmp_path / "here").write_bytes(content)
    with (tmp_path / "here").open("rb") as source, writing(store, "there") as target:
        shutil.copyfileobj(cast("IO[bytes]", source), target)
    with reading(store, "there") as source, (tmp_path / "again").open("wb") as target:
        shutil.copyfileobj(source, target)
    assert (tmp_path / "again").read_bytes() == content


def test_between_two_stores(store: storage.Storager, tmp_path: Path) -> None:
    other = storage.open(f"fs://{tmp_path}/other")
    content = bytes(range(256)) * 50_000
    other.write("x", content)
    with reading(other, "x") as source, writing(store, "x") as target:
        shutil.copyfileobj(source, target)
    assert store.read_bytes("x") == content
