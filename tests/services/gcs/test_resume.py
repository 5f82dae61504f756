"""An upload goes on after kill -9, with a service that keeps sessions as Google's documents say.

No emulator does: one publishes what it has when it is asked how much that is, the other does not
tell.
"""

import json
import os
import signal
import subprocess
import sys
from typing import Any, Final

import pytest

from storewright.services.gcs import GcsStorage

from .stub import Answer, Request, Stub, resource_of
from .wire_table import BUCKET

MIB: Final = 1024 * 1024
GRAIN: Final = 256 * 1024
CONTENT: Final = b"".join(n.to_bytes(4, "big") for n in range(5 * MIB // 4)) + b"the end"
WRITE: Final = """
import json, sys, time
from storewright import storage
store = storage.open(sys.argv[1])
content = b"".join(n.to_bytes(4, "big") for n in range(5 * 1024 * 1024 // 4)) + b"the end"
writer = store.open_writer("a", part_size=1024 * 1024)
writer.write(content[: int(sys.argv[2])])
while not writer.state()["parts"]:
    time.sleep(0.01)
print(json.dumps(writer.state()), flush=True)
time.sleep(600)
"""


class Service:
    """Keeps the bytes of one session, in multiples of 256 KiB, and publishes them at the end."""

    def __init__(self) -> None:
        self.kept, self.published = b"", b""

    def __call__(self, request: Request) -> Answer | None:
        if request.kind not in ("UploadChunk", "FinishUpload", "AskUpload"):
            return None
        if request.kind != "AskUpload":
            start = int(request.headers["content-range"].removeprefix("bytes ").partition("-")[0])
            assert start == len(self.kept), "bytes were left out, or sent twice"
            whole = self.kept + request.body
            self.kept = whole[: len(whole) // GRAIN * GRAIN]
            if request.kind == "FinishUpload":
                self.published = whole
                return resource_of(size=str(len(whole)))
        last = {"Range": f"bytes=0-{len(self.kept) - 1}"} if self.kept else {}
        return Answer(status=308, headers=last)


@pytest.mark.parametrize("written", [2 * MIB, 3 * MIB + 5, 5 * MIB])
def test_resume_after_kill(wire: Stub, written: int) -> None:
    service = Service()
    wire.other = service
    address = f"gcs://{BUCKET}?endpoint={wire.endpoint}&credential=anonymous"
    command = [sys.executable, "-c", WRITE, address, str(written)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        state: Any = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    wire.settle()
    stored = len(service.kept)
    assert (service.published, 0 < stored <= written) == (b"", True)
    store = GcsStorage(name=BUCKET, endpoint=wire.endpoint, credential="anonymous")
    wire.take()
    with store, store.open_writer("a", resume=state) as writer:
        assert writer.resumed == stored // MIB * MIB
        writer.write(CONTENT[writer.resumed :])
    assert service.published == CONTENT
    sent = [request for request in wire.take() if request.body]
    assert sum(len(request.body) for request in sent) == len(CONTENT) - stored
