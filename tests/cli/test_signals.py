"""Ctrl-C and SIGTERM in the middle of a transfer leave neither an object nor parts."""

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from storewright import storage
from storewright.cli.streams import from_command
from tests.cli.support import Area, OneLine, Shell, errors_of, input_of
from tests.dump.support import interrupt_starts
from tests.holding import holding
from tests.processes import PATIENCE, await_true, signal_blocked

DATA = bytes(300_000)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_while_standard_input_is_read(
    shared_area: Area, shell: Shell, one_line: OneLine, number: int, code: int
) -> None:
    shared_area.store.write("x", b"old")
    args = ["put", "-", "--part-size", "5MiB", "--concurrency", "1", shared_area.uri("x")]
    with shell.start(*args, stdin=subprocess.PIPE) as process:
        input_of(process).write(bytes(17_000_000))
        input_of(process).flush()
        await_true("a part is sent", lambda: _something_is_under_way(shared_area))
        signal_blocked(process, number)
        assert process.wait(PATIENCE) == code
        assert one_line(errors_of(process).read()) == "interrupted"
    assert shared_area.paths() == ["x"]
    assert shared_area.store.read_bytes("x") == b"old"
    assert shared_area.uploads() == []


def _something_is_under_way(area: Area) -> bool:
    if area.kind == "s3":
        return bool(area.uploads())
    return len(list(Path(area.prefix.removeprefix("fs://")).iterdir())) > 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_while_a_tree_is_copied(
    shared_area: Area, shell: Shell, tmp_path: Path, number: int, code: int
) -> None:
    (tmp_path / "from").mkdir()
    for n in range(2000):
        (tmp_path / "from" / f"{n}").write_bytes(bytes(5000))
    event, text = ("http.client.send", "PUT") if shared_area.kind == "s3" else ("os.rename", "/to/")
    with (
        holding(tmp_path, event, text, 100) as hold,
        shell.start(
            *("cp", "-r", tmp_path / "from", shared_area.uri("to")),
            program=hold.program("storewright.cli"),
        ) as process,
    ):
        hold.await_arrival(process)
        process.send_signal(number)
        hold.open()
        assert process.wait(PATIENCE) == code
    found = shared_area.paths()
    assert 10 < len(found) < 2000
    assert all(shared_area.store.stat(path).content_length == 5000 for path in found)
    assert shared_area.uploads() == []


def test_the_command_ends_with_us(fs_area: Area, shell: Shell, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    command = f"echo $$ > {pid}; exec sleep 600"
    with shell.start("put", "--exec", command, fs_area.uri("x")) as process:
        await_true("the command runs", lambda: pid.exists() and pid.read_text())
        signal_blocked(process, signal.SIGTERM)
        assert process.wait(PATIENCE) == 143
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
        input_of(process).write(DATA)  # more than a pipe holds: it reads already
        input_of(process).flush()
        signal_blocked(process, signal.SIGHUP)
        process.communicate(b"x", timeout=PATIENCE)
        assert process.returncode == 0
    assert fs_area.store.read_bytes("x") == DATA + b"x"


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
        process.communicate(timeout=PATIENCE)
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
