"""Whatever goes wrong is one line on standard error and an exit code, and nothing is written."""

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from storewright import storage
from storewright.cli.failures import Failed, Reported, report
from tests.cli.support import Area, OneLine, Run, Shell, errors_of, output_of
from tests.processes import PATIENCE
from tests.small_disk import small_disk


@pytest.mark.parametrize(
    ("uri", "message", "code"),
    [
        ("s3://bucket?regoin=x", "unknown option 'regoin' (did you mean 'region'?)", 2),
        ("s3s://bucket", "no service 's3s' (did you mean 's3'?)", 2),
        ("S3://bucket", "connection string, character 0", 2),
        ("s3://b?credential=hmc:a:b", "credential", 2),
        ("s3://b?connect_timeout=soon", "expected a duration", 2),
        ("s3://b%zz", "write a percent sign as %25", 2),
        ("s3://b?enable_virtual_dri", "did you mean 'enable_virtual_dir'", 2),
        ("s3:b/x", "'//' is missing (write s3://b/x", 2),
        ("memory://x/../y", "'..'", 2),
        ("fs://tmp/x", "fs has no buckets (write fs:///tmp/x)", 2),
    ],
)
def test_broken_addresses(run: Run, one_line: OneLine, uri: str, message: str, code: int) -> None:
    result = run("ls", uri)
    assert message in one_line(result.stderr)
    assert (result.exit_code, result.stdout) == (code, "")


@pytest.mark.parametrize("command", [["cat"], ["stat"], ["rm"], ["ls"], ["cp", "-"], ["cp"]])
def test_object_that_does_not_exist(
    area: Area, run: Run, one_line: OneLine, command: list[str], tmp_path: Path
) -> None:
    args = [command[0], area.uri("d/none"), *(command[1:] or [str(tmp_path / "to")])]
    result = run(*(args if command[0] == "cp" else args[:2]))
    line = one_line(result.stderr)
    assert f": {area.kind}: " in line
    assert "none" in line
    assert (result.exit_code, result.stdout) == (1, "")
    assert not (tmp_path / "to").exists()


def give_up_reading_everything() -> None:
    """Let permissions hold for root too: it loses the capabilities that override them."""
    if os.geteuid() == 0:
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


_LIBC = ctypes.CDLL(None)
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 24, 1, 2


@pytest.mark.parametrize("command", ["cp", "put", "cat"])
def test_source_that_cannot_be_read(
    shell: Shell, one_line: OneLine, tmp_path: Path, fs_area: Area, command: str
) -> None:
    source = tmp_path / "source"
    source.write_text("x")
    source.chmod(0)
    target = [] if command == "cat" else [fs_area.uri("x")]
    done = shell(command, source, *target, preexec_fn=give_up_reading_everything)
    assert f": fs: {source}: " in one_line(done.stderr)
    assert (done.returncode, done.stdout) == (1, b"")
    assert fs_area.paths() == []


@pytest.mark.parametrize(
    "args", [["cp", "{x}"], ["put", "{x}"], ["put", "-"], ["put", "--exec", "echo x"]]
)
def test_destination_that_is_a_directory(
    run: Run, one_line: OneLine, tmp_path: Path, args: list[str]
) -> None:
    (tmp_path / "x").write_text("x")
    (tmp_path / "d").mkdir()
    result = run(*(arg.format(x=tmp_path / "x") for arg in args), tmp_path / "d")
    assert f"fs: {tmp_path}/d: is a directory (" in one_line(result.stderr)
    assert result.exit_code == 1
    assert list((tmp_path / "d").iterdir()) == []


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, 1024 * 1024))


@pytest.mark.parametrize("args", [["put", "-"], ["put", "--exec", "head -c 4000000 /dev/zero"]])
def test_file_that_may_not_grow(
    shell: Shell, one_line: OneLine, fs_area: Area, tmp_path: Path, args: list[str]
) -> None:
    fs_area.store.write("x", b"old")
    done = shell(*args, fs_area.uri("x"), input=bytes(4_000_000), preexec_fn=limit_file_size)
    assert "x" in one_line(done.stderr)
    assert done.returncode == 1
    assert fs_area.store.read_bytes("x") == b"old"
    assert [p.name for p in (tmp_path / "area").iterdir()] == ["x"]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    with small_disk(tmp_path / "disk", 1024 * 1024) as mounted:
        yield mounted


def test_full_disk(full_disk: Path, shell: Shell, one_line: OneLine) -> None:
    done = shell("put", "-", full_disk / "x", input=bytes(4_000_000))
    assert "no space" in one_line(done.stderr).lower()
    assert done.returncode == 1
    assert list(full_disk.iterdir()) == []


def test_closed_standard_output(
    shell: Shell, one_line: OneLine, fs_area: Area, tmp_path: Path
) -> None:
    fs_area.store.write("x", b"x")
    for command in (["cat"], ["ls"], ["stat", "--json"]):
        done = shell(*command, fs_area.uri("x"), preexec_fn=lambda: os.close(1))
        assert (done.returncode, one_line(done.stderr)) == (1, "Bad file descriptor")
    done = shell("cp", fs_area.uri("x"), tmp_path / "y", preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "y").read_bytes() == b"x"


def test_closed_standard_input(shell: Shell, one_line: OneLine, fs_area: Area) -> None:
    done = shell("put", "-", fs_area.uri("x"), preexec_fn=lambda: os.close(0))
    assert (done.returncode, one_line(done.stderr)) == (1, "Bad file descriptor")
    assert fs_area.paths() == []


