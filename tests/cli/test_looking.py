"""`ls`, `stat` and `cat` on every kind of storage."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from tests.cli.support import Area, Ok, OneLine, Run, Shell


@pytest.fixture
def filled(area: Area) -> Area:
    for path, data in {
        "a.txt": b"alpha",
        "d/b.bin": b"bravo!",
        "d/e/c": b"",
        "ü ?%.txt": b"x",
    }.items():
        area.store.write(path, data)
    return area


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_ls_lists_one_level_with_directories_marked(filled: Area, ok: Ok) -> None:
    assert sorted(ok("ls", filled.uri()).splitlines()) == ["a.txt", "d/", "ü ?%.txt"]
    assert sorted(ok("ls", filled.uri("d")).splitlines()) == ["b.bin", "e/"]
    assert ok("ls", filled.uri("d/")) == ok("ls", filled.uri("d"))


def test_ls_recursive_lists_objects_at_every_depth(filled: Area, ok: Ok) -> None:
    assert sorted(ok("ls", "-r", filled.uri()).splitlines()) == [
        "a.txt",
        "d/b.bin",
        "d/e/c",
        "ü ?%.txt",
    ]
    assert sorted(ok("ls", "-r", filled.uri("d")).splitlines()) == ["b.bin", "e/c"]


def test_ls_of_one_object(filled: Area, ok: Ok) -> None:
    assert ok("ls", filled.uri("a.txt")) == "a.txt\n"
    assert ok("ls", filled.uri("d/b.bin"), "-l").split()[0::2] == ["6", "b.bin"]


def test_ls_long_shows_size_and_time(filled: Area, ok: Ok) -> None:
    lines = {
        line.split(maxsplit=2)[2]: line.split()
        for line in ok("ls", "-l", filled.uri()).splitlines()
    }
    assert lines["a.txt"][0] == "5"
    assert lines["a.txt"][1].endswith("Z")
    assert lines["d/"][:1] == ["-"]


def test_ls_human_sizes(area: Area, ok: Ok) -> None:
    area.store.write("big", bytes(1536))
    assert ok("ls", "-l", "--human", area.uri()).split()[0] == "1.5KiB"


def test_ls_json_is_one_object_a_line(filled: Area, ok: Ok) -> None:
    found = {row["name"]: row for row in rows(ok("ls", "--json", filled.uri()))}
    assert set(found) == {"a.txt", "d/", "ü ?%.txt"}
    assert found["a.txt"]["content_length"] == 5
    assert found["a.txt"]["mode"][0] == "read"
    assert found["d/"]["mode"] == ["dir"]
    assert rows(ok("--json", "ls", filled.uri())) == rows(ok("ls", filled.uri(), "--json"))


def test_ls_limit_and_dirs(filled: Area, ok: Ok) -> None:
    assert len(ok("ls", "--limit", "2", filled.uri()).splitlines()) == 2
    assert ok("ls", "--limit", "0", filled.uri()) == ""
    assert ok("ls", "--dirs", filled.uri()) == "d/\n"


def test_ls_of_nothing_fails_and_goes_on(filled: Area, run: Run, one_line: OneLine) -> None:
    result = run("ls", filled.uri("none"), filled.uri("d"))
    assert "none" in one_line(result.stderr)
    assert result.exit_code == 1
    assert "b.bin" in result.stdout.splitlines()


def test_ls_of_an_empty_directory(tmp_path: Path, ok: Ok) -> None:
    assert ok("ls", tmp_path) == ""


def test_ls_without_argument_lists_this_directory(
    tmp_path: Path, ok: Ok, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("")
    monkeypatch.chdir(tmp_path)
    assert ok("ls") == "x\n"


def test_ls_names_that_are_no_text(tmp_path: Path, shell: Shell) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("")
    done = shell("ls", tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == (b"\xff.txt\n", b"", 0)


@pytest.mark.server
def test_ls_of_a_service_lists_its_buckets(s3_area: Area, ok: Ok) -> None:
    bucket = s3_area.prefix.split("/")[2]
    assert bucket in ok("ls", f"s3://{s3_area.options}").splitlines()


def test_stat_prints_what_is_known(filled: Area, ok: Ok) -> None:
    lines = dict(line.split(maxsplit=1) for line in ok("stat", filled.uri("a.txt")).splitlines())
    assert lines["content_length:"] == "5"
    assert lines["path:"].endswith("a.txt")


def test_stat_json(filled: Area, ok: Ok) -> None:
    (found,) = rows(ok("stat", "--json", filled.uri("d/b.bin")))
    expected = filled.store.stat("d/b.bin")
    assert found["content_length"] == 6
    assert found["id"] == expected.id
    assert found["uri"].endswith("d/b.bin")


def test_stat_of_several_goes_on_after_a_failure(filled: Area, run: Run, one_line: OneLine) -> None:
    result = run("stat", "--json", filled.uri("none"), filled.uri("a.txt"))
    assert "none" in one_line(result.stderr)
    assert [row["content_length"] for row in rows(result.stdout)] == [5]
    assert result.exit_code == 1


def test_cat_writes_bytes_unchanged(area: Area, run: Run) -> None:
    data = bytes(range(256)) * 5000
    area.store.write("bin", data)
    area.store.write("end", b"\n")
    assert run("cat", area.uri("bin"), area.uri("end")).stdout_bytes == data + b"\n"


def test_cat_a_range(area: Area, run: Run) -> None:
    area.store.write("x", b"0123456789" * 500)
    assert run("cat", area.uri("x"), "--offset", "1KiB", "--size", "3").stdout_bytes == b"456"
    assert run("cat", area.uri("x"), "--offset", "4997").stdout_bytes == b"789"
    assert run("cat", area.uri("x"), "--size", "0").stdout_bytes == b""


def test_caps_says_what_each_interface_is(ok: Ok) -> None:
    native = json.loads(ok("caps", "--json", "memory://"))
    assert native["interfaces"]["copier"] == {"kind": "native"}
    s3 = json.loads(ok("caps", "--json", "s3://bucket?credential=hmac:a:b"))
    assert s3["interfaces"]["direr"] == {
        "kind": "virtual",
        "enabled": False,
        "features": ["virtual_dir"],
    }
    assert s3["interfaces"]["appender"] == {"kind": "absent"}
    assert s3["limits"]["multipart_number_maximum"] == 10_000
    assert s3["operations"]["read"]["pairs"]["offset"] == "size"


def test_caps_of_an_enabled_feature(ok: Ok) -> None:
    address = "s3://bucket?credential=hmac:a:b"
    found = json.loads(ok("caps", "--json", "--enable", "virtual_dir", address))
    assert found["interfaces"]["direr"]["enabled"] is True
    assert found["features"]["virtual_dir"] is True
    text = ok("caps", "--enable", "virtual_dir", address)
    assert "direr" in text
    assert "virtual, on" in text


def test_caps_of_virtual_pairs(tmp_path: Path, ok: Ok) -> None:
    assert "[content_type]" in ok("caps", tmp_path)
    assert "[content_type]" not in ok("caps", tmp_path, "--enable", "virtual_object_metadata")


def test_services(ok: Ok) -> None:
    found = {row["service"]: row for row in rows(ok("services", "--json"))}
    names = {entry.name for entry in storage.registered() if not entry.profile}
    assert set(found) == names
    assert found["s3"]["extra"] == "s3"
    assert found["s3"]["installed"] is True
    assert "multiparter" in found["s3"]["interfaces"]
    assert "direr" in found["s3"]["virtual"]
    assert "fs" in ok("services").splitlines()
