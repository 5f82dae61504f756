"""SIGTERM while writers are open (trap 6): they are aborted, then it does what it always did."""

import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storewright.core import signals
from storewright.core.signals import Signalled, abort_on_signal
from tests.processes import PATIENCE, signal_busy_or_blocked
from tests.writer.disk import disk_writer
from tests.writer.test_processes import objects, start, uploads

KILLED = -signal.SIGTERM


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate(timeout=PATIENCE)
    return line.strip()


def terminated(folder: Path, body: str, *, times: int = 1) -> tuple[int, str]:
    """Run ``body`` until it says "ready", send SIGTERM; its exit code and what it said then.

    The file "sent" tells it so: a signal that it ignores is nothing that it can wait for.
    """
    process = start(folder, textwrap.dedent(body))
    assert line_of(process) == "ready"
    signal_busy_or_blocked(process, signal.SIGTERM)
    for _ in range(times - 1):
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
    (folder / "sent").touch()
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out + err


def check_nothing(folder: Path) -> None:
    assert (objects(folder), uploads(folder)) == ([], [])


BLOCKS = {
    "sleeping": "time.sleep(60)",
    "computing": "while True: sum(range(1000))",
    "writing": "while True: w.write(DATA)",
    "waiting-for-a-lock": "threading.Lock().acquire(); threading.Event().wait()",
    "reading": "os.read(os.pipe()[0], 1)",
}


@pytest.mark.parametrize("doing", BLOCKS.values(), ids=BLOCKS.keys())
@pytest.mark.parametrize("concurrency", [1, 2])
def test_whatever_the_block_does_nothing_is_left(
    tmp_path: Path, doing: str, concurrency: int
) -> None:
    body = f"""
        with disk_writer(root, concurrency={concurrency}) as w:
            w.write(DATA)
            print("ready", flush=True)
            {doing}
    """
    code, _ = terminated(tmp_path, body)
    assert code == KILLED
    check_nothing(tmp_path)


def test_a_writer_without_a_block_is_aborted_and_that_is_said(tmp_path: Path) -> None:
    body = """
        w = disk_writer(root)
        w.write(DATA)
        print("ready", flush=True)
        time.sleep(60)
    """
    code, said = terminated(tmp_path, body)
    assert code == KILLED
    assert "aborted, nothing is published" in said
    check_nothing(tmp_path)


def test_the_clean_up_of_the_program_runs_and_its_output_is_kept(tmp_path: Path) -> None:
    body = """
        import atexit
        import storewright.core.signals as signals
        signals._GRACE = 60  # for however long this takes on a machine that does much else
        atexit.register(print, "at exit")
        try:
            with disk_writer(root) as w:
                w.write(DATA)
                print("ready", flush=True)
                time.sleep(60)
        finally:
            time.sleep(0.2)
            print("finally")
    """
    code, said = terminated(tmp_path, body)
    assert code == KILLED
    assert said.endswith("finally\nat exit\n")
    check_nothing(tmp_path)


@pytest.mark.parametrize("guard", ["if True:", "with abort_on_signal():"])
def test_what_is_suspended_then_is_not_aborted(tmp_path: Path, guard: str) -> None:
    body = f"""
        from tests.writer.disk import DiskSink
        def slow(self, index, data, _send=DiskSink.write_part):
            time.sleep(0.2 * (index > 2))  # suspending waits for it, while others may run
            return _send(self, index, data)
        DiskSink.write_part = slow
        {guard}
            w = disk_writer(root)
            w.keep_on_signal()
            try:
                print("ready", flush=True)
                while True:
                    w.write(DATA)
            except BaseException:
                w.suspend()
                raise
    """
    code, _ = terminated(tmp_path, body)
    assert code in (KILLED, 143)
    assert (objects(tmp_path), len(uploads(tmp_path))) == ([], 1)


SWALLOWING = """
    import storewright.core.signals as signals
    signals._GRACE = 0.3
    def work():
        while True:
            try:
                with disk_writer(root) as w:
                    while True:
                        w.write(DATA)
                        said.append(said or print("ready", flush=True))
                        time.sleep(0.01)
            except BaseException as error:
                time.sleep(0.01)
    said = []
"""


def test_a_program_that_catches_everything_ends_all_the_same(tmp_path: Path) -> None:
    code, _ = terminated(tmp_path, SWALLOWING + "    work()")
    assert code == KILLED
    check_nothing(tmp_path)


def test_threads_that_go_on_do_not_keep_the_process(tmp_path: Path) -> None:
    """Their writers are aborted, they get no others, and their process does not wait for them."""
    body = """
    with disk_writer(root, "b") as outer:
        outer.write(DATA)
        threading.Thread(target=work).start()
        time.sleep(60)
    """
    code, _ = terminated(tmp_path, SWALLOWING + body)
    assert code == KILLED
    check_nothing(tmp_path)


def test_sigterm_again_does_not_leave_the_upload(tmp_path: Path) -> None:
    """`timeout` sends it twice, to the process and to its group."""
    body = """
        import tests.writer.disk as disk
        def slow(self, _abort=disk.DiskSink.abort):
            time.sleep(0.5)
            _abort(self)
        disk.DiskSink.abort = slow
        with disk_writer(root) as w:
            w.write(DATA)
            print("ready", flush=True)
            time.sleep(30)
    """
    code, _ = terminated(tmp_path, body, times=5)
    assert code == KILLED
    check_nothing(tmp_path)


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    body = """
        leave_sigterm_alone()
        with disk_writer(root) as w:
            w.write(DATA)
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            print("ready", flush=True)
            time.sleep(60)
    """
    assert terminated(tmp_path, body) == (KILLED, "")
    assert objects(tmp_path) == []
    assert len(uploads(tmp_path)) == 1