def test_full_standard_output(shell: Shell, one_line: OneLine, fs_area: Area) -> None:
    fs_area.store.write("x", bytes(100_000))
    with Path("/dev/full").open("wb") as full:
        done = shell("cat", fs_area.uri("x"), stdout=full)
    assert one_line(done.stderr) == "No space left on device"
    assert done.returncode == 1


@pytest.mark.parametrize("args", [["cat", "{x}"], ["ls", "-r", "{d}"], ["cp", "{x}", "-"]])
def test_closed_pipe_ends_quietly(
    shell: Shell, fs_area: Area, tmp_path: Path, args: list[str]
) -> None:
    fs_area.store.write("x", bytes(3_000_000))
    (tmp_path / "area" / "d").mkdir()
    for n in range(3000):
        (tmp_path / "area" / "d" / f"{n:0100}").touch()
    places = {"x": fs_area.uri("x"), "d": fs_area.uri("d")}
    with shell.start(*(arg.format(**places) for arg in args)) as process:
        assert output_of(process).read(10)
        output_of(process).close()
        assert process.wait(PATIENCE) == 141
        assert errors_of(process).read() == b""


BLOCKED = """
import sys
blocked = sys.argv.pop(1)
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
from storewright.cli import main
main()
"""


def blocked(
    module: str, *args: str, environment: dict[str, str]
) -> "subprocess.CompletedProcess[bytes]":
    """The program in a process where a module is not installed."""
    command = [sys.executable, "-c", BLOCKED, module, *args]
    return subprocess.run(command, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize(
    "args",
    [
        ["ls", "s3://b"],
        ["cat", "s3://b/x"],
        ["put", "--storage-class", "X", "-", "s3://b/x"],
        ["caps", "s3://b"],
    ],
)
def test_missing_extra(shell: Shell, one_line: OneLine, args: list[str]) -> None:
    done = blocked("boto3", *args, environment=shell.environment)
    line = one_line(done.stderr)
    assert line == "s3: its packages are not installed; run: pip install 'storewright[s3]'"
    assert (done.returncode, done.stdout) == (1, b"")


def test_services_without_the_extra(shell: Shell) -> None:
    done = blocked("boto3", "services", environment=shell.environment)
    assert b"no: pip install 'storewright[s3]'" in done.stdout
    assert done.returncode == 0


def test_missing_compression(shell: Shell, one_line: OneLine, fs_area: Area) -> None:
    args = ["put", "--compression", "zstd", "--exec", "echo x", fs_area.uri("x")]
    done = blocked("zstandard", *args, environment=shell.environment)
    assert "pip install 'storewright[zstd]'" in one_line(done.stderr)
    assert (done.returncode, fs_area.paths()) == (1, [])


@pytest.mark.server
def test_service_that_cannot_be_reached(run: Run, one_line: OneLine) -> None:
    address = "s3://bucket/x?endpoint=http://127.0.0.1:1&credential=hmac:a:b&max_retries=0"
    result = run("cat", address)
    assert "127.0.0.1:1" in one_line(result.stderr)
    assert result.exit_code == 1


@pytest.mark.server
def test_wrong_credential(s3_area: Area, run: Run, one_line: OneLine) -> None:
    address = s3_area.uri("x").replace("hmac:", "hmac:not")
    result = run("cat", address)
    assert "s3: top/x: " in one_line(result.stderr)
    assert result.exit_code == 1


@pytest.mark.server
def test_a_failed_upload_leaves_no_parts(s3_area: Area, shell: Shell) -> None:
    command = "head -c 30000000 /dev/zero; false"
    assert shell("put", "--exec", command, "--part-size", "5MiB", s3_area.uri("x")).returncode == 1
    assert (s3_area.paths(), s3_area.uploads()) == ([], [])


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (storage.ObjectNotExist("gone", op="read", service="s3", path="a"), "read: s3: a: gone", 1),
        (storage.PairValueInvalid("bad", pair="x"), "bad", 2),
        (storage.OperationUnsupported("copy", "s3", ""), "copy: s3: operation is not supported", 1),
        (Failed("rm: x: is still there"), "rm: x: is still there", 1),
        (OSError(28, "No space left on device", "a"), "a: No space left on device", 1),
        (RuntimeError("two\nlines\x1b"), "internal error: RuntimeError: two lines\\x1b", 1),
        (click.UsageError("wrong."), "wrong.", 2),
        (click.Abort(), "interrupted", 130),
        (KeyboardInterrupt(), "interrupted", 130),
        (storage.Signalled(15), "interrupted", 143),
    ],
)
def test_every_error_has_a_line_and_a_code(
    error: BaseException,
    line: str,
    code: int,
    capsys: pytest.CaptureFixture[str],
    one_line: OneLine,
) -> None:
    assert report(error) == code
    assert one_line(capsys.readouterr().err).startswith(line)


@pytest.mark.parametrize(
    ("error", "code"), [(BrokenPipeError(), 141), (Reported(1), 1), (SystemExit(3), 3)]
)
def test_errors_that_say_nothing(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error) == code
    assert capsys.readouterr() == ("", "")


def test_a_traceback_only_for_those_who_ask(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" not in run("cat", "/no/such").stderr
    monkeypatch.setenv("STOREWRIGHT_DEBUG", "1")
    assert "Traceback" in run("cat", "/no/such").stderr


def test_programs_that_the_tests_need_are_there() -> None:
    assert all(map(shutil.which, ("bash", "gzip", "head")))
