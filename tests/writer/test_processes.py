"""What is left when a process ends, in whatever way, or forks."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from storewright.core.parts import Part
from storewright.core.writer import Writer
from tests.processes import PATIENCE, signal_busy_or_blocked
from tests.writer.disk import DiskSink

ROOT = Path(__file__).parents[2]
PRELUDE = """
import io, os, signal, sys, threading, time
from tests.writer.disk import disk_writer
from storewright.core.signals import Signalled, abort_on_signal, leave_sigterm_alone
root = sys.argv[1]
DATA = b"x" * 5500
"""


def start(folder: Path, body: str) -> "subprocess.Popen[str]":
    """Run ``body`` in an interpreter of its own."""
    return subprocess.Popen(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            PRELUDE + textwrap.dedent(body),
            str(folder),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, body: str) -> tuple[int, str]:
    """Run ``body`` to its end; the exit code and what it said."""
    process = start(folder, body)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out + err


def objects(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "objects").iterdir())


def uploads(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "uploads").iterdir())


@pytest.mark.parametrize(
    "keep",
    [
        "w.write(DATA)",
        "t = io.TextIOWrapper(w); t.write('x' * 5500)",
        "b = io.BufferedWriter(w); b.write(DATA)",
        "w.write(b'small')",
    ],
    ids=["bare", "text", "buffered", "small"],
)
def test_interpreter_exit_leaves_nothing_and_says_so(tmp_path: Path, keep: str) -> None:
    code, said = run(tmp_path, f"w = disk_writer(root)\n{keep}")
    assert (code, objects(tmp_path), uploads(tmp_path)) == (0, [], [])
    assert "RuntimeWarning: writer of 'a' was still open when the interpreter ended" in said
    assert said.count("Warning") == 1


def test_exit_in_a_cycle_in_a_thread_or_by_sys_exit_leaves_nothing(tmp_path: Path) -> None:
    bodies = [
        "w = disk_writer(root); w.write(DATA); w.me = w; del w",
        "w = disk_writer(root); threading.Thread(target=w.write, args=(DATA,)).start()",
        "w = disk_writer(root); w.write(DATA); sys.exit(3)",
        "w = disk_writer(root); w.write(DATA); raise RuntimeError('the body')",
        "w = disk_writer(root); w.__enter__(); w.write(DATA)",
        "w = disk_writer(root); w.write(DATA); w.close = None",
    ]
    for body in bodies:
        _, said = run(tmp_path, body)
        assert (objects(tmp_path), uploads(tmp_path)) == ([], []), body
        assert "RuntimeWarning" in said


def test_a_published_writer_is_silent_at_exit(tmp_path: Path) -> None:
    code, said = run(tmp_path, "w = disk_writer(root); w.write(DATA); w.close()")
    assert (code, objects(tmp_path), uploads(tmp_path), said) == (0, ["a"], [], "")


def test_a_daemon_thread_that_still_writes_at_exit_leaves_nothing(tmp_path: Path) -> None:
    body = """
        begun = threading.Event()
        def body():
            with disk_writer(root) as w:
                while True:
                    w.write(DATA)
                    begun.set()
                    time.sleep(0.001)
        threading.Thread(target=body, daemon=True).start()
        begun.wait()
    """
    code, said = run(tmp_path, body)
    assert (code, objects(tmp_path), uploads(tmp_path)) == (0, [], [])
    assert "still open" in said


WRITING = """
    with {guard}disk_writer(root) as w:
        w.write(DATA)
        print("writing", flush=True)
        while True:
            w.write(DATA)
            time.sleep(0.01)