@pytest.mark.parametrize("moment", ["before", "while-open"])
@pytest.mark.parametrize("handler", ["signal.SIG_IGN", "lambda number, frame: print('mine')"])
def test_a_handler_of_the_program_is_never_replaced(
    tmp_path: Path, handler: str, moment: str
) -> None:
    install = f"signal.signal(signal.SIGTERM, {handler})"
    body = f"""
        {install if moment == "before" else ""}
        with disk_writer(root) as w:
            {install if moment != "before" else ""}
            installed = signal.getsignal(signal.SIGTERM)
            w.write(DATA)
            print("ready", flush=True)
            while not os.path.exists(root + "/sent"):
                time.sleep(0.01)
            assert signal.getsignal(signal.SIGTERM) is installed
        assert signal.getsignal(signal.SIGTERM) is installed
    """
    code, said = terminated(tmp_path, body)
    assert (code, said) == (0, "mine\n" if "mine" in handler else "")
    assert (objects(tmp_path), uploads(tmp_path)) == (["a"], [])


def test_a_thread_cannot_install_it_but_profits_from_the_main_thread(tmp_path: Path) -> None:
    """Documented: writers of other threads alone need abort_on_signal() in the main thread."""
    body = """
        def work():
            with disk_writer(root) as w:
                w.write(DATA)
                print("ready", flush=True)
                time.sleep(60)
        {guard}
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            thread.join()
    """
    expected = {
        "if True:": (KILLED, 1),
        "with disk_writer(root, 'b') as main:": (KILLED, 0),
        "with abort_on_signal():": (143, 0),
    }
    for guard, (status, left) in expected.items():
        code, _ = terminated(tmp_path, body.format(guard=guard))
        assert (code, objects(tmp_path), len(uploads(tmp_path))) == (status, [], left), guard
        for folder in (tmp_path / "uploads").iterdir():
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()


def test_abort_on_signal_ends_a_pool_of_writing_threads(tmp_path: Path) -> None:
    body = """
        from concurrent.futures import ThreadPoolExecutor
        from contextlib import suppress
        from storewright.core.errors import WriterAborted
        def work(number):
            with disk_writer(root, str(number)) as w:
                while True:
                    w.write(DATA)
                    time.sleep(0.001)
        with abort_on_signal(), ThreadPoolExecutor(4) as pool:
            tasks = [pool.submit(work, number) for number in range(40)]
            time.sleep(0.3)
            print("ready", flush=True)
            tasks[-1].result()
    """
    code, said = terminated(tmp_path, body)
    assert code == 143, said
    check_nothing(tmp_path)


def test_a_handler_that_outlives_its_writers_does_what_the_system_does(tmp_path: Path) -> None:
    """The last writer ended in another thread, which cannot take the handler away."""
    body = """
        w = disk_writer(root)
        thread = threading.Thread(target=w.close)
        thread.start()
        thread.join()
        assert callable(signal.getsignal(signal.SIGTERM))
        print("ready", flush=True)
        time.sleep(60)
    """
    assert terminated(tmp_path, body) == (KILLED, "")
    assert objects(tmp_path) == ["a"]


def test_a_forked_child_dies_by_it_and_the_parent_goes_on(tmp_path: Path) -> None:
    body = """
        runs, told = os.pipe()
        with disk_writer(root) as w:
            w.write(DATA)
            if not (pid := os.fork()):
                assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
                os.write(told, b"!")
                time.sleep(60)
            os.read(runs, 1)
            os.kill(pid, signal.SIGTERM)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM
            w.write(DATA)
        print("ready", flush=True)
        time.sleep(60)
    """
    assert terminated(tmp_path, body) == (KILLED, "")
    assert (objects(tmp_path), uploads(tmp_path)) == (["a"], [])


def test_a_program_that_it_starts_has_the_systems_default(tmp_path: Path) -> None:
    with disk_writer(str(tmp_path)) as writer:
        writer.write(b"x")
        with subprocess.Popen(["/bin/sleep", "60"]) as process:
            process.terminate()
            assert process.wait(PATIENCE) == KILLED


# --- in this process ------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _default() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    signal.signal(signal.SIGTERM, before)


def test_it_is_installed_only_while_a_writer_is_open(tmp_path: Path) -> None:
    one, two = disk_writer(str(tmp_path), "1"), disk_writer(str(tmp_path), "2")
    assert callable(signal.getsignal(signal.SIGTERM))
    one.close()
    assert callable(signal.getsignal(signal.SIGTERM))
    two.abort()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_abort_on_signal_restores_what_was_there() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with pytest.raises(Signalled, match="138") as caught, abort_on_signal(signal.SIGUSR1):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(1)
    assert (caught.value.code, caught.value.name) == (128 + signal.SIGUSR1, "SIGUSR1")
    assert signal.getsignal(signal.SIGUSR1) is before


def test_abort_on_signal_leaves_an_ignored_signal_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        with abort_on_signal(signal.SIGUSR1), disk_writer(str(tmp_path)) as writer:
            os.kill(os.getpid(), signal.SIGUSR1)
            writer.write(b"x")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert objects(tmp_path) == ["a"]


def test_after_abort_on_signal_the_program_goes_on(tmp_path: Path) -> None:
    with pytest.raises(Signalled), abort_on_signal(), disk_writer(str(tmp_path)) as writer:
        writer.write(b"x" * 5000)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    check_nothing(tmp_path)
    assert not signals.process.why
    with disk_writer(str(tmp_path)) as writer:
        writer.write(b"x")
    assert objects(tmp_path) == ["a"]
