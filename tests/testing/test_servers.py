"""The launcher: its server is a real one, and none outlives its purpose."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from typing_extensions import override

from storewright.testing.servers import (
    SeaweedFS,
    Server,
    ServerFailed,
    ServerNotInstalled,
    find_program,
    free_ports,
)

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class Sleeper(Server):
    """A server that never answers and writes one line to its log."""

    command: Sequence[str] = ("/bin/sh", "-c", "echo no such luck; sleep 600")

    @override
    def _prepare(self) -> Sequence[str]:
        return self.command

    @override
    def _is_ready(self) -> bool:
        becomes_true(lambda: (self.folder / "log").stat().st_size > 0)  # before time is up
        return False


class ReadySleeper(Sleeper):
    @override
    def _is_ready(self) -> bool:
        return True


class Quitter(Sleeper):
    command = ("/bin/sh", "-c", "echo the port is taken; exit 3")


def status(pid: int | str) -> list[str]:
    """State, parent, group, ... of a process; a zombie counts as gone, like one that is."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [] if fields[0] in "ZX" else fields


def alive(pid: int) -> bool:
    return bool(status(pid))


def living_group(pgid: int) -> list[str]:
    pids = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if status(pid)[2:3] == [str(pgid)]]


def becomes_true(condition: Callable[[], bool]) -> bool:
    """Whether `condition` holds within a minute; processes start and die in their own time."""
    end = time.monotonic() + 60
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return holds


@pytest.mark.server
def test_seaweedfs_keeps_what_it_is_given_and_checks_the_signature(
    seaweedfs: SeaweedFS, s3_client: "S3Client", s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_client.put_object(Bucket=s3_bucket, Key="a/b", Body=b"content")
    assert s3_client.get_object(Bucket=s3_bucket, Key="a/b")["Body"].read() == b"content"
    monkeypatch.setattr(seaweedfs, "secret_key", "wrong")
    with pytest.raises(s3_client.exceptions.ClientError, match="SignatureDoesNotMatch"):
        seaweedfs.client().get_object(Bucket=s3_bucket, Key="a/b")


@pytest.mark.server
def test_seaweedfs_serves_https_under_its_own_authority(seaweedfs_tls: SeaweedFS) -> None:
    client = seaweedfs_tls.client()
    client.create_bucket(Bucket="over-tls")
    client.put_object(Bucket="over-tls", Key="k", Body=b"x")
    assert client.head_object(Bucket="over-tls", Key="k")["ContentLength"] == 1


@pytest.mark.server
def test_seaweedfs_leaves_nothing_when_the_body_fails() -> None:
    server = SeaweedFS()
    traces: list[Path] = []
    with contextlib.suppress(ZeroDivisionError), server:
        traces += [server.folder, *server._leftovers()]
        assert becomes_true(lambda: all(trace.exists() for trace in traces))
        raise ZeroDivisionError
    assert traces
    assert not any(trace.exists() for trace in traces)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(server.endpoint).port or 0))


def run_python(script: str) -> "subprocess.Popen[bytes]":
    """Run `script` where it can import this file."""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_server_dies_with_a_killed_owner() -> None:
    owner = run_python(
        "import time\n"
        "from test_servers import ReadySleeper\n"
        "server = ReadySleeper().start()\n"
        "print(server._process.pid, server.folder, flush=True)\n"
        "time.sleep(600)\n"
    )
    assert owner.stdout is not None
    with owner.stdout as lines:
        pid, folder = lines.readline().decode().split()
    assert alive(int(pid))
    owner.kill()
    owner.wait()
    assert becomes_true(lambda: not living_group(int(pid)))
    shutil.rmtree(folder)  # nobody is left who could


def test_server_ends_with_its_owner() -> None:
    owner = run_python(
        "from test_servers import ReadySleeper\n"
        "server = ReadySleeper().start()\n"
        "print(server._process.pid, server.folder)\n"
    )
    pid, folder = owner.communicate(timeout=60)[0].decode().split()
    assert not alive(int(pid))
    assert not Path(folder).exists()


def test_server_survives_a_forked_child() -> None:
    owner = run_python(
        "import os, sys\n"
        "from test_servers import ReadySleeper, alive\n"
        "with ReadySleeper() as server:\n"
        "    if (child := os.fork()) == 0:\n"
        "        server.stop()\n"
        "        sys.exit()\n"
        "    os.waitpid(child, 0)\n"
        "    print(alive(server._process.pid), server.folder.exists())\n"
    )
    assert owner.communicate(timeout=60)[0].split() == [b"True", b"True"]


def test_server_stops_its_whole_group() -> None:
    with ReadySleeper() as server:
        assert server._process is not None
        pid = server._process.pid
        # the shell, its sleep, the watchdog
        assert becomes_true(lambda: len(living_group(pid)) == 3)
    assert becomes_true(lambda: not living_group(pid))
    server.stop()


def test_server_that_never_answers_fails_with_its_log() -> None:
    with pytest.raises(ServerFailed, match=r"not ready after 0.2 s.*\n  no such luck$"):
        Sleeper(start_timeout=0.2).start()


def test_server_that_ends_at_once_fails_with_its_log() -> None:
    with pytest.raises(ServerFailed, match=r"ended with status 3.*\n  the port is taken$"):
        Quitter().start()


def test_server_runs_once() -> None:
    with ReadySleeper() as server, pytest.raises(ServerFailed, match="runs already"):
        server.start()
    with pytest.raises(ServerFailed, match="is not running"):
        _ = server.folder


def test_missing_program_says_how_to_install_it() -> None:
    with pytest.raises(ServerNotInstalled, match=r"no-such is not installed: pip install x$"):
        find_program("no-such", "pip install x")


def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_free_ports_are_nobody_elses() -> None:
    """Who asks in another process sees that they are taken, before and after a server runs."""
    (port,) = free_ports(1)
    code = "import socket, sys; socket.socket().bind(('127.0.0.1', int(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(port)]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Address already in use" in done.stderr
        socket.create_server(("127.0.0.1", port)).close()


def test_server_is_gone_with_all_that_it_started(tmp_path: Path) -> None:
    """Also what has left its group, and dies a little later."""
    begun, last = tmp_path / "begun", tmp_path / "last"

    class Slow(ReadySleeper):
        command = (
            *("/bin/sh", "-c"),
            f"setsid sh -c 'echo >{begun}; sleep 1; echo >{last}' & sleep 600",
        )

    with Slow():
        assert becomes_true(begun.exists)
    assert last.exists()
