"""`put`: files, standard input, and commands that must succeed."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.support import Area, Ok, OneLine, Run, Shell

DATA = bytes(range(256)) * 4096  # 1 MiB


def test_a_file(area: Area, ok: Ok, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(DATA)
    ok("put", tmp_path / "x", area.uri("d/x"))
    assert area.store.read_bytes("d/x") == DATA


def test_standard_input(area: Area, ok: Ok) -> None:
    told = json.loads(ok("put", "--json", "-", area.uri("x"), input=DATA))
    assert area.store.read_bytes("x") == DATA
    assert told["size"] == len(DATA)


def test_empty_standard_input_is_an_empty_object(area: Area, ok: Ok) -> None:
    ok("put", "-", area.uri("x"))
    assert area.store.read_bytes("x") == b""


@pytest.mark.server
def test_standard_input_in_parts(s3_area: Area, ok: Ok) -> None:
    data = DATA * 12
    told = json.loads(ok("put", "--json", "--part-size", "5MiB", "-", s3_area.uri("x"), input=data))
    assert told["parts"] == 3
    assert s3_area.store.read_bytes("x") == data
    assert s3_area.uploads() == []


def test_compressed_on_the_way(area: Area, ok: Ok) -> None:
    ok("put", "--compression", "gzip", "-", area.uri("x.gz"), input=DATA)
    stored = area.store.read_bytes("x.gz")
    assert gzip.decompress(stored) == DATA


def test_only_if_it_is_new(area: Area, run: Run, one_line: OneLine) -> None:
    area.store.write("x", b"old")
    result = run("put", "--if-not-exists", "-", area.uri("x"), input=b"new")
    assert "x" in one_line(result.stderr)
    assert result.exit_code == 1
    assert area.store.read_bytes("x") == b"old"


def test_output_of_a_command(area: Area, ok: Ok) -> None:
    ok("put", "--exec", "printf 'one\\n'; printf two", area.uri("x"))
    assert area.store.read_bytes("x") == b"one\ntwo"


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ("echo partial; exit 3", "failed with exit status 3"),
        ("echo partial | cat; false", "failed with exit status 1"),
        ("(echo partial; exit 4) | cat", "failed with exit status 4"),
        ("echo partial; kill -9 $$", "was ended by signal 9"),
        ("no-such-program-anywhere", "failed with exit status 127"),
        ("head -c 12000000 /dev/zero; exit 5", "failed with exit status 5"),
    ],
)
def test_a_failing_command_publishes_nothing(
    shared_area: Area, shell: Shell, one_line: OneLine, command: str, outcome: str
) -> None:
    done = shell("put", "--part-size", "5MiB", "--exec", command, shared_area.uri("x"))
    *of_the_command, last = done.stderr.splitlines()
    assert one_line(last) == f"put: the command {outcome} (nothing is published)"
    assert all(b"bash: " in line for line in of_the_command)
    assert done.returncode == 1
    assert shared_area.paths() == []
    assert shared_area.uploads() == []


def test_a_failing_command_leaves_the_old_object(shared_area: Area, shell: Shell) -> None:
    shared_area.store.write("x", b"old")
    assert shell("put", "--exec", "echo new; false", shared_area.uri("x")).returncode == 1
    assert shared_area.store.read_bytes("x") == b"old"


def test_the_command_is_ended_when_the_storage_fails(
    fs_area: Area, shell: Shell, one_line: OneLine, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    # The first part meets the deadline, long before the command would end.
    command = f"echo $$ > {pid}; head -c 40000000 /dev/zero; exec sleep 600"
    done = shell("put", "--timeout", "1ms", "--exec", command, fs_area.uri("y"))
    assert "y" in one_line(done.stderr)
    assert done.returncode == 1
    assert not Path("/proc", pid.read_text().strip()).exists()
    assert fs_area.paths() == []
