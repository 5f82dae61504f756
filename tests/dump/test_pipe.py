"""What a program writes is kept whole, or not at all."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storewright import storage
from storewright.dump import ManifestMissing, OptionInvalid, SourceFailed, pipe, verify
from storewright.testing.servers import SeaweedFS
from tests.processes import PATIENCE, await_true, signal_blocked

from .support import environment, interrupt_starts, names

WRITES = "import sys\nfor n in range({count}): sys.stdout.buffer.write(bytes([n % 256]) * 2**20)\n"


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_a_program_writes_is_kept() -> None:
    store = storage.open("memory://")
    manifest = pipe(_python(WRITES.format(count=3)), store, name="app.sql", compress="gzip")
    assert names(store) == ["app.sql.gz", "manifest.json"]
    assert manifest.details == {"program": Path(sys.executable).name}
    assert verify(store).good


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (WRITES.format(count=20) + "sys.exit(3)", "ended with status 3"),
        (WRITES.format(count=20) + "import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
    ],
)
@pytest.mark.server
def test_a_program_that_fails_leaves_nothing(
    seaweedfs: SeaweedFS, s3_bucket: str, code: str, message: str
) -> None:
    store = storage.open(seaweedfs.connection(s3_bucket, "dump"))
    with pytest.raises(SourceFailed, match=message):
        pipe(_python(code), store, part_size=5 * 2**20)
    assert names(store) == []
    assert list(store.list("", list_mode=storage.ListMode.PART)) == []
    with pytest.raises(ManifestMissing):
        verify(store)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(SourceFailed, match="cannot run nowhere-to-be-found"):
        pipe(["nowhere-to-be-found"], "memory://")


@pytest.mark.parametrize("name", ["manifest.json", "monday/manifest.json"])
def test_a_file_that_would_be_the_manifest_is_refused(name: str) -> None:
    store = storage.open("memory://")
    with pytest.raises(OptionInvalid, match="is the name of the manifest"):
        pipe(_python("print(1)"), store, name=name)
    assert names(store) == []


def test_an_old_dump_stays_until_it_is_to_be_replaced() -> None:
    store = storage.open("memory://")
    pipe(_python("print(1)"), store)
    with pytest.raises(Exception, match="holds a dump"):
        pipe(_python("print(2)"), store)
    assert store.read_bytes("stdout") == b"1\n"
    pipe(_python("print(2)"), store, overwrite=True)
    assert store.read_bytes("stdout") == b"2\n"


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "storewright.dump", "dump", "pipe", *arguments]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=120
    )


def test_the_command(tmp_path: Path) -> None:
    done = _run(str(tmp_path / "out"), "--name", "x", "--", "printf", "%s-", "a", "--name")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert (tmp_path / "out" / "x").read_text() == "a---name-"
    failed = _run(str(tmp_path / "other"), "--", "false")
    assert failed.returncode == 1
    assert "dump pipe failed: false ended with status 1" in failed.stderr
    assert list((tmp_path / "other").iterdir()) == []
    nothing = _run(str(tmp_path / "other"))
    assert (nothing.returncode, "which program?" in nothing.stderr) == (1, True)


def test_a_program_that_just_starts_is_stopped_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = interrupt_starts(monkeypatch)
    with pytest.raises(storage.Signalled), storage.abort_on_signal():
        pipe(_python("import time; time.sleep(600)"), f"fs://{tmp_path}/out")
    assert [process.poll() is None for process in started] == [False]


def test_an_interrupted_pipe_stops_the_program(tmp_path: Path) -> None:
    out, told = tmp_path / "out", tmp_path / "pid"
    code = (
        f"import os,time\nopen({str(told)!r},'w').write(str(os.getpid()))\nprint(1, flush=True)\n"
    )
    command = _python(code + "time.sleep(600)")
    process = subprocess.Popen(
        [sys.executable, "-m", "storewright.dump", "dump", "pipe", str(out), "--", *command],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    await_true("the program runs", lambda: told.exists() and told.read_text())
    signal_blocked(process, signal.SIGTERM)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 143
    assert "interrupted by SIGTERM" in said
    assert list(out.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "storewright.dump", "dump", "pipe", *sys.argv[1:]])
"""


def test_a_program_may_ask_on_the_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    asks = ["sh", "-c", "read answer </dev/tty; echo $answer"]
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, str(tmp_path / "out"), "--", *asks],
        env=environment(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, b"secret\n")
    try:
        said = process.communicate(timeout=PATIENCE)[1]
    finally:
        process.kill()
        os.close(ours)
    assert process.returncode == 0, said
    assert (tmp_path / "out" / "stdout").read_text() == "secret\n"