"""


def kill_while_writing(folder: Path, guard: str, number: int) -> int:
    process = start(folder, WRITING.format(guard=guard))
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    signal_busy_or_blocked(process, number)
    process.communicate(timeout=PATIENCE)
    return process.returncode


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    assert kill_while_writing(tmp_path, "", signal.SIGINT) == -signal.SIGINT
    assert (objects(tmp_path), uploads(tmp_path)) == ([], [])


def test_kill_publishes_nothing(tmp_path: Path) -> None:
    assert kill_while_writing(tmp_path, "", signal.SIGKILL) == -signal.SIGKILL
    assert objects(tmp_path) == []


def test_the_second_ctrl_c_does_not_leave_the_upload(tmp_path: Path) -> None:
    """Trap 6, with real signals."""
    body = """
        import tests.writer.disk as disk
        def slow(self, _abort=disk.DiskSink.abort):
            print("aborting", flush=True)
            time.sleep(0.5)
            _abort(self)
        disk.DiskSink.abort = slow
        with disk_writer(root) as w:
            w.write(DATA)
            print("writing", flush=True)
            time.sleep(600)
    """
    process = start(tmp_path, body)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    signal_busy_or_blocked(process, signal.SIGINT)
    assert process.stdout.readline() == "aborting\n"
    signal_busy_or_blocked(process, signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert (objects(tmp_path), uploads(tmp_path)) == ([], [])


# --- forks ----------------------------------------------------------------------------------------

FORKS = {
    "exits": "sys.exit(0)",
    "drops": "del w; import gc; gc.collect()",
    "closes": "w.close()",
    "aborts": "w.abort()",
    "leaves": "pass",
    "raises": "raise SystemExit(0)",
    "really-exits": "os._exit(0)",
}


@pytest.mark.parametrize("child", FORKS.values(), ids=FORKS.keys())
@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_forked_child_neither_publishes_nor_aborts(
    tmp_path: Path, child: str, concurrency: int
) -> None:
    """Trap 5: a child inherits the writer, but not its upload."""
    body = f"""
        w = disk_writer(root, concurrency={concurrency})
        w.__enter__()
        w.write(DATA)
        pid = os.fork()
        if not pid:
            {child}
            try:
                w.__exit__(None, None, None)
            except NameError:
                pass
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        w.write(DATA)
        w.__exit__(None, None, None)
        assert w.result.size == 11000
    """
    code, said = run(tmp_path, body)
    assert (code, objects(tmp_path), uploads(tmp_path), said) == (0, ["a"], [], "")
    assert (tmp_path / "objects" / "a").stat().st_size == 11_000


def test_a_forked_child_that_closes_without_a_with_does_nothing(tmp_path: Path) -> None:
    """Trap 5: nor does `close` publish there, and it is no error: libraries close what they see."""
    body = """
        w = disk_writer(root)
        w.write(DATA)
        pid = os.fork()
        if not pid:
            w.close()
            assert w.closed
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert not w.closed
        w.write(DATA)
        w.close()
    """
    code, said = run(tmp_path, body)
    assert (code, objects(tmp_path), uploads(tmp_path), said) == (0, ["a"], [], "")
    assert (tmp_path / "objects" / "a").stat().st_size == 11_000


def test_a_forked_child_is_told_when_it_writes_or_commits(tmp_path: Path) -> None:
    body = """
        from storewright.core.errors import WriterAborted
        with disk_writer(root) as w:
            w.write(DATA)
            pid = os.fork()
            if not pid:
                for action in (lambda: w.write(b"x"), w.commit):
                    try:
                        action()
                    except WriterAborted as error:
                        assert f"belongs to process {os.getppid()}" in str(error), error
                    else:
                        os._exit(1)
                sys.exit(0)
            assert os.waitpid(pid, 0)[1] == 0
    """
    code, said = run(tmp_path, body)
    assert (code, objects(tmp_path), uploads(tmp_path), said) == (0, ["a"], [], "")


def test_a_forked_child_is_told_whoever_had_the_locks(tmp_path: Path) -> None:
    """A thread that sends parts may have one in the moment of the fork, and is not in the child."""
    body = """
        from storewright.core.errors import WriterAborted
        with disk_writer(root) as w:
            w.write(DATA)
            held, over = threading.Event(), threading.Event()
            def hold():
                with w._upload._crew._gate:
                    held.set()
                    over.wait()
            thread = threading.Thread(target=hold)
            thread.start()
            held.wait()
            pid = os.fork()
            if not pid:
                signal.alarm(60)
                for action in (lambda: w.write(b"x"), w.commit, w.finish, w.suspend):
                    try:
                        action()
                    except WriterAborted as error:
                        assert f"belongs to process {os.getppid()}" in str(error), error
                    else:
                        os._exit(1)
                w.abort()
                w.close()
                sys.exit(0)
            status = os.waitpid(pid, 0)[1]
            over.set()
            thread.join()
            assert status == 0, status
    """
    code, said = run(tmp_path, body)
    assert (code, objects(tmp_path), uploads(tmp_path), said) == (0, ["a"], [], "")


def test_a_child_forked_while_threads_write_is_not_stuck(tmp_path: Path) -> None:
    body = """
        with disk_writer(root) as w:
            stop = False
            def work():
                while not stop:
                    w.write(DATA)
            thread = threading.Thread(target=work)
            thread.start()
            for _ in range(20):
                pid = os.fork()
                if not pid:
                    w.close()
                    w.abort()
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            stop = True
            thread.join()
    """
    code, said = run(tmp_path, body.replace("DATA", "DATA[:100]"))
    assert (code, objects(tmp_path), uploads(tmp_path)) == (0, ["a"], []), said


def test_a_writer_of_the_child_itself_works(tmp_path: Path) -> None:
    body = """
        w = disk_writer(root, "parent")
        w.write(DATA)
        pid = os.fork()
        if not pid:
            with disk_writer(root, "child") as mine:
                mine.write(DATA)
            sys.exit(0)
        os.waitpid(pid, 0)
        w.close()
    """
    code, said = run(tmp_path, body)
    assert (code, objects(tmp_path), uploads(tmp_path), said) == (0, ["child", "parent"], [], "")


def test_a_reader_that_reads_ahead_goes_on_in_a_forked_child(tmp_path: Path) -> None:
    body = """
        from tests.writer.test_files import Store
        from storewright.core.reader import Reader
        reader = Reader(Store(a=bytes(range(250)) * 40), "a", concurrency=2, part_size=100)
        assert reader.read(150) == (bytes(range(250)) * 40)[:150]
        pid = os.fork()
        assert reader.read() == (bytes(range(250)) * 40)[150:]
        if not pid:
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    """
    assert run(tmp_path, body) == (0, "")


# --- going on after kill -9 -----------------------------------------------------------------------


class Counting(DiskSink):
    """Counts what is sent."""

    sent = 0

    def write_part(self, index: int, data: memoryview) -> Part:
        Counting.sent += len(data)
        return super().write_part(index, data)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_resume_after_kill_sends_only_what_is_missing(tmp_path: Path, concurrency: int) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(300_000))
    body = f"""
        import json
        with disk_writer(root, concurrency={concurrency}) as w:
            data = open(root + "/source", "rb").read()
            for at in range(0, len(data), 700):
                w.write(data[at:at + 700])
                if at > 150_000:
                    with open(root + "/state", "w") as f:
                        json.dump(w.state(), f)
                    os.kill(os.getpid(), signal.SIGKILL)
    """
    code, _ = run(tmp_path, body)
    assert code == -signal.SIGKILL
    [upload] = uploads(tmp_path)
    stored = sum(
        file.stat().st_size
        for file in (tmp_path / "uploads" / upload).iterdir()
        if not file.name.startswith(".")
    )
    assert stored > 100_000
    state = json.loads((tmp_path / "state").read_text())
    Counting.sent = 0
    sink = Counting(tmp_path, "a")
    with (
        Writer(sink, path="a", service="disk", concurrency=concurrency, resume=state) as writer,
        source.open("rb") as file,
    ):
        assert writer.skip(file) == writer.resumed == writer.tell() > 0
        while chunk := file.read(999):
            writer.write(chunk)
    assert (tmp_path / "objects" / "a").read_bytes() == source.read_bytes()
    assert Counting.sent == 300_000 - stored
    assert uploads(tmp_path) == []
