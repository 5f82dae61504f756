"""``kill -9`` in the middle of a large write: another process sends what is missing, no more."""

import hashlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from storewright import storage
from tests.guarantees.support import PATIENCE, AzblobPlace, Place, line_of, start

MIB = 1024 * 1024

# Keeps its state after each MiB, as a program does that wants to be resumed.
WRITE = """
import json, os, sys, time
from storewright import storage

address, source, kept, part_size = sys.argv[1:]

def keep(state):
    with open(kept + ".new", "w") as file:
        json.dump(state, file)
    os.replace(kept + ".new", kept)

half = os.path.getsize(source) / 2
store = storage.open(address)
with store.open_writer("d/big", part_size=int(part_size)) as writer, open(source, "rb") as file:
    while chunk := file.read(1024 * 1024):
        writer.write(chunk)
        keep(writer.state())
        if file.tell() >= half:
            while not writer.state()["parts"]:
                time.sleep(0.01)
            print("half", flush=True)
            time.sleep(600)  # until it is killed, while parts are sent
"""

# Counts where the bytes leave: at the system call, or at the vendor's client.
RESUME = """
import json, sys
from storewright import storage

address, source, kept = sys.argv[1:]
sent, taken = [], []

def written():
    with open("/proc/self/io") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("wchar"))

def count(request, **kwargs):
    sent.append(int(request.headers["Content-Length"]))

def took(chunk):
    taken.append(len(chunk))

store = storage.open(address)
if store.service == "s3":
    store.client.meta.events.register("before-send.s3.UploadPart", count)
if store.service == "oss":
    session = store.client.session
    send = session.do_request

    def counted(request, timeout):
        if "partNumber" in request.params:
            sent.append(len(request.data))
        return send(request, timeout)

    session.do_request = counted
if store.service == "cos":
    upload_part = store.client.upload_part

    def counted(**options):
        sent.append(len(options["Body"]))
        return upload_part(**options)

    store.client.upload_part = counted
if store.service == "azblob":
    from azure.storage.blob import BlobClient
    stage = BlobClient.stage_block

    def counted(client, block_id, data, length, **options):
        sent.append(length)
        return stage(client, block_id, data, length=length, **options)

    BlobClient.stage_block = counted
with open(kept) as file:
    state = json.load(file)
before = written()
with open(source, "rb") as file:
    result = storage.resume_from(state, file, store, io_callback=took)
wrote = written() - before
print(json.dumps({
    "sent": sum(sent) if sent else wrote,
    "requests": len(sent),
    "taken": sum(taken),
    "size": result.size,
}))
"""


def make_source(file: Path, size: int) -> str:
    """Write ``size`` random bytes; their SHA-256."""
    digest = hashlib.sha256()
    with file.open("wb") as out:
        for _ in range(size // MIB):
            piece = os.urandom(MIB)
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def stored_parts(place: Place, state: dict[str, Any]) -> list[int]:
    """The size of each part that the service holds, once that no longer changes.

    The last that the killed process sent may be on its way.
    """
    before, since = list[int](), time.monotonic()
    while time.monotonic() < since + 1.5:
        if (found := held_parts(place, state)) != before:
            before, since = found, time.monotonic()
        time.sleep(0.3)
    return before


def held_parts(place: Place, state: dict[str, Any]) -> list[int]:
    if isinstance(place, AzblobPlace):
        return [block.size for block in place.blocks(f"{place.prefix}d/big")]
    store = place.store
    assert isinstance(store, storage.Multiparter)
    upload = store.stat("d/big", multipart_id=state["upload_id"])
    return [part.size for part in store.list_multipart(upload)]


def kill_in_the_middle(place: Place, source: Path, kept: Path, part_size: int) -> dict[str, Any]:
    """The state that a writer kept, which was killed half-way."""
    with start(WRITE, place.connection, source, kept, str(part_size)) as process:
        assert line_of(process) == "half"
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert place.objects() == {}
    assert len(place.leftovers()) > 0
    state: dict[str, Any] = json.loads(kept.read_text())
    return state


def check_resume(place: Place, tmp_path: Path, size: int, part_size: int) -> None:
    source, kept = tmp_path / "source", tmp_path / "state"
    digest = make_source(source, size)
    state = kill_in_the_middle(place, source, kept, part_size)
    parts = stored_parts(place, state)
    missing = size - sum(parts)
    assert 0 < missing < size
    assert 0 <= state["offset"] <= sum(parts)

    with start(RESUME, place.connection, source, kept) as process:
        out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    told = json.loads(out)
    overhead = told["sent"] - missing
    if place.kind in ("s3", "oss", "cos", "azblob"):
        assert (overhead, told["requests"]) == (0, -(-size // part_size) - len(parts))
    else:
        assert 0 <= overhead < 100_000  # its journal; nothing is written twice
    assert told["taken"] <= size - state["offset"]
    assert told["size"] == size
    found = place.objects()
    assert [*found] == ["d/big"]
    assert hashlib.sha256(found["d/big"]).hexdigest() == digest
    assert place.remains() == []


def test_20_mib(listing_place: Place, tmp_path: Path) -> None:
    check_resume(listing_place, tmp_path, 20 * MIB, max(listing_place.part_size, MIB))


@pytest.mark.slow
def test_300_mib(listing_place: Place, tmp_path: Path) -> None:
    check_resume(listing_place, tmp_path, 300 * MIB, 8 * MIB)
