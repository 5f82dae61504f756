"""The container file and the job: linted, consistent with the command, and run as process 1."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml

from storewright.dump.commands.mydumper import mydumper_command
from storewright.dump.options import parse_size
from tests.dump.support import environment

from .replay import Config, program
from .stream_support import files_in, large_files, running

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "mydumper"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()


def _instructions(name: str) -> list[str]:
    """The arguments of each instruction of that name, in one line."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} +(.+)$", joined, re.MULTILINE)


def _entrypoint() -> list[str]:
    (found,) = _instructions("ENTRYPOINT")
    words: list[str] = json.loads(found)
    return words


def _job() -> dict[str, dict[str, Any]]:
    """The documents of job.yaml by kind."""
    documents = yaml.safe_load_all((FOLDER / "job.yaml").read_text())
    return {document["kind"]: document for document in documents}


def _pod() -> dict[str, Any]:
    spec: dict[str, Any] = _job()["Job"]["spec"]["template"]["spec"]
    return spec


def _variables() -> set[str]:
    """The environment that the command reads."""
    options = (p for p in mydumper_command.params if isinstance(p, click.Option))
    names = (p.envvar for p in options if p.envvar)
    return {name for found in names for name in ([found] if isinstance(found, str) else found)}


# --- the container file ---


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), str(FOLDER / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = [
        word
        for line in _instructions("COPY")
        if not line.startswith("--from")
        for word in line.split()[:-1]
    ]
    assert all((ROOT / name).exists() for name in copied)
    assert set(copied) == let_in


def test_what_is_installed_is_there() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (extras,) = re.findall(r"/src\[([a-z0-9,]+)\]", DOCKERFILE)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    assert "storewright" in project["scripts"]
    assert _entrypoint()[-2:] == ["/opt/storewright/bin/storewright", "mydumper"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    (user,) = _instructions("USER")
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user)
    assert len(_instructions("FROM")) == 2


# --- the job ---


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "Secret", "Job"])
@pytest.mark.parametrize("version", ["1.28", "1.37"])
def test_the_job_is_what_kubernetes_takes(kind: str, version: str) -> None:
    kubernetes_validate.validate(_job()[kind], version, strict=True)


def test_a_mistake_in_the_job_would_be_found() -> None:
    job = _job()["Job"]
    job["spec"]["template"]["spec"]["containers"][0]["comand"] = ["x"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, "1.37", strict=True)


def test_the_job_sets_what_the_command_reads() -> None:
    (container,) = _pod()["containers"]
    given = {item["name"]: item["value"] for item in container["env"]}
    secret = {name for name in _job()["Secret"]["stringData"] if not name.startswith("AWS_")}
    assert {*given, *secret} <= _variables()
    parsed = mydumper_command.make_context("mydumper", list(container["args"])).params
    assert parsed["arguments"] == ("--database=shop",)


def test_the_volume_is_larger_than_the_limit_on_disk() -> None:
    (container,) = _pod()["containers"]
    given = {item["name"]: item["value"] for item in container["env"]}
    limit = int(given["CHUNK_FILE_SIZE_MB"]) * int(given["MAX_FILE_COUNT"]) * 2**20
    claim = _job()["PersistentVolumeClaim"]["spec"]["resources"]["requests"]["storage"]
    assert limit * 1.1 < parse_size(f"{claim}B")
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts["dump"] == given["OUTPUTDIR"] == _instructions("VOLUME")[0]
    assert {volume["name"] for volume in _pod()["volumes"]} == set(mounts)


def test_the_job_runs_as_the_user_of_the_image() -> None:
    (user,) = _instructions("USER")
    context = _pod()["securityContext"]
    assert user == f"{context['runAsUser']}:{context['runAsGroup']}"
    assert str(context["fsGroup"]) == user.partition(":")[2]
    (container,) = _pod()["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


# --- as process 1 ---


def _namespace_refused() -> str:
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True, check=False
    )
    return done.stderr.decode().strip() if done.returncode else ""


