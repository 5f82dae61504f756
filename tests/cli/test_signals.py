"""Ctrl-C and SIGTERM in the middle of a transfer leave neither an object nor parts."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storewright import storage
from storewright.cli.streams import from_command
from tests.cli.support import Area, OneLine, Shell, errors_of, input_of
from tests.dump.support import interrupt_starts


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_while_standard_input_is_read(
    shared_area: Area, shell: Shell, one_line: OneLine, number: int, code: int
) -> None:
    shared_area.store.write("x", b"old")
    args = ["put", "-", "--part-size", "5MiB", "--concurrency", "1", shared_area.uri("x")]
    with shell.start(*args, stdin=subprocess.PIPE) as process:
        input_of(process).write(bytes(17_000_000))
        input_of(process).flush()
        wait_until(lambda: _something_is_under_way(shared_area))
        process.send_signal(number)
        assert process.wait(30) == code
        assert one_line(errors_of(process).read()) == "interrupted"
    assert shared_area.paths() == ["x"]
    assert shared_area.store.read_bytes("x") == b"old"
    assert shared_area.uploads() == []


def _something_is_under_way(area: Area) -> bool:
    if area.kind == "s3":
        return bool(area.uploads())
    return len(list(Path(area.prefix.removeprefix("fs://")).rglob("*"))) > 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_while_a_tree_is_copied(
    shared_area: Area, shell: Shell, tmp_path: Path, number: int, code: int
) -> None:
    (tmp_path / "from").mkdir()
    for n in range(2000):
        (tmp_path / "from" / f"{n}").write_bytes(bytes(5000))
    with shell.start("cp", "-r", tmp_path / "from", shared_area.uri("to")) as process:
        wait_until(lambda: process.poll() is not None or len(shared_area.paths()) > 10)
        process.send_signal(number)
        assert process.wait(30) == code
    found = shared_area.paths()
    assert 10 < len(found) < 2000
    assert all(shared_area.store.stat(path).content_length == 5000 for path in found)
    assert shared_area.uploads() == []


def test_the_command_ends_with_us(fs_area: Area, shell: Shell, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    command = f"echo $$ > {pid}; exec sleep 60"
    with shell.start("put", "--exec", command, fs_area.uri("x")) as process:
        wait_until(lambda: pid.exists() and pid.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
    assert not Path("/proc", pid.read_text().strip()).exists()
    assert fs_area.paths() == []


def test_a_command_that_just_starts_is_stopped_too(
    shared_area: Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = interrupt_starts(monkeypatch)
    with (
        pytest.raises(storage.Signalled),
        storage.abort_on_signal(),
        shared_area.store.open_writer("x") as file,
    ):
        from_command("exec sleep 600")(file)
    assert [process.poll() is None for process in started] == [False]
    assert (shared_area.paths(), shared_area.uploads()) == ([], [])


def test_an_ignored_signal_stays_ignored(fs_area: Area, shell: Shell) -> None:
    """As under nohup."""

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with shell.start(
        "put", "-", fs_area.uri("x"), stdin=subprocess.PIPE, preexec_fn=ignore
    ) as process:
        time.sleep(1)
        process.send_signal(signal.SIGHUP)
        process.communicate(b"x", timeout=30)
        assert process.returncode == 0
    assert fs_area.store.read_bytes("x") == b"x"


def _on_a_terminal(shell: Shell, *args: str) -> tuple[int, str]:
    """Exit code and what a person would have seen on standard error."""
    ours, theirs = pty.openpty()
    with shell.start(*args, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        process.communicate(timeout=30)
        os.close(ours)
        return process.returncode, seen.decode()


def test_a_bar_on_a_terminal_and_only_there(fs_area: Area, shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(50_000_000))
    code, seen = _on_a_terminal(shell, "cp", str(tmp_path / "x"), fs_area.uri("x"))
    assert code == 0
    assert "copying" in seen
    assert "MiB" in seen or "MB" in seen
    args = ["cp", str(tmp_path / "x"), fs_area.uri("y")]
    assert _on_a_terminal(shell, "--no-progress", *args) == (0, "")
    assert shell("cp", tmp_path / "x", fs_area.uri("z")).stderr == b""
