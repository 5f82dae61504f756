"""A storage server as a process: ports, folder, readiness, and an end in every case."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import os
import random
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sysconfig
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

__all__ = [
    "HOST",
    "Server",
    "ServerFailed",
    "ServerNotInstalled",
    "find_program",
    "free_ports",
    "http_get",
    "issue_certificate",
]

HOST = "127.0.0.1"
# Below the range of outgoing connections, so that none of them takes a port before the server does.
_PORTS = range(15_000, 32_000)
_START_ATTEMPTS = 3
_END_SECONDS = 60.0
_WATCHDOG = 'exec 3<&0; (read -r _ <&3; kill -KILL 0) & exec "$@" </dev/null 3<&-'


class ServerFailed(RuntimeError):
    """A server did not come up; the message shows the end of its log."""


class ServerNotInstalled(ServerFailed):
    """A program or package that the server needs is missing; the message says how to install it."""


def find_program(name: str, install: str) -> str:
    """The path of program `name`: beside this interpreter, else on PATH.

    Raises ServerNotInstalled, which says how to `install` it.
    """
    beside = Path(sysconfig.get_path("scripts"), name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ServerNotInstalled(f"{name} is not installed: {install}")
    return found


def free_ports(count: int) -> list[int]:
    """`count` different TCP ports on loopback that nothing listens on, and nobody else is given.

    Until this process ends, another one that asks does not get them, whether or not a server runs
    there. Servers bind them as usual, with SO_REUSEADDR.
    """
    ports: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        if len(ports) == count:
            return ports
        if _held(port):
            ports.append(port)
    raise ServerFailed(f"no {count} free TCP ports on {HOST}")


def _held(port: int) -> bool:
    """Whether a port is ours from now on: bound, which keeps out all but those who may share it."""
    with contextlib.closing(socket.socket()) as holder, contextlib.suppress(OSError):
        holder.bind((HOST, port))  # alone
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.detach()  # open for as long as this process
        return True
    return False


class Server(ABC):
    """A server process, used as ``with SomeServer() as server:``; a subclass says how to run it."""

    def __init__(self, *, start_timeout: float = 120) -> None:
        """`start_timeout`: seconds until the server must answer."""
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._gone: int | None = None
        self._folder: Path | None = None
        self._owner = 0
        self._command: Sequence[str] = ()

    @abstractmethod
    def _prepare(self) -> Sequence[str]:
        """Choose ports, write the configuration below `folder`, and return the command."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the server would serve a request now; an OSError or ValueError means no."""

    def _environment(self) -> Mapping[str, str]:
        return {}

    def _leftovers(self) -> Sequence[Path]:
        """Files the server leaves outside its folder."""
        return ()

    @property
    def folder(self) -> Path:
        """The server's files: configuration, data, and its `log`. Removed when it stops."""
        if self._folder is None:
            raise ServerFailed(f"{type(self).__name__} is not running")
        return self._folder

    def start(self) -> Self:
        """Start, and return when the server answers. Raises ServerFailed if it does not."""
        if self._process is not None:
            raise ServerFailed(f"{type(self).__name__} runs already")
        for _ in range(_START_ATTEMPTS - 1):
            with contextlib.suppress(_EndedEarly):  # most likely another process took a free port
                return self._start_once()
        return self._start_once()

    def stop(self) -> None:
        """Kill the server and remove its folder. Idempotent; nothing happens in a forked child."""
        if self._owner != os.getpid():
            return
        atexit.unregister(self.stop)
        self.kill()
        self._process = None
        if self._folder is not None:
            for leftover in self._leftovers():
                leftover.unlink(missing_ok=True)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def kill(self) -> None:
        """Kill the server as `kill -9` does, and keep its files for `restart`."""
        if self._process is not None:
            _kill(self._process)
        if self._gone is not None:
            _await_end_of_all(self._gone)
            os.close(self._gone)
            self._gone = None

    def restart(self) -> None:
        """Start the server again after `kill`: on the same ports, with the data it has.

        Raises ServerFailed if it does not answer.
        """
        self._process = self._launch(self.folder, self._command)
        self._await_ready(self._process)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start_once(self) -> Self:
        self._owner = os.getpid()
        atexit.register(self.stop)
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=f"{type(self).__name__.lower()}-"))
            self._command = self._prepare()
            self._process = self._launch(self._folder, self._command)
            self._await_ready(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def _launch(self, folder: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
        self._gone, alive = os.pipe()
        try:
            with (folder / "log").open("wb") as log:
                return subprocess.Popen(
                    ["/bin/sh", "-c", _WATCHDOG, "watchdog", *command],
                    cwd=folder,
                    env={**os.environ, "TMPDIR": str(folder), **self._environment()},
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=[alive],
                )
        finally:
            os.close(alive)

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + self._start_timeout
        while time.monotonic() < end:
            if process.poll() is not None:
                raise _EndedEarly(self._describe(f"ended with status {process.returncode}"))
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                if self._is_ready():
                    return
            time.sleep(0.02)
        raise ServerFailed(self._describe(f"is not ready after {self._start_timeout:g} s"))

    def _describe(self, problem: str) -> str:
        log = (self.folder / "log").read_text(errors="replace").splitlines()
        return "\n  ".join([f"{type(self).__name__} {problem}; its log ends:", *log[-20:]])


class _EndedEarly(ServerFailed):
    pass


def http_get(port: int, path: str, ca_file: Path | None = None) -> tuple[int, bytes]:
    """Status and body of a GET on loopback; raises OSError when nothing answers.

    `ca_file`: ask over TLS, and trust this authority.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    if ca_file is not None:
        context = ssl.create_default_context(cafile=ca_file)
        connection = http.client.HTTPSConnection("localhost", port, timeout=2, context=context)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def issue_certificate(folder: Path) -> None:
    """Write ca.pem, cert.pem and key.pem, of an authority of its own, for localhost and loopback.

    Raises ServerNotInstalled without the package `trustme`.
    """
    try:
        import trustme
    except ImportError as error:
        raise ServerNotInstalled("trustme is not installed: pip install trustme") from error
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "*.localhost", HOST)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "cert.pem", append=True)


def _await_end_of_all(gone: int) -> None:
    """Wait until nobody has the other end of a pipe: all of its processes, not the first only.

    Those that are on their way out would still write to their folder and hold their ports.
    """
    poll = select.poll()
    poll.register(gone, 0)  # being hung up is told anyway
    poll.poll(_END_SECONDS * 1000)


def _kill(process: subprocess.Popen[bytes]) -> None:
    # A polite end takes SeaweedFS half a minute, and its data go anyway.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