in_a_namespace = pytest.mark.skipif(
    bool(_namespace_refused()),
    reason=f"not in any registry: the right to make a namespace ({_namespace_refused()})",
)
both = pytest.mark.parametrize("init", ["tini", pytest.param("none", marks=pytest.mark.slow)])


def _words(init: str) -> list[str]:
    """The entry point, with this Python in place of the image's, or without its process 1."""
    words = _entrypoint()
    if init == "tini" and not shutil.which("tini"):
        pytest.skip("tini is not installed: apt-get install tini")
    at = words.index("/opt/storewright/bin/storewright")
    before = words[:at] if init == "tini" else []
    return [*before, sys.executable, "-m", "storewright.cli", *words[at + 1 :]]


@contextmanager
def _as_process_1(
    init: str, more: Mapping[str, str]
) -> Generator[tuple["subprocess.Popen[str]", int]]:
    """The command in a PID namespace of its own, and the number outside of its process 1, or 0."""
    words = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *_words(init)]
    process = subprocess.Popen(
        words, env={**environment(), **more}, stderr=subprocess.PIPE, text=True
    )
    try:
        # None if it has ended before anybody looked.
        _wait(lambda: process.poll() is not None or bool(_children(process.pid)))
        yield process, next(iter(_children(process.pid)), 0)
    finally:
        process.kill()
        process.communicate()


def _children(pid: int) -> list[int]:
    """The children of a process that has one thread; none if it has ended."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _wait(until: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.02)


def _variables_of(script: Path, tmp_path: Path) -> dict[str, str]:
    return {
        "OUTPUTDIR": str(tmp_path / "out"),
        "STOREWRIGHT_DUMP_URL": str(tmp_path / "to"),
        "STOREWRIGHT_DUMP_PROGRAM": str(script),
    }


def _files_of_rows(folder: Path) -> int:
    return sum(".t.0" in name for name in files_in(folder))


@in_a_namespace
@both
def test_sigterm_reaches_it(tmp_path: Path, init: str) -> None:
    """Process 1 gets no signal that it has no handler for: without one, a pod is killed."""
    files = large_files(tmp_path / "files", 60)
    script = program(tmp_path, Config(str(files), rate=1e6))
    with _as_process_1(init, _variables_of(script, tmp_path)) as (process, first):
        _wait(lambda: _files_of_rows(tmp_path / "to") > 0)
        assert first
        os.kill(first, signal.SIGTERM)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 143, said
    assert "interrupted by SIGTERM" in said
    assert (files_in(tmp_path / "to"), running(script)) == ([], [])


@in_a_namespace
@both
@pytest.mark.parametrize(("fault", "status"), [("", 0), ("lost connection, status 0", 1)])
def test_its_exit_status_is_the_container_s(
    tmp_path: Path, init: str, fault: Any, status: int
) -> None:
    files = large_files(tmp_path / "files", 5, 10_000)
    script = program(tmp_path, Config(str(files), fault))
    with _as_process_1(init, _variables_of(script, tmp_path)) as (process, _):
        said = process.communicate(timeout=60)[1]
        assert process.returncode == status, said
    assert ("manifest.json" in files_in(tmp_path / "to")) is (status == 0)


@in_a_namespace
def test_what_mydumper_leaves_behind_is_reaped(tmp_path: Path) -> None:
    """A killed mydumper's children become those of process 1, and dead ones stay until reaped."""
    files = large_files(tmp_path / "files", 60)
    script = program(tmp_path, Config(str(files), rate=1e6))
    lines = script.read_text().replace("exec", "(sleep 0.2 &) ; (sleep 0.3 &)\nexec", 1)
    script.write_text(lines)
    with _as_process_1("tini", _variables_of(script, tmp_path)) as (process, first):
        _wait(lambda: _files_of_rows(tmp_path / "to") > 0)
        _wait(lambda: len(_children(first)) == 1)
        assert first
        os.kill(first, signal.SIGTERM)
        process.communicate(timeout=60)
