"""Programs that dump a database, run and measured as a whole: with their start, to their end."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.dump_database import DATABASE
from harness.rounds import Cost, Runner
from storewright.testing.servers import MariaDB, SeaweedFS, find_program

__all__ = ["THREADS", "Dumps", "mydumper_version", "query"]

THREADS: Final = 2
_BUCKET: Final = "bench"
_INSTALL: Final = "apt-get install mydumper"
_UPLOAD: Final = """
import pathlib, sys
from concurrent.futures import ThreadPoolExecutor
import boto3
folder, threads, endpoint, key, secret, bucket = sys.argv[1:]
client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key,
    aws_secret_access_key=secret, region_name="us-east-1")
def upload(path):
    client.upload_file(str(path), bucket, f"theirs/{path.name}")
with ThreadPoolExecutor(int(threads)) as pool:
    list(pool.map(upload, pathlib.Path(folder).iterdir()))
"""


def _into_new_bucket(s3: SeaweedFS, runner: Runner) -> Runner:
    """The same with nothing there, as it is for who makes a dump; that is not measured."""

    def run(number: int) -> Cost:
        client = s3.client()
        with suppress(client.exceptions.NoSuchBucket):
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=_BUCKET):
                for found in page.get("Contents", []):
                    client.delete_object(Bucket=_BUCKET, Key=found.get("Key", ""))
            client.delete_bucket(Bucket=_BUCKET)
        client.create_bucket(Bucket=_BUCKET)
        return runner(number)

    return run


def query(server: MariaDB, sql: str) -> str:
    """Run statements by the client of the server, and return what it prints."""
    return server.run_sql(sql).decode()


def mydumper_version() -> str:
    """What mydumper says of itself."""
    command = [find_program("mydumper", _INSTALL), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"mydumper [\d.]+", done.stdout + done.stderr)
    return found[0] if found else "mydumper of an unknown version"


class Dumps:
    """Storewright and mydumper, which dump the same database, reached at ``port``.

    ``sizes`` are the bytes that the rows of a comparison have made, and ``server_cpu`` the seconds
    that the database server worked for each of them: a client can leave work to it.
    """

    def __init__(self, server: MariaDB, folder: Path, port: int) -> None:
        self._server, self._folder, self._port = server, folder, port
        self._variables = {
            **os.environ,
            "MYSQL_PWD": server.password,
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),  # as in every installation
        }
        self._variables.pop("PYTHONDONTWRITEBYTECODE", None)
        self.sizes: dict[str, int] = {}
        self._server_cpu: dict[str, list[float]] = {}

    def to_disk(self) -> Mapping[str, Runner]:
        """Both to files in the same folder."""
        return {
            "storewright": self._runner("storewright", self._ours(f"fs://{self._out}")),
            "mydumper": self._runner("mydumper", self._theirs()),
        }

    def to_s3(self, s3: SeaweedFS) -> Mapping[str, Runner]:
        """Storewright goes there directly, mydumper's files are uploaded after it has ended."""
        upload = [sys.executable, "-c", _UPLOAD, str(self._out), str(THREADS)]
        upload += [s3.endpoint, s3.access_key, s3.secret_key, _BUCKET]
        ours = self._runner("storewright", self._ours(s3.connection(_BUCKET, "ours")))
        theirs = self._runner("mydumper, then boto3", self._theirs(), upload)
        return {
            "storewright": _into_new_bucket(s3, ours),
            "mydumper, then boto3": _into_new_bucket(s3, theirs),
        }

    def server_cpu(self) -> dict[str, float]:
        """Seconds of the server's CPU, the median for each row."""
        return {name: statistics.median(found) for name, found in self._server_cpu.items()}

    @property
    def _out(self) -> Path:
        return self._folder / "out"

    def _ours(self, place: str) -> list[str]:
        s = self._server
        source = f"mysql://{s.user}@{s.host}:{self._port}/{DATABASE}"
        command = [sys.executable, "-m", "storewright.cli", "dump", source, place]
        return [*command, f"--threads={THREADS}", "--consistency=flush"]

    def _theirs(self) -> list[str]:
        s = self._server
        where = [f"--host={s.host}", f"--port={self._port}", f"--user={s.user}"]
        what = [f"--password={s.password}", f"--database={DATABASE}", f"--outputdir={self._out}"]
        program = find_program("mydumper", _INSTALL)
        return [program, *where, *what, f"--threads={THREADS}", "--statement-size=1000000"]

    def _runner(self, name: str, *commands: Sequence[str]) -> Runner:
        def run(_: int) -> Cost:
            shutil.rmtree(self._out, ignore_errors=True)
            before = self._server_seconds()
            done = [self._run(command) for command in commands]
            self._server_cpu.setdefault(name, []).append(self._server_seconds() - before)
            if self._out.exists():
                self.sizes[name] = sum(file.stat().st_size for file in self._out.iterdir())
            return Cost(sum(one.cpu for one in done), sum(one.wall for one in done))

        return run

    def _run(self, command: Sequence[str]) -> Cost:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=self._variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = status
        if status:
            raise SystemExit(f"{Path(command[0]).name} ended with status {status}")
        return Cost(used.ru_utime + used.ru_stime, wall)

    def _server_seconds(self) -> float:
        """The CPU that the server has had, in all of its threads."""
        pid = int((self._server.folder / "pid").read_text())
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
