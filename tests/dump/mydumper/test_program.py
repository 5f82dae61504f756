"""The command as others see it: signals, exit codes, what is left over, and what it tells."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.request import urlopen
from uuid import uuid4

import pytest

from storewright import storage
from storewright.testing.servers import SeaweedFS
from storewright.testing.servers.server import free_ports
from tests.dump.mydumper.fake import Plan, expected, install
from tests.dump.support import environment, names

T = TypeVar("T")
_PATIENCE: Final = 120.0
SECRET: Final = f"secret-{uuid4().hex}"
"""Which no other program on this machine is given."""
SLOW: Final = Plan(files=400, seconds=0.05)


def _until(condition: Callable[[], T]) -> T:
    """Wait for something; what it is."""
    end = time.monotonic() + _PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)
    return found


def _is_there(pid: int) -> bool:
    """Whether a process is running; one that nobody has waited for yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _command_lines() -> Iterator[bytes]:
    """What any user can see of every process."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield (process / "cmdline").read_bytes()


class Started:
    """The command, and the stand-in that it runs."""

    def __init__(self, tmp_path: Path, plan: Plan, to: str, *options: str) -> None:
        self.told = tmp_path / "told.json"
        planned = replace(plan, told=str(self.told))
        program = install(tmp_path / "program", planned)
        self.folder = tmp_path / "out"
        command = [sys.executable, "-m", "storewright.cli", "mydumper", f"--to={to}"]
        command += [f"--outputdir={self.folder}", f"--program={program}", *options]
        self.process = subprocess.Popen(
            command,
            env={**environment(), "PASSWORD": SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def given(self) -> dict[str, Any]:
        """What the stand-in was given, when it has begun."""
        _until(lambda: self.told.exists() or self.process.poll() is not None)
        content: dict[str, Any] = json.loads(self.told.read_text())
        return content

    def end(self) -> tuple[int, str]:
        """Exit code and standard error."""
        said = self.process.communicate(timeout=_PATIENCE)[1]
        return self.process.returncode, said


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start the command; it is killed when the test ends."""
    started: list[Started] = []

    def start(plan: Plan, to: str, *options: str) -> Started:
        started.append(Started(tmp_path, plan, to, *options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_of_it_and_leaves_nothing_in_the_storage(
    seaweedfs: SeaweedFS, s3_bucket: str, start: Callable[..., Started], number: int
) -> None:
    to = seaweedfs.connection(s3_bucket, "dump")
    store = storage.open(to)
    plan = Plan(files=400, size=12_000_000, seconds=0.02)  # which is uploaded in parts
    run = start(plan, to, "--part-size=5MiB", "--max-disk=100MiB", "--chunk-size=12")
    pid = run.given()["pid"]
    _until(lambda: len(names(store)) > 3)
    run.process.send_signal(number)
    code, said = run.end()
    assert code == 128 + number
    assert said.splitlines()[-1] == f"mydumper failed: interrupted by {signal.Signals(number).name}"
    assert not _is_there(pid)
    assert names(store) == []
    assert list(store.list("", list_mode=storage.ListMode.PART)) == []


@pytest.mark.parametrize("paused", [False, True])
def test_mydumper_does_not_outlive_a_killed_wrapper(
    tmp_path: Path, start: Callable[..., Started], paused: bool
) -> None:
    run = start(SLOW, str(tmp_path / "there"))
    pid = run.given()["pid"]
    if paused:
        os.killpg(pid, signal.SIGSTOP)
    run.process.kill()
    run.process.wait()
    killed = time.monotonic()
    _until(lambda: not _is_there(pid))
    print(f"gone {time.monotonic() - killed:.3f} s later")
    assert not (tmp_path / "there" / "manifest.json").exists()
    again = start(Plan(files=3), str(tmp_path / "elsewhere"))
    assert again.end()[0] == 0
    there = [path.read_bytes() for path in (tmp_path / "elsewhere").glob("db.t?.*")]
    assert sorted(there) == expected(Plan(files=3))
    assert list(run.folder.iterdir()) == []


def test_a_file_that_can_never_be_stored_is_one_clear_line(
    tmp_path: Path, start: Callable[..., Started]
) -> None:
    (tmp_path / "there" / "db.t5.00001.sql" / "in the way").mkdir(parents=True)
    plan = Plan(files=12)
    run = start(plan, str(tmp_path / "there"), "--retries=1")
    code, said = run.end()
    assert code == 1
    assert said.splitlines()[-1].startswith("mydumper failed: ")
    assert "db.t5.00001.sql" in said.splitlines()[-1]
    assert (run.folder / "dump" / "db.t5.00001.sql").read_bytes() in expected(plan)
    assert not (tmp_path / "there" / "manifest.json").exists()


def test_the_password_is_in_a_file_that_only_we_can_read(
    tmp_path: Path, start: Callable[..., Started]
) -> None:
    run = start(Plan(files=2, seconds=0.05), str(tmp_path / "there"))
    given = run.given()
    assert not any(SECRET.encode() in line for line in _command_lines())
    code, said = run.end()
    assert code == 0, said
    assert f'password="{SECRET}"' in given["credentials"]
    assert given["mode"] == 0o600
    assert SECRET not in given["cmdline"] + said
    assert not Path(given["options"]["--defaults-file"]).exists()
    written = b"".join(path.read_bytes() for path in (tmp_path / "there").iterdir())
    assert SECRET.encode() not in written


@pytest.mark.server
def test_the_bucket_alone_is_enough(seaweedfs: SeaweedFS, s3_bucket: str, tmp_path: Path) -> None:
    """As with mydumpergo; where S3 is, and its keys, the variables of others say."""
    ours = ("STOREWRIGHT_", "AWS_", "DUMP_")
    theirs = {"BUCKET", "REGION", "HOST", "PORT", "USERNAME", "PASSWORD", "OUTPUTDIR"}
    theirs |= {"CHUNK_FILE_SIZE_MB", "MAX_FILE_COUNT"}
    plan, told = Plan(files=3), tmp_path / "told.json"
    install(tmp_path / "program", replace(plan, told=str(told)))
    known = {
        name: value
        for name, value in environment().items()
        if name not in theirs and not name.startswith(ours)
    }
    known["PATH"] = f"{tmp_path / 'program'}:{known['PATH']}"
    known |= {"STOREWRIGHT_S3_ENDPOINT": seaweedfs.endpoint, "BUCKET": s3_bucket}
    known |= {"AWS_ACCESS_KEY_ID": seaweedfs.access_key}
    known |= {"AWS_SECRET_ACCESS_KEY": seaweedfs.secret_key}
    command = [sys.executable, "-m", "storewright.cli", "mydumper", "--json"]
    done = subprocess.run(
        command, env=known, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    given, said = json.loads(told.read_text()), json.loads(done.stdout)
    options = given["options"]
    assert (options["--host"], options["--port"], options["--user"]) == (
        "localhost",
        "3306",
        "root",
    )
    assert (options["--chunk-filesize"], options["--threads"]) == ("1", "2")
    assert "password" not in given["credentials"]
    assert said["disk_limit"] == 10 * 2**20
    assert said["storage"].startswith(f"s3://{s3_bucket}/localhost/")
    store = storage.open(seaweedfs.connection(s3_bucket, said["storage"].split("/", 3)[3]))
    assert sorted(store.read_bytes(name) for name in names(store) if ".0000" in name) == expected(
        plan
    )


def test_metrics_tell_of_the_disk(tmp_path: Path, start: Callable[..., Started]) -> None:
    (port,) = free_ports(1)
    run = start(SLOW, str(tmp_path / "there"), f"--status-addr=127.0.0.1:{port}", "--logfmt=json")
    run.given()

    def metrics() -> str:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            return ""

    _until(lambda: "storewright_dump_disk_limit_bytes 1.048576e+07" in metrics())

    def some_are_stored() -> str:
        text = metrics()
        return "" if "storewright_dump_files 0.0" in text else text

    text = _until(some_are_stored)
    for name in ("disk_used_bytes", "paused_seconds", "pauses", "retries", "bytes_total"):
        assert f"storewright_dump_{name} " in text
    run.process.terminate()
    code, said = run.end()
    assert code == 143, said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--max-disk=1"], "too little for 1 threads with files of 1.0 MiB: allow 3.9 MiB"),
        (["--threads=4"], "too little for 4 threads"),
        (["--", "-psecret"], "cannot be given -p here"),
        (["--", "--exec=rm"], "cannot be given --exec here"),
        (["--extra-args", "'"], "--extra-args: No closing quotation"),
        (["--program=nowhere-to-be-found"], "is not installed: apt-get install mydumper"),
        (["--program=true"], "does not say that it is mydumper"),
        (["--password=x"], "use PASSWORD"),
        (["--outputdir=/dev/null/x"], "the output folder /dev/null/x: Not a directory"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    tmp_path: Path, start: Callable[..., Started], options: list[str], message: str
) -> None:
    run = start(Plan(), str(tmp_path / "there"), *options)
    code, said = run.end()
    assert (code, len(said.splitlines())) == (1, 1)
    assert message in said
    assert not (tmp_path / "there").exists()
