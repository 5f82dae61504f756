"""`put --state` and `mpu resume`: killed half-way, another process sends what is missing."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.cli.support import Area, Ok, OneLine, Run, Shell, errors_of
from tests.processes import PATIENCE, await_true

MIB = 1024 * 1024
SIZE = 24 * MIB
# A service that stores two parts, and no more until the upload is given up, whatever the machine.
SLOW = """
import os, time
from storewright.core.upload import Upload
send = Upload._transfer
def slow(self, index, data, buffer):
    if index >= 2:
        while len(self._parts) < 2:
            time.sleep(0.01)
        open(os.environ["REACHED"], "w").close()
        while self._crew.trouble is None:
            time.sleep(0.01)
        raise OSError("the service has gone away")
    send(self, index, data, buffer)
Upload._transfer = slow
from storewright.cli import main
main()
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source.bin"
    file.write_bytes(os.urandom(SIZE))
    return file


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "upload.state"


def interrupted(area: Area, shell: Shell, source: Path, kept: Path, number: int) -> bytes:
    """What is said on standard error by a `put` that a signal ended after two of its parts."""
    reached = kept.with_name("reached")
    shell.environment["REACHED"] = str(reached)
    args: list[str | Path] = [
        "put",
        "--part-size",
        "5MiB",
        "--state",
        kept,
        source,
        area.uri("d/x"),
    ]
    with shell.start(*args, program=("-c", SLOW)) as process:
        await_true("two are stored", lambda: reached.exists() or process.poll() is not None)
        assert process.poll() is None, errors_of(process).read()
        process.send_signal(number)
        said = process.communicate(timeout=PATIENCE)[1]
    assert area.paths() == []
    assert area.uploads() == ["d/x"]
    return said


def check_resumed(area: Area, shell: Shell, source: Path, kept: Path) -> None:
    done = shell("mpu", "resume", "--json", *secrets(area), kept, source)
    assert (done.returncode, done.stderr) == (0, b"")
    told = json.loads(done.stdout)
    assert (told["size"], told["parts"]) == (SIZE, 5)
    assert area.store.read_bytes("d/x") == source.read_bytes()
    assert (area.paths(), area.uploads()) == (["d/x"], [])
    assert [file.name for file in kept.parent.glob("upload.state*")] == []


def secrets(area: Area) -> list[str]:
    credential = "credential=hmac:testkey:testsecret"
    return ["--option", credential] if area.kind == "s3" else []


def test_killed(shared_area: Area, shell: Shell, source: Path, kept: Path) -> None:
    assert interrupted(shared_area, shell, source, kept, signal.SIGKILL) == b""
    text = kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "testsecret" not in text
    assert "testkey" not in text
    assert "part_size" in text
    check_resumed(shared_area, shell, source, kept)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(
    shared_area: Area,
    shell: Shell,
    one_line: OneLine,
    source: Path,
    kept: Path,
    number: int,
    code: int,
) -> None:
    """What would be aborted without --state is kept with it."""
    assert one_line(interrupted(shared_area, shell, source, kept, number)) == "interrupted"
    assert len(json.loads(kept.read_text())["upload"]["parts"]) == 2
    check_resumed(shared_area, shell, source, kept)


def test_another_file_is_refused(
    fs_area: Area, shell: Shell, run: Run, one_line: OneLine, source: Path, kept: Path
) -> None:
    interrupted(fs_area, shell, source, kept, signal.SIGKILL)
    os.utime(source, ns=(0, source.stat().st_mtime_ns + 1))
    result = run("mpu", "resume", kept, source)
    assert "is not the file that the upload was begun with" in one_line(result.stderr)
    assert (result.exit_code, fs_area.uploads()) == (1, ["d/x"])


def test_options_are_kept(
    fs_area: Area, shell: Shell, run: Run, one_line: OneLine, source: Path, kept: Path
) -> None:
    interrupted(fs_area, shell, source, kept, signal.SIGKILL)
    told = json.loads(kept.read_text())
    told["pairs"].append(["if_not_exists", None])
    kept.write_text(json.dumps(told))
    fs_area.store.write("d/x", b"somebody was quicker")
    result = run("mpu", "resume", kept, source)
    assert "d/x" in one_line(result.stderr)
    assert fs_area.store.read_bytes("d/x") == b"somebody was quicker"


def test_a_secret_must_be_given_again(
    fs_area: Area, shell: Shell, run: Run, one_line: OneLine, source: Path, kept: Path
) -> None:
    interrupted(fs_area, shell, source, kept, signal.SIGKILL)
    told = json.loads(kept.read_text())
    told["secrets"].append("server_side_encryption_customer_key")
    kept.write_text(json.dumps(told))
    result = run("mpu", "resume", kept, source)
    assert "give it again (--pair server_side_encryption_customer_key" in one_line(result.stderr)
    assert (result.exit_code, fs_area.uploads()) == (2, ["d/x"])


@pytest.mark.parametrize("size", [0, 100, 6 * MIB])
def test_without_an_accident(area: Area, ok: Ok, tmp_path: Path, kept: Path, size: int) -> None:
    (tmp_path / "x").write_bytes(bytes(size))
    ok("put", "--part-size", "5MiB", "--state", kept, tmp_path / "x", area.uri("d/"))
    assert area.store.read_bytes("d/x") == bytes(size)
    assert area.uploads() == []
    assert not kept.exists()


def test_what_cannot_be_resumed_is_refused(
    fs_area: Area, run: Run, one_line: OneLine, source: Path, kept: Path, tmp_path: Path
) -> None:
    for words in (["-"], ["--exec", "true"], ["/dev/null"], [tmp_path]):
        result = run("put", "--state", kept, *words, fs_area.uri("x"))
        assert one_line(result.stderr)
        assert result.exit_code == 2
    result = run("put", "--state", kept, "--compression", "gzip", source, fs_area.uri("x"))
    assert "cannot be resumed" in one_line(result.stderr)
    kept.write_text("{}")
    result = run("put", "--state", kept, source, fs_area.uri("x"))
    assert "mpu resume" in one_line(result.stderr)
    result = run("mpu", "resume", kept, source)
    assert "is not a file that `put --state` has kept" in one_line(result.stderr)
    assert (fs_area.paths(), fs_area.uploads()) == ([], [])


def test_nothing_is_left_that_no_file_tells_of(
    shared_area: Area, shell: Shell, one_line: OneLine, source: Path, tmp_path: Path
) -> None:
    """The state cannot be kept: there is no such directory."""
    kept = tmp_path / "absent" / "upload.state"
    done = shell("put", "--part-size", "5MiB", "--state", kept, source, shared_area.uri("d/x"))
    assert done.returncode == 1
    assert one_line(done.stderr) == f"{kept}.new: No such file or directory"
    assert (shared_area.paths(), shared_area.uploads()) == ([], [])
