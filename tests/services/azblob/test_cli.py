"""The command line on Azurite, under the scheme's short name."""

import hashlib
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Final

import pytest

from storewright.services.azblob import AzblobStorage
from storewright.testing.servers import Azurite, FakeGcs
from tests.cli.measured import measured
from tests.roots import PYTHONPATH

MIB: Final = 1024 * 1024
MEASURED: Final = measured("azblob")


def run(*args: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the program; its last line on standard error says by how many bytes it grew."""
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    command = [sys.executable, "-c", MEASURED, *map(str, args)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def short(azurite: Azurite, container: str, key: str) -> str:
    """An object's URI."""
    return azurite.connection(container, key).replace("azblob://", "az://")


@pytest.mark.slow
def test_100_mib_in_bounded_memory(
    azurite: Azurite, container: str, witness: Any, tmp_path: Path
) -> None:
    source, back = tmp_path / "large.bin", tmp_path / "back.bin"
    digest = hashlib.sha256()
    with source.open("wb") as file:
        for _ in range(100):
            piece = os.urandom(MIB)
            digest.update(piece)
            file.write(piece)
    uri = short(azurite, container, "d/large.bin")
    for args in ((f"fs://{source}", uri), (uri, f"fs://{back}")):
        done = run("cp", *args)
        assert done.returncode == 0, done.stderr
        assert int(done.stderr.splitlines()[-1]) < 80 * MIB
    stored = hashlib.sha256()
    for chunk in witness.download_blob("d/large.bin").chunks():
        stored.update(chunk)
    assert stored.hexdigest() == digest.hexdigest()
    assert hashlib.sha256(back.read_bytes()).hexdigest() == digest.hexdigest()


@pytest.mark.slow
def test_100_mib_from_gcs(
    azurite: Azurite, fake_gcs: FakeGcs, container: str, witness: Any
) -> None:
    content = os.urandom(100 * MIB)
    bucket = f"test-{uuid.uuid4().hex}"
    fake_gcs.client().create_bucket(bucket).blob("large.bin").upload_from_string(content)
    source = fake_gcs.connection(bucket, "large.bin")
    done = run("cp", source, short(azurite, container, "d/large.bin"))
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.splitlines()[-1]) < 100 * MIB
    assert witness.download_blob("d/large.bin").readall() == content


def test_mpu_knows_uploads_by_their_blocks(
    azurite: Azurite, container: str, store: AzblobStorage
) -> None:
    writer = store.open_writer("d/a", part_size=MIB, concurrency=1)
    writer.write(bytes(2 * MIB))
    writer.abort()
    where = short(azurite, container, "")
    done = run("--json", "mpu", "ls", where)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["path"] == "d/a"
    assert run("mpu", "ls", where).stdout.split()[-2:] == ["-", "d/a"]
    assert run("mpu", "abort", "--older-than", "1h", where).returncode == 0
    assert len(json.loads(run("--json", "mpu", "ls", where).stdout)) > 0
    assert run("mpu", "abort", "--older-than", "0", where).returncode == 0
    assert run("mpu", "ls", where).stdout == ""
    assert list(store.list()) == []
