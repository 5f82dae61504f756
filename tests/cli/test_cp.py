"""`cp` between any two places: whole or not at all, checked, and the source left alone."""

import json
import os
import threading
from pathlib import Path

import pytest

from storewright import storage
from storewright.cli.places import Place
from storewright.cli.progress import meter
from storewright.cli.session import Session, Settings, Use
from storewright.cli.transfer import Transfer
from tests.cli.measured import measured
from tests.cli.support import Area, Ok, OneLine, Run, Shell
from tests.processes import PATIENCE

DATA = bytes(range(256)) * 4096  # 1 MiB


def test_local_file_to_storage_and_back(area: Area, ok: Ok, tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(DATA)
    assert ok("cp", there, area.uri("d/x")) == ""
    assert area.store.read_bytes("d/x") == DATA
    assert ok("cp", area.uri("d/x"), back) == ""
    assert back.read_bytes() == there.read_bytes() == DATA


def test_a_destination_with_a_slash_keeps_the_name(area: Area, ok: Ok, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    ok("cp", tmp_path / "a", tmp_path / "b", area.uri("d/"))
    assert area.paths() == ["d/a", "d/b"]


def test_to_this_directory(
    area: Area, ok: Ok, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    area.store.write("d/x", b"x")
    monkeypatch.chdir(tmp_path)
    ok("cp", area.uri("d/x"), ".")
    assert (tmp_path / "x").read_bytes() == b"x"


def test_json_tells_what_was_written(area: Area, ok: Ok, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("abc")
    told = json.loads(ok("cp", "--json", tmp_path / "a", area.uri("x")))
    assert told["source"] == str(tmp_path / "a")
    assert told["uri"].endswith("x")
    assert told["size"] == 3


def test_inside_one_storage_the_service_copies(memory_area: Area, run: Run) -> None:
    memory_area.store.write("x", DATA, content_type="a/b")
    result = run("-v", "cp", "--json", memory_area.uri("x"), memory_area.uri("y"))
    assert "memory copy top/x: ok" in result.stderr
    assert "memory read" not in result.stderr
    assert json.loads(result.stdout)["size"] == len(DATA)
    assert memory_area.store.read_bytes("y") == DATA
    assert memory_area.store.stat("y").content_type == "a/b"


def test_with_options_it_is_written_anew(memory_area: Area, run: Run) -> None:
    memory_area.store.write("x", DATA)
    options = ["--content-type", "a/b"]
    result = run("-v", "cp", *options, memory_area.uri("x"), memory_area.uri("y"))
    assert "memory read top/x: ok" in result.stderr
    assert memory_area.store.stat("y").content_type == "a/b"


def test_standard_input_and_output(area: Area, run: Run) -> None:
    assert run("cp", "-", area.uri("x"), input=DATA).exit_code == 0
    assert area.store.read_bytes("x") == DATA
    assert run("cp", area.uri("x"), "-").stdout_bytes == DATA


def test_named_pipes_are_streams(area: Area, run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(DATA,))
    feeder.start()
    result = run("cp", pipe, area.uri("x"))
    feeder.join()
    assert result.exit_code == 0
    assert area.store.read_bytes("x") == DATA


def test_a_device_is_written_to_and_not_replaced(area: Area, ok: Ok) -> None:
    area.store.write("x", b"x")
    before = Path(os.devnull).stat()
    ok("cp", area.uri("x"), os.devnull)
    assert Path(os.devnull).stat().st_ino == before.st_ino


def test_recursive_there_and_back(area: Area, ok: Ok, tmp_path: Path) -> None:
    tree = {f"d{n % 3}/e/{n}": os.urandom(n * 100) for n in range(12)} | {"top": b"t"}
    for path, data in tree.items():
        file = tmp_path / "from" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    ok("cp", "-r", tmp_path / "from", area.uri("all"))
    assert area.paths() == sorted(f"all/{path}" for path in tree)
    ok("cp", "-r", "-j", "1", area.uri("all/"), tmp_path / "to/")
    for path, data in tree.items():
        assert (tmp_path / "to" / path).read_bytes() == data


def test_recursive_between_storages(area: Area, memory_area: Area, ok: Ok) -> None:
    area.store.write("d/a b", b"1")
    area.store.write("d/ü?", b"2")
    ok("cp", "-r", area.uri("d"), memory_area.uri("copy"))
    assert memory_area.store.read_bytes("copy/a b") == b"1"
    assert memory_area.store.read_bytes("copy/ü?") == b"2"


def test_recursive_of_nothing_fails(
    area: Area, run: Run, one_line: OneLine, tmp_path: Path
) -> None:
    result = run("cp", "-r", area.uri("none"), tmp_path / "to")
    assert "none" in one_line(result.stderr)
    assert result.exit_code == 1
    assert not (tmp_path / "to").exists()


def test_a_directory_needs_recursive(run: Run, one_line: OneLine, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("d", "d/"):
        result = run("cp", f"{tmp_path}/{name}", tmp_path / "to")
        assert "is a directory (copy what is below it with --recursive)" in one_line(result.stderr)
        assert result.exit_code == 1


def test_not_to_below_itself(area: Area, run: Run, one_line: OneLine) -> None:
    area.store.write("d/x", b"x")
    result = run("cp", "-r", area.uri("d"), area.uri("d/e"))
    assert "to below itself" in one_line(result.stderr)
    assert area.paths() == ["d/x"]


def test_a_key_that_leads_upwards_never_leaves_the_destination(tmp_path: Path) -> None:
    """No server of ours keeps such keys, but others do."""
    (tmp_path / "to").mkdir()
    to = Place.parse(f"{tmp_path}/to/")
    with (
        Session(Settings(), [Use(to, ("open_writer",))]) as session,
        meter(Settings(), "") as shown,
    ):
        end = session.ends[0].at(to.child("../evil"))
        with pytest.raises(storage.PathInvalid):
            Transfer(shown).publish(lambda file: file.write(b"x"), end)
    assert [path.name for path in tmp_path.iterdir()] == ["to"]


def test_metadata_is_kept_where_there_is_a_place(area: Area, memory_area: Area, ok: Ok) -> None:
    memory_area.store.write("x", b"x", content_type="text/x-sql", user_metadata={"a": "b"})
    enable = ["--enable", "virtual_object_metadata"] if area.kind == "fs" else []
    ok("cp", *enable, memory_area.uri("x"), area.uri("x"))
    separator = "&" if area.options else "?"
    extra = f"{separator}enable_virtual_object_metadata" if area.kind == "fs" else ""
    store = storage.open(f"{area.prefix}{area.options}{extra}")
    found = store.stat("x")
    assert (found.content_type, found.user_metadata) == ("text/x-sql", {"a": "b"})


def test_metadata_that_is_lost_is_told(
    memory_area: Area, run: Run, one_line: OneLine, tmp_path: Path
) -> None:
    for name in ("x", "y"):
        memory_area.store.write(name, b"x", content_type="a/b", user_metadata={"a": "b"})
    result = run("cp", memory_area.uri("x"), memory_area.uri("y"), f"{tmp_path}/")
    assert one_line(result.stderr) == "fs: user_metadata is not kept, it has no place there"
    assert result.exit_code == 0


def test_an_option_for_each_side(area: Area, memory_area: Area, ok: Ok) -> None:
    memory_area.store.write("x", b"0123456789")
    etag = memory_area.store.stat("x").etag
    if etag is None:
        pytest.fail("memory gives ETags")
    pairs = ["--pair", f"src.if_match={etag}", "--part-size", "5MiB"]
    ok("cp", *pairs, memory_area.uri("x"), area.uri("x"))
    assert area.store.read_bytes("x") == b"0123456789"


@pytest.mark.server
def test_encryption_with_the_users_key_reaches_the_service(
    s3_area: Area, ok: Ok, run: Run, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    (tmp_path / "x").write_bytes(DATA)
    pairs = [
        "--pair=server_side_encryption_customer_algorithm=AES256",
        f"--pair=server_side_encryption_customer_key@{key}",
    ]
    ok("cp", *pairs, tmp_path / "x", s3_area.uri("x"))
    assert run("cp", s3_area.uri("x"), tmp_path / "y").exit_code == 1
    ok("cp", *pairs, s3_area.uri("x"), tmp_path / "y")
    assert (tmp_path / "y").read_bytes() == DATA


def test_recursive_reports_each_failure_and_copies_the_rest(
    area: Area, run: Run, tmp_path: Path
) -> None:
    for n in range(6):
        area.store.write(f"d/{n}", b"x")
    for n in (1, 4):
        (tmp_path / "to" / str(n)).mkdir(parents=True)
    result = run("cp", "-r", area.uri("d"), tmp_path / "to")
    lines = sorted(result.stderr.splitlines())
    assert len(lines) == 2
    assert all("is a directory" in line for line in lines)
    assert result.exit_code == 1
    copied = sorted(p.name for p in (tmp_path / "to").iterdir() if p.is_file())
    assert copied == ["0", "2", "3", "5"]


@pytest.mark.server
def test_a_file_whose_name_is_no_text_does_not_end_the_others(
    s3_area: Area, run: Run, one_line: OneLine, tmp_path: Path
) -> None:
    (tmp_path / "from").mkdir()
    for name in (b"a", b"caf\xe9", b"z"):
        (tmp_path / "from" / os.fsdecode(name)).write_bytes(b"x")
    result = run("cp", "-r", "-j", "1", tmp_path / "from", s3_area.uri("d"))
    line = (
        r"open_writer: s3: top/d/caf\udce9: path cannot be written in UTF-8, as the service demands"
    )
    assert (one_line(result.stderr), result.exit_code) == (line, 2)
    assert s3_area.paths() == ["d/a", "d/z"]


def test_a_source_that_changes_is_not_published(
    memory_area: Area,
    run: Run,
    one_line: OneLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory_area.store.write("x", b"12345")

    def grow(call: storage.Call) -> None:
        if call.op == "read":
            memory_area.store.write("x", b"123456")

    def interceptor(_: Session) -> storage.Interceptor:
        return grow

    monkeypatch.setattr(Session, "_interceptor", interceptor)
    result = run("cp", memory_area.uri("x"), tmp_path / "y")
    assert "the source has 5 bytes, but 6 were read" in one_line(result.stderr)
    assert result.exit_code == 1
    assert not (tmp_path / "y").exists()


def test_memory_is_bounded(shared_area: Area, shell: Shell, tmp_path: Path) -> None:
    size = 96 * 1024 * 1024
    with (tmp_path / "big").open("wb") as file:
        file.truncate(size)
    args = ("cp", tmp_path / "big", shared_area.uri("x"), "--max-memory", "16MiB")
    with shell.start(*args, program=("-c", measured("fs", "s3"))) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert shared_area.store.stat("x").content_length == size
    assert int(errors.split()[-1]) < 48 * 1024 * 1024
